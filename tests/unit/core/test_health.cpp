/// The verdict as a whole: what is unknown, what is acknowledged, what changed since, and the words for it.

#include <fstream>
#include <set>
#include <sstream>

#include "core/health.hpp"
#include "core/health_words.hpp"
#include "unit/core/drive.hpp"

using namespace guardian;
using namespace guardian::test;

namespace {

constexpr std::uint64_t days = 24;
constexpr std::int64_t now_s = 1'800'000'000;

Time days_ago(std::int64_t n) {
    return Time{std::chrono::seconds{now_s - n * 86'400}};
}
Time hours_ago(std::int64_t n) {
    return Time{std::chrono::seconds{now_s - n * 3600}};
}

std::uint64_t growth(Sign sign, const SmartReport& r, const History& history) {
    return growth_in_30_days({r, history, signs_of(r)}, sign);
}
std::uint64_t grown_to(std::uint64_t reallocated, const History& history) {
    auto r = a_disk_with(5, reallocated);
    r.read_at_s = now_s;
    return growth(Sign::reallocated, r, history);
}
std::string trend(const SmartReport& r, const History& history) {
    return with_trend({r, history, signs_of(r)}, Sign::pending, "197");
}

std::string why_unknown(const SmartReport& r) {
    const auto a = assess({}, r);
    CHECK(a.verdict == Verdict::unknown);
    REQUIRE(a.reasons.size() == 1);
    CHECK(a.reasons[0].rule == "no-answer");
    CHECK(a.reasons[0].verdict == Verdict::unknown);
    CHECK(!a.reasons[0].sign);
    return a.reasons[0].text;
}

std::string text_of_file(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("health: a drive on which nothing is wrong", "[health]") {
    for (const auto& r : {a_disk(), an_ssd(), an_nvme(), a_sas(), a_disk(DriveKind::unknown)}) {
        INFO(to_string(r.kind));
        const auto a = assess({}, r);
        CHECK(a.verdict == Verdict::healthy);
        CHECK(a.reasons.empty());
        CHECK(a.acknowledged.empty());
    }
}

TEST_CASE("health: the verdict is the worst of its reasons, and those come first", "[health]") {
    auto r = a_disk_with(197, 2);
    with(r, 10, 1);
    CHECK(assess({}, r).verdict == Verdict::watch);
    with(r, 5, 1000);
    const auto a = assess({}, r);
    CHECK(a.verdict == Verdict::failing);
    REQUIRE(a.reasons.size() == 3);
    CHECK(a.reasons[0].rule == "reallocated-sectors");
    CHECK(a.reasons[1].rule == "pending-sectors");
    CHECK(a.reasons[2].rule == "spin-retries");
}

TEST_CASE("health: a missing overall word is never a bad one", "[health]") {
    for (auto r : {a_disk(), an_ssd(), an_nvme()}) {
        r.passed.reset();
        CHECK(verdict(r) == Verdict::healthy);
    }
}

TEST_CASE("health: unknown, with why", "[health]") {
    CHECK(why_unknown(SmartReport{}) == "The drive tells nothing of its health.");
    auto r = a_drive(DriveKind::hdd);
    CHECK(why_unknown(r) == "The drive tells nothing of its health.");
    r.messages = {"Unknown USB bridge [0x1234:0x5678]\n(0x100)", "Please specify device type"};
    CHECK(why_unknown(r) == "Unknown USB bridge [0x1234:0x5678]\\n(0x100)");
    r.messages = {std::string(5000, 'x')};
    CHECK(why_unknown(r).size() <= 310);
}

TEST_CASE("health: a table of equal values means nothing", "[health][quirk]") {
    auto r = a_drive(DriveKind::hdd);
    for (unsigned id = 1; id <= 12; ++id) with(r, id, 0);
    CHECK(why_unknown(r).find("equal values") != std::string::npos);
    with(r, 12, 1);
    CHECK(verdict(r) == Verdict::healthy);
    r.attributes.resize(2);
    attribute_of(r, 1).raw = attribute_of(r, 2).raw = 0;
    CHECK(verdict(r) == Verdict::healthy);  // two can be equal by chance
}

TEST_CASE("health: an NVMe log that is empty or all zero means nothing", "[health][quirk]") {
    auto r = an_nvme();
    r.nvme = NvmeHealth{};
    r.hours.reset();
    r.temperature.reset();
    CHECK(why_unknown(r).find("all zero") != std::string::npos);
    r.nvme->spare = r.nvme->spare_threshold = r.nvme->used = 0;
    r.nvme->media_errors = r.nvme->units_written = 0;
    r.hours = 0;
    r.temperature = 0;
    CHECK(why_unknown(r).find("all zero") != std::string::npos);
    r.temperature = -273;
    CHECK(why_unknown(r).find("all zero") != std::string::npos);
    SECTION("but any number means something") {
        auto& n = *r.nvme;
        int which = GENERATE(range(0, 9));
        if (which == 0) n.spare = 100;
        if (which == 1) n.spare_threshold = 10;
        if (which == 2) n.used = 1;
        if (which == 3) n.media_errors = 1;
        if (which == 4) n.units_written = 1;
        if (which == 5) r.hours = 1;
        if (which == 6) r.temperature = 30;
        if (which == 7) n.critical_warning = 0x04;
        if (which == 8) r.status_bits = 0x04;
        INFO(which);
        CHECK(verdict(r) != Verdict::unknown);
    }
    SECTION("and so does its own word of failure") {
        r.passed = false;
        CHECK(verdict(r) == Verdict::failing);
    }
}

TEST_CASE("health: an NVMe log whose critical warning cannot be read is no good news", "[health]") {
    auto r = an_nvme();
    r.nvme->unreadable = true;
    CHECK(why_unknown(r).find("critical warning") != std::string::npos);
    r.passed = false;
    CHECK(verdict(r) == Verdict::failing);
}

TEST_CASE("health: a failed self-test is enough, though nothing else is told", "[health]") {
    SmartReport r;
    r.has_self_test_log = true;
    r.self_tests = {{false, TestResult::passed, 200, "Completed without error"}};
    CHECK(why_unknown(r) == "The drive tells nothing of its health.");
    r.self_tests.push_back({false, TestResult::failed, 100, "Completed: read failure"});
    CHECK(verdict(r) == Verdict::failing);
    r.asleep = true;
    CHECK(verdict(r) == Verdict::unknown);
}

TEST_CASE("health: a SCSI drive without its overall word tells nothing", "[health]") {
    auto r = a_sas();
    r.passed.reset();
    CHECK(why_unknown(r) == "The drive tells nothing of its health.");
}

TEST_CASE("health: a SCSI drive that says OK and no number beside it tells nothing", "[health]") {
    SmartReport stick;
    stick.kind = DriveKind::scsi;
    stick.passed = true;
    CHECK(why_unknown(stick) == "The drive tells nothing of its health.");
    stick.scsi.emplace();
    stick.temperature = 0;
    stick.hours = 0;
    CHECK(why_unknown(stick) == "The drive tells nothing of its health.");
    stick.passed = false;
    CHECK(verdict(stick) == Verdict::failing);
    stick.passed = true;
    int which = GENERATE(range(0, 6));
    if (which == 0) stick.scsi->grown_defects = 0;
    if (which == 1) stick.scsi->uncorrected_verifies = 0;
    if (which == 2) stick.pending_defects = 0;
    if (which == 3) stick.used = 0;
    if (which == 4) stick.hours = 1;
    if (which == 5) stick.temperature = 30;
    CHECK(verdict(stick) == Verdict::healthy);
    stick.scsi.reset();  // nor does it matter how it was told
    CHECK((verdict(stick) == Verdict::healthy) == (which > 1));
}

TEST_CASE("health: a disk is not healthy when what tells most of it cannot be read", "[health]") {
    const unsigned id = GENERATE(5U, 187U, 197U, 198U);
    auto r = a_disk();
    attribute_of(r, id).raw.reset();
    CHECK(why_unknown(r) == "Nothing bad was told, but attribute " + std::to_string(id) +
                                " cannot be read, and without it nothing can be said.");
    attribute_of(r, id).failed = Failed::now;
    attribute_of(r, id).prefail = true;
    CHECK(verdict(r) == Verdict::failing);
    r = a_disk();
    attribute_of(r, 199).raw.reset();
    CHECK(verdict(r) == Verdict::healthy);
}

TEST_CASE("health: a report that was cut before what tells most is no good news", "[health]") {
    auto r = a_disk();
    r.unclear = "attribute 197 cannot be found";
    CHECK(why_unknown(r) == "Nothing bad was told, but attribute 197 cannot be found, and without it nothing can be said. "
                            "Is the report whole?");
    with(r, 5, 1000);
    CHECK(verdict(r) == Verdict::failing);
}

TEST_CASE("health: a table without one number that can be read tells nothing but its thresholds", "[health]") {
    auto r = a_disk();
    for (auto& a : r.attributes) a.raw.reset();
    attribute_of(r, 5).value = 99;
    CHECK(why_unknown(r) == "Not one number in the drive's table can be read.");
    attribute_of(r, 5).failed = Failed::now;
    attribute_of(r, 5).prefail = true;
    CHECK(verdict(r) == Verdict::failing);
}

TEST_CASE("health: its own word that it is failing is heard in any case", "[health]") {
    auto r = a_drive(DriveKind::hdd);
    r.passed = false;
    CHECK(verdict(r) == Verdict::failing);
    r.messages = {"Read SMART Data failed: Connection timed out"};
    CHECK(verdict(r) == Verdict::failing);
    for (unsigned id = 1; id <= 12; ++id) with(r, id, 0);
    CHECK(verdict(r) == Verdict::failing);
}

TEST_CASE("health: asleep is unknown, whatever else is told", "[health]") {
    auto r = a_disk_with(197, 500);
    r.passed = false;
    r.asleep = true;
    CHECK(why_unknown(r) == "The drive sleeps, and was not woken to be asked.");
}

// ---- acknowledged

TEST_CASE("health: acknowledged is quiet until it becomes more", "[health][acknowledged]") {
    const Acknowledged seen{{Sign::pending, 12}};
    auto r = a_disk_with(197, 12);
    auto a = assess({}, r, seen);
    CHECK(a.verdict == Verdict::healthy);
    CHECK(a.reasons.empty());
    REQUIRE(a.acknowledged.size() == 1);
    CHECK(a.acknowledged[0].rule == "pending-sectors");
    CHECK(assess({}, with(r, 197, 11), seen).verdict == Verdict::healthy);
    a = assess({}, with(r, 197, 13), seen);
    CHECK(a.verdict == Verdict::watch);
    CHECK(a.acknowledged.empty());
}

TEST_CASE("health: acknowledged covers its own sign alone", "[health][acknowledged]") {
    auto r = a_disk_with(197, 12);
    with(r, 5, 30);
    const auto a = assess({}, r, {{Sign::pending, 12}});
    CHECK(a.verdict == Verdict::watch);
    REQUIRE(a.reasons.size() == 1);
    CHECK(a.reasons[0].rule == "reallocated-sectors");
    CHECK(a.acknowledged.size() == 1);
}

TEST_CASE("health: an acknowledged failing drive is no failing one", "[health][acknowledged]") {
    const auto r = a_disk_with(5, 1500);
    CHECK(assess({}, r).verdict == Verdict::failing);
    CHECK(assess({}, r, {{Sign::reallocated, 1500}}).verdict == Verdict::healthy);
    CHECK(assess({}, r, {{Sign::reallocated, 1499}}).verdict == Verdict::failing);
}

TEST_CASE("health: the spare goes the other way", "[health][acknowledged]") {
    auto r = an_nvme();
    r.nvme->spare = 8;
    CHECK(assess({}, r).verdict == Verdict::failing);
    CHECK(assess({}, r, {{Sign::spare, 8}}).verdict == Verdict::healthy);
    CHECK(assess({}, r, {{Sign::spare, 7}}).verdict == Verdict::healthy);
    CHECK(assess({}, r, {{Sign::spare, 9}}).verdict == Verdict::failing);
}

TEST_CASE("health: the drive's own words cannot be acknowledged", "[health][acknowledged]") {
    Acknowledged all;
    for (std::size_t i = 0; i < sign_count; ++i) all[static_cast<Sign>(i)] = 1'000'000;
    auto r = a_disk();
    r.passed = false;
    CHECK(assess({}, r, all).verdict == Verdict::failing);
    r = a_disk();
    add_test(r, TestResult::failed, true, 10);
    CHECK(assess({}, r, all).verdict == Verdict::failing);
}

// ---- against the drive's own past

TEST_CASE("growth: nothing without a history, or when it became less", "[health][growth]") {
    CHECK(grown_to(60, {}) == 0);
    CHECK(grown_to(60, {reading(Sign::pending, 3, 19'000)}) == 0);
    CHECK(grown_to(60, {reading(Sign::reallocated, 61, 19'900)}) == 0);
    CHECK(growth(Sign::reallocated, a_drive(DriveKind::hdd), {reading(Sign::reallocated, 1, 19'900)}) == 0);
}

TEST_CASE("growth: within 30 days, by the drive's hours", "[health][growth]") {
    CHECK(grown_to(60, {reading(Sign::reallocated, 10, 20'000 - 30 * days)}) == 50);
    CHECK(grown_to(60, {reading(Sign::reallocated, 10, 20'000 - 2)}) == 50);
    // Twice as long: half of it is of the last 30 days.
    CHECK(grown_to(60, {reading(Sign::reallocated, 10, 20'000 - 60 * days)}) == 25);
    CHECK(grown_to(60, {reading(Sign::reallocated, 10, 20'000 - 600 * days)}) == 2);
}

TEST_CASE("growth: within 30 days, by the clock, which comes before the hours", "[health][growth]") {
    CHECK(grown_to(60, {reading(Sign::reallocated, 10, std::nullopt, days_ago(30))}) == 50);
    CHECK(grown_to(60, {reading(Sign::reallocated, 10, std::nullopt, days_ago(60))}) == 25);
    // A backup disk that is seldom switched on.
    CHECK(grown_to(60, {reading(Sign::reallocated, 10, 19'998, days_ago(60))}) == 25);
}

TEST_CASE("growth: a clock that was set back leaves the hours", "[health][growth]") {
    CHECK(grown_to(60, {reading(Sign::reallocated, 10, 20'000 - 60 * days, days_ago(-5))}) == 25);
    CHECK(grown_to(60, {reading(Sign::reallocated, 10, std::nullopt, days_ago(-5))}) == 50);
    // And the hours run backwards too: when it was is not known, that it grew is.
    CHECK(grown_to(60, {reading(Sign::reallocated, 10, 30'000, days_ago(-5))}) == 50);
}

TEST_CASE("growth: since the first reading within 30 days, or the part of them since the newest before, whichever is more",
          "[health][growth]") {
    const History history{
        reading(Sign::reallocated, 0, 20'000 - 90 * days), reading(Sign::reallocated, 40, 20'000 - 31 * days),
        reading(Sign::reallocated, 50, 20'000 - 29 * days), reading(Sign::reallocated, 55, 19'990)};
    CHECK(grown_to(71, history) == 30);  // 31 over 31 days
    CHECK(grown_to(60, {history[2], history[3]}) == 10);
    CHECK(grown_to(71, {history[0], reading(Sign::reallocated, 40, 20'000 - 30 * days)}) == 31);
    CHECK(grown_to(71, {history[0], reading(Sign::reallocated, 40, 20'001 - 30 * days)}) == 31);
    // What has come since yesterday came since yesterday, however long the disk was in a drawer before.
    CHECK(grown_to(440, {reading(Sign::reallocated, 0, 20'000 - 365 * days), reading(Sign::reallocated, 40, 19'976)}) == 400);
    CHECK(grown_to(400, {reading(Sign::reallocated, 0, 20'000 - 60 * days), reading(Sign::reallocated, 399, 19'976)}) == 200);
    const History with_gap{history[2], reading(Sign::pending, 1, 19'995), history[3]};
    CHECK(grown_to(60, with_gap) == 10);
}

TEST_CASE("health: the last other value and its age are told", "[health][words]") {
    auto r = a_disk_with(197, 12);
    r.read_at_s = now_s;
    CHECK(trend(r, {}) == "197 = 12");
    CHECK(trend(r, {reading(Sign::pending, 12, 19'000)}) == "197 = 12");
    CHECK(trend(r, {reading(Sign::pending, 4, 1, days_ago(3)), reading(Sign::pending, 12, 2, days_ago(2))}) ==
          "197 = 12, 3 days ago 4");
    CHECK(trend(r, {reading(Sign::pending, 4, 19'928)}) == "197 = 12, 3 days of operation ago 4");
    CHECK(trend(r, {reading(Sign::pending, 4)}) == "197 = 12, before 4");
    CHECK(trend(r, {reading(Sign::pending, 4, 19'928, days_ago(-3))}) ==
          "197 = 12, 3 days of operation ago 4");
}

TEST_CASE("health: ages in words", "[health][words]") {
    auto r = a_disk_with(197, 12);
    r.read_at_s = now_s;
    const auto age = [&](std::int64_t hours) {
        return trend(r, {reading(Sign::pending, 4, std::nullopt, hours_ago(hours))});
    };
    CHECK(age(0) == "197 = 12, less than an hour ago 4");
    CHECK(age(1) == "197 = 12, 1 hour ago 4");
    CHECK(age(47) == "197 = 12, 47 hours ago 4");
    CHECK(age(48) == "197 = 12, 2 days ago 4");
    CHECK(age(1459) == "197 = 12, 60 days ago 4");
    CHECK(age(1460) == "197 = 12, 2 months ago 4");
    CHECK(ago(720) == "30 days of operation ago");
}

// ---- words

TEST_CASE("health: reasons are sentences, with the numbers", "[health][words]") {
    auto r = a_disk_with(197, 12);
    r.read_at_s = now_s;
    CHECK(text_by("pending-sectors", r, {reading(Sign::pending, 4, std::nullopt, days_ago(3))}) ==
          "12 sectors cannot be read (197 = 12, 3 days ago 4). Drives with this sign fail within months far "
          "more often "
          "than others.");
    CHECK(text_by("pending-sectors", with(r, 197, 1)) ==
          "1 sector cannot be read (197 = 1). Drives with this sign fail within months far more often than "
          "others.");
    CHECK(text_by("reallocated-sectors", a_disk_with(5, 43)) ==
          "43 sectors were replaced by spare ones (5 = 43).");
    CHECK(text_by("end-to-end", a_disk_with(184, 1)) ==
          "1 piece of data was damaged inside the drive, in its own memory (184 = 1).");
    CHECK(text_by("end-to-end", a_disk_with(184, 3)) ==
          "3 pieces of data were damaged inside the drive, in its own memory (184 = 3).");
}

TEST_CASE("health: what a drive says of itself cannot reach the terminal", "[health][words]") {
    auto r = a_disk();
    add_test(r, TestResult::failed, true, 3, "read \x1b[2Jfailure" + std::string(500, 'x'));
    const auto text = text_by("self-test", r);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("failure") != std::string::npos);
    CHECK(text.size() < 300);
}

TEST_CASE("health: every bit of NVMe's warning has words", "[health][words]") {
    std::set<std::string> all;
    for (unsigned bit = 0; bit < 8; ++bit) all.insert(nvme_warnings(1U << bit));
    CHECK(all.size() == 7);  // two are not assigned
    CHECK(nvme_warnings(0x40) == "for a reason of its own");
    CHECK(nvme_warnings(0x05) == "its spare blocks are used up, it is not reliable any more");
}

TEST_CASE("health: verdicts and kinds have names, and are found by them", "[health]") {
    for (const auto v : {Verdict::unknown, Verdict::healthy, Verdict::watch, Verdict::failing})
        CHECK(verdict_from(to_string(v)) == v);
    CHECK(!verdict_from("Failing"));
    for (const auto k :
         {DriveKind::unknown, DriveKind::hdd, DriveKind::ssd, DriveKind::nvme, DriveKind::scsi})
        CHECK(drive_kind_from(to_string(k)) == k);
    CHECK(!drive_kind_from("floppy"));
}

TEST_CASE("health: each rule has a name of its own, evidence, a source, and a place in the document",
          "[health]") {
    const auto document = text_of_file(GUARDIAN_SOURCE_DIR "/docs/disk-health.md");
    std::set<std::string_view> names;
    CHECK(health_rules().size() >= 20);
    for (const auto& rule : health_rules()) {
        INFO(rule.name);
        CHECK(names.insert(rule.name).second);
        CHECK(!rule.evidence.empty());
        CHECK(!rule.source.empty());
        CHECK(document.find("| `" + std::string(rule.name) + "` |") != std::string::npos);
    }
    CHECK(document.find("`no-answer`") != std::string::npos);
}
