/// What is said of a drive, from what the store has.

#include "report/drive_html.hpp"
#include "report/drive_report.hpp"
#include "report/drive_words.hpp"
#include "support/catch.hpp"

using namespace guardian;
using core::Sign;
using core::Verdict;
using std::chrono::days;

namespace {

const Time start{std::chrono::seconds{1'700'000'000}};
const UtcOffset utc = [](Time) { return std::chrono::seconds{0}; };

report::DriveFacts facts(Verdict verdict) {
    report::DriveFacts f;
    f.record.drive = {"wwn-0x1", core::DriveKind::ssd, "Model", "SERIAL", "FW", 1000};
    f.record.read_at = f.record.tried_at = start;
    f.record.verdict = verdict;
    f.targets = {"usb"};
    f.policies = {{}};
    return f;
}

/// A reading a day.
core::History growing(Sign sign, std::uint64_t first, std::uint64_t every_day, int count) {
    core::History out;
    for (int i = 0; i < count; ++i) {
        core::Signs signs;
        signs.set(sign, first + every_day * static_cast<std::uint64_t>(i));
        out.push_back({start + days{i}, signs});
    }
    return out;
}

report::Wear wear_with(const core::History& history, Time now) {
    auto f = facts(Verdict::healthy);
    f.history = history;
    const auto r = report::make_drive_report(f, now);
    REQUIRE(r.wear);
    return *r.wear;
}

}  // namespace

TEST_CASE("a drive that is asked in vain is unknown, unless it was worse") {
    auto f = facts(Verdict::healthy);
    f.record.reasons = {{"some-rule", Verdict::watch, {}, "Evidence."}};
    const auto shown = [&] { return report::make_drive_report(f, start); };
    CHECK(shown().diagnosis.verdict == Verdict::healthy);
    f.record.unknown_since = start;
    f.record.trouble = "no answer";
    CHECK(shown().diagnosis.verdict == Verdict::unknown);
    CHECK(shown().why == std::vector<std::string>{"no answer"});
    for (const auto verdict : {Verdict::failing, Verdict::watch}) {
        f.record.verdict = verdict;
        CHECK(shown().diagnosis.verdict == verdict);
        CHECK(shown().why == std::vector<std::string>{"Evidence.", "Now it tells nothing: no answer."});
    }
    f.record.read_at.reset();
    CHECK(shown().diagnosis.verdict == Verdict::unknown);
}

TEST_CASE("what the kernel said of a drive that SMART calls healthy is in its verdict, its reasons and the advice") {
    auto f = facts(Verdict::healthy);
    f.recent = {{start, core::KernelSign::io_error, "sdb: critical medium error"}};
    const auto r = report::make_drive_report(f, start);
    CHECK(r.diagnosis.verdict == Verdict::watch);
    REQUIRE(r.why.size() == 1);
    CHECK(r.why[0].find("critical medium error") != std::string::npos);
    CHECK(r.means.find("nothing is pruned") != std::string::npos);
    REQUIRE(!r.advice.empty());
    CHECK(r.advice[0].text.find("new disk") != std::string::npos);
    f.recent = {{start, core::KernelSign::filesystem_error, "EXT4-fs error"}};
    CHECK(report::make_drive_report(f, start).advice.at(0).text.find("fsck") != std::string::npos);
    f.recent.assign(3, {start, core::KernelSign::usb_reset, "reset"});
    CHECK(report::make_drive_report(f, start).advice.at(0).text.find("cable") != std::string::npos);
    CHECK(report::drives_to_json({r}, utc, false).find("critical medium error") != std::string::npos);
}

TEST_CASE("each verdict says what it means for the backups, as the target has it") {
    const auto means = [](Verdict v, const core::HealthSpec& policy = {}) {
        auto f = facts(v);
        f.policies = {policy};
        return report::make_drive_report(f, start).means;
    };
    const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
    CHECK(has(means(Verdict::watch), "nothing is pruned"));
    CHECK(has(means(Verdict::watch), "verified more"));
    CHECK(has(means(Verdict::failing), "--anyway"));
    CHECK(has(means(Verdict::unknown), "nobody knows"));
    CHECK(has(means(Verdict::healthy), "as planned"));
    core::HealthSpec own;
    own.on_watch = core::OnVerdict::refuse;
    own.on_failing = core::OnVerdict::keep;
    own.on_unknown = core::OnVerdict::refuse;
    CHECK(has(means(Verdict::watch, own), "--anyway"));
    CHECK_FALSE(has(means(Verdict::failing, own), "verified more"));
    CHECK(has(means(Verdict::unknown, own), "--anyway"));
    own.on_watch = core::OnVerdict::backup;
    CHECK(has(means(Verdict::watch, own), "the configuration says so"));
    own.every = Duration::zero();
    CHECK(has(means(Verdict::failing, own), "the configuration says so"));
    auto f = facts(Verdict::failing);
    f.policies.clear();
    CHECK(has(report::make_drive_report(f, start).means, "No target"));
    f.policies = {own, {}};
    CHECK(has(report::make_drive_report(f, start).means, "--anyway"));
}

TEST_CASE("a bad cable is no reason to buy a disk") {
    auto f = facts(Verdict::watch);
    f.record.reasons = {{"transfer-errors", Verdict::watch, Sign::crc_errors, "text"}};
    const auto advice = report::make_drive_report(f, start).advice;
    REQUIRE(advice.size() == 1);
    CHECK(advice[0].text.find("cable") != std::string::npos);
}

TEST_CASE("what to do about heat is said where heat is a reason, whatever number it stands on") {
    auto f = facts(Verdict::watch);
    f.record.reasons = {{"heat", Verdict::watch, {}, "text"}};
    const auto advice = report::make_drive_report(f, start).advice;
    REQUIRE(advice.size() == 1);
    CHECK(advice[0].text.find("air") != std::string::npos);
}

TEST_CASE("each command that is advised can be run as it is") {
    const auto commands = [](const report::DriveFacts& f) {
        std::vector<std::string> out;
        for (const auto& a : report::make_drive_report(f, start).advice)
            if (!a.command.empty()) out.push_back(a.command);
        return out;
    };
    auto f = facts(Verdict::watch);
    f.record.reasons = {{"pending-sectors", Verdict::watch, Sign::pending, "text"},
                        {"reallocated-sectors", Verdict::watch, Sign::reallocated, "text"},
                        {"another", Verdict::watch, Sign::pending, "text"}};
    CHECK(commands(f) == std::vector<std::string>{"guardian smart test long wwn-0x1", "guardian smart ack wwn-0x1 pending",
                                                  "guardian smart ack wwn-0x1 reallocated"});
    f.record.drive.id = "a b'$(c)";
    CHECK(commands(f).front() == R"(guardian smart test long 'a b'\''$(c)')");
    f.record.verdict = Verdict::failing;
    CHECK(commands(f) == std::vector<std::string>{"guardian init usb --replace"});
    f.plans = {"system-usb"};
    CHECK(report::make_drive_report(f, start).means.ends_with("guardian run system-usb --anyway"));
}

TEST_CASE("what no verdict stands on, and heat, can never be accepted") {
    for (const auto sign : {Sign::temperature, Sign::hours, Sign::written, Sign::command_timeouts})
        CHECK_FALSE(report::why_never_accepted(sign).empty());
    for (const auto sign : {Sign::pending, Sign::reallocated, Sign::used, Sign::spare, Sign::crc_errors, Sign::logged_errors})
        CHECK(report::why_never_accepted(sign).empty());
}

/// Beyond the 65,536 hours at which the log of self-tests begins anew.
report::DriveReport old_drive() {
    auto f = facts(Verdict::watch);
    f.attached = true;
    f.newest = core::SmartReport{};
    f.newest->kind = core::DriveKind::hdd;
    f.newest->hours = 70'000;
    f.newest->self_tests = {{true, core::TestResult::failed, 4'440, "read failure"}};
    f.newest->errors = {{69'952, true}, {90'000, false}, {std::nullopt, false}};
    f.newest->error_count = 3;
    f.newest->attributes = {{1, "Raw_Read_Error_Rate", 20, 20, 51, core::Failed::now, true, 7, "7"},
                            {7, "Seek_Error_Rate", 80, 20, 51, core::Failed::past, true, 7, "7"}};
    f.newest->test_remaining = 40;
    f.history = growing(Sign::used, 10, 1, 31);
    f.counters = {{"host reads", "12"}};
    f.record.reasons = core::assess({}, *f.newest).reasons;
    return report::make_drive_report(f, start + days{31});
}

TEST_CASE("the lists of self-tests and errors give the ages that the reasons give") {
    const auto r = old_drive();
    const auto has_reason = [&](const std::string& part) {
        return std::any_of(r.why.begin(), r.why.end(), [&](const auto& why) { return why.find(part) != std::string::npos; });
    };
    const auto tests = report::test_lines(r, utc);
    REQUIRE(tests.size() == 2);
    CHECK(tests[0].result == "running, 40 % of it left");
    CHECK(tests[1].when == "24 hours of operation ago");
    CHECK(has_reason(tests[1].when));
    const auto errors = report::error_lines(r);
    REQUIRE(errors.size() == 3);
    CHECK(errors[0].when == "2 days of operation ago");
    CHECK(has_reason(errors[0].when));
    CHECK(errors[1].when == "at hour 90000");
    CHECK(errors[2].when.empty());
}

TEST_CASE("the page and the JSON have what the screen has") {
    const auto r = old_drive();
    const auto page = report::drive_html(r, start, utc);
    for (const auto* part : {"ssd, 1.00 kB, firmware FW, wwn-0x1", "<b>Wear:</b> 40 % of its endurance is used; at this pace",
                             "2 days of operation ago</td><td>a sector could not be read", "24 hours of operation ago</td>",
                             "running, 40 % of it left", "<td class=\"failing\">now</td>", "<td class=\"watch\">before</td>",
                             "host reads</td>", "<code>guardian smart test long wwn-0x1</code>"}) {
        CAPTURE(part);
        CHECK(page.find(part) != std::string::npos);
    }
    const auto text = report::drives_to_json({r}, utc, true);
    for (const auto* part : {R"("drive_errors":[{"hours":69952,"age":"2 days of operation ago","uncorrectable":true})",
                             R"("drive_self_tests":[{"kind":"extended","hours":4440,"age":"24 hours of operation ago")",
                             R"("self_test_remaining":40)", R"("failed":"now")", R"("failed":"before")",
                             R"("counters":{"host reads":"12"})", R"("asleep":false)"}) {
        CAPTURE(part);
        CHECK(text.find(part) != std::string::npos);
    }
}

TEST_CASE("a drive that sleeps, and one that is not plugged in, are said to") {
    auto f = facts(Verdict::healthy);
    const auto words = [&] { return report::presence_words(report::make_drive_report(f, start)); };
    CHECK(words() == "not plugged in");
    f.attached = true;
    CHECK(words().empty());
    f.record.trouble = "it sleeps";
    CHECK(words() == "asleep");
    CHECK(report::drives_to_json({report::make_drive_report(f, start)}, utc, false).find("\"asleep\":true") !=
          std::string::npos);
    CHECK(report::drive_html(report::make_drive_report(f, start), start, utc).find(">asleep; read 20") != std::string::npos);
    f.record.unknown_since = start;
    CHECK(words().empty());
}

TEST_CASE("endurance that is used up is said to be") {
    CHECK(report::wear_words({104, {}, ""}, utc) == "its endurance is used up (104 % of what its maker promises)");
    CHECK(report::wear_words({12, {}, "it did not grow"}, utc).ends_with("is not known: it did not grow"));
}

TEST_CASE("the whole health log of NVMe and the counters of SCSI are read as smartctl names them") {
    using Counters = std::vector<report::Counter>;
    CHECK(report::counters_of(R"({"nvme_smart_health_information_log": {"critical_warning": 0, "host_reads": 12,
                                  "temperature_sensors": [45, 52]}, "serial_number": "x"})") ==
          Counters{{"critical warning", "0"}, {"host reads", "12"}, {"temperature sensors 1", "45"},
                   {"temperature sensors 2", "52"}});
    CHECK(report::counters_of(R"({"scsi_vendor": "x", "scsi_grown_defect_list": 3, "scsi_self_test_0": {"result": 1},
                                  "scsi_error_counter_log": {"read": {"gigabytes_processed": "1.5", "none": null}}})") ==
          Counters{{"grown defect list", "3"}, {"error counter log read gigabytes processed", "1.5"}});
    CHECK(report::counters_of("[]").empty());
    CHECK(report::counters_of("{").empty());
    std::string many = R"({"scsi_many": [0)";
    for (int i = 0; i < 1000; ++i) many += ", 1";
    CHECK(report::counters_of(many + R"(], "scsi_more": [1, 2]})").size() == 200);
    CHECK(report::counters_of(R"({"scsi_deep": {"a": {"b": {"c": {"d": {"e": 1}}}}}})").empty());
}

TEST_CASE("the end of the endurance is said only after thirty days and with growth") {
    const auto now = start + days{100};
    CHECK(wear_with(growing(Sign::used, 10, 1, 31), now).ends == now + days{60});
    CHECK_FALSE(wear_with(growing(Sign::used, 10, 1, 30), now).ends);
    CHECK(wear_with(growing(Sign::used, 10, 1, 30), now).why_not.find("30 days") != std::string::npos);
    CHECK_FALSE(wear_with(growing(Sign::used, 10, 0, 90), now).ends);
    CHECK(wear_with(growing(Sign::used, 10, 0, 90), now).why_not.find("did not grow") != std::string::npos);
    CHECK_FALSE(wear_with(growing(Sign::used, 100, 1, 90), now).ends);
    CHECK_FALSE(report::make_drive_report(facts(Verdict::healthy), now).wear);
}

TEST_CASE("endurance that did not grow yet goes by what was written") {
    auto history = growing(Sign::used, 10, 0, 31);
    for (std::size_t i = 0; i < history.size(); ++i) history[i].signs.set(Sign::written, 970 + i);
    // 1,000 written took 10 %, so 9,000 are left, one a day.
    CHECK(wear_with(history, start + days{31}).ends == start + days{31 + 9000});
}

TEST_CASE("hours as years and months") {
    CHECK(report::powered_words(5) == "5 h");
    CHECK(report::powered_words(50) == "2 d 2 h");
    CHECK(report::powered_words(8766 * 3 + 1500) == "3 y 2 mo");
}

TEST_CASE("the page escapes what the drive says and takes nothing from outside") {
    auto f = facts(Verdict::failing);
    f.record.drive.model = "<script>alert('x')</script>\x1b[2J\"&";
    f.record.reasons = {{"r", Verdict::failing, {}, "</style><img src=x onerror=y>"}};
    f.targets = {"<b>"};
    f.history = growing(Sign::reallocated, 0, 1, 3);
    f.events = {{start, core::KernelSign::io_error, "<i>"}};
    f.newest = core::SmartReport{};
    f.newest->attributes = {{5, "<u>", 1, 2, 3, core::Failed::never, true, 7, "<s>"}};
    f.newest->self_tests = {{true, core::TestResult::failed, 5, "<em>"}};
    const auto page = report::drive_html(report::make_drive_report(f, start), start, utc);
    for (const auto* tag :
         {"<script", "<img", "<b>&", "<i>", "<u>", "<s>", "<em>", "\x1b", "http:", "https:"})
        CHECK(page.find(tag) == std::string::npos);
    CHECK(page.find("&lt;script&gt;") != std::string::npos);
    CHECK(page.find("default-src 'none'") != std::string::npos);
    CHECK(page.find("<svg") != std::string::npos);
}

TEST_CASE("the JSON of drives has the whole history only when asked for") {
    auto f = facts(Verdict::watch);
    f.history = growing(Sign::reallocated, 0, 1, 3);
    f.record.drive.serial = "a\xff\"";
    const auto r = report::make_drive_report(f, start);
    const auto brief = report::drives_to_json({r}, utc, false),
               whole = report::drives_to_json({r}, utc, true);
    CHECK(brief.find("\"verdict\":\"watch\"") != std::string::npos);
    CHECK(brief.find("\"history\"") == std::string::npos);
    CHECK(whole.find("\"history\":[{") != std::string::npos);
    CHECK(whole.find("a\xEF\xBF\xBD\\\"") != std::string::npos);
}
