#pragma once
/// The local times that a calendar expression names, whatever the zone. Pure.

#include <chrono>
#include <optional>

#include "core/calendar_fields.hpp"

namespace guardian::core {

/// The first at or after the given local time, and the last at or before it; empty: there is none from 1970 to 2199.
[[nodiscard]] std::optional<std::chrono::local_seconds> match_from(const CalendarFields& fields,
                                                                   std::chrono::local_seconds at);
[[nodiscard]] std::optional<std::chrono::local_seconds> match_until(const CalendarFields& fields,
                                                                    std::chrono::local_seconds at);

/// match_from() with systemd's slip: a step that leads out of its unit and out of the next greater one too is taken
/// where it lands, and what lies before is passed over. "*:0/25" after 23:50 is 00:25, not 00:00. Seen in systemd 252
/// and 257; that day steps do it at the year's end ("*-*-1/9" after 28 December), in 252 alone.
[[nodiscard]] std::optional<std::chrono::local_seconds> systemd_match_from(const CalendarFields& fields,
                                                                           std::chrono::local_seconds at);

}  // namespace guardian::core
