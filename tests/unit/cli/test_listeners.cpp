#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/text.hpp"
#include "captured.hpp"
#include "cli/listeners.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::test;
using namespace std::chrono_literals;

namespace {

const std::string hostile = "a\x1b[2J\r\n\xff\xc2\x9b";

/// A whole run with hostile words in every place.
void act_out(backup::Listener& l, core::Outcome outcome, int warnings) {
    l.step_begins(core::Step::identify);
    l.step_ended(core::Step::identify, "/dev/sdb1", true);
    l.step_begins(core::Step::create);
    l.progress(core::Step::create, {{1'000'000, 500'000, 1000, 12}, "/home/" + hostile, -1, {}});
    for (int i = 0; i < warnings; ++i) l.warning("warning " + std::to_string(i) + " " + hostile);
    l.step_ended(core::Step::create, hostile, outcome == core::Outcome::success);
    auto record = success_run(42, "system-usb", 72min, 6min);
    record.run.outcome = outcome;
    record.warnings = static_cast<std::uint64_t>(warnings);
    if (outcome != core::Outcome::success) record.run.reason = "it broke: " + hostile;
    l.run_ended(record);
}

using Maker = std::unique_ptr<backup::Listener> (*)(const std::string&, const std::string&);

std::string shown_by(Maker make, core::Outcome outcome, int warnings) {
    Captured captured{STDERR_FILENO};
    {
        const auto listener = make("system-usb" + hostile, "usb" + hostile);
        act_out(*listener, outcome, warnings);
    }
    return captured.text();
}

/// The sequences the bar is made of, taken out again.
std::string without_own_sequences(std::string text) {
    for (const auto* own : {"\x1b[?25l", "\x1b[?25h", "\x1b[?7l", "\x1b[?7h", "\x1b[K", "\r"})
        for (auto at = text.find(own); at != std::string::npos; at = text.find(own))
            text.erase(at, std::string_view(own).size());
    return text;
}

std::size_t how_often(const std::string& text, const std::string& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
}

bool lines_are_printable(const std::string& text) {
    for (const auto& line : split_lines(text))
        if (printable(line, line.size() + 1) != line) return false;
    return true;
}

struct Variable {
    Variable(const char* name, const std::string& value) : name_(name) {
        if (const char* old = std::getenv(name)) before_ = old;
        ::setenv(name, value.c_str(), 1);
    }
    ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    const char* name_;
    std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("terminal: nothing raw from outside, whatever the run says") {
    for (const auto outcome : {core::Outcome::success, core::Outcome::failed, core::Outcome::vanished}) {
        const auto text = without_own_sequences(shown_by(cli::terminal_listener, outcome, 3));
        CHECK(lines_are_printable(text));
    }
}

TEST_CASE("terminal: the cursor and the wrapping are given back") {
    const auto text = shown_by(cli::terminal_listener, core::Outcome::failed, 3);
    CHECK(how_often(text, "\x1b[?25l") > 0);
    CHECK(text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l"));
    CHECK(text.rfind("\x1b[?7h") > text.rfind("\x1b[?7l"));
}

TEST_CASE("terminal: a listener that goes in the middle of a step gives the cursor back too") {
    Captured captured{STDERR_FILENO};
    { cli::terminal_listener("p", "t")->step_begins(core::Step::create); }
    const auto text = captured.text();
    CHECK(text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l"));
}

TEST_CASE("terminal: of many warnings the first few are shown, and the number of all") {
    const Variable columns{"COLUMNS", "200"};
    const auto text = shown_by(cli::terminal_listener, core::Outcome::failed, 1000);
    CHECK(how_often(text, "! warning ") == 5);
    CHECK(text.find("1,000 warnings") != std::string::npos);
}

TEST_CASE("terminal: marks follow the locale") {
    const Variable all{"LC_ALL", "C.UTF-8"};
    CHECK(shown_by(cli::terminal_listener, core::Outcome::success, 0).find("✓ identify") !=
          std::string::npos);
    const Variable plain{"LC_ALL", "C"};
    const auto text = shown_by(cli::terminal_listener, core::Outcome::success, 0);
    CHECK(text.find("+ identify") != std::string::npos);
    CHECK(std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
}

TEST_CASE("journal: plain lines, no control characters, one for each step and the end") {
    const auto text = shown_by(cli::journal_listener, core::Outcome::failed, 0);
    CHECK(lines_are_printable(text));
    CHECK(split_lines(text).size() == 4);  // begins, two steps, the end
    CHECK(split_lines(text).back().find("it broke") != std::string::npos);
    CHECK(split_lines(text).back().find("guardian log 42") != std::string::npos);
}

TEST_CASE("journal: at most twenty warnings, and the number of all at the end") {
    const auto text = shown_by(cli::journal_listener, core::Outcome::failed, 1000);
    CHECK(how_often(text, ": warning: ") == 20);
    CHECK(split_lines(text).back().find("1,000 warnings") != std::string::npos);
}

TEST_CASE("journal: progress is not written more often than every five minutes") {
    Captured captured{STDERR_FILENO};
    {
        const auto listener = cli::journal_listener("p", "t");
        listener->step_begins(core::Step::create);
        for (int i = 0; i < 1000; ++i) listener->progress(core::Step::create, {{}, "/x", -1, {}});
    }
    CHECK(split_lines(captured.text()).size() == 1);
}

TEST_CASE("journal: a priority before each line where stderr is the journal, and only there") {
    Captured captured{STDERR_FILENO};
    struct stat st {};
    REQUIRE(::fstat(captured.file(), &st) == 0);
    const Variable stream{"JOURNAL_STREAM", fmt::format("{}:{}", st.st_dev, st.st_ino)};
    act_out(*cli::journal_listener("p", "t"), core::Outcome::failed, 1);
    const auto lines = split_lines(captured.text());
    CHECK(lines.front().substr(0, 6) == "<6>p: ");
    CHECK(lines.back().substr(0, 6) == "<3>p: ");
    CHECK(how_often(join(lines, "\n"), "<4>p: warning: ") == 1);
    const Variable other{"JOURNAL_STREAM", "1:1"};
    CHECK(shown_by(cli::journal_listener, core::Outcome::success, 0).find('<') == std::string::npos);
}
