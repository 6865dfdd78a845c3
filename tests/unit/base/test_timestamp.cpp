/// Moments as people type them. Expected values are those of systemd 252 in the same zone.

#include "base/timestamp.hpp"
#include "support/catch.hpp"
#include "unit/base/zone.hpp"

using namespace guardian;
using namespace guardian::test;

namespace {

const auto present = utc(2026, 11, 23, 8, 30, 12);

std::string in_utc(std::string_view text) {
    const auto t = parse_timestamp(text, present);
    return t ? rfc3339(*t, fixed_zone(std::chrono::seconds{0})).substr(0, 19) : "refused";
}

}  // namespace

TEST_CASE("timestamps in the notation of systemd", "[timestamp]") {
    const NamedZone zone{"Europe/Berlin"};
    if (!zone.there()) {
        WARN("skipped: no zone database on this machine");
        return;
    }
    CHECK(in_utc("now") == "2026-11-23T08:30:12");
    CHECK(in_utc("today") == "2026-11-22T23:00:00");
    CHECK(in_utc("yesterday") == "2026-11-21T23:00:00");
    CHECK(in_utc("tomorrow") == "2026-11-23T23:00:00");
    CHECK(in_utc("today UTC") == "2026-11-23T00:00:00");
    CHECK(in_utc("2026-10-25 00:30 UTC") == "2026-10-25T00:30:00");
    CHECK(in_utc("2026-10-25 02:30") == "2026-10-25T01:30:00");  // it comes twice: the C library's choice
    CHECK(in_utc("2026-03-29 02:30") == "2026-03-29T01:30:00");  // it does not exist
    CHECK(in_utc("Sun 2026-10-25 01:30:15.5") == "2026-10-24T23:30:15");
    CHECK(in_utc("26-10-25") == "2026-10-24T22:00:00");
    CHECK(in_utc("2026-10-26  02:30") == "2026-10-26T01:30:00");
    CHECK(in_utc("2026-1-5 1:2:3") == "2026-01-05T00:02:03");
    CHECK(in_utc("11:12") == "2026-11-23T10:12:00");
    CHECK(in_utc("@1700000000") == "2023-11-14T22:13:20");
    CHECK(in_utc("@1700000000.5") == "2023-11-14T22:13:20");
    CHECK(in_utc("2 days ago") == "2026-11-21T08:30:12");
    CHECK(in_utc("1h left") == "2026-11-23T09:30:12");
    CHECK(in_utc("+1 week") == "2026-11-30T08:30:12");
    CHECK(in_utc("-1 week") == "2026-11-16T08:30:12");
    CHECK(in_utc("2026-03-29T01:30:00+02:00") == "2026-03-28T23:30:00");
    CHECK(in_utc("2026-03-29T01:30:00Z") == "2026-03-29T01:30:00");
}

TEST_CASE("what is no timestamp is refused", "[timestamp]") {
    for (const auto* text : {"", " ", "gestern", "Mon 2026-10-25 01:30", "2026-13-25 01:30",
                             "2026-10-25 25:00", "2026-10-25 01:30 Nowhere", "tomorrow 12:00", "@", "@-5",
                             "@99999999999999999999", "2026-10-25 01:30:15.x", "+", "ago", "5 parsecs ago",
                             "2026-03-29T01:30:00+2", "2026-03-29T01:30:00", "2026-10-25 01:30x"}) {
        INFO(text);
        CHECK_FALSE(parse_timestamp(text, present).has_value());
    }
}
