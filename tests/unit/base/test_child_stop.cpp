/// run_child: how a child is brought to its end, and what it takes with it.

#include <csignal>
#include <sstream>

#include "unit/base/helper.hpp"

using namespace guardian;
using namespace guardian::test;

TEST_CASE("a child that outlasts its deadline is stopped, and it says so", "[child][stop]") {
    const auto exit = run(helper({"be_deaf"}), Limits{.deadline = milliseconds{50}});
    REQUIRE(exit.stopped);
    CHECK(exit.stopped->code == ErrorCode::timeout);
    CHECK(exit.stopped->reason == "took longer than 50 ms");
    CHECK(exit.signal == SIGINT);
    CHECK(!exit.ok());
}

TEST_CASE("a child that says nothing for too long is stopped, and it says so", "[child][stop]") {
    const auto exit = run(helper({"be_deaf"}), Limits{.silence = milliseconds{50}});
    REQUIRE(exit.stopped);
    CHECK(exit.stopped->code == ErrorCode::timeout);
    CHECK(exit.stopped->reason == "said nothing for 50 ms");
}

TEST_CASE("limits as long as time itself stop nobody", "[child][stop]") {
    Limits limits;
    limits.deadline = limits.silence = limits.interrupt_wait = Duration::max();
    CHECK(run(helper({"exit_with", "0"}), limits).ok());
    CHECK(stop_when_it_speaks(helper({"be_deaf"}), limits).signal == SIGINT);
}

TEST_CASE("the stop ladder climbs only as far as it must", "[child][stop]") {
    const auto INT = std::to_string(SIGINT), TERM = std::to_string(SIGTERM);
    SECTION("SIGINT is enough") {
        CHECK(stop_when_it_speaks(helper({"be_deaf"}), {}).signal == SIGINT);
    }
    SECTION("deaf to SIGINT: SIGTERM") {
        CHECK(stop_when_it_speaks(helper({"be_deaf", INT}), short_waits()).signal == SIGTERM);
    }
    SECTION("deaf to SIGTERM alone: SIGINT ends it") {
        CHECK(stop_when_it_speaks(helper({"be_deaf", TERM}), {}).signal == SIGINT);
    }
    SECTION("deaf to both: SIGKILL") {
        const auto exit = stop_when_it_speaks(helper({"be_deaf", INT, TERM}), short_waits());
        CHECK(exit.signal == SIGKILL);
        CHECK(!exit.left_behind);
    }
}

TEST_CASE("a child that not even SIGKILL ends is left behind, and nobody hangs with it", "[child][stop]") {
    pid_t tracer = -1;
    auto limits = short_waits();
    limits.kill_wait = milliseconds{30};
    const auto exit = stop_when_it_speaks(helper({"be_immortal"}), limits, [&](std::string_view line, bool) {
        if (line.starts_with("tracer ")) tracer = std::stoi(std::string(line.substr(7)));
    });
    if (tracer < 0) {
        WARN("skipped: processes may not be traced here");
        return;
    }
    ::kill(tracer, SIGKILL);
    CHECK(exit.left_behind);
    CHECK(exit.code == 128 + SIGKILL);
    CHECK(exit.stopped);
    CHECK(!exit.ok());
}

TEST_CASE("an interrupt stops the child with its own reason", "[child][stop]") {
    const auto exit = stop_when_it_speaks(helper({"be_deaf"}), {});
    REQUIRE(exit.stopped);
    CHECK(exit.stopped->code == ErrorCode::cancelled);
    CHECK(exit.stopped->reason == "the button was pressed");
}

TEST_CASE("an interrupt that wants nothing stops nobody", "[child][stop]") {
    StopButton button;
    button.press();
    int asked = 0;
    const Interrupt calm{button.interrupt().fd, [&, fd = button.interrupt().fd]() -> std::optional<Error> {
                             char byte = 0;
                             ++asked;
                             (void)!::read(fd, &byte, 1);
                             return std::nullopt;
                         }};
    const auto exit = run_child(helper({"lines", "5000000"}), {}, {calm});
    REQUIRE(exit.has_value());
    CHECK(exit->ok());
    CHECK(asked == 1);
}

TEST_CASE("the first reason to stop is the one that is told", "[child][stop]") {
    auto limits = short_waits();
    limits.deadline = std::chrono::hours{1};
    const auto exit = stop_when_it_speaks(helper({"be_deaf", std::to_string(SIGINT)}), limits);
    REQUIRE(exit.stopped);
    CHECK(exit.stopped->code == ErrorCode::cancelled);
}

TEST_CASE("a stop reaches the child's own helpers", "[child][stop]") {
    Fd helpers_end;
    const auto exit = stop_when_it_speaks(helper({"hang_with_helper"}), {}, [&](std::string_view line, bool) {
        helpers_end = watch(std::stoi(std::string(line)));
    });
    CHECK(exit.signal == SIGINT);
    REQUIRE(helpers_end.valid());
    CHECK(ends(helpers_end));
}

TEST_CASE("a child dies with its runner, even when that is killed with SIGKILL", "[child][stop]") {
    Fd childs_end;
    const auto exit = run(helper({"run_a_hanging_child"}), {}, [&](std::string_view line, bool) {
        std::istringstream words{std::string(line)};
        pid_t runner = -1, child = -1;
        words >> runner >> child;
        childs_end = watch(child);
        if (runner > 0) ::kill(runner, SIGKILL);
    });
    CHECK(exit.signal == SIGKILL);
    REQUIRE(childs_end.valid());
    CHECK(ends(childs_end));
}
