#include "backup/borg_step.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace guardian::backup {
namespace {

constexpr std::string_view trace_begins = "Traceback (most recent call last):";

/// The exception's own line: it follows the trace, and what Borg says of the platform follows it.
std::string exception_in(std::string_view text) {
    std::string found;
    bool in_trace = false;
    for (auto& line : split_lines(text)) {
        if (line.starts_with(trace_begins)) {
            in_trace = true;
        } else if (in_trace && !line.empty() && line.front() != ' ') {
            found = std::move(line);
            in_trace = false;
        }
    }
    return found;
}

/// Reading a file never ends so, but writing the repository does: full, quota, read-only.
bool is_of_writing(const std::string& warning) {
    return warning.find(": [Errno 28] ") != std::string::npos ||
           warning.find(": [Errno 122] ") != std::string::npos ||
           warning.find(": [Errno 30] ") != std::string::npos;
}

constexpr int plain_error = 2;  ///< Borg's exit code that says nothing more

/// Collects what Borg says while it runs.
class Ear {
  public:
    Ear(Recorder& recorder, const std::string& repository) : recorder_(recorder), repository_(repository) {}

    void hear(std::string_view line, bool cut) {
        std::visit([this](const auto& said) { take(said); }, parse_log_line(line, cut));
    }

    /// Why this exit code is no success; empty when it is one.
    [[nodiscard]] std::optional<Error> judge(int exit_code) const {
        // After a write to the repository failed, Borg 1.2 reads its half segment and calls that damaged.
        if (verdict_of(exit_code) == BorgVerdict::error && !inside_.empty())
            return explain(plain_error, "", inside_, repository_);
        if (verdict_of(exit_code) == BorgVerdict::error)
            return explain(exit_code, first_error_.id, error_words(), repository_);
        if (!inside_.empty())
            return Error{
                ErrorCode::io, "Borg failed on " + printable(repository_, 200),
                "it could not use the repository, and called it a warning: " + printable(inside_, 400),
                "look at dmesg and at the disk's health"};
        if (!first_error_.text.empty())
            return explain(exit_code, first_error_.id, error_words(), repository_);
        // Python itself, too, ends with 1 when it fails; there it is no warning.
        if (verdict_of(exit_code) == BorgVerdict::warning && warnings_ == 0 && plain_trace_)
            return explain(exit_code, "", garbage_, repository_);
        return std::nullopt;
    }

    [[nodiscard]] std::uint64_t warnings() const { return warnings_; }
    [[nodiscard]] const std::string& error_id() const { return first_error_.id; }

    /// A question that the environment answers, as it is meant to, is no warning.
    void warn_of_unanswered() {
        if (!unanswered_.empty())
            warn("Borg asked a question, and nobody is there to answer: " + unanswered_);
    }

    /// A code that says "warning" must leave one behind, whatever Borg did or did not say.
    void warn_at_least_once(int exit_code) {
        if (verdict_of(exit_code) == BorgVerdict::warning && warnings_ == 0)
            warn(fmt::format("Borg ended with exit code {} (a warning) and named none", exit_code));
    }

  private:
    void take(const ArchiveProgress& p) {
        if (!p.finished) recorder_.progress({p.so_far, p.path, -1, {}});
    }
    void take(const PercentProgress& p) {
        if (!p.finished) recorder_.progress({{}, "", p.percent, {}});
    }
    void take(const Message& m) {
        if (m.level == Level::debug) return;
        recorder_.log_line(m.text);
        if (m.level == Level::error) take_error(m);
        if (m.level == Level::warning) warn(m.text);
    }
    void take(const Question& q) {
        recorder_.log_line("Borg asked: " + q.text);
        if (q.answered)
            unanswered_.clear();
        else
            unanswered_ = q.text;
    }
    void take(const Garbage& g) {
        if (g.text.empty()) return;
        recorder_.log_line(g.text);
        garbage_ = g.text;
        plain_trace_ = plain_trace_ || g.text.starts_with(trace_begins);
    }
    void take_error(const Message& m) {
        if (first_error_.text.empty()) first_error_ = m;
        auto exception = exception_in(m.text);
        if (exception.empty()) return;
        recorder_.log_line(exception);  // a long trace is cut in the log before it gets there
        exception_ = std::move(exception);
    }
    /// "Local Exception" alone says nothing: what happened comes in the trace after it.
    [[nodiscard]] std::string error_words() const {
        if (first_error_.text.empty()) return garbage_;
        if (exception_.empty()) return first_error_.text;
        return first_error_.text.starts_with(trace_begins) ? exception_
                                                           : first_error_.text + ": " + exception_;
    }
    /// The file it was reading may be named first, and the repository's only in the error itself.
    [[nodiscard]] bool is_about_the_repository(const std::string& text) const {
        return text.starts_with(repository_ + "/") || text.starts_with(repository_ + ": ") ||
               text.find("'" + repository_ + "/") != std::string::npos || is_of_writing(text);
    }
    void warn(const std::string& text) {
        ++warnings_;
        if (is_about_the_repository(text)) inside_ = text;
        recorder_.warning({path_of_warning(text), printable(text, 2000)});
    }

    Recorder& recorder_;
    const std::string& repository_;
    Message first_error_;
    std::string exception_;  ///< from the newest trace
    bool plain_trace_ = false;
    std::string garbage_;  ///< the last plain line: argument errors and tracebacks are not JSON
    std::string inside_;
    std::string unanswered_;
    std::uint64_t warnings_ = 0;
};

}  // namespace

BorgResult run_borg(const Command& command, Duration silence_max, const std::string& repository,
                    Recorder& recorder, const std::vector<Interrupt>& interrupts) {
    Ear ear{recorder, repository};
    Limits limits;
    limits.silence = silence_max;
    const LineSink on_line = [&](std::string_view line, bool cut) { ear.hear(line, cut); };
    auto exit = run_child(command, limits, interrupts, on_line);
    if (!exit) return {-1, "", 0, exit.error(), ""};
    ear.warn_of_unanswered();
    BorgResult result{exit->code, std::move(exit->out), 0, std::nullopt, ""};
    if (exit->stopped) {
        result.error = std::move(exit->stopped);
        if (result.error->code == ErrorCode::timeout) result.error->context = "Borg was stopped because it";
        if (exit->left_behind) result.error->reason += "; it could not be killed and hangs in the kernel";
    } else {
        result.error = ear.judge(result.exit_code);
        if (!result.error) ear.warn_at_least_once(result.exit_code);
    }
    result.warnings = ear.warnings();
    result.error_id = ear.error_id();
    return result;
}

}  // namespace guardian::backup
