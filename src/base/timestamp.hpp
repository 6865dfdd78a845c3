#pragma once
/// Moments as people type them, in the notation of systemd.time(7), "PARSING TIMESTAMPS".

#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace guardian {

/// "now", "today", "tomorrow", "2026-03-29", "2026-03-29 01:30", "01:30", "+2h", "3 days ago", "@1700000000", with "UTC" at
/// the end or else in the machine's own zone; also RFC 3339 with an offset, as this program prints moments itself.
[[nodiscard]] Result<Time> parse_timestamp(std::string_view text, Time now);

}  // namespace guardian
