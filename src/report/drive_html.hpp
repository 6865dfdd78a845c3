#pragma once
/// A drive's report as a page that stands alone: no scripts, nothing from outside, plots as SVG, light and
/// dark as the reader has it. Every text is escaped.

#include <string>

#include "report/drive_report.hpp"

namespace guardian::report {

[[nodiscard]] std::string drive_html(const DriveReport& report, Time now, const UtcOffset& zone);

}  // namespace guardian::report
