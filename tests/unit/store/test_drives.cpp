/// What is remembered of drives, and how much of it.

#include <fmt/format.h>

#include "sample.hpp"
#include "store/compress.hpp"

using namespace guardian;
using namespace guardian::test;
using core::Sign;
using core::Verdict;
using store::Attachment;
using core::KernelEvent;
using core::KernelSign;
using store::DriveReading;

namespace {

constexpr auto id = "wwn-0x5000c500a1b2c3d4";

DriveReading reading(Time when, std::uint64_t reallocated = 0) {
    DriveReading r;
    r.drive = {id, core::DriveKind::hdd, "ST4000VN008", "ZDH1", "SC60", 4'000'787'030'016};
    r.at = when;
    r.signs.set(Sign::reallocated, reallocated);
    r.signs.set(Sign::hours, 12'345);
    r.signs.set(Sign::temperature, 34);
    r.verdict = Verdict::healthy;
    r.report = R"({"model_name":"ST4000VN008"})";
    return r;
}

Time day(double days) {
    return at(static_cast<std::int64_t>(days * 86400));
}

std::int64_t count(const Folder& folder, const std::string& what) {
    SQLite::Database db(folder / "guardian.db", SQLite::OPEN_READONLY);
    return db.execAndGet("SELECT count(*) FROM " + what).getInt64();
}

const auto far = at(4'000'000'000);

}  // namespace

TEST_CASE("a look that ends after a newer one makes nothing better") {
    test::Folder folder;
    auto store = store::Store::open_for_writing(folder.path());
    const auto at = Time{std::chrono::seconds{1'700'000'000}};
    const auto told = [&](core::Verdict verdict, Time when) {
        const DriveReading r{{"wwn-7", {}, "", "", "", 0}, when, {}, verdict, {}, ""};
        REQUIRE(store.keep_reading(r));
        return store.drive("wwn-7").value()->verdict;
    };
    CHECK(told(core::Verdict::failing, at) == core::Verdict::failing);
    CHECK(told(core::Verdict::healthy, at - std::chrono::minutes{1}) == core::Verdict::failing);
    CHECK(told(core::Verdict::watch, at + std::chrono::minutes{1}) == core::Verdict::watch);
    CHECK(told(core::Verdict::failing, at) == core::Verdict::failing);
    // A clock that was set back is no look that ended late.
    CHECK(told(core::Verdict::healthy, at - std::chrono::hours{1}) == core::Verdict::healthy);
}

TEST_CASE("drives: a reading is kept with its verdict, reasons, numbers and report") {
    const StateFolder folder;
    auto r = reading(at(10), 8);
    r.verdict = Verdict::watch;
    r.reasons = {{"reallocated-sectors", Verdict::watch, Sign::reallocated, "Eight sectors were replaced."},
                 {"own-word", Verdict::failing, std::nullopt, "It says \"no\"."}};
    {
        auto store = Store::open_for_writing(folder.path());
        REQUIRE(store.keep_reading(r));
    }
    auto store = *Store::open_for_reading(folder.path());
    const auto d = *store.drive(id);
    REQUIRE(d);
    CHECK(d->drive == r.drive);
    CHECK(d->first_seen == at(10));
    CHECK(d->read_at == at(10));
    CHECK(d->tried_at == at(10));
    CHECK(d->verdict == Verdict::watch);
    CHECK(d->reasons == r.reasons);
    CHECK(d->signs == r.signs);
    CHECK_FALSE(d->unknown_since);
    CHECK(*store.history(id, far) == core::History{{at(10), r.signs}});
    CHECK(store.history(id, at(10))->empty());
    CHECK(*store.newest_report(id) == r.report);
    CHECK_FALSE(store.drive("another")->has_value());
    CHECK_FALSE(store.newest_report("another")->has_value());
}

TEST_CASE("drives: a number that is not known stays unknown, and the greatest one is kept") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    auto r = reading(at(1));
    r.signs = {};
    r.signs.set(Sign::written, UINT64_MAX);
    REQUIRE(store.keep_reading(r));
    const auto history = *store.history(id, far);
    REQUIRE(history.size() == 1);
    CHECK_FALSE(history[0].signs[Sign::reallocated]);
    CHECK(history[0].signs[Sign::written] == UINT64_MAX);
}

TEST_CASE("drives: what was not told this time stays as it is known") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    REQUIRE(store.keep_reading(reading(at(1))));
    REQUIRE(store.keep_attempt({{id, {}, "", "", "", 0}, at(2), "no answer", false}));
    const auto d = **store.drive(id);
    CHECK(d.drive == reading(at(1)).drive);
    CHECK(d.read_at == at(1));
    CHECK(d.tried_at == at(2));
}

TEST_CASE("drives: nothing told is unknown since the first time, sleep is not, and a reading ends it") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const store::DriveIdentity drive{id, core::DriveKind::hdd, "M", "S", "F", 1};
    REQUIRE(store.keep_attempt({drive, at(1), "asleep", true}));
    CHECK(store.drive(id)->value().trouble == "asleep");
    CHECK_FALSE(store.drive(id)->value().unknown_since);
    REQUIRE(store.keep_attempt({drive, at(2), "no answer", false}));
    REQUIRE(store.keep_attempt({drive, at(3), "asleep", true}));
    REQUIRE(store.keep_attempt({drive, at(4), "no answer", false}));
    CHECK(store.drive(id)->value().unknown_since == at(2));
    CHECK_FALSE(store.drive(id)->value().read_at);
    REQUIRE(store.keep_reading(reading(at(5))));
    CHECK_FALSE(store.drive(id)->value().unknown_since);
    CHECK(store.drive(id)->value().trouble.empty());
}

TEST_CASE("drives: a verdict that is formed anew replaces the reading's") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    auto r = reading(at(1), 8);
    r.verdict = Verdict::watch;
    r.reasons = {{"reallocated-sectors", Verdict::watch, Sign::reallocated, "text"}};
    REQUIRE(store.keep_reading(r));
    REQUIRE(store.keep_verdict(id, at(0), Verdict::healthy, {}));  // of one before it
    CHECK(store.drive(id)->value().verdict == Verdict::watch);
    REQUIRE(store.keep_verdict(id, at(1), Verdict::healthy, {}));
    CHECK(store.drive(id)->value().verdict == Verdict::healthy);
    CHECK(store.drive(id)->value().reasons.empty());
}

TEST_CASE("drives: of readings stay all of a week, one a day of a year, one a week before, and the first") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    {
        // Put there at once: the rule is tried by the reading that comes after.
        SQLite::Database db(folder / "guardian.db", SQLite::OPEN_READWRITE);
        SQLite::Transaction t(db);
        for (int i = 0; i < 4 * 365 * 12; ++i) {
            SQLite::Statement q(
                db, "INSERT INTO readings (drive, at, verdict, signs) VALUES (?,?,'healthy','{}')");
            q.bind(1, id);
            q.bind(2, to_micros(day(i / 4.0)));
            q.exec();
        }
        t.commit();
    }
    const auto end = day(365 * 12);
    REQUIRE(store.keep_reading(reading(end)));
    const auto history = *store.history(id, far);
    const auto between = [&](double from, double to) {
        return std::count_if(history.begin(), history.end(), [&](const core::Reading& r) {
            return *r.at >= end - std::chrono::hours(static_cast<int>(from * 24)) &&
                   *r.at < end - std::chrono::hours(static_cast<int>(to * 24));
        });
    };
    CHECK(between(7, -1) == 7 * 4 + 1);
    CHECK(between(365, 7) >= 358);
    CHECK(between(365, 7) <= 360);
    CHECK(between(365 * 9, 365) >= 8 * 52);
    CHECK(history.size() <= 29 + 360 + store::most_weekly_readings + 1);
    CHECK(history.front().at == day(0));
    CHECK(history.at(1).at > day(365));
    CHECK(std::is_sorted(history.begin(), history.end(),
                         [](const auto& a, const auto& b) { return *a.at < *b.at; }));
}

TEST_CASE("drives: thinning one drive leaves the others alone") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    for (int hour = 0; hour < 20; ++hour) {
        auto other = reading(at(hour * 3600));
        other.drive.id = "other";
        REQUIRE(store.keep_reading(other));
    }
    REQUIRE(store.keep_reading(reading(day(3000))));
    CHECK(store.history("other", far)->size() == 20);
}

TEST_CASE("drives: a clock that was ahead once costs neither the history nor the newest report") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    for (int week = 0; week < 100; ++week) REQUIRE(store.keep_reading(reading(day(week * 7))));
    auto ahead = reading(day(36'500));
    ahead.report = "{\"ahead\":1}";
    REQUIRE(store.keep_reading(ahead));
    CHECK(store.history(id, far)->size() >= 100);
    auto now = reading(day(700));
    now.report = "{\"now\":1}";
    REQUIRE(store.keep_reading(now));
    CHECK(store.drive(id)->value().read_at == day(700));
    CHECK(*store.newest_report(id) == now.report);
    CHECK(store.history(id, day(700))->size() >= 99);
}

TEST_CASE("drives: of reports stay the newest, and one a month") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    for (int i = 0; i < 400; ++i) REQUIRE(store.keep_reading(reading(day(i))));
    const auto kept = count(folder, "reports");
    CHECK(kept >= static_cast<std::int64_t>(store::newest_reports) + 12);
    CHECK(kept <= static_cast<std::int64_t>(store::newest_reports) + 14);
}

TEST_CASE("drives: a report that is too long is not kept, and the reading is") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    auto r = reading(at(1));
    r.report.assign(store::most_report_bytes + 1, 'x');
    REQUIRE(store.keep_reading(r));
    CHECK_FALSE(store.newest_report(id)->has_value());
    CHECK(store.history(id, far)->size() == 1);
}

TEST_CASE("drives: a damaged report is none, and one that claims to be huge costs nothing") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    REQUIRE(store.keep_reading(reading(at(1))));
    for (const auto* blob :
         {"x''", "x'00'", "x'28b52ffd'", "x'28b52ffde0ffffffffffffff7f'", "NULL || 'text'", "17"}) {
        INFO(blob);
        sql(folder, std::string("UPDATE OR IGNORE reports SET report = coalesce(") + blob + ", 'text')");
        CHECK_FALSE(store.newest_report(id)->has_value());
    }
}

TEST_CASE("compressed text comes back, and never more than allowed") {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += fmt::format("{{\"id\": {}}}, ", i);
    const auto frame = store::compressed(text);
    CHECK(frame.size() < text.size() / 3);
    CHECK(store::decompressed(frame, text.size()) == text);
    CHECK_FALSE(store::decompressed(frame, text.size() - 1));
    CHECK_FALSE(store::decompressed(frame.substr(0, frame.size() / 2), text.size()));
    CHECK(store::decompressed(store::compressed(""), 10) == "");
}

TEST_CASE("drives: what stands in the file is read harmlessly") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    REQUIRE(store.keep_reading(reading(at(1))));
    SECTION("an unknown verdict says nothing") {
        sql(folder, "UPDATE drives SET verdict = 'splendid', kind = 'tape', bytes = -5");
        CHECK(store.drive(id)->value().verdict == Verdict::unknown);
        CHECK(store.drive(id)->value().drive.kind == core::DriveKind::unknown);
        CHECK(store.drive(id)->value().drive.bytes == 0);
    }
    SECTION("signs that are none") {
        for (const auto* text :
             {"", "[", "[]", "17", "{\"reallocated\":-1,\"hours\":1.5,\"x\":3}", "{\"reallocated\":\"5\"}"}) {
            INFO(text);
            sql(folder, fmt::format("UPDATE drives SET signs = '{}'", text));
            sql(folder, fmt::format("UPDATE readings SET signs = '{}'", text));
            CHECK(store.drive(id)->value().signs.empty());
            CHECK(store.history(id, far)->at(0).signs.empty());
        }
        sql(folder, "UPDATE readings SET signs = CAST(zeroblob(600000) AS TEXT)");
        CHECK(store.history(id, far)->at(0).signs.empty());
    }
    SECTION("reasons that are none, or too many") {
        sql(folder, "UPDATE drives SET reasons = '[1, null, {\"rule\":5,\"verdict\":\"?\",\"sign\":\"?\"}]'");
        const auto reasons = store.drive(id)->value().reasons;
        REQUIRE(reasons.size() == 1);
        CHECK(reasons[0] == core::Reason{"", Verdict::watch, std::nullopt, ""});
        std::string many = "[";
        for (int i = 0; i < 1000; ++i) many += "{},";
        sql(folder, "UPDATE drives SET reasons = '" + many + "{}]'");
        CHECK(store.drive(id)->value().reasons.size() == 32);
        sql(folder, "UPDATE drives SET reasons = '" + std::string(10'000, '[') + "'");
        CHECK(store.drive(id)->value().reasons.empty());
    }
    SECTION("times out of range can still be shown") {
        sql(folder, "UPDATE drives SET read_at = 9223372036854775807, first_seen = 'x'");
        CHECK_FALSE(
            rfc3339(*store.drive(id)->value().read_at, [](Time) { return std::chrono::seconds{0}; }).empty());
    }
    SECTION("an accepted number below nothing is none") {
        sql(folder, "INSERT INTO acknowledged (drive, sign, value, at, verdict) VALUES ('wwn-0x5000c500a1b2c3d4', 'reallocated', -1, 0, 'watch')");
        sql(folder, "INSERT INTO acknowledged (drive, sign, value, at, verdict) VALUES ('wwn-0x5000c500a1b2c3d4', 'unheard', 5, 0, 'watch')");
        CHECK(store.acknowledged(id)->empty());
    }
}

TEST_CASE("drives: what a drive calls itself is kept valid and cut") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    auto r = reading(at(1));
    r.drive.id = std::string(100'000, 'i') + "\xff";
    r.drive.model = "a\xff" + std::string(100'000, 'm');
    r.drive.serial = "'); DROP TABLE drives; --";
    r.reasons =
        std::vector<core::Reason>(1000, {"r", Verdict::watch, std::nullopt, std::string(100'000, 't')});
    REQUIRE(store.keep_reading(r));
    const auto d = store.drives()->at(0);
    CHECK(d.drive.id.size() <= 200);
    CHECK(d.drive.model.size() <= 100);
    CHECK(d.drive.model.substr(0, 4) == "a\xEF\xBF\xBD");
    CHECK(d.drive.serial == r.drive.serial);
    CHECK(d.reasons.size() == 32);
    CHECK(store.drive(r.drive.id)->has_value());
    CHECK(store.history(r.drive.id, far)->size() == 1);
}

TEST_CASE("drives: a new drive beyond the most is refused, and a known one is not") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    REQUIRE(store.keep_reading(reading(at(1))));
    sql(folder, fmt::format("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
                            "INSERT INTO drives (id, kind, model, serial, firmware, bytes, first_seen) "
                            "SELECT 'made-up-' || i, 'hdd', '', '', '', 0, 0 FROM n",
                            store::most_drives - 1));
    auto another = reading(at(2));
    another.drive.id = "another";
    const auto refused = store.keep_reading(another);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason.find("too many drives") != std::string::npos);
    CHECK(store.history("another", far)->empty());
    CHECK(store.keep_reading(reading(at(3))));
}

TEST_CASE("drives: what was accepted is kept until something else is") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    CHECK(store.acknowledged(id)->empty());
    REQUIRE(store.acknowledge(id, Sign::reallocated, 8, at(1)));
    REQUIRE(store.acknowledge(id, Sign::crc_errors, 3, at(1)));
    REQUIRE(store.acknowledge(id, Sign::reallocated, 9, at(2)));
    CHECK(*store.acknowledged(id) == core::Acknowledged{{Sign::reallocated, 9}, {Sign::crc_errors, 3}});
    CHECK(store.acknowledged("other")->empty());
    CHECK(*store.accepted_at(id) == at(2));
    CHECK(!*store.accepted_at("other"));
    REQUIRE(store.accept_less(id, Sign::crc_errors, 1));
    REQUIRE(store.accept_less(id, Sign::pending, 1));
    CHECK(*store.acknowledged(id) == core::Acknowledged{{Sign::reallocated, 9}, {Sign::crc_errors, 1}});
    CHECK(*store.accepted_at(id) == at(2));

    const core::Accepted two{2, core::Verdict::watch, {193, 202}}, one{1, core::Verdict::watch, {202}};
    REQUIRE(store.acknowledge(id, Sign::at_threshold, two, at(3)));
    CHECK(store.acknowledged(id)->at(Sign::at_threshold) == two);
    REQUIRE(store.accept_less(id, Sign::at_threshold, one));
    CHECK(store.acknowledged(id)->at(Sign::at_threshold) == one);
}

TEST_CASE("drives: of one that is forgotten nothing is kept, and of the others all") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const auto reading_of = [](const std::string& name) {
        auto r = reading(at(1));
        r.drive.id = name;
        return r;
    };
    for (const auto* name : {"one", "other"}) {
        REQUIRE(store.keep_reading(reading_of(name)));
        REQUIRE(store.acknowledge(name, Sign::reallocated, 8, at(1)));
        REQUIRE(store.set_attachment(std::string("at ") + name, {"sat", name}, at(1)));
        REQUIRE(store.begin_self_test(name, {}));
    }
    REQUIRE(store.set_target_drives("usb", {"one", "other"}));
    REQUIRE(store.forget_drive("one"));
    CHECK(!*store.drive("one"));
    CHECK(store.history("one", at(9))->empty());
    CHECK(!*store.newest_report("one"));
    CHECK(store.acknowledged("one")->empty());
    CHECK(store.self_tests("one")->empty());
    CHECK_FALSE(store.attachment("at one")->has_value());
    CHECK(store.target_drives()->at("usb") == std::set<std::string>{"other"});
    CHECK(*store.drive("other"));
    CHECK(store.history("other", at(9))->size() == 1);
    CHECK(store.acknowledged("other")->size() == 1);
    CHECK(store.self_tests("other")->size() == 1);
    CHECK(store.attachment("at other")->has_value());
}

TEST_CASE("drives: where they are plugged in is remembered, the latest thousand") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    CHECK_FALSE(store.attachment("usb:1-4")->has_value());
    REQUIRE(store.set_attachment("usb:1-4", {"sat,12", id}, at(1)));
    CHECK(*store.attachment("usb:1-4") == Attachment{"sat,12", id});
    REQUIRE(store.set_attachment("usb:1-4", {"usbjmicron", "other"}, at(2)));
    CHECK(*store.attachments() == std::map<std::string, Attachment>{{"usb:1-4", {"usbjmicron", "other"}}});
    sql(folder,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
        "INSERT INTO attachments SELECT 'made-up-' || i, '', '', i FROM n");
    // Even when the clock is behind all others, what is written now is there afterwards.
    REQUIRE(store.set_attachment("usb:2-1", {"", id}, Time{}));
    CHECK(count(folder, "attachments") == static_cast<std::int64_t>(store::most_attachments));
    CHECK(store.attachment("usb:2-1")->has_value());
    CHECK(store.attachment("usb:1-4")->has_value());
}

TEST_CASE("drives: a target's drives are replaced as a whole") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    REQUIRE(store.set_target_drives("usb", {"a", "b"}));
    REQUIRE(store.set_target_drives("nas", {"c"}));
    REQUIRE(store.set_target_drives("usb", {"b"}));
    CHECK(*store.target_drives() == store::TargetDrives{{"nas", {"c"}}, {"usb", {"b"}}});
    REQUIRE(store.set_target_drives("usb", {}));
    CHECK(store.target_drives()->count("usb") == 0);
}

TEST_CASE("drives: self-tests, newest first, with how they ended") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const auto first = store.begin_self_test(id, {0, false, at(1), {}, {}, 100});
    const auto second = store.begin_self_test(id, {0, true, at(2), {}, {}, {}});
    REQUIRE(first);
    REQUIRE(second);
    REQUIRE(store.end_self_test(*first, at(3), core::TestResult::failed));
    const auto tests = *store.self_tests(id);
    REQUIRE(tests.size() == 2);
    CHECK(tests[0] == store::SelfTestRecord{*second, true, at(2), {}, {}, {}});
    CHECK(tests[1] == store::SelfTestRecord{*first, false, at(1), at(3), core::TestResult::failed, 100});
    sql(folder, "UPDATE self_tests SET result = 'glorious', hours = -1, kind = 7");
    CHECK_FALSE(store.self_tests(id)->at(1).result);
    CHECK_FALSE(store.self_tests(id)->at(1).hours);
}

TEST_CASE("drives: the kernel's words are kept a year, of each kind so many") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    REQUIRE(store.add_drive_event(id, {day(0), core::KernelSign::usb_reset, "reset"}));
    REQUIRE(store.add_drive_event(id, {day(364), core::KernelSign::io_error, "I/O error"}));
    CHECK(store.drive_events(id)->size() == 2);
    REQUIRE(
        store.add_drive_event(id, {day(366), core::KernelSign::read_only, "x\xff" + std::string(9000, 'y')}));
    const auto events = *store.drive_events(id);
    REQUIRE(events.size() == 2);
    CHECK(events[0].sign == core::KernelSign::read_only);
    CHECK(events[0].text.size() <= 1000);
    CHECK(events[1] == core::KernelEvent{day(364), core::KernelSign::io_error, "I/O error"});
    sql(folder, fmt::format("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
                            "INSERT INTO drive_events (subject, at, kind, text) "
                            "SELECT '{}', {}, 'io_error', i FROM n",
                            id, to_micros(day(366))));
    REQUIRE(store.add_drive_event(id, {day(366), core::KernelSign::io_error, "last"}));
    CHECK(count(folder, "drive_events") == static_cast<std::int64_t>(store::most_events_of_a_kind) + 1);
    CHECK(store.drive_events(id)->front().text == "last");
    CHECK(store.drive_events(id)->back().sign == core::KernelSign::read_only);
    CHECK(store.drive_events("usb")->empty());
}

TEST_CASE("drives: what the kernel was only heard to say stands apart until it is confirmed") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const core::KernelEvent first{at(1), core::KernelSign::io_error, "first"};
    const core::KernelEvent second{at(2), core::KernelSign::read_only, "second"};
    REQUIRE(store.add_drive_event("usb", first, "plug-1"));
    CHECK(store.drive_events("usb")->empty());
    CHECK(*store.drive_events("usb", "plug-1") == std::vector{first});
    CHECK(store.drive_events("usb", "plug-2")->empty());
    REQUIRE(store.confirm_drive_events("usb", "plug-2"));
    REQUIRE(store.confirm_drive_events("other", "plug-1"));
    CHECK(store.drive_events("usb")->empty());
    REQUIRE(store.confirm_drive_events("usb", "plug-1"));
    REQUIRE(store.add_drive_event("usb", second, "plug-1"));
    CHECK(*store.drive_events("usb") == std::vector{first});
    REQUIRE(store.forget_heard_events("other"));
    CHECK(*store.drive_events("usb", "plug-1") == std::vector{second});
    REQUIRE(store.forget_heard_events("usb"));
    CHECK(store.drive_events("usb", "plug-1")->empty());
    CHECK(*store.drive_events("usb") == std::vector{first});
}

TEST_CASE("drives: the words of events and of self-tests are read as they are written") {
    for (const auto k : {core::KernelSign::io_error, core::KernelSign::usb_reset, core::KernelSign::filesystem_error,
                         core::KernelSign::read_only})
        CHECK(core::kernel_sign_from(core::to_string(k)) == k);
    using enum core::TestResult;
    for (const auto r : {passed, aborted, interrupted, unfinished, failed, running})
        CHECK(store::test_result_from(store::to_string(r)) == r);
    CHECK_FALSE(store::test_result_from(""));
    CHECK_FALSE(core::kernel_sign_from(""));
}

TEST_CASE("a database without drives gets them, and keeps what it has") {
    const StateFolder folder;
    std::int64_t run = 0;
    {
        auto store = Store::open_for_writing(folder.path());
        run = keep_run(store, "p", 0, core::Outcome::success).run.id;
        REQUIRE(store.raise_incident({core::IncidentKind::stale, "p", "text"}, at(1)));
        REQUIRE(store.set_doubts(run, {"shrunk"}));
    }
    // As the second schema was.
    for (const auto* table : {"drives", "target_drives", "attachments", "readings", "reports", "acknowledged",
                              "self_tests", "drive_events"})
        sql(folder, std::string("DROP TABLE ") + table);
    sql(folder, "ALTER TABLE runs DROP COLUMN held_by_health");
    sql(folder, "PRAGMA user_version = 2");
    auto store = Store::open_for_writing(folder.path());
    CHECK(store.trouble().empty());
    CHECK(store.run(run)->has_value());
    CHECK(store.open_incidents()->size() == 1);
    CHECK(store.doubts(run)->count("shrunk") == 1);
    CHECK(store.keep_reading(reading(at(1))));
    CHECK(store.drives()->size() == 1);
}

TEST_CASE("a database in which no attributes were accepted by name gets the place for them, and keeps what it has") {
    const StateFolder folder;
    {
        auto store = Store::open_for_writing(folder.path());
        REQUIRE(store.acknowledge(id, Sign::reallocated, 9, at(2)));
    }
    sql(folder, "ALTER TABLE acknowledged DROP COLUMN attributes");
    sql(folder, "PRAGMA user_version = 3");
    auto store = Store::open_for_writing(folder.path());
    CHECK(store.trouble().empty());
    CHECK(*store.acknowledged(id) == core::Acknowledged{{Sign::reallocated, 9}});
}

TEST_CASE("a database whose drives are not what they should be is moved aside at the opening") {
    const StateFolder folder;
    { auto store = Store::open_for_writing(folder.path()); }
    sql(folder, "DROP TABLE readings; CREATE TABLE readings (other INTEGER)");
    auto store = Store::open_for_writing(folder.path());
    CHECK_FALSE(store.trouble().empty());
    CHECK(store.keep_reading(reading(at(1))));
}
