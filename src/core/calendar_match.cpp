#include "core/calendar_match.hpp"

#include <algorithm>

namespace guardian::core {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::seconds;
using std::chrono::year_month_day;

constexpr local_days first_day{std::chrono::year{CalendarFields::first_year} / 1 / 1},
    end_of_days{std::chrono::year{CalendarFields::last_year + 1} / 1 / 1};
constexpr seconds end_of_day{86'399};

template <std::size_t N>
std::optional<int> first_set(const std::bitset<N>& bits, int from) {
    for (int i = std::max(from, 0); i < static_cast<int>(N); ++i)
        if (bits[static_cast<std::size_t>(i)]) return i;
    return std::nullopt;
}

template <std::size_t N>
std::optional<int> last_set(const std::bitset<N>& bits, int from) {
    for (int i = std::min(from, static_cast<int>(N) - 1); i >= 0; --i)
        if (bits[static_cast<std::size_t>(i)]) return i;
    return std::nullopt;
}

// ---- days

unsigned last_of_month(year_month_day date) {
    return unsigned((date.year() / date.month() / std::chrono::last).day());
}

bool has_month(const CalendarFields& f, year_month_day date) {
    const int index = int(date.year()) - CalendarFields::first_year;
    return index >= 0 && index < static_cast<int>(f.years.size()) && f.years[static_cast<std::size_t>(index)] &&
           f.months[unsigned(date.month())];
}

bool has_day_number(const CalendarFields& f, year_month_day date) {
    const auto day = unsigned(date.day());
    return f.days[f.from_month_end ? last_of_month(date) - day + 1 : day];
}

bool has_weekday(const CalendarFields& f, local_days day) {
    return f.weekdays[std::chrono::weekday{day}.iso_encoding() - 1];
}

bool has_day(const CalendarFields& f, local_days day) {
    return has_day_number(f, year_month_day{day}) && has_weekday(f, day);
}

/// Months that do not match are passed over.
std::optional<local_days> day_from(const CalendarFields& f, local_days day) {
    while (day < end_of_days) {
        const year_month_day date{day};
        const local_days next_month{(date.year() / date.month() + std::chrono::months{1}) / 1};
        for (; has_month(f, date) && day < next_month; day += days{1})
            if (has_day(f, day)) return day;
        day = next_month;
    }
    return std::nullopt;
}

std::optional<local_days> day_until(const CalendarFields& f, local_days day) {
    while (day >= first_day) {
        const year_month_day date{day};
        const local_days first{date.year() / date.month() / 1};
        for (; has_month(f, date) && day >= first; day -= days{1})
            if (has_day(f, day)) return day;
        day = first - days{1};
    }
    return std::nullopt;
}

// ---- times of the day

struct Clock {
    int hour, minute, second;
    explicit Clock(seconds of_day)
        : hour(static_cast<int>(of_day.count() / 3600)),
          minute(static_cast<int>(of_day.count() / 60 % 60)),
          second(static_cast<int>(of_day.count() % 60)) {}
};

std::optional<seconds> time_until(const CalendarFields& f, seconds of_day) {
    const Clock at{of_day};
    for (auto h = last_set(f.hours, at.hour); h; h = last_set(f.hours, *h - 1)) {
        const bool same_hour = *h == at.hour;
        for (auto m = last_set(f.minutes, same_hour ? at.minute : 59); m; m = last_set(f.minutes, *m - 1))
            if (const auto s = last_set(f.seconds, same_hour && *m == at.minute ? at.second : 59))
                return seconds{*h * 3600 + *m * 60 + *s};
    }
    return std::nullopt;
}

// ---- systemd's slip

using Steps = std::vector<CalendarFields::Step>;

/// How far beyond `end` the steps lead first; empty: there are none.
std::optional<int> overshoot(const Steps& steps, int from, int end) {
    std::optional<int> nearest;
    for (const auto& s : steps) {
        const int value = s.first + (std::max(from - s.first, 0) + s.step - 1) / s.step * s.step;
        if (value >= end) nearest = std::min(nearest.value_or(value - end), value - end);
    }
    return nearest;
}

/// The steps lead from December into January: the search goes on where they land.
std::optional<local_days> landing_in_january(const CalendarFields& f, local_days today) {
    const year_month_day date{today};
    if (date.month() != std::chrono::December || !has_month(f, date) || f.day_steps.empty()) return std::nullopt;
    const local_days new_year{(date.year() + std::chrono::years{1}) / 1 / 1};
    auto tried = today;
    for (auto day = today; day < new_year; day += days{1}) {
        if (!has_day_number(f, year_month_day{day})) continue;
        if (has_weekday(f, day)) return std::nullopt;
        tried = day + days{1};
    }
    if (tried == new_year) return std::nullopt;
    auto steps = f.day_steps;
    if (f.from_month_end)
        for (auto& s : steps) s.first = static_cast<int>(last_of_month(date)) - s.first + 1;
    const auto beyond = overshoot(steps, static_cast<int>(unsigned(year_month_day{tried}.day())), 32);
    return beyond ? std::optional{new_year + days{*beyond}} : std::nullopt;
}

/// The start of the next day, hour or minute after the search left one of them, and with systemd's slip where the steps
/// lead to, if that one was the last of the next greater unit.
local_seconds left(local_seconds next, bool was_last, std::optional<int> beyond, seconds unit) {
    return was_last && beyond ? next + *beyond * unit : next;
}

std::optional<local_seconds> search(const CalendarFields& f, local_seconds at, bool with_slip) {
    using std::chrono::hours;
    using std::chrono::minutes;
    at = std::max<local_seconds>(at, first_day);
    while (at < end_of_days) {
        const auto today = floor<days>(at);
        if (const auto january = with_slip ? landing_in_january(f, today) : std::nullopt) {
            at = *january;
            continue;
        }
        const auto day = day_from(f, today);
        if (!day) return std::nullopt;
        at = std::max<local_seconds>(at, *day);
        const Clock from{at - *day};

        const auto hour = first_set(f.hours, from.hour);
        if (!hour) {
            const auto tomorrow = *day + days{1};
            const bool month_ends = unsigned(year_month_day{tomorrow}.day()) == 1;
            at = left(tomorrow, with_slip && month_ends, overshoot(f.hour_steps, from.hour, 24), hours{1});
            continue;
        }
        const bool same_hour = *hour == from.hour;
        const int from_minute = same_hour ? from.minute : 0;
        const auto minute = first_set(f.minutes, from_minute);
        if (!minute) {
            at = left(*day + hours{*hour + 1}, with_slip && *hour == 23, overshoot(f.minute_steps, from_minute, 60),
                      minutes{1});
            continue;
        }
        const int from_second = same_hour && *minute == from.minute ? from.second : 0;
        const auto second = first_set(f.seconds, from_second);
        const auto whole_minute = *day + hours{*hour} + minutes{*minute};
        if (second) return whole_minute + seconds{*second};
        at = left(whole_minute + minutes{1}, with_slip && *minute == 59, overshoot(f.second_steps, from_second, 60),
                  seconds{1});
    }
    return std::nullopt;
}

}  // namespace

std::optional<local_seconds> match_from(const CalendarFields& f, local_seconds at) { return search(f, at, false); }

std::optional<local_seconds> systemd_match_from(const CalendarFields& f, local_seconds at) {
    return search(f, at, true);
}

std::optional<local_seconds> match_until(const CalendarFields& f, local_seconds at) {
    at = std::min<local_seconds>(at, end_of_days - seconds{1});
    if (at < first_day) return std::nullopt;
    const auto today = floor<days>(at);
    auto day = day_until(f, today);
    if (!day) return std::nullopt;
    if (const auto time = time_until(f, *day == today ? at - today : end_of_day)) return *day + *time;
    day = day_until(f, *day - days{1});
    return day ? std::optional{*day + *time_until(f, end_of_day)} : std::nullopt;
}

}  // namespace guardian::core
