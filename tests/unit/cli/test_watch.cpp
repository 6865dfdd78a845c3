#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "captured.hpp"
#include "cli/screen_watch.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

using namespace guardian;
using namespace guardian::test;
using namespace std::chrono_literals;

namespace {

/// watch_screen in a child on a terminal of its own. Each picture has its number, and the width it was made
/// for.
class Watching {
  public:
    explicit Watching(const std::string& state_dir, Duration good_for = 1h) {
        winsize size{24, 80, 0, 0};
        int master = -1;
        pid_ = ::forkpty(&master, nullptr, nullptr, &size);
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) run_child(state_dir, good_for);
        master_.reset(master);
    }
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;
    ~Watching() {
        if (pid_ > 0) ::kill(pid_, SIGKILL), ::waitpid(pid_, nullptr, 0);
    }

    /// Reads until the text has come; false when the child is gone before.
    bool shows(const std::string& text) {
        while (seen_.find(text) == std::string::npos)
            if (!read_some()) return false;
        return true;
    }
    void type(const std::string& keys) { REQUIRE(::write(master_.get(), keys.data(), keys.size()) > 0); }
    void resize(unsigned short columns) {
        const winsize size{24, columns, 0, 0};
        REQUIRE(::ioctl(master_.get(), TIOCSWINSZ, &size) == 0);
    }
    void signal(int number) { REQUIRE(::kill(pid_, number) == 0); }

    /// All of it, once the child is gone; its exit code.
    int end() {
        while (read_some()) {
        }
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    [[nodiscard]] const std::string& seen() const { return seen_; }

  private:
    [[noreturn]] static void run_child(const std::string& state_dir, Duration good_for) {
        int n = 0;
        const auto done = cli::watch_screen(state_dir, [&](std::size_t width) -> Result<cli::Picture> {
            return cli::Picture{fmt::format("picture {} of {}\n", ++n, width), good_for};
        });
        termios t{};
        const bool echoes =
            ::tcgetattr(STDIN_FILENO, &t) == 0 && (t.c_lflag & ECHO) != 0 && (t.c_lflag & ISIG) != 0;
        std::_Exit(done && echoes ? 0 : 1);
    }
    bool read_some() {
        std::array<char, 4096> buffer{};
        const auto n = ::read(master_.get(), buffer.data(), buffer.size());
        if (n > 0) seen_.append(buffer.data(), static_cast<std::size_t>(n));
        return n > 0;
    }

    pid_t pid_ = -1;
    Fd master_;
    std::string seen_;
};

bool gave_the_terminal_back(const std::string& seen) {
    return seen.find("\x1b[?1049h") != std::string::npos &&
           seen.rfind("\x1b[?1049l") > seen.rfind("\x1b[?1049h") &&
           seen.rfind("\x1b[?25h") > seen.rfind("\x1b[?25l") &&
           seen.rfind("\x1b[?7h") > seen.rfind("\x1b[?7l");
}

}  // namespace

TEST_CASE("watch: q, Ctrl-C and signals end it and give the terminal back") {
    for (const std::string key : {"q", "\x03", "SIGTERM", "SIGINT"}) {
        const Folder folder;
        Watching watching{folder.path()};
        REQUIRE(watching.shows("picture 1 of 80"));
        if (key.size() == 1)
            watching.type(key);
        else
            watching.signal(key == "SIGTERM" ? SIGTERM : SIGINT);
        CAPTURE(key);
        CHECK(watching.end() == 0);
        CHECK(gave_the_terminal_back(watching.seen()));
    }
}

TEST_CASE("watch: other keys do nothing") {
    const Folder folder;
    Watching watching{folder.path()};
    REQUIRE(watching.shows("picture 1 of 80"));
    watching.type("x\x1b[A q");
    CHECK(watching.end() == 0);
    CHECK(watching.seen().find("picture 2") == std::string::npos);
}

TEST_CASE("watch: another window size draws anew") {
    const Folder folder;
    Watching watching{folder.path()};
    REQUIRE(watching.shows("picture 1 of 80"));
    watching.resize(120);
    CHECK(watching.shows("picture 2 of 120"));
}

TEST_CASE("watch: a change of the store draws anew, one of its shared memory does not") {
    const Folder folder;
    Watching watching{folder.path()};
    REQUIRE(watching.shows("picture 1 of 80"));
    std::ofstream(folder.path() + "/guardian.db-shm") << "x";
    std::ofstream(folder.path() + "/guardian.db-wal") << "x";
    CHECK(watching.shows("picture 2 of 80"));
    watching.type("q");
    CHECK(watching.end() == 0);
    CHECK(watching.seen().find("picture 3") == std::string::npos);
}

TEST_CASE("watch: a picture that has grown old is drawn anew, without a state folder too") {
    Watching watching{"/nonexistent", 10ms};
    CHECK(watching.shows("picture 5 of 80"));
}

TEST_CASE("watch: without a terminal it is an error and nothing is written") {
    Captured out{STDOUT_FILENO};
    bool painted = false;
    const auto done = cli::watch_screen("/nonexistent", [&](std::size_t) -> Result<cli::Picture> {
        painted = true;
        return cli::Picture{"", 1s};
    });
    CHECK(out.text() == "");
    REQUIRE(done.has_error());
    CHECK(done.error().code == ErrorCode::usage);
    CHECK(!painted);
}

TEST_CASE("watch: a full line keeps its last character, and nothing of the last picture stays") {
    CHECK(cli::frame("ab\nc\n", 4) == "\x1b[H\x1b[Kab\r\n\x1b[Kc\r\n\x1b[J");
    CHECK(cli::frame("ab\nc\n", 2) == "\x1b[H\x1b[Kab\r\n\x1b[Kc");
    CHECK(cli::frame("", 2) == "\x1b[H\r\n\x1b[J");
}
