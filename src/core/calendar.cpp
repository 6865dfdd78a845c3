#include "core/calendar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace guardian::core {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;

constexpr std::uint8_t every_day = 0x7F;
constexpr std::array<std::string_view, 7> day_names{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};

Error bad(std::string_view text, std::string reason) {
    return {ErrorCode::config, fmt::format("\"{}\" is not a schedule", printable(text, 100)), std::move(reason),
            "write for example \"*-*-* 02:00\", \"Mon..Fri 22:30\", \"daily\", \"hourly\" or \"weekly\""};
}

/// systemd takes a weekday's full English name or its first three letters, in any case.
std::optional<int> weekday(std::string_view word) {
    const auto lower = to_lower(word);
    for (std::size_t i = 0; i < day_names.size(); ++i)
        if (lower == day_names[i] || (lower.size() == 3 && day_names[i].starts_with(lower)))
            return static_cast<int>(i);
    return std::nullopt;
}

std::optional<std::uint8_t> weekday_range(std::string_view part) {
    const auto dots = part.find("..");
    const auto first = weekday(part.substr(0, dots));
    if (!first) return std::nullopt;
    if (dots == std::string_view::npos) return static_cast<std::uint8_t>(1U << *first);
    const auto last = weekday(part.substr(dots + 2));
    if (!last || *last < *first) return std::nullopt;
    std::uint8_t bits = 0;
    for (int d = *first; d <= *last; ++d) bits |= static_cast<std::uint8_t>(1U << d);
    return bits;
}

std::optional<std::uint8_t> weekday_list(std::string_view text) {
    if (text.ends_with(',')) text.remove_suffix(1);  // systemd takes "Mon, *-*-* …"
    std::uint8_t bits = 0;
    while (true) {
        const auto comma = text.find(',');
        const auto range = weekday_range(text.substr(0, comma));
        if (!range) return std::nullopt;
        bits |= *range;
        if (comma == std::string_view::npos) return bits;
        text.remove_prefix(comma + 1);
    }
}

std::optional<int> number(std::string_view text, int most) {
    if (text.empty() || text.size() > 2) return std::nullopt;
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value <= most ? std::optional{value} : std::nullopt;
}

/// HH:MM or HH:MM:00, as minutes of the day.
std::optional<int> time_of_day(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto rest = text.substr(colon + 1);
    if (rest.ends_with(":00") && rest.size() > 3) rest.remove_suffix(3);
    const auto hour = number(text.substr(0, colon), 23);
    const auto minute = number(rest, 59);
    if (!hour || !minute) return std::nullopt;
    return *hour * 60 + *minute;
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> out;
    std::string word;
    for (const char c : std::string(text) + " ") {
        if (c != ' ' && c != '\t') {
            word += c;
        } else if (!word.empty()) {
            out.push_back(word);
            word.clear();
        }
    }
    return out;
}

/// Far enough from the ends of Time for the days around it to be reckoned: a store or a clock may say anything.
bool reckonable(Time t) { return t > Time::min() + days{40} && t < Time::max() - days{40}; }

/// The moment a local time names: the first of two in autumn; in spring, the first moment after the gap.
Time to_utc(std::chrono::local_seconds local, const UtcOffset& zone) {
    const Time as_if_utc{local.time_since_epoch()};
    const auto before = zone(as_if_utc - days{1});
    const auto after = zone(as_if_utc + days{1});
    const Time early = as_if_utc - std::max(before, after);
    const Time late = as_if_utc - std::min(before, after);
    if (zone(early) == std::max(before, after)) return early;
    if (zone(late) == std::min(before, after)) return late;
    // Neither is a local time of that name: it lies in a gap between `early` and `late`. Find its end.
    Time low = early, high = late;
    while (high - low > seconds{1}) {
        const auto middle = low + floor<seconds>((high - low) / 2);
        (zone(middle) == before ? low : high) = middle;
    }
    return high;
}

}  // namespace

Result<Schedule> Schedule::parse(std::string_view text) {
    Schedule s;
    s.text_ = trim(text);
    s.weekdays_ = every_day;
    auto parts = words(text);
    if (parts.empty()) return bad(text, "it is empty");
    const auto shorthand = to_lower(parts[0]);
    if (parts.size() == 1 && shorthand == "hourly") {
        for (int h = 0; h < 24; ++h) s.minutes_.push_back(h * 60);
        return s;
    }
    if (parts.size() == 1 && (shorthand == "daily" || shorthand == "weekly")) {
        if (shorthand == "weekly") s.weekdays_ = 1;
        s.minutes_ = {0};
        return s;
    }
    auto part = parts.begin();
    if (const auto bits = weekday_list(*part)) {
        s.weekdays_ = *bits;
        ++part;
    }
    if (part != parts.end() && *part == "*-*-*") ++part;
    if (part != parts.end()) {
        const auto minute = time_of_day(*part);
        if (!minute) return bad(text, fmt::format("\"{}\" is not understood here", printable(*part, 60)));
        s.minutes_ = {*minute};
        ++part;
    } else {
        s.minutes_ = {0};  // as systemd: a date without a time is midnight
    }
    if (part != parts.end()) return bad(text, fmt::format("\"{}\" is too much", printable(*part, 60)));
    return s;
}

std::vector<Time> Schedule::slots_of_day(sys_days local_day, const UtcOffset& zone) const {
    const std::chrono::weekday wd{local_day};
    if ((weekdays_ & (1U << (wd.iso_encoding() - 1))) == 0) return {};
    std::vector<Time> slots;
    for (const int m : minutes_) {
        const std::chrono::local_seconds local{local_day.time_since_epoch() + minutes{m}};
        const auto slot = to_utc(local, zone);
        if (slots.empty() || slots.back() < slot) slots.push_back(slot);
    }
    return slots;
}

std::optional<Time> Schedule::newest(Time at_or_before, const UtcOffset& zone) const {
    if (!reckonable(at_or_before)) return std::nullopt;
    const auto today = floor<days>(at_or_before + zone(at_or_before));
    for (int back = -1; back <= 9; ++back) {
        const auto slots = slots_of_day(today - days{back}, zone);
        const auto later = std::upper_bound(slots.begin(), slots.end(), at_or_before);
        if (later != slots.begin()) return *std::prev(later);
    }
    return std::nullopt;
}

std::optional<Time> Schedule::next(Time after, const UtcOffset& zone) const {
    if (!reckonable(after)) return std::nullopt;
    const auto today = floor<days>(after + zone(after));
    for (int ahead = -1; ahead <= 9; ++ahead) {
        const auto slots = slots_of_day(today + days{ahead}, zone);
        const auto later = std::upper_bound(slots.begin(), slots.end(), after);
        if (later != slots.end()) return *later;
    }
    return std::nullopt;
}

}  // namespace guardian::core
