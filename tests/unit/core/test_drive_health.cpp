/// What is known of a disk's health: one verdict and one cause from SMART and the kernel together, and what
/// that lets a backup do.

#include <string>
#include <vector>

#include "core/drive_health.hpp"
#include "support/catch.hpp"
#include "unit/base/zone.hpp"
#include "unit/core/drive.hpp"

using namespace guardian;
using namespace guardian::core;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const auto noon = test::utc(2026, 3, 10, 12);
const auto day = hours{24};

DriveState drive(Verdict verdict, const std::string& rule = "pending-sectors",
                 const std::string& name = "Maker S1") {
    DriveState d;
    d.id = d.name = name;
    d.verdict = verdict;
    d.read_at = noon;
    if (verdict == Verdict::watch || verdict == Verdict::failing)
        d.reasons = {{rule, verdict, std::nullopt, "Because of " + rule + "."}};
    return d;
}

HealthState of(const std::vector<DriveState>& drives) {
    HealthState h;
    h.drives = drives;
    h.tried_at = noon;
    return h;
}

HealthState with(HealthState h, KernelSign sign, int times = 1,
                 const std::string& text = "the kernel's words") {
    for (int i = 0; i < times; ++i) h.events.push_back({later(noon, minutes{2 * i}), sign, text});
    return h;
}

const HealthState healthy = of({drive(Verdict::healthy)});

KernelEvent event(Time at, KernelSign sign = KernelSign::io_error) {
    return {at, sign, "sda: I/O error"};
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("of what nobody has looked at nothing is known", "[drive-health]") {
    const auto d = diagnose({});
    CHECK(d.verdict == Verdict::unknown);
    CHECK(d.cause == Cause::none);
    CHECK(d.drive.empty());
    CHECK(d.text() == "Nobody has looked at it yet.");
    CHECK(diagnose(of({})).text() == "No drive was found that could be asked.");
}

TEST_CASE("a healthy drive of which the kernel says nothing is healthy", "[drive-health]") {
    const auto d = diagnose(healthy);
    CHECK(d.verdict == Verdict::healthy);
    CHECK(d.cause == Cause::none);
    CHECK(d.text().empty());
}

TEST_CASE("what SMART says of the disk is the disk", "[drive-health]") {
    const auto verdict = GENERATE(Verdict::watch, Verdict::failing);
    const auto d = diagnose(of({drive(verdict)}));
    CHECK(d.verdict == verdict);
    CHECK(d.cause == Cause::disk);
    CHECK(d.drive == "Maker S1");
    CHECK(d.text() == "Because of pending-sectors.");
}

TEST_CASE("transfer errors and resets are the connection, and not the disk", "[drive-health]") {
    const auto d = diagnose(with(of({drive(Verdict::watch, "transfer-errors")}), KernelSign::usb_reset, 4));
    CHECK(d.verdict == Verdict::watch);
    CHECK(d.cause == Cause::connection);
    CHECK(d.text() == "Because of transfer-errors. Its USB connection was reset 4 times in the last days.");
}

TEST_CASE("I/O errors that come with resets, and nothing bad from SMART, are the connection",
          "[drive-health]") {
    auto h = with(healthy, KernelSign::usb_reset, 3);
    h.events.push_back(event(later(noon, minutes{1})));
    CHECK(diagnose(h).verdict == Verdict::watch);
    CHECK(diagnose(h).cause == Cause::connection);
}

TEST_CASE("unreadable sectors and I/O errors are the disk, whatever the connection does", "[drive-health]") {
    auto bad = drive(Verdict::watch);
    bad.reasons.push_back({"transfer-errors", Verdict::watch, std::nullopt, "Because of transfer-errors."});
    auto h = with(of({bad}), KernelSign::io_error);
    CHECK(diagnose(h).cause == Cause::disk);
    h = with(h, KernelSign::usb_reset, 5);
    CHECK(diagnose(h).cause == Cause::disk);
    CHECK(contains(diagnose(h).text(), "Because of pending-sectors. Because of transfer-errors."));
}

TEST_CASE("I/O errors alone are a sign of the disk, though SMART finds nothing", "[drive-health]") {
    const auto verdict = GENERATE(Verdict::healthy, Verdict::unknown);
    const auto d = diagnose(with(of({drive(verdict)}), KernelSign::io_error, 2));
    CHECK(d.verdict == Verdict::watch);
    CHECK(d.cause == Cause::disk);
    CHECK(d.text() == "The kernel could not read or write it, 2 times in the last days (the kernel's words).");
}

TEST_CASE("a damaged filesystem alone is the filesystem, and not the disk", "[drive-health]") {
    const auto sign = GENERATE(KernelSign::filesystem_error, KernelSign::read_only);
    const auto d = diagnose(with(healthy, sign));
    CHECK(d.verdict == Verdict::watch);
    CHECK(d.cause == Cause::filesystem);
    CHECK(contains(d.text(), sign == KernelSign::read_only ? "read-only by itself" : "have it checked (fsck)"));
}

TEST_CASE("a damaged filesystem on a bad disk is the disk's", "[drive-health]") {
    CHECK(diagnose(with(of({drive(Verdict::failing)}), KernelSign::filesystem_error)).cause == Cause::disk);
    CHECK(diagnose(with(with(healthy, KernelSign::io_error), KernelSign::read_only)).cause == Cause::disk);
}

TEST_CASE("a reset or two may be a plug that was touched, three are a sign", "[drive-health]") {
    CHECK(diagnose(with(healthy, KernelSign::usb_reset, 2)).verdict == Verdict::healthy);
    CHECK(diagnose(with(healthy, KernelSign::usb_reset, 3)).verdict == Verdict::watch);
    CHECK(diagnose(with(healthy, KernelSign::usb_reset, 3)).cause == Cause::connection);
}

TEST_CASE("heat alone is worth a look, and is nobody's fault", "[drive-health]") {
    const auto d = diagnose(of({drive(Verdict::watch, "heat")}));
    CHECK(d.verdict == Verdict::watch);
    CHECK(d.cause == Cause::none);
}

TEST_CASE("the kernel's words do not make a failing disk any better", "[drive-health]") {
    CHECK(diagnose(with(of({drive(Verdict::failing)}), KernelSign::io_error)).verdict == Verdict::failing);
}

TEST_CASE("why nothing is known is told", "[drive-health]") {
    auto d = drive(Verdict::unknown);
    CHECK(diagnose(of({d})).text() == "It was never read.");
    d.reasons = {{"no-data", Verdict::unknown, std::nullopt, "Its bridge tells nothing."}};
    CHECK(diagnose(of({d})).text() == "Its bridge tells nothing.");
    d.trouble = "it does not answer";
    CHECK(diagnose(of({d})).text() == "it does not answer");
    CHECK(diagnose(of({d})).cause == Cause::none);
}

TEST_CASE("a drive that sleeps keeps its last verdict", "[drive-health]") {
    const auto verdict = GENERATE(Verdict::healthy, Verdict::watch, Verdict::failing);
    auto d = drive(verdict);
    d.asleep = true;
    d.trouble = "it sleeps";
    CHECK(diagnose(of({d})).verdict == verdict);
}

TEST_CASE("of several drives the worst counts, and one that tells nothing is no good sign",
          "[drive-health]") {
    const auto good = drive(Verdict::healthy, "", "A");
    CHECK(diagnose(of({good, drive(Verdict::unknown, "", "B")})).verdict == Verdict::unknown);
    const auto d = diagnose(of({good, drive(Verdict::watch, "heat", "C"),
                                drive(Verdict::failing, "passed", "D"), drive(Verdict::unknown, "", "B")}));
    CHECK(d.verdict == Verdict::failing);
    CHECK(d.drive == "D");
    CHECK(d.text() == "Because of passed. C as well is watch: Because of heat.");
    // What one drive says of itself is not put down to the cable of another.
    const auto both = diagnose(of({drive(Verdict::watch, "transfer-errors", "A"), drive(Verdict::watch, "pending-sectors", "B")}));
    CHECK(both.cause == Cause::disk);
    CHECK(both.text() == "Because of transfer-errors. B as well is watch: Because of pending-sectors.");
}

TEST_CASE("what the kernel says is printed without what a disk could put into it", "[drive-health]") {
    const auto d = diagnose(with(healthy, KernelSign::io_error, 1, "sda\x1b[31m" + std::string(5000, 'x')));
    CHECK(!contains(d.text(), "\x1b"));
    CHECK(d.text().size() < 400);
}

TEST_CASE("what a verdict lets a backup do is as it was asked for", "[drive-health]") {
    const auto said = GENERATE(OnVerdict::backup, OnVerdict::keep, OnVerdict::refuse);
    HealthSpec spec;
    const auto verdict = GENERATE(Verdict::watch, Verdict::failing, Verdict::unknown);
    auto& of_verdict = verdict == Verdict::watch     ? spec.on_watch
                       : verdict == Verdict::failing ? spec.on_failing
                                                     : spec.on_unknown;
    of_verdict = said;
    CAPTURE(to_string(verdict), to_string(said));
    CHECK(allowed(spec, of({drive(verdict)})) == said);
    CHECK(allowed(spec, healthy) == OnVerdict::backup);
}

TEST_CASE("unasked, a watched disk is kept, a failing one refused, an unknown one backed up",
          "[drive-health]") {
    CHECK(allowed({}, of({drive(Verdict::watch)})) == OnVerdict::keep);
    CHECK(allowed({}, of({drive(Verdict::failing)})) == OnVerdict::refuse);
    CHECK(allowed({}, of({drive(Verdict::unknown)})) == OnVerdict::backup);
}

TEST_CASE("what was never looked at, or is not to be, is backed up as ever", "[drive-health]") {
    HealthSpec spec;
    spec.on_unknown = OnVerdict::refuse;
    CHECK(allowed(spec, {}) == OnVerdict::backup);
    CHECK(allowed(spec, of({})) == OnVerdict::refuse);
    spec.every = Duration::zero();
    CHECK(allowed(spec, of({drive(Verdict::failing)})) == OnVerdict::backup);
}

TEST_CASE("of a disk whose drives are not asked the kernel's words count all the same", "[drive-health]") {
    HealthSpec never;
    never.every = Duration::zero();
    CHECK(diagnose(never, of({drive(Verdict::failing)})).verdict == Verdict::healthy);
    CHECK(diagnose(never, of({})).text().empty());
    const auto damaged = with(of({drive(Verdict::failing)}), KernelSign::filesystem_error);
    CHECK(allowed(never, damaged) == OnVerdict::keep);
    CHECK(diagnose(never, damaged).verdict == Verdict::watch);
    CHECK(!contains(diagnose(never, damaged).text(), "Because of"));
    // With nobody to say otherwise, errors are the disk's.
    const auto resets = with(with(healthy, KernelSign::usb_reset, 5), KernelSign::io_error);
    CHECK(diagnose(never, resets).cause == Cause::disk);
}

TEST_CASE("where the kernel said more than could be heard nothing is deleted", "[drive-health]") {
    HealthSpec spec;
    auto h = healthy;
    h.missed = true;
    CHECK(allowed(spec, h) == OnVerdict::keep);
    CHECK(diagnose(h).verdict == Verdict::unknown);
    CHECK(contains(diagnose(h).text(), "more than could be heard"));
    spec.every = Duration::zero();
    CHECK(allowed(spec, h) == OnVerdict::keep);
    CHECK(contains(diagnose(spec, h).text(), "more than could be heard"));
    spec = {};
    h.drives = {drive(Verdict::failing)};
    CHECK(allowed(spec, h) == OnVerdict::refuse);
    CHECK(diagnose(h).verdict == Verdict::failing);
}

TEST_CASE("a drive is asked in vain for long after a week of tries", "[drive-health]") {
    auto silent = drive(Verdict::unknown);
    silent.unknown_since = noon;
    auto h = of({drive(Verdict::healthy), silent});
    h.tried_at = later(noon, day * 7 - seconds{1});
    CHECK(unknown_too_long(h) == nullptr);
    h.tried_at = later(noon, day * 7);
    REQUIRE(unknown_too_long(h) == &h.drives[1]);
    h.tried_at.reset();
    CHECK(unknown_too_long(h) == nullptr);
    h.tried_at = later(noon, day * 70);
    h.drives[1].unknown_since.reset();  // it sleeps
    CHECK(unknown_too_long(h) == nullptr);
}

TEST_CASE("what the kernel says counts only when the disk is there still", "[drive-health]") {
    auto h = healthy;
    CHECK(hear(h, event(noon)));
    CHECK(diagnose(h).verdict == Verdict::healthy);
    CHECK(confirm_heard(h) == std::vector{event(noon)});
    CHECK(h.heard.empty());
    CHECK(diagnose(h).verdict == Verdict::watch);
    CHECK(confirm_heard(h).empty());
}

TEST_CASE("the same words within a minute are one, and others are not", "[drive-health]") {
    HealthState h;
    CHECK(hear(h, event(noon)));
    CHECK(!hear(h, event(later(noon, seconds{59}))));
    CHECK(hear(h, event(noon, KernelSign::usb_reset)));
    (void)confirm_heard(h);
    CHECK(!hear(h, event(later(noon, seconds{59}))));
    CHECK(hear(h, event(later(noon, minutes{1}))));
    // The disk's own word is more than an error whose cause may be the cable.
    auto medium = event(later(noon, minutes{1}));
    medium.text = "critical medium error, dev sdb, sector 7";
    CHECK(hear(h, medium));
    CHECK(!hear(h, medium));
}

TEST_CASE("what a run hears itself is of now, though the like was said just before", "[drive-health]") {
    auto h = with(healthy, KernelSign::io_error);
    REQUIRE(h.events.size() == 1);
    const auto before = h.events.front().at;
    auto again = h.events.front();
    again.at = later(before, seconds{30});
    add_heard(h, {again, event(later(before, minutes{5}))});
    REQUIRE(h.events.size() == 2);
    CHECK(h.events.front().at == again.at);
}

TEST_CASE("after the clock was set back the kernel is heard still", "[drive-health]") {
    HealthState h;
    CHECK(hear(h, event(noon)));
    CHECK(hear(h, event(noon - hours{3})));
}

TEST_CASE("many resets do not push out what the disk itself said", "[drive-health]") {
    auto h = healthy;
    h.drives = {drive(Verdict::watch, "transfer-errors")};
    const auto medium = "critical medium error, dev sda, sector 8 op 0x0:(READ)";
    if (GENERATE(true, false)) {
        CHECK(hear(h, {noon, KernelSign::io_error, medium}));
    } else {
        add_heard(h, {{noon, KernelSign::io_error, medium}});
    }
    for (int i = 1; i < 200; ++i) {
        CHECK(hear(h, {later(noon, minutes{i}), KernelSign::usb_reset, "usb 2-1: reset SuperSpeed USB device"}));
        if (i % 3 == 0) (void)confirm_heard(h);
        if (i % 5 == 0) add_heard(h, {{later(noon, minutes{i} + seconds{30}), KernelSign::io_error, "I/O error, dev sda"}});
    }
    CHECK(h.events.size() == kernel_events_max);
    CHECK(h.events.front().text == medium);
    CHECK(diagnose(h).cause == Cause::disk);
    h.events.erase(h.events.begin());
    CHECK(diagnose(h).cause == Cause::connection);
}

TEST_CASE("of many words the newest are kept", "[drive-health]") {
    HealthState h;
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 200; ++i) CHECK(hear(h, event(later(noon, minutes{200 * round + i}))));
        CHECK(h.heard.size() == kernel_events_max);
        (void)confirm_heard(h);
        CHECK(h.events.size() == kernel_events_max);
    }
    CHECK(h.events.back().at == later(noon, minutes{399}));
}

TEST_CASE("the kernel's words are forgotten after seven days", "[drive-health]") {
    auto h = with(healthy, KernelSign::io_error);
    forget_old_events(h, later(noon, day * 7 - seconds{1}));
    CHECK(h.events.size() == 1);
    forget_old_events(h, later(noon, day * 7));
    CHECK(h.events.empty());
}

TEST_CASE("a clock that was set back does not keep the kernel's words for ever", "[drive-health]") {
    auto h = with(healthy, KernelSign::io_error);
    forget_old_events(h, noon - day);
    CHECK(h.events.size() == 1);
    forget_old_events(h, noon - day - seconds{1});
    CHECK(h.events.empty());
}

TEST_CASE("the kernel's signs are written and read by the same names", "[drive-health]") {
    for (const auto sign :
         {KernelSign::io_error, KernelSign::usb_reset, KernelSign::filesystem_error, KernelSign::read_only})
        CHECK(kernel_sign_from(to_string(sign)) == sign);
    CHECK(!kernel_sign_from("nothing"));
    CHECK(!kernel_sign_from(""));
}

TEST_CASE("what a reason stood on, and a report says nothing of, is still so") {
    const Reason pending{"pending-sectors", Verdict::failing, Sign::pending, "80 sectors cannot be read."};
    const Reason test{"self-test", Verdict::failing, {}, "Its self-test failed."};
    SmartReport partial;
    partial.passed = true;
    partial.attributes = {{9, "Power_On_Hours", 100, 100, 0, Failed::never, false, 7, "7"}};
    Assessment a{Verdict::healthy, {}, {}};
    carry_over(a, {pending, test}, {}, partial);
    CHECK(a.verdict == Verdict::failing);
    REQUIRE(a.reasons.size() == 2);
    CHECK(contains(a.reasons[0].text, "80 sectors cannot be read. It was told earlier"));
    // Said once, however often it is carried on.
    Assessment again{Verdict::healthy, {}, {}};
    carry_over(again, a.reasons, {}, partial);
    CHECK(again.reasons == a.reasons);

    auto whole = partial;
    whole.attributes.push_back({197, "Current_Pending_Sector", 100, 100, 0, Failed::never, false, 0, "0"});
    whole.has_self_test_log = true;
    whole.self_tests = {{true, TestResult::passed, 7, ""}};
    Assessment well{Verdict::healthy, {}, {}};
    carry_over(well, {pending, test, {"status", Verdict::failing, {}, "FAILED."}}, {}, whole);
    CHECK(well.verdict == Verdict::healthy);
    CHECK(well.reasons.empty());

    Assessment nothing;
    carry_over(nothing, {pending}, {}, {});
    CHECK(nothing.verdict == Verdict::unknown);
}

TEST_CASE("a log that was read and is empty clears what stood on it; one that was not read does not") {
    const std::vector<Reason> before{{"self-test", Verdict::failing, {}, "Its self-test failed."},
                                     {"fresh-uncorrectable", Verdict::watch, {}, "A read failed for good."},
                                     {"flash-unreadable", Verdict::watch, {}, "2 reads failed for good."}};
    SmartReport report;
    report.passed = true;
    report.hours = 7000;
    const auto kept = [&] {
        Assessment a{Verdict::healthy, {}, {}};
        carry_over(a, before, {}, report);
        return a.reasons.size();
    };
    CHECK(kept() == 3);
    report.has_self_test_log = true;
    CHECK(kept() == 2);
    report.error_count = 0;
    CHECK(kept() == 0);
    // It counts errors, and none of them was let through.
    report.error_count = 2;
    CHECK(kept() == 2);
    report.errors = {{5, true}, {4, true}};
    CHECK(kept() == 0);
    // Without the drive's hours none of them has an age.
    report.hours.reset();
    CHECK(kept() == 2);
}

TEST_CASE("of a drive in trouble that tells nothing any more it is said why") {
    HealthState health;
    DriveState d;
    d.name = "B";
    d.verdict = Verdict::failing;
    d.reasons = {{"status", Verdict::failing, {}, "It says so."}};
    d.trouble = "no answer";
    health.drives = {d};
    CHECK(diagnose(health).text() == "It says so. Now it tells nothing: no answer.");
    health.drives[0].asleep = true;
    CHECK(diagnose(health).text() == "It says so.");
}

TEST_CASE("an attribute that is not told, or without its threshold, is not cleared") {
    const std::vector<Reason> before{{"prefail-attribute", Verdict::failing, {}, "1 is at 1.", {1}},
                                     {"attribute-now", Verdict::watch, Sign::at_threshold, "184 is at 99.", {184}},
                                     {"attribute-past", Verdict::watch, Sign::at_threshold, "7 has been at its threshold.", {7}}};
    SmartReport report;
    report.passed = true;
    report.attributes = {{1, "Raw_Read_Error_Rate", 1, 1, {}, Failed::never, true, 9, "9"},
                         {184, "End-to-End_Error", 100, 100, {}, Failed::never, false, 0, "0"}};
    Assessment a{Verdict::healthy, {}, {}};
    carry_over(a, before, {}, report);
    CHECK(a.verdict == Verdict::failing);
    CHECK(a.reasons.size() == 3);

    for (auto& r : report.attributes) r.threshold = 0;
    Assessment better{Verdict::healthy, {}, {}};
    carry_over(better, before, {}, report);
    REQUIRE(better.reasons.size() == 1);
    CHECK(better.reasons.front().rule == "attribute-past");
}

TEST_CASE("what is not told any more grows old by the drive's own hours") {
    const Reason read{"fresh-uncorrectable", Verdict::failing, {}, "A read failed for good.", {}, 1000};
    const Reason test{"self-test", Verdict::failing, {}, "Its self-test failed.", {}, 1000};
    SmartReport report;
    report.passed = true;
    const auto carried = [&](std::int64_t hours) {
        report.hours = hours;
        Assessment a{Verdict::healthy, {}, {}};
        carry_over(a, {read, test}, {}, report);
        return a;
    };
    CHECK(carried(1000 + 2160).verdict == Verdict::failing);
    CHECK(carried(1000 + 2160).reasons.size() == 2);
    CHECK(carried(1000 + 2880).reasons.front().verdict == Verdict::failing);
    CHECK(carried(1000 + 2881).verdict == Verdict::watch);
    CHECK(carried(1000 + 2881).reasons.size() == 1);
    CHECK(carried(10).verdict == Verdict::failing);
}

TEST_CASE("a self-test that the execution status alone told of is cleared by it") {
    auto failed = test::a_disk();
    failed.has_test_status = true;
    failed.self_tests = {{false, TestResult::failed, {}, "Completed: read failure", true}};
    const auto before = assess({}, failed);
    REQUIRE(before.verdict == Verdict::failing);
    REQUIRE(before.reasons.front().rule == "self-test-status");
    auto silent = test::a_disk();
    auto now = assess({}, silent);
    carry_over(now, before.reasons, {}, silent);
    CHECK(now.verdict == Verdict::failing);
    auto well = silent;
    well.has_test_status = true;
    now = assess({}, well);
    carry_over(now, before.reasons, {}, well);
    CHECK(now.verdict == Verdict::healthy);
}

TEST_CASE("a reason that is said anew is no better while the answer lacks what the drive told before") {
    auto whole = test::a_disk_with(197, 10);
    test::with(whole, 187, 5);
    const auto before = assess({}, whole);
    REQUIRE(before.verdict == Verdict::failing);
    const History history{Reading{{}, signs_of(whole)}};
    auto partial = whole;
    std::erase_if(partial.attributes, [](const auto& a) { return a.id == 187; });
    auto now = assess(history, partial);
    CHECK(now.verdict == Verdict::watch);
    carry_over(now, before.reasons, history, partial);
    CHECK(now.verdict == Verdict::failing);
    CHECK(std::count_if(now.reasons.begin(), now.reasons.end(), [](const auto& r) { return r.rule == "pending-sectors"; }) == 1);
    // What stands on other numbers is not held by those.
    Assessment old{Verdict::watch, {{"self-test", Verdict::watch, {}, "Long ago."}}, {}};
    carry_over(old, {{"self-test", Verdict::failing, {}, "Lately."}}, history, partial);
    CHECK(old.verdict == Verdict::watch);
    // Told in full, it may be better.
    auto well = whole;
    test::with(well, 187, 0);
    auto better = assess(history, well);
    carry_over(better, before.reasons, history, well);
    CHECK(better.verdict == Verdict::watch);
}

TEST_CASE("a healthy drive that slept at every look for a month is not known to be so") {
    auto d = drive(Verdict::healthy);
    d.asleep = true;
    d.trouble = "it sleeps";
    d.read_at = noon;
    d.tried_at = later(noon, hours{29 * 24});
    CHECK(diagnose(of({d})).verdict == Verdict::healthy);
    CHECK(unknown_too_long(of({d})) == nullptr);
    d.tried_at = later(noon, hours{30 * 24});
    CHECK(diagnose(of({d})).verdict == Verdict::unknown);
    CHECK(contains(diagnose(of({d})).text(), "sleeps"));
    CHECK(unknown_too_long(of({d})) != nullptr);
    d.verdict = Verdict::failing;
    CHECK(diagnose(of({d})).verdict == Verdict::failing);
}

TEST_CASE("reads that fail are not put down to the cable when the drive says otherwise, or cannot be asked") {
    const auto resets = with(with(healthy, KernelSign::usb_reset, 5), KernelSign::io_error, 3, "sdb: I/O error");
    CHECK(diagnose(resets).cause == Cause::connection);
    CHECK(diagnose(with(resets, KernelSign::io_error, 1, "critical medium error, dev sdb")).cause == Cause::disk);
    CHECK(diagnose(with(with(of({}), KernelSign::usb_reset, 5), KernelSign::io_error, 3)).cause == Cause::disk);
}

TEST_CASE("the strictest of what all drives allow is allowed") {
    HealthSpec spec;
    spec.on_unknown = OnVerdict::refuse;
    auto h = of({drive(Verdict::watch), drive(Verdict::unknown)});
    h.tried_at = noon;
    CHECK(allowed(spec, h) == OnVerdict::refuse);
}
