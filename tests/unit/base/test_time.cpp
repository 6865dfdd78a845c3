#include <clocale>
#include <cmath>
#include <limits>
#include <random>

#include "base/child.hpp"
#include "base/time.hpp"
#include "support/catch.hpp"
#include "unit/base/zone.hpp"

using namespace guardian;
using namespace guardian::test;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr auto largest = std::numeric_limits<std::int64_t>::max();

std::int64_t micros(std::string_view text) {
    const auto span = parse_span(text);
    REQUIRE(span.has_value());
    return span->count();
}

/// What systemd makes of the span; empty where it refuses it.
std::optional<std::int64_t> as_systemd(const std::string& program, const std::string& text) {
    const auto out = run_tool({.argv = {program, "timespan", "--", text},
                               .environment = {"LC_ALL=C.UTF-8"},
                               .secret = {},
                               .secret_fd_variable = ""},
                              {}, "cannot ask systemd");
    if (!out) return std::nullopt;
    const auto at = out->find("s: ");
    return at == std::string::npos ? std::nullopt : std::optional{std::stoll(out->substr(at + 3))};
}

}  // namespace

TEST_CASE("parse_span reads every unit", "[time]") {
    const auto text = GENERATE(as<std::string>{}, "us", "usec", "ms", "msec", "s", "sec", "second", "seconds",
                               "m", "min", "minute", "minutes", "h", "hr", "hour", "hours", "d", "day",
                               "days", "w", "week", "weeks", "M", "month", "months", "y", "year", "years");
    const auto one = micros("1" + text);
    CHECK(one > 0);
    CHECK(micros("1 " + text) == one);
    CHECK(micros("3" + text) == 3 * one);
    CHECK(micros("  3  " + text + "\t") == 3 * one);
}

TEST_CASE("parse_span reads sums", "[time]") {
    CHECK(micros("30h") == Duration{hours{30}}.count());
    CHECK(micros("1h 30min") == Duration{minutes{90}}.count());
    CHECK(micros("1h30min") == Duration{minutes{90}}.count());
    CHECK(micros("30min 1h 1h") == Duration{minutes{150}}.count());
    CHECK(micros("90") == Duration{seconds{90}}.count());
    CHECK(micros("1 2") == Duration{seconds{3}}.count());
    CHECK(micros("2 weeks") == Duration{hours{336}}.count());
    CHECK(micros("0") == 0);
    CHECK(micros("1hour1") == Duration{seconds{3601}}.count());  // without a unit: seconds
    CHECK(micros("1m") == Duration{minutes{1}}.count());
    CHECK(micros("1M") == 2'629'800'000'000);
}

TEST_CASE("parse_span refuses what is no span, and says what would be", "[time]") {
    const auto text =
        GENERATE(as<std::string>{}, "", " ", "\t", "h", "-1h", "+1h", "1.5h", "1 fortnight", "1H", "1h-",
                 "1h,2h", "1h\n", "0x10", "infinity", "1 hour ago", "9999999999999999999", "1\x01s", "\xff");
    CAPTURE(text);
    const auto span = parse_span(text);
    REQUIRE(!span);
    CHECK(span.error().code == ErrorCode::usage);
    CHECK(!span.error().remedy.empty());
}

TEST_CASE("a refused span is quoted without its control characters", "[time]") {
    const auto span = parse_span("1\x1b[2Jh\n");
    REQUIRE(!span);
    CHECK(span.error().text().find('\x1b') == std::string::npos);
    CHECK(span.error().text().find('\n') == std::string::npos);
    CHECK(parse_span(std::string(100'000, 'x')).error().text().size() < 400);
}

TEST_CASE("parse_span refuses what does not fit, and takes what just does", "[time]") {
    CHECK(!parse_span("292277y"));
    CHECK(micros("292271y") == 292'271LL * 31'557'600'000'000);
    CHECK(!parse_span("999999999999999y"));
    CHECK(!parse_span("999999999999999"));
    CHECK(micros("999999999999999us") == 999'999'999'999'999);
    CHECK(!parse_span("200000y 200000y"));
    std::string many;
    for (int i = 0; i < 5000; ++i) many += "100y ";
    CHECK(!parse_span(many));
}

TEST_CASE("parse_span agrees with systemd", "[time]") {
    const auto program = find_program("systemd-analyze");
    if (!program) {
        WARN("skipped: no systemd-analyze here");
        return;
    }
    for (const std::string text : {"1us",
                                   "7usec",
                                   "3ms",
                                   "4msec",
                                   "5s",
                                   "6sec",
                                   "7second",
                                   "8seconds",
                                   "9m",
                                   "10min",
                                   "11minute",
                                   "12minutes",
                                   "13h",
                                   "14hr",
                                   "15hour",
                                   "16hours",
                                   "17d",
                                   "18day",
                                   "19days",
                                   "20w",
                                   "21week",
                                   "22weeks",
                                   "1M",
                                   "2month",
                                   "3months",
                                   "4y",
                                   "5year",
                                   "6years",
                                   "90",
                                   "1 2",
                                   "5min 3",
                                   "1h30min",
                                   "1h 1h",
                                   "1y 1M 1w 1d 1h 1m 1s 1ms 1us",
                                   "",
                                   "h",
                                   "-1",
                                   "1H",
                                   "1 fortnight",
                                   "1h,",
                                   "0"}) {
        CAPTURE(text);
        const auto span = parse_span(text);
        const auto theirs = as_systemd(*program, text);
        CHECK(span.has_value() == theirs.has_value());
        if (span && theirs) CHECK(span->count() == *theirs);
    }
}

TEST_CASE("exact_span is read back exactly", "[time]") {
    const auto round_trip = [](std::int64_t us) {
        const auto text = exact_span(Duration{us});
        CAPTURE(us, text);
        CHECK(micros(text) == us);
    };
    for (const std::int64_t us :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{999}, std::int64_t{1000}, std::int64_t{999'999},
          std::int64_t{1'000'000}, std::int64_t{108'000'000'000}, largest, largest - 1})
        round_trip(us);
    std::mt19937_64 random{7};
    for (int i = 0; i < 2000; ++i) round_trip(static_cast<std::int64_t>(random() >> (1 + random() % 63)));
    CHECK(exact_span(hours{30}) == "1d 6h");
    CHECK(exact_span(minutes{90}) == "1h 30min");
    CHECK(exact_span(Duration{1'001}) == "1ms 1us");
}

TEST_CASE("format_span uses two units at most, neighbours only", "[time]") {
    CHECK(format_span(Duration{0}) == "0 s");
    CHECK(format_span(Duration{999}) == "0 s");
    CHECK(format_span(milliseconds{850}) == "850 ms");
    CHECK(format_span(milliseconds{999} + microseconds{999}) == "999 ms");
    CHECK(format_span(seconds{1}) == "1 s");
    CHECK(format_span(seconds{61}) == "1 min 1 s");
    CHECK(format_span(minutes{3}) == "3 min");
    CHECK(format_span(hours{1} + seconds{5}) == "1 h");
    CHECK(format_span(hours{30}) == "1 d 6 h");
    CHECK(format_span(hours{52}) == "2 d 4 h");
    CHECK(format_span(hours{24 * 15}) == "2 w 1 d");
    CHECK(format_span(hours{24 * 14} + hours{5}) == "2 w");
}

TEST_CASE("format_span survives negative and extreme spans", "[time]") {
    CHECK(format_span(-hours{30}) == "-1 d 6 h");
    CHECK(format_span(Duration{-500}) == "0 s");
    CHECK(format_span(Duration::max()).ends_with(" d"));
    CHECK(format_span(Duration::min()) == "-" + format_span(Duration::max()));
}

TEST_CASE("rfc3339 carries the zone's offset", "[time]") {
    const auto t = utc(2026, 3, 30, 0, 0, 7);
    CHECK(rfc3339(t, fixed_zone(hours{2})) == "2026-03-30T02:00:07+02:00");
    CHECK(rfc3339(t, fixed_zone(hours{0})) == "2026-03-30T00:00:07+00:00");
    CHECK(rfc3339(t, fixed_zone(-hours{9} - minutes{30})) == "2026-03-29T14:30:07-09:30");
    CHECK(rfc3339(t, fixed_zone(hours{14})) == "2026-03-30T14:00:07+14:00");
    CHECK(rfc3339(t, fixed_zone(-minutes{30})) == "2026-03-29T23:30:07-00:30");
    CHECK(rfc3339(t, fixed_zone(hours{5} + minutes{45})) == "2026-03-30T05:45:07+05:45");
}

TEST_CASE("rfc3339 rounds down to the second, before 1970 too", "[time]") {
    CHECK(rfc3339(utc(2026, 1, 1) - microseconds{1}, fixed_zone(hours{0})) == "2025-12-31T23:59:59+00:00");
    CHECK(rfc3339(utc(1969, 7, 20) - microseconds{1}, fixed_zone(hours{0})) == "1969-07-19T23:59:59+00:00");
}

TEST_CASE("rfc3339 names the same moment even where a zone has seconds", "[time]") {
    const auto t = utc(1880, 1, 1);
    CHECK(rfc3339(t, fixed_zone(minutes{53} + seconds{28})) == "1880-01-01T00:53:00+00:53");
    CHECK(rfc3339(t, fixed_zone(-minutes{1} - seconds{15})) == "1879-12-31T23:59:00-00:01");
}

TEST_CASE("moments at the ends of time can be written", "[time]") {
    for (const auto t : {Time::min(), Time::max(), Time{}}) {
        CHECK(!rfc3339(t, fixed_zone(hours{14})).empty());
        CHECK(!format_minute(t, fixed_zone(-hours{12})).empty());
    }
}

TEST_CASE("format_minute is local time to the minute", "[time]") {
    CHECK(format_minute(utc(2026, 3, 30, 0, 0, 59), fixed_zone(hours{2})) == "2026-03-30 02:00");
    CHECK(format_minute(utc(2026, 12, 31, 23, 59), fixed_zone(minutes{1})) == "2027-01-01 00:00");
}

TEST_CASE("numbers are written alike in every locale", "[time]") {
    const std::string before = std::setlocale(LC_ALL, nullptr);
    if (std::setlocale(LC_ALL, "de_DE.UTF-8") == nullptr) (void)std::setlocale(LC_ALL, "");
    CHECK(micros("1h 30min") == 5'400'000'000);
    CHECK(rfc3339(utc(2026, 3, 30), fixed_zone(hours{2})) == "2026-03-30T02:00:00+02:00");
    (void)std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("local_zone follows TZ through summer and winter", "[time]") {
    const NamedZone berlin{"Europe/Berlin"};
    if (!berlin.there()) {
        WARN("skipped: no zone database here");
        return;
    }
    CHECK(berlin.offset()(utc(2026, 1, 1)) == hours{1});
    CHECK(berlin.offset()(utc(2026, 7, 1)) == hours{2});
    CHECK(berlin.offset()(utc(2026, 3, 29, 1) - microseconds{1}) == hours{1});
    CHECK(berlin.offset()(utc(2026, 3, 29, 1)) == hours{2});
    CHECK(rfc3339(utc(2026, 3, 29, 1), berlin.offset()) == "2026-03-29T03:00:00+02:00");
}

TEST_CASE("later() adds, and stops at the ends of time", "[time]") {
    CHECK(later(utc(2026, 1, 1), hours{1}) == utc(2026, 1, 1, 1));
    CHECK(later(utc(2026, 1, 1, 1), -hours{1}) == utc(2026, 1, 1));
    CHECK(later(utc(2026, 1, 1), Duration::max()) == Time::max());
    CHECK(later(Time::max(), microseconds{1}) == Time::max());
    CHECK(later(Time::min(), -microseconds{1}) == Time::min());
    CHECK(later(utc(1960, 1, 1), Duration::min()) == Time::min());
}

TEST_CASE("microseconds go there and back", "[time]") {
    CHECK(to_micros(from_micros(largest)) == largest);
    CHECK(from_micros(to_micros(utc(2026, 1, 1))) == utc(2026, 1, 1));
    CHECK(now() > utc(2024, 1, 1));
}
