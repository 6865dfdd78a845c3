#pragma once
/// smartctl's JSON (`smartctl --json=c -x`, version 7.0 and later) as values. Takes any bytes: what is missing or of
/// another type than it should be is absent from the report. Keys and meanings are those of smartmontools 7.3.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/smart.hpp"

namespace guardian::health {

/// A longer document is refused.
inline constexpr std::size_t report_bytes_max = 4 * 1024 * 1024;

/// An Error (usage) only where it is no JSON object.
[[nodiscard]] Result<core::SmartReport> parse_smartctl_json(std::string_view text);

/// A line of recorded reports: {"drive", "kind", "seq", "hours", "report"}.
struct RecordedReport {
    std::string drive;
    std::optional<std::int64_t> seq;  ///< grows with the drive's reports
    core::SmartReport report;
    std::optional<Error> trouble;  ///< why there is none
};
/// An Error where not even the drive can be told.
[[nodiscard]] Result<RecordedReport> parse_recorded(std::string_view line);

}  // namespace guardian::health
