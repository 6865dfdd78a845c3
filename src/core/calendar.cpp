#include "core/calendar.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "core/calendar_match.hpp"

namespace guardian::core {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::local_seconds;
using std::chrono::seconds;

// ---- local times and moments

/// Far enough from the ends of Time for the days around it to be reckoned: a store or a clock may say anything.
bool reckonable(Time t) { return t > Time::min() + days{40} && t < Time::max() - days{40}; }

local_seconds local_of(Time t, const UtcOffset& zone) {
    return local_seconds{floor<seconds>(t).time_since_epoch() + zone(t)};
}

/// The first moment in (before, after] that has the offset of `after`, of which there is one change between them.
Time change_between(Time before, Time after, const UtcOffset& zone) {
    const auto new_offset = zone(after);
    auto low = floor<seconds>(before), high = floor<seconds>(after);
    while (high - low > seconds{1}) {
        const auto middle = low + floor<seconds>((high - low) / 2);
        (zone(middle) == new_offset ? high : low) = middle;
    }
    return high;
}

/// The moments that a local time names. In spring it may be none: then the gap's end stands for it.
struct Moments {
    std::optional<Time> first, second;
    Time gap_end{};
};

Moments moments_of(local_seconds local, const UtcOffset& zone) {
    // The date line was crossed by a whole day: offsets are looked at more than that apart.
    constexpr hours around{26};
    const Time as_if_utc{local.time_since_epoch()};
    const auto before = zone(as_if_utc - around), after = zone(as_if_utc + around);
    const Time early = as_if_utc - std::max(before, after), late = as_if_utc - std::min(before, after);
    Moments out;
    if (zone(early) == std::max(before, after)) out.first = early;
    if (late != early && zone(late) == std::min(before, after)) (out.first ? out.second : out.first) = late;
    if (!out.first) out.gap_end = change_between(early, late, zone);
    return out;
}

Time slot_of(local_seconds local, const UtcOffset& zone) {
    const auto moments = moments_of(local, zone);
    return moments.first.value_or(moments.gap_end);
}

/// The latest local time that the clock has shown by then: in the hour that comes twice it was there before.
local_seconds latest_local(Time t, const UtcOffset& zone) {
    const auto local = local_of(t, zone);
    const Time earlier = t - hours{26};
    if (zone(earlier) <= zone(t)) return local;
    const auto change = change_between(earlier, t, zone);
    return std::max(local, local_of(change - seconds{1}, zone));
}

/// "…UTC" in any case, or a name of the zone database; nothing is cut off if there is none.
std::optional<UtcOffset> take_zone(std::string_view& text, const ZoneLookup& zones) {
    const auto space = text.rfind(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const auto name = text.substr(space + 1);
    std::optional<UtcOffset> zone;
    if (to_lower(name) == "utc")
        zone = [](Time) { return seconds{0}; };
    else if (zones)
        zone = zones(name);
    if (zone) text = text.substr(0, space);
    return zone;
}

}  // namespace

Result<Schedule> Schedule::parse(std::string_view text, const ZoneLookup& zones) {
    Schedule s;
    s.text_ = text;
    if (auto zone = take_zone(text, zones)) s.zone_ = std::move(*zone);
    auto fields = parse_calendar(text);
    if (!fields) return fields.error();
    s.fields_ = *fields;
    return s;
}

std::optional<Time> Schedule::next_elapse(Time after, const UtcOffset& local) const {
    if (!reckonable(after)) return std::nullopt;
    const auto& z = zone(local);
    auto from = local_of(after, z) + seconds{1};
    while (const auto match = systemd_match_from(fields_, from)) {
        const auto moments = moments_of(*match, z);
        if (moments.first && *moments.first > after) return moments.first;
        if (moments.second && *moments.second > after) return moments.second;
        from = moments.first ? *match + seconds{1} : std::max(*match + seconds{1}, local_of(moments.gap_end, z));
    }
    return std::nullopt;
}

std::optional<Time> Schedule::newest(Time at_or_before, const UtcOffset& local) const {
    if (!reckonable(at_or_before)) return std::nullopt;
    const auto& z = zone(local);
    const auto match = match_until(fields_, latest_local(at_or_before, z));
    return match ? std::optional{slot_of(*match, z)} : std::nullopt;
}

std::optional<Time> Schedule::next(Time after, const UtcOffset& local) const {
    if (!reckonable(after)) return std::nullopt;
    const auto& z = zone(local);
    const auto match = match_from(fields_, latest_local(after, z) + seconds{1});
    return match ? std::optional{slot_of(*match, z)} : std::nullopt;
}

}  // namespace guardian::core
