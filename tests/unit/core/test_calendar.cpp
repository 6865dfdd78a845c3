/// The notation, and slots over ordinary days.

#include <fmt/format.h>

#include "core/calendar.hpp"
#include "support/catch.hpp"
#include "unit/base/zone.hpp"

using namespace guardian;
using namespace guardian::core;
using namespace guardian::test;
using std::chrono::hours;
using std::chrono::microseconds;

namespace {

const auto in_utc = fixed_zone(hours{0});

Schedule schedule(std::string_view text) {
    const auto s = Schedule::parse(text);
    REQUIRE(s.has_value());
    return *s;
}

/// The slots after a moment, so many of them, in words.
std::vector<std::string> slots(std::string_view text, Time after, int n, const UtcOffset& zone = in_utc) {
    const auto s = schedule(text);
    std::vector<std::string> out;
    for (auto t = s.next(after, zone); t && n > 0; t = s.next(*t, zone), --n)
        out.push_back(format_minute(*t, zone));
    return out;
}

using Slots = std::vector<std::string>;
const auto tuesday = utc(2026, 3, 10, 12);

}  // namespace

TEST_CASE("the notation that is understood", "[calendar]") {
    CHECK(slots("*-*-* 02:00", tuesday, 2) == Slots{"2026-03-11 02:00", "2026-03-12 02:00"});
    CHECK(slots("02:00", tuesday, 1) == Slots{"2026-03-11 02:00"});
    CHECK(slots("2:00", tuesday, 1) == Slots{"2026-03-11 02:00"});
    CHECK(slots("23:59", tuesday, 1) == Slots{"2026-03-10 23:59"});
    CHECK(slots("02:00:00", tuesday, 1) == Slots{"2026-03-11 02:00"});
    CHECK(slots("00:00:00", tuesday, 1) == Slots{"2026-03-11 00:00"});
    CHECK(slots("*-*-*", tuesday, 1) == Slots{"2026-03-11 00:00"});
    CHECK(slots("daily", tuesday, 2) == Slots{"2026-03-11 00:00", "2026-03-12 00:00"});
    CHECK(slots("DAILY", tuesday, 1) == Slots{"2026-03-11 00:00"});
    CHECK(slots("hourly", tuesday, 2) == Slots{"2026-03-10 13:00", "2026-03-10 14:00"});
    CHECK(slots("weekly", tuesday, 2) == Slots{"2026-03-16 00:00", "2026-03-23 00:00"});
    CHECK(slots("*-*-*  02:00", tuesday, 1) == Slots{"2026-03-11 02:00"});
}

TEST_CASE("lists, ranges, steps and years", "[calendar]") {
    CHECK(slots("*:0/20", tuesday, 2) == Slots{"2026-03-10 12:20", "2026-03-10 12:40"});
    CHECK(slots("*-*-* 02:00,30", tuesday, 2) == Slots{"2026-03-11 02:00", "2026-03-11 02:30"});
    CHECK(slots("2,4..6/2:00", tuesday, 3) ==
          Slots{"2026-03-11 02:00", "2026-03-11 04:00", "2026-03-11 06:00"});
    CHECK(slots("*-*-1,15", tuesday, 2) == Slots{"2026-03-15 00:00", "2026-04-01 00:00"});
    CHECK(slots("*-1/3-1 03:00", tuesday, 2) == Slots{"2026-04-01 03:00", "2026-07-01 03:00"});
    CHECK(slots("2028-02-29", tuesday, 2) == Slots{"2028-02-29 00:00"});
    CHECK(slots("Fri *-*-13", tuesday, 2) == Slots{"2026-03-13 00:00", "2026-11-13 00:00"});
    CHECK(slots("27..30-12-24", tuesday, 5).size() == 4);
    CHECK(slots("2-30", tuesday, 1).empty());
    CHECK(slots("70-1-1", tuesday, 1).empty());
    CHECK(schedule("70-1-1").newest(tuesday, in_utc) == utc(1970, 1, 1));
    CHECK(schedule("12:00:30").next(tuesday, in_utc) == utc(2026, 3, 10, 12, 0, 30));
}

TEST_CASE("a step that leads out of the hour begins anew in the next one", "[calendar]") {
    const auto late = utc(2026, 11, 30, 23, 50);
    CHECK(slots("*:0/25", late, 2) == Slots{"2026-12-01 00:00", "2026-12-01 00:25"});
    CHECK(schedule("*:0/25").next_elapse(late, in_utc) == utc(2026, 12, 1, 0, 25));  // systemd's slip
    CHECK(schedule("1/5:00").next_elapse(late, in_utc) == utc(2026, 12, 1, 6));
    CHECK(schedule("*:0/20").next_elapse(late, in_utc) == utc(2026, 12, 1));
}

TEST_CASE("days are counted from the month's end with ~", "[calendar]") {
    CHECK(slots("*-*~1", utc(2028, 2, 1), 2) == Slots{"2028-02-29 00:00", "2028-03-31 00:00"});
    CHECK(slots("*-2~1", tuesday, 2) == Slots{"2027-02-28 00:00", "2028-02-29 00:00"});
    CHECK(slots("*-*~3..7", utc(2026, 4, 1), 6).back() == "2026-05-25 00:00");
    CHECK(slots("Sun *-*~7/1 04:00", tuesday, 2) == Slots{"2026-03-29 04:00", "2026-04-26 04:00"});
}

TEST_CASE("the shorthands", "[calendar]") {
    CHECK(slots("minutely", tuesday, 1) == Slots{"2026-03-10 12:01"});
    CHECK(slots("monthly", tuesday, 1) == Slots{"2026-04-01 00:00"});
    CHECK(slots("quarterly", tuesday, 2) == Slots{"2026-04-01 00:00", "2026-07-01 00:00"});
    CHECK(slots("semiannually", tuesday, 2) == Slots{"2026-07-01 00:00", "2027-01-01 00:00"});
    CHECK(slots("yearly", tuesday, 1) == Slots{"2027-01-01 00:00"});
}

TEST_CASE("a zone at the end is the schedule's own", "[calendar]") {
    const ZoneLookup zones = [](std::string_view name) -> std::optional<UtcOffset> {
        if (name != "Test/East") return std::nullopt;
        return fixed_zone(hours{3});
    };
    const auto east = Schedule::parse("02:00 Test/East", zones).value();
    CHECK(east.next(tuesday, fixed_zone(-hours{8})) == utc(2026, 3, 10, 23));
    CHECK(east.newest(tuesday, in_utc) == utc(2026, 3, 9, 23));
    CHECK(schedule("02:00 utc").next(tuesday, fixed_zone(hours{5})) == utc(2026, 3, 11, 2));
    CHECK(Schedule::parse("daily Test/East", zones)->next(tuesday, in_utc) == utc(2026, 3, 10, 21));
    CHECK(!Schedule::parse("02:00 Test/West", zones));
    CHECK(!Schedule::parse("02:00 Test/East"));
}

TEST_CASE("weekday prefixes", "[calendar]") {
    CHECK(slots("Mon 02:00", tuesday, 2) == Slots{"2026-03-16 02:00", "2026-03-23 02:00"});
    CHECK(slots("tuesday 13:00", tuesday, 2) == Slots{"2026-03-10 13:00", "2026-03-17 13:00"});
    CHECK(slots("SUN *-*-* 22:30", tuesday, 1) == Slots{"2026-03-15 22:30"});
    CHECK(slots("Mon..Fri 22:30", utc(2026, 3, 13), 2) == Slots{"2026-03-13 22:30", "2026-03-16 22:30"});
    CHECK(slots("Sat,Sun 10:00", tuesday, 3) ==
          Slots{"2026-03-14 10:00", "2026-03-15 10:00", "2026-03-21 10:00"});
    CHECK(slots("Mon..Tue,Fri 10:00", tuesday, 3) ==
          Slots{"2026-03-13 10:00", "2026-03-16 10:00", "2026-03-17 10:00"});
    CHECK(slots("Sat..Sat 10:00", tuesday, 1) == Slots{"2026-03-14 10:00"});
    CHECK(slots("Mon, 02:00", tuesday, 1) == Slots{"2026-03-16 02:00"});
    CHECK(slots("Wed", tuesday, 1) == Slots{"2026-03-11 00:00"});
    CHECK(slots("Mon..Sun 02:00", tuesday, 2) == slots("02:00", tuesday, 2));
}

TEST_CASE("each weekday is itself, by its short and its long name", "[calendar]") {
    const std::vector<std::string> names{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                         "Friday", "Saturday", "Sunday"};
    for (unsigned i = 0; i < names.size(); ++i) {
        const auto day = fmt::format("2026-03-{:02} 02:00", 9 + i);
        CHECK(slots(names[i] + " 02:00", utc(2026, 3, 9), 1) == Slots{day});
        CHECK(slots(names[i].substr(0, 3) + " 02:00", utc(2026, 3, 9), 1) == Slots{day});
    }
}

TEST_CASE("what is not understood is refused, with what would be right", "[calendar]") {
    const auto text = GENERATE(
        as<std::string>{}, "", " ", "never", "24:00", "02:60", "-1:00", "02", "2", ":", "02:", ":30",
        "02:00:60", "02:00:00.5", "2.30", "02:00 02:00", " 02:00", "02:00 ", "*-*-*\t02:00", "*-*-*T02:00",
        "*/5:00", "*:*/5", "1..:0", "5..3:0", "1/2/3:0", "0/60:00", "*:0/0", "*-*-31/1", "*-*-30/2", "*-*~29",
        "*-*~7..3", "*-13-*", "*-0-1", "2200-1-1", "1969-1-1", "*-*-32", "*-*-*-*", "*~*~1", "UTC",
        "@1700000000", "secondly", "Mon Tue 02:00", "Fri..Mon 02:00", "Mon.. 02:00", "..Fri 02:00",
        "Mon,,Tue 02:00", "Mon..Wed..Fri", ",Mon 02:00", ", 02:00", "Mo 02:00", "Thur 02:00", "Montag 02:00",
        "Mon daily", "daily daily", "daily 02:00", "*-*-* *-*-* 02:00", "02:00\n03:00", "+2:00", "0x2:00",
        "٠٢:٠٠", "99999999999999999999:00", "02:00 Europe/Nowhere");
    CAPTURE(text);
    const auto s = Schedule::parse(text);
    REQUIRE(!s);
    CHECK(s.error().code == ErrorCode::config);
    CHECK(s.error().context.find("is not a schedule") != std::string::npos);
    CHECK(!s.error().reason.empty());
    CHECK(s.error().remedy.find("*-*-* 02:00") != std::string::npos);
}

TEST_CASE("a refused schedule is quoted without its control characters, and cut", "[calendar]") {
    const auto hostile = Schedule::parse("daily\x1b[2J\x01");
    REQUIRE(!hostile);
    CHECK(hostile.error().text().find('\x1b') == std::string::npos);
    CHECK(Schedule::parse(std::string(100'000, 'x')).error().text().size() < 500);
    CHECK(!Schedule::parse(std::string("daily\0x", 7)));
}

TEST_CASE("a schedule remembers how it was written", "[calendar]") {
    CHECK(schedule("Mon..Fri 22:30").text() == "Mon..Fri 22:30");
    CHECK(!(schedule("daily") == schedule("hourly")));
    CHECK(schedule("daily") == schedule(schedule("daily").text()));
}

TEST_CASE("a slot is its own newest, and not its own next", "[calendar]") {
    const auto s = schedule("02:00");
    const auto slot = utc(2026, 3, 10, 2);
    CHECK(s.newest(slot, in_utc) == slot);
    CHECK(s.newest(slot - microseconds{1}, in_utc) == utc(2026, 3, 9, 2));
    CHECK(s.next(slot, in_utc) == utc(2026, 3, 11, 2));
    CHECK(s.next(slot - microseconds{1}, in_utc) == slot);
}

TEST_CASE("slots pass over the ends of months and years, and leap days", "[calendar]") {
    CHECK(slots("02:00", utc(2028, 2, 28, 3), 2) == Slots{"2028-02-29 02:00", "2028-03-01 02:00"});
    CHECK(slots("02:00", utc(2026, 12, 31, 3), 1) == Slots{"2027-01-01 02:00"});
    CHECK(schedule("weekly").newest(utc(2026, 1, 1), in_utc) == utc(2025, 12, 29));
}

TEST_CASE("a default-made schedule has no slots", "[calendar]") {
    CHECK(!Schedule{}.newest(tuesday, in_utc));
    CHECK(!Schedule{}.next(tuesday, in_utc));
}

TEST_CASE("before 1970 and after 2199 there are no slots, and nothing overflows", "[calendar]") {
    for (const auto* text : {"minutely", "daily", "weekly", "Mon *-02-29"}) {
        for (const auto offset : {-hours{12}, hours{0}, hours{14}}) {
            const auto s = schedule(text);
            const auto zone = fixed_zone(offset);
            for (const auto t : {Time::min(), Time::min() + hours{24 * 50}, utc(1969, 1, 1)})
                CHECK(!s.newest(t, zone));
            for (const auto t : {Time::max(), Time::max() - hours{24 * 50}, utc(2201, 1, 1)})
                CHECK(!s.next(t, zone));
            CHECK(!s.newest(Time::max(), zone));
            CHECK(!s.next(Time::min(), zone));
            CHECK(s.next(utc(1960, 1, 1), zone));
            CHECK(s.newest(utc(2300, 1, 1), zone));
        }
    }
}
