/// guardian calendar: its list and its JSON.

#include <unistd.h>

#include "captured.hpp"
#include "cli/verbs.hpp"
#include "support/catch.hpp"
#include "unit/base/zone.hpp"

using namespace guardian;
using namespace guardian::test;

namespace {

struct Said {
    int code = -1;
    std::string out, err;
};

Said calendar(const cli::CalendarOptions& options) {
    Captured out{STDOUT_FILENO}, err{STDERR_FILENO};
    const int code = cli::calendar({}, options);
    return {code, out.text(), err.text()};
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("guardian calendar lists systemd's elapses, and says what guardiand adds", "[calendar]") {
    const NamedZone zone{"Europe/Berlin"};
    if (!zone.there()) {
        WARN("skipped: no zone database on this machine");
        return;
    }
    const auto json = calendar({"*-*-* 02:00", "2026-03-28", 2, true});
    CHECK(json.code == cli::ok);
    CHECK(json.out == R"({"elapses":["2026-03-28T02:00:00+01:00","2026-03-30T02:00:00+02:00"]})"
                      "\n");
    const auto list = calendar({"*-*-* 02:00", "2026-03-28", 2, false});
    CHECK(has(list.out, "Sat 2026-03-28 02:00:00 +01:00"));
    CHECK(has(list.out, "Sun 2026-03-29 03:00:00 +02:00"));
    CHECK(has(list.out, "guardiand starts it"));
    CHECK(has(list.out, "Mon 2026-03-30 02:00:00 +02:00"));
    const auto autumn = calendar({"hourly", "2026-10-25 00:30", 3, false});
    CHECK(!has(autumn.out, "guardiand"));
}

TEST_CASE("guardian calendar says what is never, and what it does not understand", "[calendar]") {
    CHECK(has(calendar({"*-02-30", "", 5, false}).out, "never"));
    CHECK(calendar({"*-02-30", "", 5, true}).out == "{\"elapses\":[]}\n");
    const auto bad = calendar({"26:00", "", 5, false});
    CHECK(bad.code == cli::bad_usage);
    CHECK(has(bad.err, "an hour is between 0 and 23"));
    const auto no_moment = calendar({"daily", "gestern", 5, false});
    CHECK(no_moment.code == cli::bad_usage);
    CHECK(has(no_moment.err, "\"gestern\" is not a moment"));
}
