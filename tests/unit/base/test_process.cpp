/// spawn, and the small questions about processes.

#include <fcntl.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "unit/base/helper.hpp"

using namespace guardian;
using namespace guardian::test;

TEST_CASE("a spawned program has the caller's stderr as both outputs, and its end is seen",
          "[child][spawn]") {
    std::vector<std::string> lines;
    const auto exit = run(helper({"spawn_and_wait", "say_twice"}), {},
                          [&](std::string_view line, bool) { lines.emplace_back(line); });
    CHECK(exit.code == 7);
    CHECK(exit.out.empty());
    CHECK(lines == std::vector<std::string>{"to stdout", "to stderr"});
}

TEST_CASE("a spawned program's pidfd is readable once it has ended", "[child][spawn]") {
    const auto spawned = spawn(helper({"exit_with", "3"}));
    REQUIRE(spawned.has_value());
    REQUIRE(spawned->pidfd.valid());
    CHECK(ends(spawned->pidfd));
    int status = 0;
    REQUIRE(::waitpid(spawned->pid, &status, 0) == spawned->pid);
    CHECK(WEXITSTATUS(status) == 3);
}

TEST_CASE("a spawned program inherits no descriptor", "[child][spawn]") {
    const Fd leaky{::open("/dev/null", O_RDONLY)};
    const Fd far{::fcntl(leaky.get(), F_DUPFD, 200)};
    std::string words;
    (void)run(helper({"spawn_and_wait", "show_descriptors"}), {},
              [&](std::string_view line, bool) { words += line; });
    CHECK(words == "0 1 2 ");
}

TEST_CASE("process_start names a living process, and no other", "[child]") {
    const auto mine = process_start(::getpid());
    REQUIRE(mine);
    CHECK(*mine > 0);
    CHECK(process_start(::getpid()) == mine);
    const auto spawned = spawn(helper({"exit_with", "0"}));
    REQUIRE(spawned.has_value());
    REQUIRE(ends(spawned->pidfd));
    CHECK(!process_start(spawned->pid));  // a zombie is no process any more
    REQUIRE(::waitpid(spawned->pid, nullptr, 0) == spawned->pid);
    CHECK(!process_start(spawned->pid));
    CHECK(!process_start(0));
    CHECK(!process_start(-1));
}

TEST_CASE("a process started later has a later start", "[child]") {
    StopButton button;
    std::optional<std::uint64_t> child;
    const LineSink look = [&](std::string_view line, bool) {
        child = process_start(std::stoi(std::string(line)));
        button.press();
    };
    REQUIRE(run_child(helper({"say_pid_and_hang"}), {}, {button.interrupt()}, look).has_value());
    REQUIRE(child);
    CHECK(*child >= *process_start(::getpid()));
}

TEST_CASE("the boot has a name, the same each time", "[child]") {
    CHECK(boot_id().size() == 36);
    CHECK(boot_id() == boot_id());
}

TEST_CASE("find_program finds programs, by absolute path, and nothing else", "[child]") {
    const auto found = find_program("true");
    REQUIRE(found.has_value());
    CHECK(found->starts_with("/"));
    CHECK(found->ends_with("/true"));
    CHECK(!find_program("no-such-program-anywhere"));
    CHECK(!find_program(""));
    CHECK(!find_program(".."));
    CHECK(!find_program("../share"));
    const auto hostile = find_program("a\x1b[2Jb");
    REQUIRE(!hostile);
    CHECK(hostile.error().code == ErrorCode::absent);
    CHECK(hostile.error().text().find('\x1b') == std::string::npos);
}

TEST_CASE("the plain environment has a path, a locale, a home and the zone", "[child]") {
    const char* before = std::getenv("TZ");
    const std::string saved = before != nullptr ? before : "";
    ::setenv("TZ", "Asia/Tokyo", 1);
    const auto with = plain_environment();
    ::unsetenv("TZ");
    const auto without = plain_environment();
    if (before != nullptr) ::setenv("TZ", saved.c_str(), 1);
    const auto has = [](const auto& all, std::string_view start) {
        return std::any_of(all.begin(), all.end(), [&](const auto& s) { return s.starts_with(start); });
    };
    CHECK(has(with, "PATH=/usr"));
    CHECK(has(with, "LC_ALL=C.UTF-8"));
    CHECK(has(with, "HOME=/"));
    CHECK(has(with, "TZ=Asia/Tokyo"));
    CHECK(!has(without, "TZ="));
    CHECK(with.size() == 4);
}
