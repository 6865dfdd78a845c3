#pragma once
/// The screens of `guardian smart`. Pure.

#include <string>
#include <vector>

#include "cli/screen.hpp"
#include "report/drive_report.hpp"

namespace guardian::cli {

struct SmartScreen {
    std::size_t width = 80;
    bool color = false;
    bool utf8 = true;  ///< the terminal shows it
    bool all = false;  ///< the whole table of attributes too
};

[[nodiscard]] std::string render_drives(const std::vector<report::DriveReport>& drives, Time now,
                                        const SmartScreen& how);
[[nodiscard]] std::string render_drive(const report::DriveReport& drive, const UtcOffset& zone, Time now,
                                       const SmartScreen& how);

enum class Worse { when_more, when_less };

/// `width` columns, one for each stretch of time, with the worst value in it; a stretch without a reading is as the one
/// before.
[[nodiscard]] std::string sparkline(const std::vector<report::Point>& points, std::size_t width, bool utf8,
                                    Worse worse = Worse::when_more);

[[nodiscard]] Tone tone_of(core::Verdict verdict);

}  // namespace guardian::cli
