#include "base/timestamp.hpp"

#include <fmt/format.h>
#include <time.h>

#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/text.hpp"

namespace guardian {
namespace {

using std::chrono::seconds;

Error bad(std::string_view text) {
    return {
        ErrorCode::usage, fmt::format("\"{}\" is not a moment", printable(text, 100)), "",
        "write for example \"2026-03-29 01:30\", \"tomorrow\", \"+2h\", \"3 days ago\" or \"@1700000000\""};
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

/// ".5" and the like; the digits beyond a microsecond are dropped.
std::optional<Duration> fraction(std::string_view text) {
    if (text.empty()) return Duration::zero();
    if (!take_prefix(text, ".") || text.empty()) return std::nullopt;
    std::int64_t micros = 0;
    for (std::size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < text.size() ? text[i] - '0' : 0);
    if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    return Duration{micros};
}

std::optional<Time> since_epoch(std::string_view text) {
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
    constexpr std::int64_t year_9999 = 253'402'300'799;
    if (error != std::errc{} || whole < 0 || whole > year_9999) return std::nullopt;
    const auto rest = fraction(text.substr(static_cast<std::size_t>(end - text.data())));
    if (!rest) return std::nullopt;
    return Time{seconds{whole}} + *rest;
}

std::optional<Time> relative(std::string_view text, Time now) {
    const bool ahead = take_prefix(text, "+");
    const bool back = !ahead && take_prefix(text, "-");
    const bool left = !ahead && !back && take_suffix(text, " left");
    const bool ago = !ahead && !back && !left && take_suffix(text, " ago");
    if (!ahead && !back && !left && !ago) return std::nullopt;
    const auto span = parse_span(text);
    if (!span) return std::nullopt;
    return later(now, ahead || left ? *span : -*span);
}

/// The C library's own mktime(), or timegm(): a local time that comes twice is the one that it, and so
/// systemd, chooses.
std::optional<Time> moment_of(std::tm tm, bool utc) {
    tm.tm_isdst = -1;
    const auto t = utc ? ::timegm(&tm) : ::mktime(&tm);
    return t < 0 ? std::nullopt : std::optional{Time{seconds{t}}};
}

std::tm fields_of(Time t, bool utc) {
    const std::time_t whole = std::chrono::floor<seconds>(t).time_since_epoch().count();
    std::tm tm{};
    utc ? gmtime_r(&whole, &tm) : localtime_r(&whole, &tm);
    return tm;
}

std::optional<Time> midnight(Time now, int days, bool utc) {
    auto tm = fields_of(now, utc);
    tm.tm_mday += days;
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    return moment_of(tm, utc);
}

/// "Sun " is taken off the front.
std::optional<int> take_weekday(std::string_view& text) {
    static constexpr std::array<std::string_view, 7> names{"sunday",   "monday", "tuesday", "wednesday",
                                                           "thursday", "friday", "saturday"};
    const auto space = text.find(' ');
    const auto word = to_lower(text.substr(0, space));
    for (std::size_t i = 0; space != std::string_view::npos && i < names.size(); ++i) {
        if (word != names[i] && word != names[i].substr(0, 3)) continue;
        text.remove_prefix(space + 1);
        return static_cast<int>(i);
    }
    return std::nullopt;
}

struct Form {
    const char* format;
    bool has_date, has_seconds;
};
constexpr std::array forms{Form{"%y-%m-%d %H:%M:%S", true, true}, Form{"%Y-%m-%d %H:%M:%S", true, true},
                           Form{"%y-%m-%d %H:%M", true, false},   Form{"%Y-%m-%d %H:%M", true, false},
                           Form{"%y-%m-%d", true, false},         Form{"%Y-%m-%d", true, false},
                           Form{"%H:%M:%S", false, true},         Form{"%H:%M", false, false}};

std::optional<Time> date_and_time(std::string_view text, Time now, bool utc) {
    const auto weekday = take_weekday(text);
    const std::string whole{text};
    for (const auto& form : forms) {
        auto tm = fields_of(now, utc);
        tm.tm_sec = 0;
        if (form.has_date) tm.tm_hour = tm.tm_min = 0;
        const char* end = ::strptime(whole.c_str(), form.format, &tm);
        if (end == nullptr || (*end != '\0' && !form.has_seconds)) continue;
        const auto rest = fraction(end);
        if (!rest) continue;
        const auto t = moment_of(tm, utc);
        if (!t || (weekday && fields_of(*t, utc).tm_wday != *weekday)) return std::nullopt;
        return *t + *rest;
    }
    return std::nullopt;
}

/// 2026-03-29T01:30:00+02:00
std::optional<Time> rfc3339_moment(std::string_view text) {
    if (text.size() < 20 || text[10] != 'T') return std::nullopt;
    std::tm tm{};
    const std::string whole{text};
    const char* end = ::strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%S", &tm);
    if (end == nullptr) return std::nullopt;
    const std::string_view zone{end};
    seconds offset{0};
    if (zone != "Z") {
        if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
        int hours = 0, minutes = 0;
        std::from_chars(&zone[1], &zone[3], hours);
        std::from_chars(&zone[4], &zone[6], minutes);
        offset = seconds{(zone[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60)};
    }
    const auto t = moment_of(tm, true);
    return t ? std::optional{*t - offset} : std::nullopt;
}

std::optional<Time> moment(std::string_view text, Time now) {
    if (auto t = rfc3339_moment(text)) return t;
    if (take_prefix(text, "@")) return since_epoch(text);
    if (auto t = relative(text, now)) return t;
    const auto lower = to_lower(text);
    const bool utc = lower.ends_with(" utc");
    if (utc) text.remove_suffix(4);
    if (text == "now") return now;
    if (text == "today") return midnight(now, 0, utc);
    if (text == "yesterday") return midnight(now, -1, utc);
    if (text == "tomorrow") return midnight(now, 1, utc);
    return date_and_time(text, now, utc);
}

}  // namespace

Result<Time> parse_timestamp(std::string_view text, Time now) {
    const auto t = moment(text, now);
    if (!t) return bad(text);
    return *t;
}

}  // namespace guardian
