#pragma once
/// Moments and spans. A Time is a moment of the wall clock in UTC, to the microsecond; a Duration a length.
/// Nothing here reads a clock except now().

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace guardian {

using Duration = std::chrono::microseconds;
using Time = std::chrono::sys_time<Duration>;

/// Seconds to add to UTC to get local time at a moment. A pure function of the zone's rules.
using UtcOffset = std::function<std::chrono::seconds(Time)>;

/// The wall clock.
[[nodiscard]] Time now();

/// The machine's own zone (TZ, else /etc/localtime), read through the C library.
[[nodiscard]] UtcOffset local_zone();

/// A zone of the machine's database, as "Europe/Berlin"; empty: it has none of that name. Its offsets are
/// read here, all of them from 1970 to 2200, through the C library: TZ is changed meanwhile, so no other
/// thread may ask for local time.
[[nodiscard]] std::optional<UtcOffset> zone_named(std::string_view name);

/// systemd.time(7) time spans: "30h", "1h 30min", "2 weeks", "90" (seconds). Units from us to years.
[[nodiscard]] Result<Duration> parse_span(std::string_view text);

/// The span in at most two units, for people: "2 d 4 h", "3 min", "850 ms".
[[nodiscard]] std::string format_span(Duration span);

/// The span so that parse_span reads it back exactly: "1d 6h".
[[nodiscard]] std::string exact_span(Duration span);

/// RFC 3339 with the zone's offset: 2026-03-30T02:00:00+02:00.
[[nodiscard]] std::string rfc3339(Time t, const UtcOffset& zone);

/// For people: "2026-03-30 02:00".
[[nodiscard]] std::string format_minute(Time t, const UtcOffset& zone);

constexpr std::int64_t to_micros(Time t) {
    return t.time_since_epoch().count();
}
constexpr Time from_micros(std::int64_t us) {
    return Time{Duration{us}};
}

/// `t + d`, held at the ends of Time instead of overflowing: spans come from a configuration, moments from a
/// store, and neither is to be trusted to be small.
constexpr Time later(Time t, Duration d) {
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(to_micros(t), d.count(), &sum)) return from_micros(sum);
    return d < Duration::zero() ? Time::min() : Time::max();
}

}  // namespace guardian
