/// The target's life: each state, and the transitions between them by name.

#include <set>

#include "unit/core/scene.hpp"

using namespace guardian;
using namespace guardian::test;

TEST_CASE("absent: no device, nothing mounted", "[state]") {
    CHECK(Scene{}.state() == "absent");
}

TEST_CASE("absent -> present: plugged in with something due", "[state]") {
    Scene s;
    s.plug();
    CHECK(s.state() == "present");
}

TEST_CASE("absent -> safe_to_unplug: plugged in with nothing due", "[state]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.release();
    s.pull();
    CHECK(s.state() == "absent");
    s.plug({device("/dev/sdc1", "plug-2")});
    CHECK(s.state() == "safe-to-unplug");
}

TEST_CASE("absent -> ready: plugged in and mounted by a person", "[state]") {
    Scene s;
    s.plug();
    s.mount();
    CHECK(s.state() == "ready");
}

TEST_CASE("absent -> refused: never initialised", "[state]") {
    Scene s;
    s.usb().pinned_at.reset();
    s.plug();
    CHECK(s.state() == "refused");
}

TEST_CASE("refused -> present: initialised now", "[state]") {
    Scene s;
    s.usb().pinned_at.reset();
    s.plug();
    s.usb().pinned_at = s.now;
    CHECK(s.state() == "present");
}

TEST_CASE("absent -> refused: another serial", "[state]") {
    Scene s;
    s.usb().spec.serial = "S2";
    s.plug();
    CHECK(s.state() == "refused");
}

TEST_CASE("either spelling of the serial will do", "[state]") {
    Scene s;
    s.usb().spec.serial = GENERATE("S1", "Maker_S1");
    s.plug();
    CHECK(s.state() == "present");
}

TEST_CASE("present -> refused: a run found no marker", "[state]") {
    Scene s;
    s.plug();
    s.end(s.begin(), Outcome::refused, "it has no marker");
    CHECK(s.state() == "refused");
    CHECK(refusal(s.world, s.usb()) == "it has no marker");
}

TEST_CASE("a refusal without words has some all the same", "[state]") {
    Scene s;
    s.plug();
    s.end(s.begin(), Outcome::refused);
    CHECK(!refusal(s.world, s.usb()).empty());
}

TEST_CASE("refused -> present: plugged in anew", "[state]") {
    Scene s;
    s.plug();
    s.end(s.begin(), Outcome::refused);
    s.pull();
    s.plug({device("/dev/sdb1", "plug-2")});
    CHECK(s.state() == "present");
}

TEST_CASE("refused -> present: guardian init was done since", "[state]") {
    Scene s;
    s.plug();
    s.end(s.begin(), Outcome::refused);
    s.usb().pinned_at = s.now + seconds{1};
    s.usb().pinned_after = s.plan().last_run->id;
    CHECK(s.state() == "present");
}

TEST_CASE("refused stays: the clock was set back since guardian init, which the refusal came after",
          "[state]") {
    Scene s;
    s.plug();
    s.usb().pinned_after = 0;
    s.usb().pinned_at = s.now + hours{48};
    s.end(s.begin(), Outcome::refused);
    CHECK(s.state() == "refused");
}

TEST_CASE("refused -> ready: a newer run of another plan was not refused", "[state]") {
    Scene s;
    s.add_plan("home");
    s.plug();
    s.end(s.begin("system"), Outcome::refused);
    s.run(Outcome::success, "home");
    CHECK(s.state() == "ready");
    CHECK(refusal(s.world, s.usb()).empty());
}

TEST_CASE("present -> ambiguous: a second device with the UUID", "[state]") {
    Scene s;
    s.plug();
    s.plug({device(), device("/dev/sdc1", "plug-2")});
    CHECK(s.state() == "ambiguous");
    CHECK(ambiguous(s.usb()));
    CHECK(!one_device(s.usb()));
}

TEST_CASE("ambiguous -> present: one of them was pulled, either one", "[state]") {
    const auto a = device(), b = device("/dev/sdc1", "plug-2");
    const auto stays = GENERATE_COPY(a, b);
    Scene s;
    s.plug({a, b});
    CHECK(s.state() == "ambiguous");
    s.plug({stays});
    CHECK(s.state() == "present");
    CHECK(s.usb().plug == stays.plug);
}

TEST_CASE("ambiguous -> absent: both pulled", "[state]") {
    Scene s;
    s.plug({device(), device("/dev/sdc1", "plug-2")});
    s.pull();
    CHECK(s.state() == "absent");
}

TEST_CASE("a btrfs of several devices is one; its clone, or a member without its own id, is not", "[state]") {
    const auto member = [](const std::string& node, const std::string& sub) {
        auto d = device(node, "plug of " + node);
        d.fstype = "btrfs";
        d.uuid_sub = sub;
        return d;
    };
    Scene s;
    s.plug({member("/dev/sdb", "a"), member("/dev/sdc", "b"), member("/dev/sdd", "c")});
    CHECK(one_device(s.usb()));
    CHECK(s.state() == "present");
    s.plug({member("/dev/sdb", "a"), member("/dev/sdc", "a")});
    CHECK(s.state() == "ambiguous");
    s.plug({member("/dev/sdb", "a"), member("/dev/sdc", "b"), member("/dev/sdd", "b")});
    CHECK(s.state() == "ambiguous");
    s.plug({member("/dev/sdb", "a"), member("/dev/sdc", "")});
    CHECK(s.state() == "ambiguous");
    s.plug({member("/dev/sdb", ""), member("/dev/sdc", "")});
    CHECK(s.state() == "ambiguous");
    auto ext4 = device("/dev/sdc");
    ext4.uuid_sub = "b";
    s.plug({member("/dev/sdb", "a"), ext4});
    CHECK(s.state() == "ambiguous");
}

TEST_CASE("a btrfs mounted through any of its devices is in place", "[state]") {
    auto a = device("/dev/sdb"), b = device("/dev/sdc");
    a.fstype = b.fstype = "btrfs";
    a.uuid_sub = "a";
    b.uuid_sub = "b";
    Scene s;
    s.plug({a, b});
    auto m = mount_of(b);
    m.number = {0, 45};  // btrfs shows an anonymous number; its source names one of the devices
    s.mount({m});
    CHECK(mounted_in_place(s.usb()));
}

TEST_CASE("present -> mounting -> busy -> ready -> releasing -> safe_to_unplug -> absent", "[state]") {
    Scene s;
    s.plug();
    CHECK(s.state() == "present");
    const auto run = s.begin();
    CHECK(s.state() == "mounting");
    s.mount();
    CHECK(s.state() == "busy");
    s.end(run, Outcome::success);
    CHECK(s.state() == "ready");
    release_started(s.world, "usb");
    CHECK(s.state() == "releasing");
    s.unmount();
    CHECK(s.state() == "releasing");
    release_ended(s.world, "usb", "", s.now);
    CHECK(s.state() == "safe-to-unplug");
    s.pull();
    CHECK(s.state() == "absent");
}

TEST_CASE("ready -> safe_to_unplug: unmounted by a person", "[state]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.unmount();
    CHECK(s.state() == "safe-to-unplug");
}

TEST_CASE("safe_to_unplug -> present: the next slot came while it stayed in", "[state]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.release();
    CHECK(s.state() == "safe-to-unplug");
    s.pass(hours{14} - seconds{1});
    CHECK(s.state() == "safe-to-unplug");
    s.pass(seconds{1});
    CHECK(s.state() == "present");
}

TEST_CASE("mounting -> vanished: pulled before its mount was there", "[state]") {
    Scene s;
    s.plug();
    (void)s.begin();
    s.pull();
    CHECK(s.state() == "vanished");
}

TEST_CASE("busy -> vanished: pulled in mid-run", "[state]") {
    Scene s;
    s.plug();
    const auto run = s.begin();
    s.mount();
    s.pull();
    CHECK(s.state() == "vanished");
    s.end(run, Outcome::vanished);
    CHECK(s.state() == "vanished");  // its mount is still there
    s.unmount();
    CHECK(s.state() == "absent");
}

TEST_CASE("busy -> vanished: pulled and plugged in again between two looks", "[state]") {
    Scene s;
    s.plug();
    (void)s.begin();
    s.mount();
    s.plug({device("/dev/sdc1", "plug-2")});
    CHECK(s.state() == "vanished");
}

TEST_CASE("ready -> vanished: pulled while mounted", "[state]") {
    Scene s;
    s.plug();
    s.mount();
    s.pull();
    CHECK(s.state() == "vanished");
    CHECK(dead_mount(s.usb()));
    CHECK(!mounted(s.usb()));
}

TEST_CASE("vanished -> releasing -> absent: the dead mount is detached", "[state]") {
    Scene s;
    s.plug();
    s.mount();
    s.pull();
    release_started(s.world, "usb");
    CHECK(s.state() == "releasing");
    s.unmount();
    release_ended(s.world, "usb", "", s.now);
    CHECK(s.state() == "absent");
}

TEST_CASE("vanished stays vanished: plugged in anew over the dead mount", "[state]") {
    Scene s;
    s.plug();
    s.mount();
    s.pull();
    s.plug({device("/dev/sdc1", "plug-2")});
    CHECK(s.state() == "vanished");
    s.unmount();
    CHECK(s.state() == "present");
}

TEST_CASE("a dead mount is known without the daemon's memory, by its device being gone", "[state]") {
    Scene s;
    auto m = mount_of(device());
    s.mount({m});
    CHECK(!dead_mount(s.usb()));  // some filesystem is mounted there; nothing says that it is dead
    CHECK(s.state() == "absent");
    m.device_gone = true;
    s.mount({m});
    CHECK(dead_mount(s.usb()));
    CHECK(s.state() == "vanished");
}

TEST_CASE("a dead mount elsewhere is none of our business", "[state]") {
    Scene s;
    auto m = mount_of(device(), "/media/someone");
    m.device_gone = true;
    s.mount({m});
    CHECK(!dead_mount(s.usb()));
    CHECK(s.state() == "absent");
}

TEST_CASE("another filesystem on the mount point is neither ours nor dead", "[state]") {
    Scene s;
    s.plug();
    s.mount({{.id = 9, .number = {0, 77}, .point = "/mnt/backup", .source = "tmpfs", .fstype = "tmpfs"}});
    CHECK(!mounted(s.usb()));
    CHECK(!dead_mount(s.usb()));
    CHECK(s.state() == "present");
}

TEST_CASE("the memory of a mount is lost with the mount: its id may be another's", "[state]") {
    Scene s;
    s.plug();
    s.mount();
    s.unmount();
    s.pull();
    s.mount({{.id = 50, .number = {0, 77}, .point = "/mnt/backup", .source = "tmpfs", .fstype = "tmpfs"}});
    CHECK(!dead_mount(s.usb()));
}

TEST_CASE("releasing -> still_mounted: held by a process", "[state]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.fail_release();
    CHECK(s.state() == "still-mounted");
}

TEST_CASE("still_mounted -> releasing -> safe_to_unplug: tried again", "[state]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.fail_release();
    release_started(s.world, "usb");
    CHECK(s.state() == "releasing");
    s.unmount();
    release_ended(s.world, "usb", "", s.now);
    CHECK(s.state() == "safe-to-unplug");
}

TEST_CASE("still_mounted -> safe_to_unplug: unmounted by a person, and a release found it unused",
          "[state]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.fail_release();
    s.unmount();  // lazily, perhaps
    CHECK(s.state() == "still-mounted");
    CHECK(s.actions() == Words{"release usb"});
    s.release();
    CHECK(s.state() == "safe-to-unplug");
}

TEST_CASE("vanished -> still_mounted: the same disk is back after its dead mount was detached", "[state]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.pull();
    CHECK(s.state() == "vanished");
    s.release();
    CHECK(s.state() == "absent");
    SECTION("not pulled, but lost for a moment") {
        s.plug();
        CHECK(s.state() == "still-mounted");
        CHECK(s.actions() == Words{"release usb"});
        s.release();
        CHECK(s.state() == "safe-to-unplug");
    }
    SECTION("plugged in anew") {
        s.plug({device("/dev/sdb1", "plug-2")});
        CHECK(s.state() == "safe-to-unplug");
    }
}

TEST_CASE("ready -> still_mounted: ejected, but held", "[state]") {
    Scene s;
    s.plug();
    s.mount();
    eject_asked(s.world, "usb");
    s.fail_release();
    CHECK(s.state() == "still-mounted");
}

TEST_CASE("mounted elsewhere with nothing due is not safe to unplug", "[state]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.release();
    s.mount({mount_of(device(), "/media/someone")});
    CHECK(s.state() == "still-mounted");
}

TEST_CASE("present -> safe_to_unplug: ejected", "[state]") {
    Scene s;
    s.plug();
    eject_asked(s.world, "usb");
    CHECK(s.state() == "safe-to-unplug");
}

TEST_CASE("ready stays ready where the disk is kept", "[state]") {
    Scene s;
    s.usb().spec.when_done = WhenDone::keep;
    s.plug();
    s.run(Outcome::success);
    CHECK(s.state() == "ready");
    CHECK(!release_owed(s.usb()));
}

TEST_CASE("a share: absent -> present -> mounting -> busy -> ready", "[state]") {
    Scene s;
    s.use_share_only();
    CHECK(s.state("nas") == "absent");
    probe_ended(s.world, "nas", true, s.now);
    CHECK(s.state("nas") == "present");
    const auto run = s.begin("photos");
    CHECK(s.state("nas") == "mounting");
    s.mount_share();
    CHECK(s.state("nas") == "busy");
    s.end(run, Outcome::success);
    CHECK(s.state("nas") == "ready");
    s.unmount();
    CHECK(s.state("nas") == "absent");
}

TEST_CASE("a share's mount is known by its source, or by its place where the source is in fstab", "[state]") {
    Scene s;
    s.use_share_only();
    const Mount other{
        .id = 60, .number = {0, 60}, .point = "/mnt/nas", .source = "//other/x", .fstype = "cifs"};
    s.mount({other});
    CHECK(!mounted_in_place(s.nas()));
    s.nas().spec.source.clear();
    CHECK(mounted_in_place(s.nas()));
}

TEST_CASE("every state has a name of its own", "[state]") {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(TargetState::vanished); ++i)
        names.insert(to_string(static_cast<TargetState>(i)));
    CHECK(names.size() == 11);
    CHECK(!names.contains(""));
}

TEST_CASE("still_mounted stays: the check that was owed could not be made", "[state]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.fail_release();
    s.unmount();
    s.fail_release("the mount table cannot be read");
    CHECK(s.state() == "still-mounted");
    s.pass(hours{1});
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("still_mounted -> safe_to_unplug: its drive is in use, and is to stay in from now on", "[state]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    release_started(s.world, "usb");
    s.unmount();
    release_ended(s.world, "usb", "/dev/sdb2, on the same drive, is mounted on /media/x", s.now, true);
    CHECK(s.state() == "still-mounted");
    s.config.targets[0].when_done = WhenDone::keep;
    s.reload();
    CHECK(s.state() == "safe-to-unplug");
}
