#include "backup/borg_step.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace guardian::backup {
namespace {

/// Collects what Borg says while it runs.
class Ear {
  public:
    Ear(Recorder& recorder, const std::string& repository) : recorder_(recorder), repository_(repository) {}

    void hear(std::string_view line, bool cut) {
        std::visit([this](const auto& said) { take(said); }, parse_log_line(line, cut));
    }

    /// Why this exit code is no success; empty when it is one.
    [[nodiscard]] std::optional<Error> judge(int exit_code) const {
        if (verdict_of(exit_code) == BorgVerdict::error)
            return explain(exit_code, first_error_.id,
                           first_error_.text.empty() ? garbage_ : first_error_.text, repository_);
        if (!inside_.empty())
            return Error{
                ErrorCode::io, "Borg failed on " + printable(repository_, 200),
                "it could not use the repository, and called it a warning: " + printable(inside_, 400),
                "look at dmesg and at the disk's health"};
        if (!first_error_.text.empty())
            return explain(exit_code, first_error_.id, first_error_.text, repository_);
        return std::nullopt;
    }

    [[nodiscard]] std::uint64_t warnings() const { return warnings_; }

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
        if (m.level == Level::error && first_error_.text.empty()) first_error_ = m;
        if (m.level == Level::warning) warn(m.text);
    }
    void take(const Question& q) {
        recorder_.log_line("Borg asked: " + q.text);
        warn("Borg asked a question, and nobody is there to answer: " + q.text);
    }
    void take(const Garbage& g) {
        if (g.text.empty()) return;
        recorder_.log_line(g.text);
        garbage_ = g.text;
    }
    void warn(const std::string& text) {
        ++warnings_;
        const auto path = path_of_warning(text);
        if (path == repository_ || path.starts_with(repository_ + "/")) inside_ = text;
        recorder_.warning({path, printable(text, 2000)});
    }

    Recorder& recorder_;
    const std::string& repository_;
    Message first_error_;
    std::string garbage_;  ///< the last plain line: argument errors and tracebacks are not JSON
    std::string inside_;
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
    if (!exit) return {-1, "", 0, exit.error()};
    BorgResult result{exit->code, std::move(exit->out), 0, std::nullopt};
    if (exit->stopped) {
        result.error = std::move(exit->stopped);
        if (result.error->code == ErrorCode::timeout) result.error->context = "Borg was stopped because it";
        if (exit->left_behind) result.error->reason += "; it could not be killed and hangs in the kernel";
    } else {
        result.error = ear.judge(result.exit_code);
        if (!result.error) ear.warn_at_least_once(result.exit_code);
    }
    result.warnings = ear.warnings();
    return result;
}

}  // namespace guardian::backup
