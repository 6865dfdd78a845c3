#include "cli/listeners.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/text.hpp"
#include "cli/screen.hpp"
#include "cli/screen_bar.hpp"

namespace guardian::cli {
namespace {

using core::Step;
using Clock = std::chrono::steady_clock;

void write_stderr(std::string_view text) {
    while (!text.empty()) {
        const auto n = ::write(STDERR_FILENO, text.data(), text.size());
        if (n < 0 && errno != EINTR) return;
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    }
}

/// The step that is going: since when, how far, how fast.
class StepWatch {
  public:
    void begin(Step step) {
        began_ = Clock::now();
        view_ = {};
        view_.step = step;
        rate_ = {};
    }
    void note(const store::Progress& progress) {
        view_.progress = progress;
        rate_.add(elapsed(), progress.so_far.original);
    }
    [[nodiscard]] Duration elapsed() const {
        return std::chrono::duration_cast<Duration>(Clock::now() - began_);
    }
    [[nodiscard]] StepView view() const {
        auto view = view_;
        view.elapsed = elapsed();
        view.bytes_per_second = rate_.bytes_per_second();
        return view;
    }

  private:
    Clock::time_point began_ = Clock::now();
    StepView view_;
    Rate rate_;
};

constexpr auto redraw_every = std::chrono::milliseconds{100};
constexpr std::uint64_t most_warnings_on_terminal = 5, most_warnings_in_journal = 20;

class TerminalListener : public backup::Listener {
  public:
    TerminalListener(const std::string& plan, const std::string& target) : utf8_(locale_is_utf8()) {
        print_line(fmt::format("{} to {}", printable(plan, 200), printable(target, 200)));
    }
    TerminalListener(const TerminalListener&) = delete;
    TerminalListener& operator=(const TerminalListener&) = delete;
    ~TerminalListener() override { clear_bar(); }

    void step_begins(Step step) override {
        watch_.begin(step);
        draw_bar();
    }
    void progress(Step, const store::Progress& progress) override {
        watch_.note(progress);
        if (Clock::now() - drawn_ >= redraw_every) draw_bar();
    }
    void step_ended(Step step, std::string_view detail, bool ok) override {
        clear_bar();
        for (const auto& line : step_lines(step, detail, ok, watch_.elapsed(), width())) print_line(line);
    }
    void warning(std::string_view text) override {
        if (++warnings_ > most_warnings_on_terminal) return;
        const bool drawn = bar_;
        clear_bar();
        print_line("! " + printable(text, 2000));
        if (warnings_ == most_warnings_on_terminal) print_line("  (further warnings are only counted)");
        if (drawn) draw_bar();
    }
    void run_ended(const store::RunRecord& record) override {
        clear_bar();
        for (const auto& line : end_lines(record, width())) print_line(line);
    }

  private:
    /// Asked each time, so that it follows the window. The last column stays free: some terminals wrap there.
    [[nodiscard]] static std::size_t width() { return terminal_size(STDERR_FILENO).columns - 1; }

    [[nodiscard]] std::string shown(const std::string& text) const { return utf8_ ? text : to_ascii(text); }

    void print_line(const std::string& text) const { write_stderr(shown(text) + "\n"); }

    /// Without cursor and automatic wrapping: a character wider than it was counted must not push the bar
    /// into the next line.
    void draw_bar() {
        const auto line = shown(bar_line(watch_.view(), width()));
        write_stderr("\x1b[?25l\x1b[?7l\r" + line + "\x1b[K");
        bar_ = true;
        drawn_ = Clock::now();
    }
    void clear_bar() {
        if (bar_) write_stderr("\r\x1b[K\x1b[?7h\x1b[?25h");
        bar_ = false;
    }

    bool utf8_;
    bool bar_ = false;
    Clock::time_point drawn_{};
    StepWatch watch_;
    std::uint64_t warnings_ = 0;
};

/// $JOURNAL_STREAM names the descriptor it is about: a child of a service may have another stderr.
bool stderr_is_journal() {
    const char* text = std::getenv("JOURNAL_STREAM");
    struct stat st {};
    if (text == nullptr || ::fstat(STDERR_FILENO, &st) != 0) return false;
    return text == fmt::format("{}:{}", st.st_dev, st.st_ino);
}

enum class Priority { error = 3, warning = 4, info = 6 };

constexpr auto progress_every = std::chrono::minutes{5};

class JournalListener : public backup::Listener {
  public:
    JournalListener(std::string plan, const std::string& target)
        : plan_(printable(plan, 200)), prefixed_(stderr_is_journal()) {
        say(Priority::info, "begins on target " + printable(target, 200));
    }

    void step_begins(Step step) override {
        watch_.begin(step);
        said_ = Clock::now();
    }
    void progress(Step, const store::Progress& progress) override {
        watch_.note(progress);
        if (Clock::now() - said_ < progress_every) return;
        said_ = Clock::now();
        say(Priority::info, progress_sentence(watch_.view()));
    }
    void step_ended(Step step, std::string_view detail, bool ok) override {
        const auto text = printable(detail, 3000);
        say(ok ? Priority::info : Priority::error,
            fmt::format("{} {} in {}{}{}", to_string(step), ok ? "done" : "failed",
                        duration_words(watch_.elapsed()), text.empty() ? "" : ": ", text));
    }
    void warning(std::string_view text) override {
        if (++warnings_ > most_warnings_in_journal) return;
        say(Priority::warning, "warning: " + printable(text, 2000));
        if (warnings_ == most_warnings_in_journal)
            say(Priority::warning, "further warnings are only counted");
    }
    void run_ended(const store::RunRecord& record) override {
        say(priority_of(record.run.outcome), end_sentence(record));
    }

  private:
    static Priority priority_of(core::Outcome outcome) {
        switch (outcome) {
            case core::Outcome::running:
            case core::Outcome::success:
            case core::Outcome::cancelled:
            case core::Outcome::absent:
                return Priority::info;
            case core::Outcome::warning:
                return Priority::warning;
            case core::Outcome::failed:
            case core::Outcome::refused:
            case core::Outcome::aborted:
            case core::Outcome::vanished:
                return Priority::error;
        }
        return Priority::error;
    }

    void say(Priority priority, const std::string& text) const {
        const auto prefix = prefixed_ ? fmt::format("<{}>", static_cast<int>(priority)) : "";
        write_stderr(fmt::format("{}{}: {}\n", prefix, plan_, printable(text, 4000)));
    }

    std::string plan_;
    bool prefixed_;
    Clock::time_point said_ = Clock::now();
    StepWatch watch_;
    std::uint64_t warnings_ = 0;
};

}  // namespace

std::unique_ptr<backup::Listener> terminal_listener(const std::string& plan, const std::string& target) {
    return std::make_unique<TerminalListener>(plan, target);
}

std::unique_ptr<backup::Listener> journal_listener(const std::string& plan, const std::string& target) {
    return std::make_unique<JournalListener>(plan, target);
}

}  // namespace guardian::cli
