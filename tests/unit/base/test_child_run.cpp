/// run_child: what the child gets, and what comes back of it.

#include <fcntl.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "unit/base/helper.hpp"

using namespace guardian;
using namespace guardian::test;

namespace {

struct Line {
    std::string text;
    bool cut;
};

std::vector<Line> lines_of(const Command& command, const Limits& limits) {
    std::vector<Line> lines;
    const auto exit = run(command, limits, [&](std::string_view text, bool cut) {
        lines.push_back({std::string(text), cut});
    });
    CHECK(exit.ok());
    return lines;
}

std::size_t times_in(const std::string& text, const std::string& word) {
    std::size_t n = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
    return n;
}

/// Sets a signal's disposition for the time of a test.
class Disposition {
  public:
    Disposition(int number, void (*how)(int)) : number_(number), before_(std::signal(number, how)) {}
    ~Disposition() { (void)std::signal(number_, before_); }
    Disposition(const Disposition&) = delete;
    Disposition& operator=(const Disposition&) = delete;

  private:
    int number_;
    void (*before_)(int);
};

}  // namespace

TEST_CASE("the exit code comes back", "[child]") {
    for (const int code : {0, 1, 2, 127, 255}) {
        const auto exit = run(helper({"exit_with", std::to_string(code)}));
        CHECK(exit.code == code);
        CHECK(exit.signal == 0);
        CHECK(exit.ok() == (code == 0));
        CHECK(!exit.stopped);
        CHECK(!exit.left_behind);
    }
}

TEST_CASE("a death by signal comes back as the signal and 128 more", "[child]") {
    for (const int number : {SIGKILL, SIGTERM, SIGUSR1}) {
        const auto exit = run(helper({"die_by", std::to_string(number)}));
        CHECK(exit.signal == number);
        CHECK(exit.code == 128 + number);
        CHECK(!exit.ok());
        CHECK(!exit.stopped);
    }
}

TEST_CASE("what cannot be started is an error, never an exit code", "[child]") {
    Command command = helper({"exit_with", "0"});
    ErrorCode expected{};
    SECTION("no such program") {
        command.argv[0] = "/nonexistent/program";
        expected = ErrorCode::absent;
    }
    SECTION("not executable") {
        command.argv[0] = "/proc/self/status";
        expected = ErrorCode::denied;
    }
    SECTION("a folder") {
        command.argv[0] = "/";
        expected = ErrorCode::denied;
    }
    SECTION("no such working directory") {
        command.directory = "/nonexistent";
        expected = ErrorCode::absent;
    }
    SECTION("a path that is not absolute") {
        command.argv[0] = "true";
        expected = ErrorCode::usage;
    }
    SECTION("no argument at all") {
        command.argv.clear();
        expected = ErrorCode::usage;
    }
    SECTION("an argument that a NUL would cut short") {
        command.argv.emplace_back("/home\0/etc", 10);
        expected = ErrorCode::usage;
    }
    SECTION("a variable that a NUL would cut short") {
        command.environment.emplace_back("A=b\0c", 5);
        expected = ErrorCode::usage;
    }
    const auto exit = run_child(command, {});
    REQUIRE(!exit);
    CHECK(exit.error().code == expected);
    CHECK(!exit.error().context.empty());
    CHECK(!exit.error().reason.empty());
    const auto spawned = spawn(command);
    REQUIRE(!spawned);
    CHECK(spawned.error().code == expected);
}

TEST_CASE("stdout is kept up to the cap, and a cut is said", "[child]") {
    Limits limits;
    limits.capture_bytes = 100'000;
    const auto at = [&](std::size_t bytes) {
        return run(helper({"fill_stdout", std::to_string(bytes)}), limits);
    };
    CHECK(at(0).out.empty());
    CHECK(at(99'999).out.size() == 99'999);
    CHECK(at(100'000).out.size() == 100'000);
    CHECK(!at(100'000).output_cut);
    CHECK(at(100'001).out.size() == 100'000);
    CHECK(at(100'001).output_cut);
    CHECK(at(5'000'000).out == std::string(100'000, 'o'));
    CHECK(at(5'000'000).code == 0);
}

TEST_CASE("stderr comes line by line: a 10 MB line is cut, the next is whole, half a line comes at the end",
          "[child]") {
    Limits limits;
    limits.line_bytes = 1000;
    const auto lines = lines_of(helper({"lines", "10000000"}), limits);
    REQUIRE(lines.size() == 4);
    CHECK(lines[0].text == std::string(1000, 'x'));
    CHECK(lines[0].cut);
    CHECK(lines[1].text == "next");
    CHECK(!lines[1].cut);
    CHECK(lines[2].text.empty());
    CHECK(lines[3].text == "half");
    CHECK(!lines[3].cut);
}

TEST_CASE("a line of exactly the cap is not cut, one byte more is", "[child]") {
    Limits limits;
    limits.line_bytes = 1000;
    CHECK(!lines_of(helper({"lines", "1000"}), limits).at(0).cut);
    CHECK(lines_of(helper({"lines", "1001"}), limits).at(0).cut);
    CHECK(lines_of(helper({"lines", "1001"}), limits).at(0).text.size() == 1000);
}

TEST_CASE("nobody need listen to stderr", "[child]") {
    CHECK(run(helper({"lines", "200000"})).ok());
}

TEST_CASE("stdin is /dev/null", "[child]") {
    CHECK(run(helper({"read_stdin"})).out == "/dev/null 0");
}

TEST_CASE("the child has 0, 1 and 2 and nothing else open", "[child]") {
    const Fd leaky{::open("/dev/null", O_RDONLY)};  // as a library without O_CLOEXEC would leave it
    const Fd far{::fcntl(leaky.get(), F_DUPFD, 200)};
    REQUIRE(far.valid());
    CHECK(run(helper({"show_descriptors"})).out == "0 1 2 ");
}

TEST_CASE("with a secret the child has one descriptor more", "[child]") {
    auto command = helper({"show_descriptors"});
    command.secret = "x";
    command.secret_fd_variable = "FD";
    const auto out = run(command).out;
    CHECK(std::count(out.begin(), out.end(), ' ') == 4);
    CHECK(out.starts_with("0 1 2 "));
}

TEST_CASE("no descriptor is left open here", "[child]") {
    const auto lowest_free = [] { return Fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)}.get(); };
    const int before = lowest_free();
    auto command = helper({"exit_with", "0"});
    command.secret = "x";
    command.secret_fd_variable = "FD";
    (void)run(command);
    command.argv[0] = "/nonexistent";
    (void)run_child(command, {});
    (void)spawn(command);
    CHECK(lowest_free() == before);
}

TEST_CASE("the secret is on its descriptor, and neither in the arguments nor in the environment", "[child]") {
    auto command = helper({"show_secret", "PASS_FD"});
    command.environment = {"OTHER=1"};
    command.secret = "correct horse";
    command.secret_fd_variable = "PASS_FD";
    const auto out = run(command).out;
    CHECK(out.starts_with("correct horse\n"));
    CHECK(times_in(out, "correct horse") == 1);
    CHECK(times_in(out, "PASS_FD=") == 1);
    CHECK(times_in(out, "OTHER=1") == 1);
}

TEST_CASE("a secret may be 4096 bytes, not more, and an empty one is readable", "[child]") {
    auto command = helper({"show_secret", "F"});
    command.secret_fd_variable = "F";
    command.secret = std::string(4096, 's');
    CHECK(run(command).out.starts_with(std::string(4096, 's') + "\n"));
    command.secret = "";
    CHECK(run(command).out.starts_with("\n"));
    command.secret = std::string(4097, 's');
    const auto exit = run_child(command, {});
    REQUIRE(!exit);
    CHECK(exit.error().text().find("sss") == std::string::npos);
}

TEST_CASE("the environment is the one given, and no other", "[child]") {
    ::setenv("FROM_THE_CALLER", "1", 1);
    auto command = helper({"show_environment"});
    command.environment = {"A=b", "C="};
    CHECK(run(command).out == std::string("A=b\0C=\0", 7));
    ::unsetenv("FROM_THE_CALLER");
}

TEST_CASE("the child starts in its directory, in a session of its own, at ordinary priority", "[child]") {
    auto command = helper({"show_place"});
    const auto ordinary = run(command).out;
    CHECK(ordinary.starts_with("/ "));
    CHECK(ordinary.ends_with(" 1"));
    command.directory = "/proc";
    CHECK(run(command).out.starts_with("/proc "));
}

TEST_CASE("at idle priority it is nice 10 and in the idle I/O class", "[child]") {
    auto command = helper({"show_place"});
    command.at_idle_priority = true;
    CHECK(run(command).out == "/ 10 3 1");
}

TEST_CASE("signals ignored or blocked here are neither in the child", "[child]") {
    const Disposition a{SIGTERM, SIG_IGN}, b{SIGINT, SIG_IGN}, c{SIGHUP, SIG_IGN};
    sigset_t some, before;
    ::sigemptyset(&some);
    ::sigaddset(&some, SIGUSR1);
    ::sigaddset(&some, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &some, &before);
    const auto out = run(helper({"show_signals"})).out;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    CHECK(out == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("a caller started with its own 0, 1 and 2 closed still gets the child's words", "[child]") {
    CHECK(run(helper({"run_without_stdio", "show_descriptors"})).out == "0 1 2 ");
    CHECK(run(helper({"run_without_stdio", "read_stdin"})).out == "/dev/null 0");
    CHECK(run(helper({"run_without_stdio", "say_twice"})).out == "to stderrto stdout\n");
}

TEST_CASE("where SIGCHLD is ignored the end is still noticed, and is no success", "[child]") {
    const Disposition ignored{SIGCHLD, SIG_IGN};
    const auto exit = run_child(helper({"exit_with", "0"}), {});
    CHECK((!exit || !exit->ok()));
}

TEST_CASE("a grandchild that holds the outputs open is not waited for", "[child]") {
    pid_t holder = -1;
    const auto exit = run(helper({"leave_a_holder"}), {},
                          [&](std::string_view line, bool) { holder = std::stoi(std::string(line)); });
    CHECK(exit.ok());
    REQUIRE(holder > 0);
    ::kill(holder, SIGKILL);
}

TEST_CASE("a grandchild that never stops writing is not waited for", "[child]") {
    const auto output = GENERATE(as<std::string>{}, "1", "2");
    bool waited = false;
    // Nothing is read before the child has ended, so that what it left behind has a full pipe by then.
    const auto exit = run(helper({"leave_a_babbler", output}), {}, [&](std::string_view line, bool) {
        if (!waited) CHECK(ends(watch(std::stoi(std::string(line)))));
        waited = true;
    });
    CHECK(exit.ok());
    CHECK(waited);
}

TEST_CASE("run_tool gives stdout, or the tool's own words as the reason", "[child]") {
    CHECK(run_tool(helper({"fill_stdout", "3"}), {}, "cannot fill").value() == "ooo");
    const auto complaint = run_tool(helper({"complain"}), {}, "cannot ask");
    REQUIRE(!complaint);
    CHECK(complaint.error().code == ErrorCode::external);
    CHECK(complaint.error().text() == "cannot ask: first \\x1b[31mreason / second");
    const auto silent = run_tool(helper({"exit_with", "3"}), {}, "cannot ask");
    REQUIRE(!silent);
    CHECK(silent.error().reason.find("exit code 3") != std::string::npos);
    auto missing = helper({});
    missing.argv[0] = "/nonexistent";
    const auto absent = run_tool(missing, {}, "cannot ask");
    REQUIRE(!absent);
    CHECK(absent.error().code == ErrorCode::absent);
    CHECK(absent.error().context == "cannot ask");
}

TEST_CASE("run_tool's reason is bounded, however much the tool says", "[child]") {
    const auto exit = run_tool(helper({"be_deaf"}), Limits{.deadline = milliseconds{50}}, "cannot ask");
    REQUIRE(!exit);
    CHECK(exit.error().code == ErrorCode::timeout);
    CHECK(exit.error().reason.find("50 ms") != std::string::npos);
}
