/// What observations make of the world: each function of core/observe by itself.

#include "unit/core/scene.hpp"

using namespace guardian;
using namespace guardian::test;

namespace {
Run a_run(std::int64_t id, const std::string& plan = "system") {
    Run r;
    r.id = id;
    r.plan = plan;
    r.target = "usb";
    r.plug = "plug-1";
    return r;
}
}  // namespace

TEST_CASE("configured: targets and plans appear, in the configuration's order", "[observe]") {
    Scene s;
    s.config.targets.push_back(share_spec());
    s.add_plan("photos", "nas");
    REQUIRE(s.world.targets.size() == 2);
    CHECK(s.world.targets[0].spec.name == "usb");
    CHECK(s.world.targets[1].spec.name == "nas");
    CHECK(s.nas().plug == "share");
    CHECK(s.world.plan("photos") != nullptr);
    CHECK(s.world.plan("nobody") == nullptr);
    CHECK(s.world.target("nobody") == nullptr);
}

TEST_CASE("configured: a reload keeps what is known of those that stay", "[observe]") {
    Scene s;
    s.plug();
    s.run(Outcome::failed);
    s.run(Outcome::success);
    s.plan().known_since = utc(2026, 1, 1);
    s.fail_release();
    s.config.targets[0].when_done = WhenDone::keep;
    s.config.plans[0].on_plug = OnPlug::never;
    s.reload();
    CHECK(s.usb().spec.when_done == WhenDone::keep);
    CHECK(s.plan().spec.on_plug == OnPlug::never);
    CHECK(s.usb().devices.size() == 1);
    CHECK(s.usb().mounts.size() == 1);
    CHECK(s.usb().plug == "plug-1");
    CHECK(s.usb().last_release->failures == 1);
    CHECK(s.plan().last_success->id == 2);
    CHECK(s.plan().known_since == utc(2026, 1, 1));
}

TEST_CASE("configured: the same file twice changes nothing", "[observe]") {
    Scene s;
    s.plug();
    s.run(Outcome::failed);
    const auto before = s.decided();
    configured(s.world, s.config);
    CHECK(s.decided().now == before.now);
    CHECK(s.decided().look_again == before.look_again);
}

TEST_CASE("configured: another UUID is another target, of which nothing is known", "[observe]") {
    Scene s;
    s.plug();
    s.config.targets[0].uuid = "UUID-OTHER";
    configured(s.world, s.config);
    CHECK(s.usb().devices.empty());
    CHECK(!s.usb().pinned_at);
    CHECK(s.usb().plug.empty());
    CHECK(!s.usb().last_seen);
}

TEST_CASE("configured: a plan that moved to another target or repository has no past there", "[observe]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    SECTION("another repository") {
        s.config.plans[0].repository = "elsewhere";
    }
    SECTION("another target") {
        s.config.targets.push_back(share_spec());
        s.config.plans[0].target = "nas";
    }
    s.reload();
    CHECK(!s.plan().last_success);
    CHECK(due_slot(s.world, s.plan(), s.now).due);
}

TEST_CASE("run_ended: a run that a reload has left in another repository says nothing of the new one",
          "[observe]") {
    Scene s;
    s.plug();
    auto run = s.begin();
    run.repository = repository_name(s.plan().spec);
    s.mount();
    s.config.plans[0].repository = "elsewhere";
    s.reload();
    s.end(run, Outcome::success);
    CHECK(!s.plan().active);
    CHECK(!s.plan().last_success);
    CHECK(due_slot(s.world, s.plan(), s.now).due);
    CHECK(release_owed(s.usb()));
}

TEST_CASE("configured: a plan that left goes at once, or when its run is over", "[observe]") {
    Scene s;
    s.add_plan("home");
    s.plug();
    const auto run = s.begin("home");
    s.config.plans.clear();
    s.reload();
    CHECK(s.world.plan("system") == nullptr);
    REQUIRE(s.world.plan("home") != nullptr);
    CHECK(s.world.plan("home")->leaving);
    s.reload();
    REQUIRE(s.world.plan("home") != nullptr);
    s.end(run, Outcome::failed);
    CHECK(s.world.plan("home") == nullptr);
}

TEST_CASE("configured: what the last run of a plan that left had mounted is still released", "[observe]") {
    Scene s;
    s.plug();
    const auto run = s.begin();
    s.mount();
    s.config.plans.clear();
    s.reload();
    s.end(run, Outcome::success);
    CHECK(s.world.plans.empty());
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("configured: a plan that came back while its run went on stays", "[observe]") {
    Scene s;
    s.plug();
    const auto run = s.begin();
    const auto plans = s.config.plans;
    s.config.plans.clear();
    s.reload();
    s.config.plans = plans;
    s.reload();
    CHECK(!s.plan().leaving);
    s.end(run, Outcome::success);
    CHECK(s.plan().last_success->id == run.id);
}

TEST_CASE("devices_seen: names the targets that were plugged in or pulled, and no others", "[observe]") {
    Scene s;
    CHECK(devices_seen(s.world, {}, s.now).empty());
    auto stranger = device("/dev/sdz1", "plug-z");
    stranger.uuid = "UUID-STRANGER";
    CHECK(devices_seen(s.world, {stranger}, s.now).empty());
    CHECK(devices_seen(s.world, {stranger, device()}, s.now) == Words{"usb"});
    CHECK(devices_seen(s.world, {device(), stranger}, s.now).empty());
    CHECK(devices_seen(s.world, {stranger}, s.now) == Words{"usb"});
    CHECK(devices_seen(s.world, {}, s.now).empty());
}

TEST_CASE("devices_seen: a UUID is compared to the letter", "[observe]") {
    Scene s;
    auto d = device();
    for (const auto* other : {"uuid-usb", "UUID-USB ", "UUID-US", ""}) {
        d.uuid = other;
        CHECK(devices_seen(s.world, {d}, s.now).empty());
    }
}

TEST_CASE("devices_seen: told twice is told once", "[observe]") {
    Scene s;
    s.plug();
    const auto at = s.usb().plugged_at;
    s.pass(hours{1});
    s.plug();
    CHECK(s.usb().plugged_at == at);
    CHECK(s.usb().last_seen == s.now);
}

TEST_CASE("devices_seen: remembers when it was last seen", "[observe]") {
    Scene s;
    CHECK(!s.usb().last_seen);
    s.plug();
    s.pass(hours{5});
    s.pull();
    const auto pulled = s.now;
    s.pass(hours{5});
    s.pull();
    CHECK(s.usb().last_seen == pulled);
}

TEST_CASE("devices_seen: a new plugging-in forgets what was asked and owed on the old", "[observe]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.fail_release();
    eject_asked(s.world, "usb");
    s.plug({device("/dev/sdb1", "plug-2")});
    CHECK(s.usb().plug == "plug-2");
    CHECK(s.usb().plugged_at == s.now);
    CHECK(!s.usb().eject_asked);
    CHECK(!s.usb().last_release);
    CHECK(!release_owed(s.usb()));
}

TEST_CASE("devices_seen: with two devices the plugging-in keeps its name until one is left", "[observe]") {
    Scene s;
    s.plug();
    CHECK(devices_seen(s.world, {device("/dev/sdc1", "plug-2"), device()}, s.now).empty());
    CHECK(s.usb().plug == "plug-1");
    CHECK(devices_seen(s.world, {device()}, s.now).empty());
    CHECK(devices_seen(s.world, {device("/dev/sdc1", "plug-2")}, s.now) == Words{"usb"});
    CHECK(s.usb().plug == "plug-2");
}

TEST_CASE("devices_seen: of two that are seen at once, the one that a run was on names the plugging-in",
          "[observe]") {
    const bool over = GENERATE(false, true);
    Scene s;
    auto run = s.begin("system", Trigger::person);
    run.plug = "plug-2";
    run_started(s.world, run);
    if (over) s.end(run, Outcome::aborted);
    s.plug({device("/dev/sdc1", "plug-3"), device("/dev/sdb1", "plug-2")});
    CHECK(s.usb().plug == "plug-2");
}

TEST_CASE("mounts_seen: keeps what concerns a target and nothing else", "[observe]") {
    Scene s;
    s.plug();
    const Mount other{.id = 1, .number = {0, 1}, .point = "/", .source = "rootfs", .fstype = "ext4"};
    const Mount elsewhere = mount_of(device(), "/media/x", 51);
    const Mount in_the_way{
        .id = 52, .number = {0, 9}, .point = "/mnt/backup", .source = "tmpfs", .fstype = "tmpfs"};
    s.mount({other, elsewhere, in_the_way});
    CHECK(s.usb().mounts == std::vector<Mount>{elsewhere, in_the_way});
    CHECK(mounted(s.usb()));
    CHECK(!mounted_in_place(s.usb()));
    s.mount({});
    CHECK(s.usb().mounts.empty());
}

TEST_CASE("mounts_seen: the mount is remembered before the device goes, in whichever order the news comes",
          "[observe]") {
    Scene s;
    s.mount();  // the mount table before the device
    CHECK(!s.usb().seated_mount);
    s.plug();
    s.mount();
    CHECK(s.usb().seated_mount == 50U);
    s.pull();
    s.mount();
    CHECK(s.usb().seated_mount == 50U);
    CHECK(dead_mount(s.usb()));
}

TEST_CASE("mounts_seen: a mount replaced by another filesystem is not our dead one", "[observe]") {
    Scene s;
    s.plug();
    s.mount();
    s.pull();
    s.mount({{.id = 51, .number = {0, 9}, .point = "/mnt/backup", .source = "tmpfs", .fstype = "tmpfs"}});
    CHECK(!s.usb().seated_mount);
    CHECK(!dead_mount(s.usb()));
}

TEST_CASE("run_started: makes the plan active and takes its request", "[observe]") {
    Scene s;
    s.plug();
    run_asked(s.world, "system");
    s.plan().stop_sent = true;
    run_started(s.world, a_run(7));
    REQUIRE(s.plan().active);
    CHECK(s.plan().active->id == 7);
    CHECK(!s.plan().asked);
    CHECK(!s.plan().stop_sent);
    run_started(s.world, a_run(7, "nobody"));
}

TEST_CASE("run_started: the runner's own record completes what the daemon knew at launch", "[observe]") {
    Scene s;
    s.plug();
    run_started(s.world, a_run(0));
    s.plan().stop_sent = true;
    auto recorded = a_run(7);
    recorded.plug.clear();
    run_started(s.world, recorded);
    CHECK(s.plan().active->id == 7);
    CHECK(s.plan().active->plug == "plug-1");
    CHECK(s.plan().stop_sent);
}

TEST_CASE("run_started: an announcement that comes after the end starts nothing", "[observe]") {
    Scene s;
    s.plug();
    const auto run = s.begin();
    s.end(run, Outcome::success);
    run_started(s.world, run);
    CHECK(!s.plan().active);
}

TEST_CASE("run_ended: what never said how it ended was aborted", "[observe]") {
    Scene s;
    s.plug();
    s.end(s.begin(), Outcome::running);
    CHECK(s.plan().last_run->outcome == Outcome::aborted);
    CHECK(s.plan().last_telling->outcome == Outcome::aborted);
    CHECK(!s.plan().last_success);
    CHECK(!s.plan().active);
}

TEST_CASE("run_ended: of a plan that is gone changes nothing", "[observe]") {
    Scene s;
    s.plug();
    const auto before = s.decided();
    auto run = a_run(3, "nobody");
    run.outcome = Outcome::failed;
    run_ended(s.world, run);
    CHECK(s.decided().now == before.now);
}

TEST_CASE("run_ended: told twice is told once", "[observe]") {
    Scene s;
    s.plug();
    const auto run = s.begin();
    s.end(run, Outcome::failed);
    s.end(run, Outcome::failed);
    CHECK(s.plan().failures == 1);
    CHECK(s.plan().last_run->id == run.id);
}

TEST_CASE("run_ended: an end told after that of a later run is not lost", "[observe]") {
    Scene s;
    s.plug();
    auto first = s.begin();
    auto second = first;
    second.id = first.id + 1;
    second.trigger = Trigger::person;
    second.outcome = Outcome::absent;
    run_ended(s.world, second);
    first.outcome = Outcome::vanished;
    for (int told = 0; told < 2; ++told) {
        run_ended(s.world, first);
        CHECK(s.plan().last_run->id == second.id);
        CHECK(s.plan().last_telling->id == first.id);
        CHECK(s.plan().failures == 1);
        CHECK(s.usb().owed_run == first.id);
    }
}

TEST_CASE("run_ended: a run without a number is the newest, and hides none that comes after it",
          "[observe]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.release();
    Run unrecorded;
    unrecorded.plan = "system";
    unrecorded.target = "usb";
    unrecorded.plug = "plug-1";
    run_started(s.world, unrecorded);
    s.mount();
    s.end(unrecorded, Outcome::failed, "not recorded");
    CHECK(!s.plan().active);
    CHECK(s.plan().last_telling->reason == "not recorded");
    CHECK(s.usb().owed_run > s.usb().released_run);
    s.release();
    CHECK(!(s.usb().owed_run > s.usb().released_run));
    for (int failures = 2; failures < 4; ++failures) {
        s.run(Outcome::failed, "system", "recorded");
        CHECK(s.plan().failures == failures);
        CHECK(s.plan().last_telling->reason == "recorded");
        CHECK(s.usb().owed_run > s.usb().released_run);
    }
    s.run(Outcome::success);
    CHECK(s.plan().failures == 0);
    CHECK(s.settle_incidents().empty());
}

TEST_CASE("run_ended: an end told again is not that of the run launched since", "[observe]") {
    Scene s;
    s.plug();
    const auto run = s.begin();
    s.end(run, Outcome::success);
    auto launched = run;
    launched.id = 0;
    run_started(s.world, launched);
    s.end(run, Outcome::success);
    CHECK(s.plan().active);
}

TEST_CASE("run_ended: keeps the newest run, the newest success and the newest that tells something",
          "[observe]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.run(Outcome::failed);
    s.run(Outcome::cancelled);
    CHECK(s.plan().last_success->id == 1);
    CHECK(s.plan().last_telling->id == 2);
    CHECK(s.plan().last_run->id == 3);
    s.run(Outcome::warning);
    CHECK(s.plan().last_success->id == 4);
    CHECK(s.plan().last_telling->id == 4);
}

TEST_CASE("run_ended: failures are counted per plugging-in", "[observe]") {
    Scene s;
    s.plug();
    s.run(Outcome::failed);
    s.run(Outcome::aborted);
    CHECK(s.plan().failures == 2);
    s.plug({device("/dev/sdb1", "plug-2")});
    s.run(Outcome::failed);
    CHECK(s.plan().failures == 1);
    s.run(Outcome::failed);
    CHECK(s.plan().failures == 2);
    s.run(Outcome::success);
    CHECK(s.plan().failures == 0);
    s.run(Outcome::failed);
    CHECK(s.plan().failures == 1);
}

TEST_CASE("run_ended: a run that names no plugging-in is counted to the one it was meant for", "[observe]") {
    Scene s;
    s.plug();
    for (int i = 0; i < 2; ++i) {
        auto run = s.begin();
        run.plug.clear();
        s.end(run, Outcome::failed);
    }
    CHECK(s.plan().failures == 2);
    CHECK(s.actions().empty());
}

TEST_CASE("run_ended: a share's answer is used up", "[observe]") {
    Scene s;
    s.use_share_only();
    probe_ended(s.world, "nas", true, s.now);
    s.end(s.begin("photos"), Outcome::success);
    CHECK(!s.nas().share_answers);
}

TEST_CASE("run_asked: of an unknown plan changes nothing", "[observe]") {
    Scene s;
    run_asked(s.world, "nobody");
    CHECK(!s.plan().asked);
}

TEST_CASE("mounts_seen: a run that unmounted owes nothing on a plugging-in that is noticed only later",
          "[observe]") {
    Scene s;
    Run run;
    run.id = 7;
    run.plan = "system";
    run.target = "usb";
    run.trigger = Trigger::person;
    run.mounted_itself = true;
    run.plug = "plug-1";
    s.unmount();
    s.end(run, Outcome::refused);
    s.plug();
    s.mount();  // a person's own
    CHECK(s.actions() != Words{"release usb"});
}

TEST_CASE("eject_asked: of an unknown target changes nothing, of an absent disk nothing lasting",
          "[observe]") {
    Scene s;
    eject_asked(s.world, "nobody");
    eject_asked(s.world, "usb");
    CHECK(!s.usb().eject_asked);
    s.plug();
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("eject_asked: a release that failed before is tried at once", "[observe]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.fail_release();
    CHECK(s.actions().empty());
    eject_asked(s.world, "usb");
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("release_ended: failures are counted in a row", "[observe]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.fail_release("a");
    s.fail_release("b");
    CHECK(s.usb().last_release->failures == 2);
    CHECK(s.usb().last_release->reason == "b");
    CHECK(!s.usb().releasing);
    s.release();
    CHECK(s.usb().released_run == 1);
    CHECK(!release_owed(s.usb()));
    release_started(s.world, "nobody");
    release_ended(s.world, "nobody", "", s.now);
}

TEST_CASE("release_ended: one that failed after it had unmounted does not claim a person's next mount",
          "[observe]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    release_started(s.world, "usb");
    s.unmount();
    release_ended(s.world, "usb", "the disk could not be switched off", s.now);
    s.mount();
    s.pass(hours{1});
    CHECK(s.actions().empty());
}

TEST_CASE("release_ended: a device that is in use elsewhere is not safe to unplug until a release says so",
          "[observe]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    CHECK(s.actions() == Words{"release usb"});
    release_started(s.world, "usb");
    s.unmount();
    release_ended(s.world, "usb", "mounted in a container", s.now, true);
    CHECK(s.state() == "still-mounted");
    CHECK(s.settle_incidents() == Words{"raise still-mounted:usb"});
    CHECK(s.actions().empty());
    s.pass(minutes{1});
    CHECK(s.actions() == Words{"release usb"});
    s.release();
    CHECK(s.state() == "safe-to-unplug");
    CHECK(s.settle_incidents() == Words{"end still-mounted:usb"});
    release_ended(s.world, "usb", "mounted in a container", s.now, true);
    s.pull();
    CHECK(s.state() == "absent");
    CHECK(s.actions().empty());
}

TEST_CASE("probe_ended: failures are counted in a row", "[observe]") {
    Scene s;
    s.use_share_only();
    probe_started(s.world, "nas");
    CHECK(s.nas().probing);
    probe_ended(s.world, "nas", false, s.now);
    probe_ended(s.world, "nas", false, s.now);
    CHECK(!s.nas().probing);
    CHECK(s.nas().last_probe->failures == 2);
    CHECK(!s.nas().last_probe->reason.empty());
    probe_ended(s.world, "nas", true, s.now);
    CHECK(s.nas().last_probe->failures == 0);
    CHECK(s.nas().share_answers);
    probe_started(s.world, "nobody");
    probe_ended(s.world, "nobody", true, s.now);
}
