/// Slots where clocks are changed: gaps, overlaps, a skipped day, zones far from UTC; and properties over
/// twenty years of each zone.

#include <fmt/format.h>

#include <random>

#include "base/child.hpp"
#include "base/text.hpp"
#include "core/calendar.hpp"
#include "support/catch.hpp"
#include "unit/base/zone.hpp"

using namespace guardian;
using namespace guardian::core;
using namespace guardian::test;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

Schedule schedule(std::string_view text) {
    const auto s = Schedule::parse(text);
    REQUIRE(s.has_value());
    return *s;
}

/// The slots in [from, until), in local time with its offset.
std::vector<std::string> local_slots(const std::string& text, const NamedZone& zone, Time from, Time until) {
    const auto s = schedule(text);
    std::vector<std::string> out;
    for (auto t = s.next(from - minutes{1}, zone.offset()); t && *t < until; t = s.next(*t, zone.offset()))
        out.push_back(rfc3339(*t, zone.offset()));
    return out;
}

using Slots = std::vector<std::string>;

constexpr minutes tick{15};  // transitions are at its multiples in every zone tested here

/// What the local clock shows at each tick.
std::vector<Time> local_clock(const UtcOffset& zone, Time from, Time until) {
    std::vector<Time> out;
    for (auto t = from; t < until; t += tick) out.push_back(t + zone(t));
    return out;
}

/// The slots found the slow way: note when the clock first shows or passes the wanted time of each day.
std::vector<Time> walked(minutes time_of_day, const std::vector<Time>& clock, Time from) {
    Time wanted = floor<days>(clock.front()) + time_of_day;
    if (wanted < clock.front()) wanted += days{1};
    std::vector<Time> out;
    for (const auto shown : clock) {
        if (wanted <= shown) out.push_back(from);
        while (wanted <= shown) wanted += days{1};
        from += tick;
    }
    return out;
}

std::vector<Time> chained(const Schedule& s, const UtcOffset& zone, Time from, Time until) {
    std::vector<Time> out;
    for (auto t = s.next(from - std::chrono::microseconds{1}, zone); t && *t < until; t = s.next(*t, zone))
        out.push_back(*t);
    return out;
}

#define SKIP_WITHOUT(zone)                             \
    if (!(zone).there()) {                             \
        WARN("skipped: no such zone on this machine"); \
        return;                                        \
    }

}  // namespace

TEST_CASE("Berlin, spring: a time in the gap is the first moment after it", "[calendar][zones]") {
    const NamedZone z{"Europe/Berlin"};
    SKIP_WITHOUT(z);
    const auto from = utc(2026, 3, 28), until = utc(2026, 3, 30, 20);
    CHECK(local_slots("02:30", z, from, until) ==
          Slots{"2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"});
    CHECK(local_slots("02:00", z, from, until)[1] == "2026-03-29T03:00:00+02:00");
    CHECK(local_slots("03:00", z, from, until)[1] == "2026-03-29T03:00:00+02:00");
    CHECK(local_slots("01:59", z, from, until)[1] == "2026-03-29T01:59:00+01:00");
}

TEST_CASE("Berlin, spring: hourly has no slot twice and none too few", "[calendar][zones]") {
    const NamedZone z{"Europe/Berlin"};
    SKIP_WITHOUT(z);
    CHECK(local_slots("hourly", z, utc(2026, 3, 29), utc(2026, 3, 29, 3)) ==
          Slots{"2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"});
}

TEST_CASE("Berlin, autumn: a time that comes twice is the first of the two", "[calendar][zones]") {
    const NamedZone z{"Europe/Berlin"};
    SKIP_WITHOUT(z);
    const auto from = utc(2026, 10, 24), until = utc(2026, 10, 26, 20);
    CHECK(local_slots("02:30", z, from, until) ==
          Slots{"2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"});
    CHECK(local_slots("03:00", z, from, until)[1] == "2026-10-25T03:00:00+01:00");
    const auto second_half_past_two = utc(2026, 10, 25, 1, 30);
    CHECK(schedule("02:30").newest(second_half_past_two, z.offset()) == utc(2026, 10, 25, 0, 30));
    CHECK(schedule("02:30").next(utc(2026, 10, 25, 0, 30), z.offset()) == utc(2026, 10, 26, 1, 30));
}

TEST_CASE("New York: both changes", "[calendar][zones]") {
    const NamedZone z{"America/New_York"};
    SKIP_WITHOUT(z);
    CHECK(local_slots("02:15", z, utc(2026, 3, 8), utc(2026, 3, 9)) == Slots{"2026-03-08T03:00:00-04:00"});
    CHECK(local_slots("01:15", z, utc(2026, 11, 1), utc(2026, 11, 2)) == Slots{"2026-11-01T01:15:00-04:00"});
}

TEST_CASE("Lord Howe: gap and overlap of half an hour", "[calendar][zones]") {
    const NamedZone z{"Australia/Lord_Howe"};
    SKIP_WITHOUT(z);
    const auto spring = utc(2026, 10, 3, 12), autumn = utc(2026, 4, 4, 12);
    CHECK(local_slots("02:15", z, spring, spring + hours{24}) == Slots{"2026-10-04T02:30:00+11:00"});
    CHECK(local_slots("02:30", z, spring, spring + hours{24}) == Slots{"2026-10-04T02:30:00+11:00"});
    CHECK(local_slots("01:45", z, autumn, autumn + hours{24}) == Slots{"2026-04-05T01:45:00+11:00"});
    CHECK(local_slots("02:00", z, autumn, autumn + hours{24}) == Slots{"2026-04-05T02:00:00+10:30"});
}

TEST_CASE("Apia: the slot of the day that never was is the first moment after it", "[calendar][zones]") {
    const NamedZone z{"Pacific/Apia"};
    SKIP_WITHOUT(z);
    const auto from = utc(2011, 12, 29), until = utc(2012, 1, 1);
    CHECK(local_slots("02:00", z, from, until) ==
          Slots{"2011-12-29T02:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T02:00:00+14:00",
                "2012-01-01T02:00:00+14:00"});
    CHECK(local_slots("daily", z, from, until) ==
          Slots{"2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00"});
    CHECK(local_slots("Fri 02:00", z, from, until) == Slots{"2011-12-31T00:00:00+14:00"});
}

TEST_CASE("a gap at midnight moves the day's first slot, not the day", "[calendar][zones]") {
    const NamedZone z{"America/Sao_Paulo"};
    SKIP_WITHOUT(z);
    CHECK(local_slots("daily", z, utc(2018, 11, 3), utc(2018, 11, 5, 12)) ==
          Slots{"2018-11-03T00:00:00-03:00", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"});
    // In autumn midnight falls back into the day before: 23:30 comes twice, midnight once.
    CHECK(local_slots("23:30", z, utc(2019, 2, 16, 12), utc(2019, 2, 17, 12)) ==
          Slots{"2019-02-16T23:30:00-02:00"});
    CHECK(local_slots("daily", z, utc(2019, 2, 16, 12), utc(2019, 2, 17, 12)) ==
          Slots{"2019-02-17T00:00:00-03:00"});
}

TEST_CASE("zones far from UTC, and crooked ones", "[calendar][zones]") {
    for (const minutes offset : {minutes{-720}, minutes{-570}, minutes{345}, minutes{840}}) {
        const auto zone = fixed_zone(offset);
        for (const auto* time : {"00:00", "02:00", "23:59"}) {
            const auto slots = chained(schedule(time), zone, utc(2026, 1, 1), utc(2026, 2, 1));
            CHECK(slots.size() == 31);
            for (const auto t : slots) CHECK(format_minute(t, zone).ends_with(time));
        }
    }
}

TEST_CASE("over twenty years no slot is lost or doubled, in any kind of zone", "[calendar][zones]") {
    const auto name =
        GENERATE(as<std::string>{}, "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                 "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Chatham", "America/Nuuk");
    const NamedZone z{name};
    SKIP_WITHOUT(z);
    CAPTURE(name);
    const auto from = utc(2008, 1, 1), until = utc(2028, 1, 1);
    const auto clock = local_clock(z.offset(), from, until);
    for (const int minute : {0, 105, 135, 180, 1410}) {
        const auto s = schedule(fmt::format("{:02}:{:02}", minute / 60, minute % 60));
        const auto expected = walked(minutes{minute}, clock, from);
        CAPTURE(minute);
        CHECK(expected.size() >= 7304);
        CHECK(chained(s, z.offset(), from, until) == expected);
    }
}

TEST_CASE("each local day has exactly one slot of a daily schedule", "[calendar][zones]") {
    const auto name = GENERATE(as<std::string>{}, "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                               "America/Sao_Paulo");
    const NamedZone z{name};
    SKIP_WITHOUT(z);
    CAPTURE(name);
    const auto time = GENERATE(as<std::string>{}, "00:00", "01:30", "02:15", "02:30");
    std::optional<Time> expected_day;
    for (const auto t : chained(schedule(time), z.offset(), utc(2008, 1, 1), utc(2028, 1, 1))) {
        const auto day = floor<days>(t + z.offset()(t));
        if (expected_day) REQUIRE(day == *expected_day);
        expected_day = day + days{1};
    }
}

TEST_CASE("newest and next fit together at any moment", "[calendar][zones]") {
    const auto name = GENERATE(as<std::string>{}, "UTC", "Europe/Berlin", "Australia/Lord_Howe",
                               "Pacific/Apia", "America/Sao_Paulo", "Pacific/Kwajalein", "Africa/Monrovia");
    const NamedZone z{name};
    SKIP_WITHOUT(z);
    CAPTURE(name);
    std::mt19937_64 random{11};
    for (const auto* text :
         {"hourly", "daily", "weekly", "02:30", "Mon..Fri 00:15", "Sun 23:45", "Fri 02:00"}) {
        const auto s = schedule(text);
        for (int i = 0; i < 150; ++i) {
            const auto span = to_micros(utc(2100, 1, 1)) - to_micros(utc(1971, 1, 1));
            const auto t = utc(1971, 1, 1) +
                           Duration{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(span))};
            const auto newest = s.newest(t, z.offset());
            const auto next = s.next(t, z.offset());
            CAPTURE(text, to_micros(t));
            REQUIRE(newest);
            REQUIRE(next);
            REQUIRE(*newest <= t);
            REQUIRE(*next > t);
            REQUIRE(s.next(*newest, z.offset()) == next);
            REQUIRE(s.newest(*next, z.offset()) == next);
            REQUIRE(s.newest(*next - std::chrono::microseconds{1}, z.offset()) == newest);
        }
    }
}
