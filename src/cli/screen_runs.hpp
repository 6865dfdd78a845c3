#pragma once
/// The screens of `guardian history` and `guardian log`, and the table of runs that `guardian status` ends
/// with. Pure.

#include <string>
#include <vector>

#include "base/time.hpp"
#include "cli/screen.hpp"
#include "store/store.hpp"

namespace guardian::cli {

/// One word; "interrupted" for a run whose process is gone without an end.
[[nodiscard]] std::string outcome_word(const core::Run& run);

/// What a run that is going does now: the step, how far, and the path on a line of its own.
[[nodiscard]] std::vector<Cells> progress_lines(const store::RunRecord& record, Time now, std::size_t indent,
                                                std::size_t width);

void runs_table(Screen& screen, const std::vector<store::RunRecord>& runs, const UtcOffset& zone, Time now);

[[nodiscard]] std::string render_history(const std::vector<store::RunRecord>& runs, const UtcOffset& zone,
                                         Time now, std::size_t width, bool color);

struct RunLog {
    store::RunRecord record;
    std::vector<store::StepRecord> steps;
    std::vector<store::Warning> warnings;
};

/// Everything about one run. Warnings and Borg's own lines are not cut to the width: the terminal wraps them.
[[nodiscard]] std::string render_log(const RunLog& log, const UtcOffset& zone, Time now, std::size_t width,
                                     bool color);

}  // namespace guardian::cli
