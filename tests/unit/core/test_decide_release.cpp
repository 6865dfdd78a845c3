/// decide(): what is released, and which shares are probed.

#include "unit/core/scene.hpp"

using namespace guardian;
using namespace guardian::test;

TEST_CASE("the release comes once, after the last due plan", "[decide][release]") {
    Scene s;
    s.add_plan("home");
    s.plug();
    s.run(Outcome::success, "system");
    CHECK(s.actions() == Words{"start home"});
    const auto run = s.begin("home");
    CHECK(s.actions().empty());
    s.end(run, Outcome::success);
    CHECK(s.actions() == Words{"release usb"});
    release_started(s.world, "usb");
    CHECK(s.actions().empty());
    s.unmount();
    release_ended(s.world, "usb", "", s.now);
    CHECK(s.actions().empty());
    CHECK(s.state() == "safe-to-unplug");
}

TEST_CASE("a release that is over is not asked for again, though the mount table was not read yet",
          "[decide][release]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    release_started(s.world, "usb");
    release_ended(s.world, "usb", "", s.now);
    CHECK(s.actions().empty());
}

TEST_CASE("a failed run is followed by the release, not by holding the disk through the back-off",
          "[decide][release]") {
    Scene s;
    s.plug();
    s.run(Outcome::failed);
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("what the daemon did not run it does not release", "[decide][release]") {
    Scene s;
    s.plug();
    s.mount();
    const auto run = s.begin("system", Trigger::person);
    s.end(run, Outcome::success);
    CHECK(s.actions().empty());
}

TEST_CASE("what a person asked the daemon for, the daemon releases", "[decide][release]") {
    Scene s;
    s.plug();
    const auto run = s.begin("system", Trigger::asked);
    s.mount();
    s.end(run, Outcome::success);
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("a person's run in between does not make the daemon forget its release", "[decide][release]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.fail_release();
    s.end(s.begin("system", Trigger::person), Outcome::success);
    s.pass(minutes{1});
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("a person's run that died with the disk it had mounted is followed by the release", "[decide][release]") {
    for (const bool mounted_itself : {true, false}) {
        Scene s;
        s.plug();
        s.run(Outcome::success);
        s.release();
        auto run = s.begin("system", Trigger::person);
        s.mount();
        run.mounted_itself = mounted_itself;
        s.end(run, Outcome::aborted);
        s.run(Outcome::success);  // whatever is due
        s.release();
        run = s.begin("system", Trigger::person);
        s.mount();
        run.mounted_itself = mounted_itself;
        s.end(run, Outcome::success);
        CHECK(s.actions() == (mounted_itself ? Words{"release usb"} : Words{}));
    }
}

TEST_CASE("a run that in the end could not tell its disk from a clone is followed by the release", "[decide][release]") {
    for (const bool mounted_itself : {true, false}) {
        Scene s;
        s.plug();
        auto run = s.begin();
        s.mount();
        s.plug({device(), device("/dev/sdc1", "plug-2")});
        run.mounted_itself = mounted_itself;
        run.plug = no_plug;
        s.end(run, Outcome::refused);
        CHECK(s.actions() == (mounted_itself ? Words{"release usb"} : Words{}));
    }
}

TEST_CASE("what a run left mounted on a plugging-in that is noticed only afterwards is released", "[decide][release]") {
    const auto again = device("/dev/sdb1", "plug-2");
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.unmount();
    s.pull();
    auto run = s.begin("system", Trigger::person);
    run.plug = again.plug;
    run.mounted_itself = true;
    run_started(s.world, run);
    SECTION("mounted") {
        s.mount({mount_of(again)});
        s.end(run, Outcome::aborted);
        s.plug({again});
        s.end(s.begin("system", Trigger::person), Outcome::success);  // nothing is due
        CHECK(s.actions() == Words{"release usb"});
    }
    SECTION("unmounted by the run, and mounted by a person later") {
        s.end(run, Outcome::success);
        s.plug({again});
        s.unmount();
        s.mount({mount_of(again)});
        CHECK(s.actions().empty());
    }
}

TEST_CASE("a person's mount after the release is the person's", "[decide][release]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.unmount();  // by hand, before the daemon came to it
    s.mount();
    CHECK(s.actions().empty());
}

TEST_CASE("a kept disk is not released", "[decide][release]") {
    Scene s;
    s.usb().spec.when_done = WhenDone::keep;
    s.plug();
    s.run(Outcome::success);
    CHECK(s.actions().empty());
}

TEST_CASE("a disk to be switched off is released first", "[decide][release]") {
    Scene s;
    s.usb().spec.when_done = WhenDone::power_off;
    s.plug();
    s.run(Outcome::success);
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("a run on an earlier plugging-in owes nothing now", "[decide][release]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.unmount();
    s.pull();
    s.plug({device("/dev/sdb1", "plug-2")});
    s.mount();
    CHECK(s.actions().empty());
}

TEST_CASE("ejecting releases a disk that a person mounted, and a kept one", "[decide][release]") {
    Scene s;
    s.usb().spec.when_done = WhenDone::keep;
    s.plug();
    SECTION("on its mount point") {
        s.mount();
    }
    SECTION("elsewhere") {
        s.mount({mount_of(device(), "/media/someone")});
    }
    eject_asked(s.world, "usb");
    CHECK(s.actions() == Words{"release usb"});
    s.release();
    CHECK(s.actions().empty());
    CHECK(s.state() == "safe-to-unplug");
}

TEST_CASE("ejecting during a run releases after it", "[decide][release]") {
    Scene s;
    s.usb().spec.when_done = WhenDone::keep;
    s.plug();
    const auto run = s.begin();
    s.mount();
    eject_asked(s.world, "usb");
    CHECK(s.actions().empty());
    s.end(run, Outcome::success);
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("ejecting while a run is still mounting releases after it too", "[decide][release]") {
    Scene s;
    s.usb().spec.when_done = WhenDone::keep;
    s.plug();
    const auto run = s.begin();
    eject_asked(s.world, "usb");
    s.mount();
    s.end(run, Outcome::success);
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("a dead mount is detached, even before anything else may use the place", "[decide][release]") {
    Scene s;
    s.plug();
    s.mount();
    s.pull();
    CHECK(s.actions() == Words{"release usb"});
    s.plug({device("/dev/sdc1", "plug-2")});
    CHECK(s.actions() == Words{"release usb"});
    s.release();
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("a dead mount is not touched while the run on it is being stopped", "[decide][release]") {
    Scene s;
    s.plug();
    const auto run = s.begin();
    s.mount();
    s.pull();
    CHECK(s.actions() == Words{"stop system"});
    s.end(run, Outcome::vanished);
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("another filesystem on the mount point is never unmounted", "[decide][release]") {
    Scene s;
    const std::vector<Mount> tmpfs{
        {.id = 9, .number = {0, 77}, .point = "/mnt/backup", .source = "tmpfs", .fstype = "tmpfs"}};
    s.plug();
    const auto run = s.begin();
    s.mount(tmpfs);
    s.end(run, Outcome::failed);
    CHECK(s.actions().empty());
    eject_asked(s.world, "usb");
    CHECK(s.actions() == Words{"release usb"});  // which looks whether the disk itself is in use, and touches nothing
}

TEST_CASE("a held disk is tried again after 1, 2, 4, 8, 15, 15 minutes", "[decide][release]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    for (const int step : {1, 2, 4, 8, 15, 15}) {
        CHECK(s.actions() == Words{"release usb"});
        s.fail_release();
        CHECK(s.actions().empty());
        CHECK(s.look_again() == in_words(s.now + minutes{step}));
        s.pass(minutes{step} - std::chrono::microseconds{1});
        CHECK(s.actions().empty());
        s.pass(std::chrono::microseconds{1});
    }
}

TEST_CASE("a failed release of last week does not delay the one of today", "[decide][release]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    for (int i = 0; i < 5; ++i) s.fail_release();
    s.unmount();
    s.pass(hours{24});
    s.run(Outcome::success);
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("a held disk is used, not released, when the next slot comes", "[decide][release]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.fail_release();
    s.now = utc(2026, 3, 11, 2);
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("a share is probed only when something is due on it", "[decide][probe]") {
    Scene s;
    s.use_share_only();
    CHECK(s.actions() == Words{"probe nas"});
    probe_started(s.world, "nas");
    CHECK(s.actions().empty());
    probe_ended(s.world, "nas", true, s.now);
    CHECK(s.actions() == Words{"start photos"});
    const auto run = s.begin("photos");
    s.mount_share();
    s.end(run, Outcome::success);
    CHECK(s.actions() == Words{"release nas"});
    release_started(s.world, "nas");
    s.unmount();
    release_ended(s.world, "nas", "", s.now);
    CHECK(s.actions().empty());
    CHECK(s.look_again() == "2026-03-11T02:00:00");
    s.now = utc(2026, 3, 11, 2);
    CHECK(s.actions() == Words{"probe nas"});
}

TEST_CASE("a share that does not answer is asked again after 1, 2, 4 … 60 minutes", "[decide][probe]") {
    Scene s;
    s.use_share_only();
    s.plan("photos").spec.schedule = Schedule::parse("Mon 02:00").value();
    for (const int step : {1, 2, 4, 8, 16, 32, 60, 60}) {
        CHECK(s.actions() == Words{"probe nas"});
        probe_started(s.world, "nas");
        probe_ended(s.world, "nas", false, s.now);
        CHECK(s.actions().empty());
        CHECK(s.look_again() == in_words(s.now + minutes{step}));
        s.pass(minutes{step} - std::chrono::microseconds{1});
        CHECK(s.actions().empty());
        s.pass(std::chrono::microseconds{1});
    }
}

TEST_CASE("a share that answered once is asked anew after the run, and its run waits for its own back-off",
          "[decide][probe]") {
    Scene s;
    s.use_share_only();
    probe_ended(s.world, "nas", true, s.now);
    s.end(s.begin("photos"), Outcome::failed);
    CHECK(s.actions() == Words{"probe nas"});
    probe_ended(s.world, "nas", true, s.now);
    CHECK(s.actions().empty());
    CHECK(s.look_again() == in_words(s.now + minutes{5}));
    s.pass(minutes{5});
    CHECK(s.actions() == Words{"start photos"});
}

TEST_CASE("a share that is mounted, never initialised, or whose plan is running is not probed",
          "[decide][probe]") {
    Scene s;
    s.use_share_only();
    SECTION("mounted") {
        s.mount_share();
        CHECK(s.actions() == Words{"start photos"});
    }
    SECTION("never initialised") {
        s.nas().pinned_at.reset();
        CHECK(s.actions().empty());
    }
}

TEST_CASE("a disk is never probed", "[decide][probe]") {
    Scene s;
    CHECK(s.actions().empty());
    s.plug();
    CHECK(s.actions() == Words{"start system"});
}
