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
    CHECK(slots("  *-*-*\t02:00  ", tuesday, 1) == Slots{"2026-03-11 02:00"});
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
        "02:00:30", "002:00", "02:000", "2.30", "02:00 UTC", "02:00 02:00", "*:00", "*-*-* *:00",
        "*-*-*T02:00", "2026-01-01 02:00", "*-*-01 02:00", "*-*-* 02:00..04:00", "*-*-* 02:00,04:00",
        "*:0/15", "Mon Tue 02:00", "Fri..Mon 02:00", "Mon.. 02:00", "..Fri 02:00", "Mon,,Tue 02:00",
        ",Mon 02:00", ", 02:00", "Mo 02:00", "Thur 02:00", "Montag 02:00", "Mon daily", "daily daily",
        "daily 02:00", "*-*-* *-*-* 02:00", "monthly", "yearly", "02:00\n03:00", "+2:00", "0x2:00", "٠٢:٠٠");
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
    CHECK(schedule("  Mon..Fri 22:30 ").text() == "Mon..Fri 22:30");
    CHECK(schedule("daily") == schedule(" daily"));
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
    CHECK(slots("02:00", utc(1969, 12, 30, 3), 2) == Slots{"1969-12-31 02:00", "1970-01-01 02:00"});
    CHECK(schedule("weekly").newest(utc(2026, 1, 1), in_utc) == utc(2025, 12, 29));
}

TEST_CASE("a default-made schedule has no slots", "[calendar]") {
    CHECK(!Schedule{}.newest(tuesday, in_utc));
    CHECK(!Schedule{}.next(tuesday, in_utc));
}

TEST_CASE("at the ends of time there are no slots, and nothing overflows", "[calendar]") {
    for (const auto* text : {"hourly", "daily", "weekly"}) {
        for (const auto offset : {-hours{12}, hours{0}, hours{14}}) {
            const auto s = schedule(text);
            const auto zone = fixed_zone(offset);
            CHECK(!s.newest(Time::min(), zone));
            CHECK(!s.next(Time::max(), zone));
            CHECK(!s.newest(Time::max(), zone));
            CHECK(!s.next(Time::min(), zone));
            CHECK(s.next(Time::min() + hours{24 * 50}, zone));
            CHECK(s.newest(Time::max() - hours{24 * 50}, zone));
        }
    }
}
