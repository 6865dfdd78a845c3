/// decide(): when to look again, what clocks may do, and that it is a function and nothing more.

#include <algorithm>
#include <limits>

#include "unit/core/scene.hpp"

using namespace guardian;
using namespace guardian::test;

namespace {
const auto day = hours{24};
constexpr std::chrono::microseconds instant{1};
}  // namespace

TEST_CASE("look_again is the next slot, whatever else is going on", "[decide][time]") {
    Scene s;
    const auto next = "2026-03-11T02:00:00";
    CHECK(s.look_again() == next);  // absent
    s.plug();
    CHECK(s.look_again() == next);  // due
    const auto run = s.begin();
    CHECK(s.look_again() == next);  // running
    s.mount();
    s.end(run, Outcome::success);
    CHECK(s.look_again() == next);  // to be released
    s.release();
    CHECK(s.look_again() == next);  // idle
    eject_asked(s.world, "usb");
    CHECK(s.look_again() == next);
}

TEST_CASE("look_again is the earliest of all slots", "[decide][time]") {
    Scene s;
    s.add_plan("home");
    s.plan("home").spec.schedule = Schedule::parse("hourly").value();
    CHECK(s.look_again() == "2026-03-10T13:00:00");
}

TEST_CASE("look_again is the end of a back-off that comes before the next slot", "[decide][time]") {
    Scene s;
    s.plug();
    s.end(s.begin(), Outcome::failed);
    CHECK(s.look_again() == in_words(s.now + minutes{5}));
    s.pull();  // with the disk gone nobody waits for it
    CHECK(s.look_again() == "2026-03-11T02:00:00");
}

TEST_CASE("look_again is the moment a backup grows stale", "[decide][time]") {
    Scene s;
    s.plan().spec.stale_after = hours{3};
    s.plug();
    s.run(Outcome::success);
    s.release();
    CHECK(s.look_again() == in_words(s.now + hours{3}));
    s.pass(hours{3});
    CHECK(s.look_again() == "2026-03-11T02:00:00");
}

TEST_CASE("look_again is always in the future", "[decide][time]") {
    Scene s;
    s.plan().spec.stale_after = hours{30};
    s.plug();
    s.run(Outcome::failed);
    for (int i = 0; i < 500; ++i) {
        const auto next = s.decided().look_again;
        REQUIRE(next);
        REQUIRE(*next > s.now);
        s.now = *next;
    }
}

TEST_CASE("between now and look_again nothing changes by time alone", "[decide][time]") {
    Scene s;
    s.add_plan("home");
    s.plan("home").spec.schedule = Schedule::parse("hourly").value();
    s.plan().spec.stale_after = hours{30};
    SECTION("absent") {}
    SECTION("failing") {
        s.plug();
        s.run(Outcome::failed);
        s.run(Outcome::failed, "home");
    }
    SECTION("held") {
        s.plug();
        s.run(Outcome::success);
        s.run(Outcome::success, "home");
        s.fail_release();
    }
    SECTION("cancelled") {
        s.plug();
        s.run(Outcome::cancelled);
        s.release();
    }
    SECTION("a success in the future") {
        s.pass(3 * day);
        s.plug();
        s.run(Outcome::success);
        s.release();
        s.pass(-3 * day);
    }
    for (int i = 0; i < 60; ++i) {
        const auto d = s.decided();
        REQUIRE(d.look_again);
        const auto gap = *d.look_again - s.now;
        for (const auto t : {s.now + instant, s.now + gap / 2, *d.look_again - instant}) {
            const auto same = decide(s.world, std::max(t, s.now));
            REQUIRE(in_words(same) == in_words(d));
            REQUIRE(same.look_again == d.look_again);
        }
        s.now = *d.look_again;
    }
}

TEST_CASE("decided twice, decided alike, and nothing was touched", "[decide][time]") {
    Scene s;
    s.add_plan("home");
    s.plug();
    s.run(Outcome::failed);
    s.fail_release();
    const auto open_before = s.world.open;
    const auto first = s.decided();
    const auto second = s.decided();
    CHECK(first.now == second.now);
    CHECK(first.look_again == second.look_again);
    CHECK(s.world.open == open_before);
}

TEST_CASE("incidents come before everything else", "[decide][time]") {
    Scene s;
    s.add_plan("home");
    s.plan().spec.stale_after = hours{1};
    s.world.open["store:store"] = {IncidentKind::store, "store", "gone by now"};
    s.plug();
    s.run(Outcome::failed);
    const auto words = s.decisions();
    const auto is_incident = [](const std::string& w) {
        return w.starts_with("raise ") || w.starts_with("end ");
    };
    CHECK(std::is_partitioned(words.begin(), words.end(), is_incident));
    CHECK(words.back() == "start home");
    CHECK(std::count_if(words.begin(), words.end(), is_incident) >= 2);
}

TEST_CASE("a clock set back lets the back-off end at once, not years later", "[decide][time]") {
    Scene s;
    s.now = utc(2036, 1, 1);
    s.plug();
    s.run(Outcome::failed);
    s.release();
    s.now = utc(2026, 3, 10, 12);
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("a clock set back lets the next release and the next probe come at once", "[decide][time]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.fail_release();
    s.pass(-minutes{10});
    CHECK(s.actions() == Words{"release usb"});
    Scene n;
    n.use_share_only();
    probe_ended(n.world, "nas", false, n.now);
    n.pass(-minutes{10});
    CHECK(n.actions() == Words{"probe nas"});
}

TEST_CASE("a success dated in the future satisfies nothing, one within a day does", "[decide][time]") {
    Scene s;
    s.plug();
    s.now = utc(2036, 1, 1);
    s.run(Outcome::success);
    s.release();
    s.now = utc(2026, 3, 10, 12);
    CHECK(s.actions() == Words{"start system"});
    s.plan().last_success->started = s.now + day;
    CHECK(s.actions().empty());
    s.plan().last_success->started = s.now + day + instant;
    CHECK(s.actions() == Words{"start system"});
    CHECK(!believable(*s.plan().last_success, s.now));
}

TEST_CASE("after the clock was set back, look_again is the moment a success can be believed", "[decide][time]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.now -= hours{26};  // a run would be started now, if another were not going
    CHECK(s.look_again() == in_words(s.now + hours{2}));
}

TEST_CASE("a clock set forward by years makes one run due, not one for each slot missed", "[decide][time]") {
    Scene s;
    s.plug();
    s.run(Outcome::success);
    s.release();
    s.now = utc(2036, 1, 1, 12);
    CHECK(s.actions() == Words{"start system"});
    s.run(Outcome::success);
    CHECK(s.actions() == Words{"release usb"});
}

TEST_CASE("moments and spans at the ends of time break nothing", "[decide][time]") {
    for (const auto stored : {Time::min(), Time::max(), Time{}}) {
        for (const auto clock : {Time::min(), Time::max(), Time{}, utc(2026, 3, 10, 12)}) {
            Scene s;
            s.plan().spec.stale_after = Duration::max();
            s.plan().known_since = stored;
            s.plug();
            s.usb().plugged_at = s.usb().last_seen = s.usb().pinned_at = stored;
            s.now = stored;
            s.run(Outcome::failed);
            s.run(Outcome::success);
            s.run(Outcome::cancelled);
            s.run(Outcome::failed);
            s.plan().failures = std::numeric_limits<int>::max() - 1;
            s.fail_release();
            s.now = clock;
            for (const auto on_plug : {OnPlug::due, OnPlug::always, OnPlug::never}) {
                s.plan().spec.on_plug = on_plug;
                const auto d = s.decided();
                CHECK(d.now == s.decided().now);
                CHECK(!s.state().empty());
            }
        }
    }
}
