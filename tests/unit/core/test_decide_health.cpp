/// decide() and observe on health: when a disk is looked at, what its verdict forbids, and when it tests
/// itself.

#include "unit/core/health_scene.hpp"

using namespace guardian;
using namespace guardian::test;

namespace {

const Words look_at_it{"look at usb"};

}  // namespace

// ---- when it is looked at

TEST_CASE("a disk is looked at when it is plugged in, once", "[health]") {
    Watched s;
    CHECK(s.actions() == look_at_it);
    s.begin_look();
    CHECK(s.actions().empty());
    s.end_look();
    CHECK(s.actions().empty());
    s.pull();
    CHECK(s.actions().empty());
    s.plug_anew("plug-2");
    CHECK(s.actions() == look_at_it);
}

TEST_CASE("while it is in it is looked at every so often", "[health]") {
    Watched s;
    s.told(Verdict::healthy);
    CHECK(s.look_again() == in_words(std::optional{later(s.now, hours{6})}));
    s.pass(hours{6} - seconds{1});
    CHECK(s.actions().empty());
    s.pass(seconds{1});
    CHECK(s.actions() == look_at_it);
}

TEST_CASE("a filesystem that turns read-only has its disk looked at", "[health]") {
    Watched s;
    s.told(Verdict::healthy);
    s.mount();
    CHECK(s.actions().empty());
    auto mounts = s.world.target("usb")->mounts;
    REQUIRE(mounts.size() == 1);
    mounts.front().read_only = true;
    (void)mounts_seen(s.world, mounts);
    CHECK(s.actions() == look_at_it);
}

TEST_CASE("a look that told nothing is not tried again before its time", "[health]") {
    Watched s;
    s.begin_look();
    s.end_look();
    s.pass(hours{5});
    CHECK(s.actions().empty());
}

TEST_CASE("what is not to be looked at is not", "[health]") {
    Watched s;
    SECTION("never") {
        HealthSpec never;
        never.every = Duration::zero();
        s.spec(never);
    }
    SECTION("never initialised") {
        s.usb().pinned_at.reset();
    }
    SECTION("two devices") {
        s.plug({device(), device("/dev/sdc1", "plug-2")});
    }
    SECTION("another serial") {
        s.usb().spec.serial = "S2";
    }
    SECTION("pulled") {
        s.pull();
    }
    CHECK(s.actions().empty());
    CHECK(!s.test());
}

TEST_CASE("a run looks itself: the daemon does not, from its start on", "[health]") {
    Watched s;
    s.now = utc(2026, 3, 11, 2);
    CHECK(s.actions() == Words{"start system"});
    const auto run = s.begin();
    CHECK(s.actions().empty());
    (void)s.see(drive(Verdict::healthy));
    s.mount();
    s.end(run, Outcome::success);
    s.release();
    CHECK(s.actions().empty());
}

TEST_CASE("the kernel's word has it looked at at once, but not more than once a minute", "[health]") {
    Watched s;
    s.told(Verdict::healthy);
    s.pass(seconds{10});
    s.kernel(KernelSign::io_error);
    CHECK(s.actions() == look_at_it);
    s.told(Verdict::healthy);
    s.pass(seconds{10});
    s.kernel(KernelSign::usb_reset);
    CHECK(s.actions().empty());
    CHECK(s.look_again() == in_words(std::optional{later(s.now, seconds{50})}));
    s.pass(seconds{50});
    CHECK(s.actions() == look_at_it);
    s.told(Verdict::healthy);
    s.pass(hours{1});
    CHECK(s.actions().empty());
    look_asked(s.world, "usb");
    CHECK(s.actions() == look_at_it);
}

TEST_CASE("a drive that is never to be asked is looked at for what the kernel says, once each time", "[health]") {
    Watched s;
    HealthSpec never;
    never.every = Duration::zero();
    s.spec(never);
    s.kernel(KernelSign::io_error);
    CHECK(s.actions() == look_at_it);
    s.told(Verdict::unknown);
    s.kernel(KernelSign::usb_reset);
    CHECK(s.actions().empty());
    CHECK(s.look_again() == in_words(std::optional{later(s.now, health_gap)}));
    s.pass(health_gap);
    CHECK(s.actions() == look_at_it);
    s.told(Verdict::unknown);
    s.pass(hours{12});
    CHECK(s.actions().empty());
}

TEST_CASE("a clock that was set back does not keep a disk from being looked at", "[health]") {
    const auto back = GENERATE(Duration{minutes{1}}, Duration{hours{3}}, Duration{hours{9}});
    Watched s;
    s.told(Verdict::healthy);
    s.now -= back;
    CHECK(s.actions() == look_at_it);
    s.told(Verdict::healthy);
    CHECK(s.actions().empty());
}

TEST_CASE("a look that was still going when the disk came back is none at that plugging-in", "[health]") {
    Watched s;
    s.begin_look();
    s.pull();
    s.plug_anew("plug-2");
    CHECK(s.actions().empty());
    s.end_look();
    CHECK(s.actions() == look_at_it);
}

TEST_CASE("a share has no health", "[health]") {
    Scene s;
    s.use_share_only();
    kernel_said(s.world, "nas", "", {s.now, KernelSign::io_error, ""});
    look_asked(s.world, "nas");
    look_asked(s.world, "nobody");
    CHECK(s.decisions() == Words{"probe nas"});
}

// ---- the kernel's words

TEST_CASE("the kernel's words count when a look finds the disk there still, and are told to be kept",
          "[health]") {
    Watched s;
    s.told(Verdict::healthy);
    s.kernel(KernelSign::io_error);
    CHECK(s.settle_incidents().empty());
    s.begin_look();
    CHECK(s.see(drive(Verdict::healthy)).size() == 1);
    s.end_look();
    CHECK(s.settle_incidents() == Words{"raise disk:usb"});
    CHECK(s.see(drive(Verdict::healthy)).empty());
}

TEST_CASE("what the kernel says while a disk is pulled is not held against it", "[health]") {
    Watched s;
    s.told(Verdict::healthy);
    s.kernel(KernelSign::io_error);
    s.kernel(KernelSign::read_only);
    SECTION("nor once it is back") {
        s.pull();
        s.plug_anew("plug-2");
    }
    SECTION("nor when it is back before anybody noticed") {
        s.plug_anew("plug-2");
    }
    SECTION("nor when it was a clone beside it") {
        s.plug({device(), device("/dev/sdc1", "plug-2")});
        s.kernel(KernelSign::filesystem_error);
        s.plug({device()});
    }
    CHECK(s.see(drive(Verdict::healthy)).empty());
    CHECK(s.settle_incidents().empty());
}

TEST_CASE("what the kernel says of a clone is not held against the disk beside it", "[health]") {
    Watched s;
    s.told(Verdict::healthy);
    s.plug({device(), device("/dev/sdc1", "plug-2")});
    kernel_said(s.world, "usb", "plug-2", {s.now, KernelSign::io_error, "sdc: I/O error"});
    CHECK(s.see(drive(Verdict::healthy)).empty());
    s.kernel(KernelSign::io_error);
    CHECK(s.see(drive(Verdict::healthy)).size() == 1);
}

TEST_CASE("what the kernel says of a disk that is gone is said of no other", "[health]") {
    Watched s;
    s.told(Verdict::healthy);
    s.pull();
    s.kernel(KernelSign::io_error);
    s.plug_anew("plug-2");
    CHECK(s.see(drive(Verdict::healthy)).empty());
}

TEST_CASE("the kernel's words are over after seven days, at the next look", "[health]") {
    Watched s;
    s.kernel(KernelSign::io_error);
    s.told(Verdict::healthy);
    CHECK(s.settle_incidents() == Words{"raise disk:usb"});
    s.pass(day * 6);
    s.told(Verdict::healthy);
    CHECK(s.settle_incidents() == Words{});
    s.pass(day);
    s.told(Verdict::healthy);
    CHECK(s.settle_incidents() == Words{"end disk:usb"});
}

TEST_CASE("where the drives are never asked, the kernel's words are over after seven days too", "[health]") {
    Watched s;
    HealthSpec spec;
    spec.every = Duration::zero();
    spec.on_watch = OnVerdict::refuse;
    s.spec(spec);
    s.kernel(KernelSign::io_error);
    s.told(Verdict::healthy);
    CHECK(s.settle_incidents() == Words{"raise disk:usb"});
    CHECK(s.test() == std::nullopt);
    CHECK(s.decided().look_again <= later(s.now, kernel_signs_last));
    s.pass(day * 7 - std::chrono::seconds{1});
    CHECK(s.test() == std::nullopt);
    s.pass(std::chrono::seconds{1});
    CHECK(s.test() == Test::none);
    s.begin_look();
    s.end_look();  // whatever came of it
    CHECK(s.test() == std::nullopt);
    CHECK_FALSE(refused_by_health(s.world.targets[0]));
}

TEST_CASE("only what is news of the disk is to be kept", "[health]") {
    Watched s;
    const auto say = [&](const std::string& plug) {
        return kernel_said(s.world, "usb", plug, {s.now, KernelSign::io_error, "sda: I/O error"});
    };
    CHECK_FALSE(say("another"));
    CHECK(say(s.usb().plug));
    CHECK_FALSE(say(s.usb().plug));
    s.pass(std::chrono::minutes{1});
    CHECK(say(s.usb().plug));
}

TEST_CASE("what the kernel said of a disk that died where it is counts, and of one that is pulled it does not", "[health]") {
    Watched s;
    s.told(Verdict::healthy);
    const auto dead = s.usb().devices;
    s.kernel(KernelSign::io_error);
    (void)devices_seen(s.world, {}, s.now, dead);
    const auto looks = [&] { return s.decided().look_again == s.now + blank_settle; };
    CHECK(!s.test());
    CHECK(looks());
    SECTION("dead where it is") {
        s.pass(blank_settle);
        REQUIRE(s.test());
        s.begin_look();
        CHECK(s.see(drive(Verdict::unknown)).size() == 1);
        s.end_look();
        CHECK(s.settle_incidents() == Words{"raise disk:usb"});
        CHECK(!s.test());
        s.pull();
        CHECK(s.settle_incidents().empty());
    }
    SECTION("on its way out") {
        s.pass(blank_settle - seconds{1});
        s.pull();
        s.pass(seconds{1});
        CHECK(!s.test());
        CHECK(s.usb().health.heard.empty());
        CHECK(!s.usb().blank_since);
    }
    SECTION("back as it was") {
        s.pass(hours{1});
        s.plug(dead);
        CHECK(!s.usb().blank_since);
        CHECK(s.usb().health.heard.size() == 1);
    }
    SECTION("another has come in its place") {
        s.pass(hours{1});
        (void)devices_seen(s.world, {device("/dev/sdb1", "plug-2")}, s.now, dead);
        CHECK(!s.usb().blank_since);
        CHECK(s.usb().health.heard.empty());
    }
}

TEST_CASE("a disk that was wiped, and of which the kernel said nothing, is not looked at", "[health]") {
    Watched s;
    s.told(Verdict::healthy);
    (void)devices_seen(s.world, {}, s.now, s.usb().devices);
    s.pass(hours{1});
    CHECK(!s.test());
}

TEST_CASE("what was heard before a restart is nothing once the disk was plugged in anew", "[health]") {
    Scene s;
    s.world.targets[0].plug = "before";
    s.world.targets[0].health.heard = {{s.now, KernelSign::io_error, "sda: I/O error"}};
    s.plug();
    CHECK(s.world.targets[0].health.heard.empty());
}

// ---- what it forbids

TEST_CASE("nothing is started on a disk whose verdict is refused, and all else is", "[health]") {
    const auto verdict = GENERATE(Verdict::watch, Verdict::failing, Verdict::unknown);
    const auto policy = GENERATE(OnVerdict::backup, OnVerdict::keep, OnVerdict::refuse);
    Watched s;
    HealthSpec spec;
    spec.on_watch = spec.on_failing = spec.on_unknown = policy;
    spec.short_test = spec.long_test = Duration::zero();
    s.spec(spec);
    s.now = utc(2026, 3, 11, 2);
    s.told(verdict);
    CAPTURE(to_string(verdict), to_string(policy));
    CHECK(s.actions() == (policy == OnVerdict::refuse ? Words{} : Words{"start system"}));
}

TEST_CASE("a failing disk is safe to unplug, though its plan is due, and is not missed", "[health]") {
    Watched s;
    s.told(Verdict::failing);
    (void)s.settle_incidents();
    s.now = utc(2026, 3, 11, 4);
    s.told(Verdict::failing);
    CHECK(due_slot(s.world, s.plan(), s.now).due);
    CHECK(s.state() == "safe-to-unplug");
    CHECK(s.decisions().empty());
    s.told(Verdict::healthy);
    CHECK(s.state() == "present");
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("what a run left mounted on a disk that failed meanwhile is released, though a plan is due",
          "[health]") {
    Watched s;
    s.now = utc(2026, 3, 11, 2);
    const auto run = s.begin();
    s.mount();
    (void)s.see(drive(Verdict::failing));
    s.end(run, Outcome::failed, "the disk is failing");
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("a plan that a person asks the daemon for is not started on a failing disk", "[health]") {
    Watched s;
    s.told(Verdict::failing);
    run_asked(s.world, "system");
    CHECK(s.actions().empty());
    CHECK(s.state() == "safe-to-unplug");
    s.told(Verdict::healthy);
    CHECK(s.actions() == Words{"start asked system"});
}

TEST_CASE("a disk that gets bad while a run is on it does not have that stopped", "[health]") {
    Watched s;
    (void)s.begin();
    s.mount();
    (void)s.see(drive(Verdict::failing));
    CHECK(s.actions().empty());
}

// ---- what is saved

TEST_CASE("the drives that a job saves are looked at every six hours, wherever the target is", "[health]") {
    Sourced s;
    s.pull();
    CHECK(s.actions() == Words{"look at home"});
    s.told(Verdict::healthy);
    CHECK(s.actions().empty());
    s.pass(hours{6});
    CHECK(s.actions() == Words{"look at home"});
}

TEST_CASE("a failing source has a backup made at once, and then no other", "[health]") {
    Sourced s;
    s.config.plans[0].on_plug = GENERATE(OnPlug::due, OnPlug::always, OnPlug::never);
    s.reload();
    s.told(Verdict::watch);
    CHECK(s.actions().empty());
    s.pass(seconds{1});
    s.told(Verdict::failing);
    CHECK(s.decisions() == Words{"raise source:home", "start system"});
    s.run(Outcome::success);
    s.release();
    CHECK(s.actions().empty());
    s.pass(minutes{1});
    s.told(Verdict::failing);
    CHECK(s.actions().empty());
}

TEST_CASE("a failing source does not wait for the timer", "[health]") {
    Sourced s;
    s.config.plans[0].random_delay = hours{3};
    s.reload();
    s.now = utc(2026, 3, 11, 3);
    s.told(Verdict::healthy);
    CHECK(s.actions().empty());
    s.told(Verdict::failing);
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("a failing source waits after a failed run as any other", "[health]") {
    Sourced s;
    s.pass(seconds{1});
    s.told(Verdict::failing);
    s.run(Outcome::failed);
    s.release();
    CHECK(s.actions().empty());
    s.pass(minutes{5});
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("a source that was found failing by a clock that was wrong is urgent still", "[health]") {
    Sourced s;
    s.pass(day * 40);
    s.told(Verdict::failing);
    s.now = utc(2026, 3, 10, 13);
    CHECK(s.actions() == Words{"look at home"});
    s.told(Verdict::failing);
    CHECK(is_urgent(s.world, s.plan(), s.now));
    CHECK(s.actions() == Words{"start system"});
}

// ---- self-tests

namespace {

struct Tested : Watched {
    Tested() {
        now = utc(2026, 3, 10, 12);
        HealthSpec health;
        health.short_test = day * 7;
        health.long_test = day * 30;
        spec(health);
    }
    void back_up() {
        run(Outcome::success);
        release();
    }
    void look_hours_later(const SelfTestState& tests = {}) {
        told(drive(Verdict::healthy), tests);
        pass(hours{6});
    }
};

}  // namespace

TEST_CASE("at the first look a drive does not test itself, at the next it does", "[health]") {
    Tested s;
    CHECK(s.test() == Test::none);
    s.look_hours_later();
    CHECK(s.test() == Test::long_one);
}

TEST_CASE("a drive tests itself when the last that came to a result is long past", "[health]") {
    Tested s;
    SelfTestState tests;
    tests.last_long = s.now;
    s.look_hours_later(tests);
    CHECK(s.test() == Test::short_one);
    tests.last_short = s.now;
    s.look_hours_later(tests);
    CHECK(s.test() == Test::none);
    s.pass(day * 7);
    s.back_up();
    CHECK(s.test() == Test::short_one);
    s.pass(day * 30);
    s.back_up();
    CHECK(s.test() == Test::long_one);
}

TEST_CASE("a test that came to no result is repeated, and not while it is going", "[health]") {
    Tested s;
    SelfTestState tests;
    tests.running = true;
    s.look_hours_later(tests);
    CHECK(s.test() == Test::none);
    s.look_hours_later();
    CHECK(s.test() == Test::long_one);
}

TEST_CASE("a drive does not test itself where that is not wanted, or where there is none", "[health]") {
    Tested s;
    SECTION("not wanted") {
        auto health = s.usb().spec.health;
        health.short_test = health.long_test = Duration::zero();
        s.spec(health);
        s.look_hours_later();
    }
    SECTION("none was found") {
        s.begin_look();
        s.end_look();
        s.pass(hours{6});
    }
    CHECK(s.test() == Test::none);
}

TEST_CASE("a drive tests itself only when its disk has been in for a while", "[health]") {
    Tested s;
    s.pull();
    s.plug_anew("plug-2");
    s.told(Verdict::healthy);
    s.pass(test_settle - seconds{1});
    look_asked(s.world, "usb");
    CHECK(s.test() == Test::none);
    s.pass(seconds{1});
    CHECK(s.test() == Test::long_one);
}

TEST_CASE("a self-test does not wait for the next look: the moment when it may begin is named", "[health]") {
    Tested s;
    s.pull();
    s.plug_anew("plug-2");
    const auto plugged = s.now;
    s.pass(seconds{5});
    s.told(Verdict::healthy);
    CHECK(!s.test());
    CHECK(s.look_again() == in_words(std::optional{later(plugged, test_settle)}));
    s.now = later(plugged, test_settle);
    CHECK(s.test() == Test::long_one);
    SECTION("and once it is going, nothing is looked at before its time") {
        SelfTestState going;
        going.running = true;
        s.begin_look(Test::long_one);
        (void)s.see(drive(Verdict::healthy), going);
        s.end_look();
        CHECK(s.actions().empty());
        CHECK(s.look_again() == in_words(std::optional{later(s.now, hours{6})}));
    }
    SECTION("but after a run, when that is over") {
        s.now = utc(2026, 3, 11, 2);
        const auto run = s.begin();
        s.mount();
        (void)s.see(drive(Verdict::healthy));
        CHECK(!s.test());
        s.end(run, Outcome::success);
        s.release();
        CHECK(s.test() == Test::long_one);
    }
}

TEST_CASE("the moment when a self-test is long past is named", "[health]") {
    Tested s;
    SelfTestState tests;
    tests.last_long = s.now;
    tests.last_short = s.now - day * 7 + hours{1};
    s.told(drive(Verdict::healthy), tests);
    CHECK(!s.test());
    CHECK(s.look_again() == in_words(std::optional{later(s.now, hours{1})}));
    s.pass(hours{1});
    CHECK(s.test() == Test::short_one);
}

TEST_CASE("a drive that does not begin a self-test is asked again at the next look, or plugging-in", "[health]") {
    Tested s;
    s.told(Verdict::healthy);
    s.pass(test_settle);
    CHECK(s.test() == Test::long_one);
    s.begin_look(Test::long_one);
    (void)s.see(drive(Verdict::healthy));
    s.end_look();
    CHECK(s.actions().empty());
    SECTION("at the next look") {
        s.pass(hours{6} - seconds{1});
        CHECK(s.actions().empty());
        s.kernel(KernelSign::usb_reset);
        CHECK(s.test() == Test::none);
        s.pass(seconds{1});
    }
    SECTION("when it is plugged in anew") {
        s.pull();
        s.plug_anew("plug-2");
        s.told(Verdict::healthy);
        s.pass(test_settle);
    }
    CHECK(s.test() == Test::long_one);
}

TEST_CASE("a drive that sleeps, or tells nothing, is not looked at for a self-test", "[health]") {
    Tested s;
    auto still = drive(Verdict::healthy);
    still.asleep = GENERATE(true, false);
    still.trouble = "it sleeps, and was not woken";
    s.told(still);
    s.pass(test_settle);
    CHECK(!s.test());
    CHECK(s.look_again() == in_words(std::optional{later(s.now, hours{6} - test_settle)}));
}

TEST_CASE("on a disk that is ejected, or being released, no self-test is begun", "[health]") {
    Tested s;
    s.told(Verdict::healthy);
    s.pass(test_settle);
    CHECK(s.test() == Test::long_one);
    SECTION("ejected") {
        eject_asked(s.world, "usb");
        s.release();
        CHECK(!s.test());
    }
    SECTION("being released") {
        release_started(s.world, "usb");
        CHECK(!s.test());
        release_ended(s.world, "usb", "", s.now);
        CHECK(s.test() == Test::long_one);
        release_started(s.world, "usb");
    }
    s.pass(hours{6});
    CHECK(s.test() == Test::none);
}

TEST_CASE("a drive does not test itself while something is due, nor soon before", "[health]") {
    Tested s;
    s.told(Verdict::healthy);
    s.now = utc(2026, 3, 11, 1);
    CHECK(s.test() == Test::long_one);
    s.pass(seconds{1});
    CHECK(s.test() == Test::none);
    s.now = utc(2026, 3, 11, 2);
    s.run(Outcome::failed);
    s.release();
    CHECK(s.test() == Test::none);  // it is tried again in five minutes
    s.pass(minutes{5});
    s.run(Outcome::success);
    s.release();
    CHECK(s.test() == Test::long_one);
}
