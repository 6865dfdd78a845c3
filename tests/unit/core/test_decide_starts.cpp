/// decide(): what is started and stopped.

#include <algorithm>
#include <limits>

#include "unit/core/scene.hpp"

using namespace guardian;
using namespace guardian::test;

namespace {
const auto day = hours{24};
}

TEST_CASE("an empty world needs nothing", "[decide]") {
    const auto d = decide({}, Time{});
    CHECK(d.now.empty());
    CHECK(!d.look_again);
}

TEST_CASE("a due plan is started when its disk is plugged in, once", "[decide]") {
    Scene s;
    CHECK(s.actions().empty());
    s.plug();
    CHECK(s.actions() == Words{"start system"});
    (void)s.begin();
    CHECK(s.actions().empty());
}

TEST_CASE("a slot is satisfied by a success and by a warning, and by nothing else", "[decide]") {
    const auto outcome = GENERATE(Outcome::success, Outcome::warning, Outcome::failed, Outcome::refused,
                                  Outcome::aborted, Outcome::vanished, Outcome::absent, Outcome::running);
    Scene s;
    s.plug();
    s.run(outcome);
    s.release();
    s.pull();
    s.pass(hours{1});
    s.plug({device("/dev/sdb1", "plug-2")});
    const bool satisfied = outcome == Outcome::success || outcome == Outcome::warning;
    CAPTURE(to_string(outcome));
    CHECK(s.actions() == (satisfied ? Words{} : Words{"start system"}));
    CHECK(due_slot(s.world, s.plan(), s.now).due == !satisfied);
}

TEST_CASE("a run that began before the slot does not satisfy it, though it ended after", "[decide]") {
    Scene s;
    s.plug();
    s.now = utc(2026, 3, 11, 1, 59);
    const auto run = s.begin();
    s.mount();
    s.now = utc(2026, 3, 11, 2, 30);
    s.end(run, Outcome::success);
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("a run that began exactly at the slot satisfies it", "[decide]") {
    Scene s;
    s.plug();
    s.now = utc(2026, 3, 11, 2);
    s.run(Outcome::success);
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("a plan without slots is never due by itself", "[decide]") {
    Scene s;
    s.plan().spec.schedule = {};
    s.plug();
    CHECK(s.actions().empty());
    CHECK(s.look_again() == "never");
    run_asked(s.world, "system");
    CHECK(s.actions() == Words{"start asked system"});
}

TEST_CASE("on_plug due: the disk that stays in is used again at the next slot", "[decide]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.release();
    CHECK(s.actions().empty());
    CHECK(s.look_again() == "2026-03-11T02:00:00");
    s.now = utc(2026, 3, 11, 2);
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("random_delay: the slot is the timer's for so long, then the daemon's", "[decide]") {
    Scene s;
    s.plan().spec.random_delay = std::chrono::minutes{30};
    s.plug();
    s.run(Outcome::success);
    s.release();
    s.now = utc(2026, 3, 11, 2);
    CHECK(s.actions().empty());
    CHECK(s.look_again() == "2026-03-11T02:30:00");
    s.now = utc(2026, 3, 11, 2, 30);
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("random_delay: a disk that comes long after the slot does not wait", "[decide]") {
    Scene s;
    s.plan().spec.random_delay = std::chrono::minutes{30};
    s.now = utc(2026, 3, 11, 9);
    s.plug();
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("on_plug always: each plugging-in has its run, due or not", "[decide]") {
    Scene s;
    s.plan().spec.on_plug = OnPlug::always;
    s.plug();
    s.run(Outcome::success);
    s.release();
    CHECK(s.actions().empty());
    s.pull();
    s.plug({device("/dev/sdb1", "plug-2")});
    CHECK(s.actions() == Words{"start system"});
    s.run(Outcome::success);
    s.release();
    CHECK(s.actions().empty());
    s.now = utc(2026, 3, 11, 2);
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("on_plug never: plugging in starts nothing, the next slot does", "[decide]") {
    Scene s;
    s.plan().spec.on_plug = OnPlug::never;
    s.plug();
    CHECK(s.actions().empty());
    CHECK(s.state() == "safe-to-unplug");
    CHECK(s.look_again() == "2026-03-11T02:00:00");
    s.now = utc(2026, 3, 11, 2);
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("on_plug never: a disk plugged in exactly at the slot waits for the next", "[decide]") {
    Scene s;
    s.plan().spec.on_plug = OnPlug::never;
    s.now = utc(2026, 3, 11, 2);
    s.plug();
    CHECK(s.actions().empty());
}

TEST_CASE("on_plug never: a plugging-in dated in the future hinders nothing for ever", "[decide]") {
    Scene s;
    s.plan().spec.on_plug = OnPlug::never;
    s.now = utc(2036, 1, 1);
    s.plug();
    s.now = utc(2026, 3, 10, 12);
    s.pass(2 * day);
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("a person's request runs what is not due", "[decide]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.release();
    run_asked(s.world, "system");
    CHECK(s.actions() == Words{"start asked system"});
    (void)s.begin("system", Trigger::asked);
    CHECK(s.actions().empty());
    CHECK(!s.plan().asked);
}

TEST_CASE("a person's request waits for the disk", "[decide]") {
    Scene s;
    run_asked(s.world, "system");
    CHECK(s.actions().empty());
    s.plug();
    CHECK(s.actions() == Words{"start asked system"});
}

TEST_CASE("a person's request overrides back-off, refusal, cancellation and eject", "[decide]") {
    Scene s;
    s.plug();
    SECTION("back-off") {
        s.run(Outcome::failed);
    }
    SECTION("refusal") {
        s.run(Outcome::refused);
    }
    SECTION("cancellation") {
        s.run(Outcome::cancelled);
    }
    SECTION("eject") {
        eject_asked(s.world, "usb");
    }
    const auto before = s.actions();
    CHECK(std::none_of(before.begin(), before.end(), [](const auto& w) { return w.starts_with("start"); }));
    run_asked(s.world, "system");
    CHECK(s.actions() == Words{"start asked system"});
}

TEST_CASE("no request overrides what would write to a stranger's disk", "[decide]") {
    Scene s;
    s.plug();
    SECTION("never initialised") {
        s.usb().pinned_at.reset();
    }
    SECTION("two devices") {
        s.plug({device(), device("/dev/sdc1", "plug-2")});
    }
    SECTION("another serial") {
        s.usb().spec.serial = "S2";
    }
    SECTION("no device") {
        s.pull();
    }
    SECTION("a dead mount on its place") {
        s.mount();
        s.plug({device("/dev/sdc1", "plug-2")});
    }
    SECTION("being released") {
        release_started(s.world, "usb");
    }
    run_asked(s.world, "system");
    const auto actions = s.actions();
    CHECK(std::none_of(actions.begin(), actions.end(), [](const auto& w) { return w.starts_with("start"); }));
}

TEST_CASE("an ejected disk is left alone until it is plugged in anew", "[decide]") {
    Scene s;
    s.plug();
    eject_asked(s.world, "usb");
    CHECK(s.actions() == Words{"release usb"});  // it may be mounted where we cannot see it
    s.release();
    CHECK(s.actions().empty());
    s.pass(7 * day);
    CHECK(s.actions().empty());
    s.pull();
    s.plug({device("/dev/sdb1", "plug-2")});
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("a refused disk is left alone until it is plugged in anew or initialised", "[decide]") {
    Scene s;
    s.plug();
    s.end(s.begin(), Outcome::refused, "no marker");
    s.pass(7 * day);
    CHECK(s.actions().empty());
    SECTION("plugged in anew") {
        s.plug({device("/dev/sdb1", "plug-2")});
    }
    SECTION("initialised") {
        s.usb().pinned_at = s.now;
        s.usb().pinned_after = s.plan().last_run->id;
    }
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("a cancelled run is not repeated before the next slot or plugging-in", "[decide]") {
    Scene s;
    s.plug();
    s.run(Outcome::cancelled);
    s.release();
    CHECK(s.actions().empty());
    CHECK(s.look_again() == "2026-03-10T13:00:00");  // then it counts as missed
    s.now = utc(2026, 3, 11, 1, 59);
    CHECK(s.actions().empty());
    SECTION("the next slot") {
        s.now = utc(2026, 3, 11, 2);
    }
    SECTION("plugged in anew") {
        s.plug({device("/dev/sdb1", "plug-2")});
    }
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("a run cancelled while the clock stood in the future does not stop its plan for ever", "[decide]") {
    Scene s;
    s.now = utc(2036, 1, 1);
    s.plug();
    s.run(Outcome::cancelled);
    s.release();
    s.now = utc(2026, 3, 10, 12);
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("the back-off doubles from 5 minutes to 6 hours", "[decide][back-off]") {
    const std::vector<Duration> steps{minutes{5},   minutes{10},  minutes{20},  minutes{40}, minutes{80},
                                      minutes{160}, minutes{320}, minutes{360}, minutes{360}};
    Scene s;
    s.plan().spec.schedule = Schedule::parse("Mon 02:00").value();  // no other slot comes in between
    s.plug();
    const auto missed_at = s.now + hours{1};
    for (const auto step : steps) {
        CHECK(s.actions().at(0) == "start system");
        s.end(s.begin(), Outcome::failed);
        CHECK(s.actions().empty());
        (void)s.settle_incidents();
        CHECK(s.look_again() ==
              in_words(std::min(s.now + step, s.now < missed_at ? missed_at : Time::max())));
        s.pass(step - std::chrono::microseconds{1});
        CHECK(s.actions().empty());
        s.pass(std::chrono::microseconds{1});
    }
}

TEST_CASE("the three back-offs, step by step and at absurd counts", "[decide][back-off]") {
    CHECK(retry_delay(0) == Duration::zero());
    CHECK(retry_delay(-5) == Duration::zero());
    CHECK(retry_delay(1) == minutes{5});
    CHECK(retry_delay(7) == minutes{320});
    CHECK(retry_delay(8) == hours{6});
    CHECK(retry_delay(std::numeric_limits<int>::max()) == hours{6});
    CHECK(release_delay(0) == Duration::zero());
    CHECK(release_delay(1) == minutes{1});
    CHECK(release_delay(4) == minutes{8});
    CHECK(release_delay(5) == minutes{15});
    CHECK(release_delay(1'000'000) == minutes{15});
    CHECK(probe_delay(1) == minutes{1});
    CHECK(probe_delay(6) == minutes{32});
    CHECK(probe_delay(7) == hours{1});
    CHECK(probe_delay(1'000'000) == hours{1});
}

TEST_CASE("a new plugging-in does not wait for the back-off of the old", "[decide][back-off]") {
    Scene s;
    s.plug();
    s.end(s.begin(), Outcome::vanished);
    CHECK(s.actions().empty());
    s.pull();
    s.plug({device("/dev/sdb1", "plug-2")});
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("a success ends the back-off", "[decide][back-off]") {
    Scene s;
    s.plug();
    s.run(Outcome::failed);
    s.run(Outcome::failed);
    s.run(Outcome::success);
    CHECK(s.plan().failures == 0);
}

TEST_CASE("two plans on one target run one after the other, and one disk's plans before another's",
          "[decide]") {
    Scene s;
    s.add_plan("home");
    s.plug();
    CHECK(s.actions() == Words{"start system"});
    const auto run = s.begin("system");
    s.mount();
    CHECK(s.actions().empty());
    s.end(run, Outcome::success);
    CHECK(s.actions() == Words{"start home"});
    s.run(Outcome::success, "home");
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("one run at a time on the whole machine", "[decide]") {
    Scene s;
    s.config.targets.push_back(disk_spec("second"));
    s.config.targets.back().uuid = "UUID-2";
    s.config.targets.back().mount = "/mnt/second";
    s.add_plan("other", "second");
    auto second = device("/dev/sdd1", "plug-d");
    second.uuid = "UUID-2";
    s.plug({device(), second});
    CHECK(s.actions() == Words{"start system"});
    const auto run = s.begin("system");
    CHECK(s.actions().empty());
    s.mount();
    s.end(run, Outcome::success);
    CHECK(s.actions() == Words{"start other", "release usb"});
}

TEST_CASE("which plan comes first: asked, then on a mounted target, then as configured", "[decide]") {
    Scene s;
    s.config.targets.push_back(disk_spec("second"));
    s.config.targets.back().uuid = "UUID-2";
    s.config.targets.back().mount = "/mnt/second";
    s.add_plan("home");
    s.add_plan("other", "second");
    auto second = device("/dev/sdd1", "plug-d");
    second.uuid = "UUID-2";
    s.plug({device(), second});
    CHECK(s.actions() == Words{"start system"});
    s.mount({mount_of(second, "/mnt/second")});
    CHECK(s.actions() == Words{"start other"});
    run_asked(s.world, "home");
    CHECK(s.actions() == Words{"start asked home"});
}

TEST_CASE("a plan that is always due keeps no other waiting: not on its own target, and not on another",
          "[decide]") {
    const auto* target = GENERATE("usb", "second");
    Scene s;
    s.config.targets.push_back(disk_spec("second"));
    s.config.targets.back().uuid = "UUID-2";
    s.config.targets.back().mount = "/mnt/second";
    s.config.plans.front().on_plug = OnPlug::always;
    s.add_plan("home", target);
    auto second = device("/dev/sdd1", "plug-d");
    second.uuid = "UUID-2";
    s.plug({device(), second});
    s.plan("system").spec.schedule = Schedule::parse("hourly").value();
    CHECK(s.actions() == Words{"start system"});
    const auto run = s.begin("system");
    s.mount();
    s.pass(hours{1});
    s.end(run, Outcome::success);
    CHECK(s.actions() == Words{"start home"});
    s.run(Outcome::success, "home");
    CHECK(s.actions().front() == "start system");
}

TEST_CASE("a run whose disk is gone is told to stop, once", "[decide]") {
    Scene s;
    s.plug();
    const auto run = s.begin();
    s.mount();
    CHECK(s.actions().empty());
    s.pull();
    CHECK(s.actions() == Words{"stop system"});
    s.plan().stop_sent = true;
    CHECK(s.actions().empty());
    s.end(run, Outcome::vanished);
    CHECK(!s.plan().stop_sent);
}

TEST_CASE("a person's run on a disk that is not noticed yet is not told to stop", "[decide]") {
    Scene s;
    s.plug();
    s.pull();
    auto run = s.begin("system", Trigger::person);
    run.plug = "plug-2";
    run_started(s.world, run);
    CHECK(s.actions().empty());
    s.plug({device("/dev/sdb1", "plug-2")});
    CHECK(s.actions().empty());
    s.pull();
    CHECK(s.actions() == Words{"stop system"});
}

TEST_CASE("a run is told to stop when its disk was pulled and plugged in between two looks", "[decide]") {
    Scene s;
    s.plug();
    (void)s.begin();
    s.mount();
    s.plug({device("/dev/sdc1", "plug-2")});
    CHECK(s.actions() == Words{"stop system"});
}

TEST_CASE("a second device with the UUID stops no run that has proven its own", "[decide]") {
    Scene s;
    s.plug();
    (void)s.begin();
    s.mount();
    s.plug({device(), device("/dev/sdc1", "plug-2")});
    CHECK(s.actions().empty());
}

TEST_CASE("a share's run is not stopped for want of a device", "[decide]") {
    Scene s;
    s.use_share_only();
    probe_ended(s.world, "nas", true, s.now);
    (void)s.begin("photos");
    CHECK(s.actions().empty());
}

TEST_CASE("a plan that left the configuration is not started again", "[decide]") {
    Scene s;
    s.add_plan("home");
    s.plug();
    const auto run = s.begin("home");
    s.mount();
    s.config.plans.pop_back();
    s.reload();
    REQUIRE(s.world.plan("home") != nullptr);
    s.pull();
    CHECK(s.actions() == Words{"stop home"});
    s.end(run, Outcome::failed);
    CHECK(s.world.plan("home") == nullptr);
}
