#pragma once
/// The lines with which a run shows itself, for listeners.cpp. Pure: no clock, no terminal.

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "store/store.hpp"

namespace guardian::cli {

/// A run's step, as far as it has come.
struct StepView {
    core::Step step = core::Step::identify;
    store::Progress progress;
    std::uint64_t bytes_per_second = 0;  ///< 0: not known
    Duration elapsed = Duration::zero();
};

/// The line that is redrawn in place; at most `width` columns. Borg names no total for create, so there is
/// none.
[[nodiscard]] std::string bar_line(const StepView& view, std::size_t width);

/// What a step leaves behind: "✓ create     system-usb-…, 1,234 files, 3.20 GB   12 s", in more lines where
/// one is too short. A step that failed has one line in any case: the end of the run says the reason in full.
[[nodiscard]] std::vector<std::string> step_lines(core::Step step, std::string_view detail, bool ok,
                                                  Duration took, std::size_t width);

/// The end of a run: what was made; or what happened, why, and what to do.
[[nodiscard]] std::vector<std::string> end_lines(const store::RunRecord& record, std::size_t width);

/// What a person does after such an end; empty: nothing.
[[nodiscard]] std::string advice_after(const core::Run& run);

/// The same in one line, for a journal.
[[nodiscard]] std::string end_sentence(const store::RunRecord& record);
[[nodiscard]] std::string progress_sentence(const StepView& view);

/// One column a character, for a terminal that is not UTF-8: "…" becomes "~", "✓" "+", "✗" "x", "°" a blank, others "?".
[[nodiscard]] std::string to_ascii(std::string_view utf8);

/// LC_ALL, LC_CTYPE or LANG, the first that is set, names UTF-8.
[[nodiscard]] bool locale_is_utf8();

/// Bytes per second over the last ten seconds.
class Rate {
  public:
    void add(Duration elapsed, std::uint64_t bytes);
    [[nodiscard]] std::uint64_t bytes_per_second() const;

  private:
    struct Sample {
        Duration at;
        std::uint64_t bytes;
    };
    std::deque<Sample> samples_;
};

}  // namespace guardian::cli
