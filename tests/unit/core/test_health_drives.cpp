/// The rules for what a drive says of itself, self-tests, heat, flash and SCSI: each at its threshold, below
/// it and above it.

#include "unit/core/drive.hpp"

using namespace guardian::test;

namespace {

Verdict self_test(const SmartReport& r) {
    return by("self-test", r);
}

/// Attribute `id` at its threshold.
SmartReport at_threshold(unsigned id, Failed failed, bool prefail, DriveKind kind = DriveKind::hdd) {
    auto r = a_disk(kind);
    with(r, id, 0, "Some_Rate");
    auto& a = attribute_of(r, id);
    a.failed = failed;
    a.prefail = prefail;
    a.value = failed == Failed::now ? 9 : 100;
    a.worst = 9;
    return r;
}

SmartReport nvme_warns(unsigned bits, bool passed = false) {
    auto r = an_nvme();
    r.passed = passed;
    r.nvme->critical_warning = bits;
    return r;
}

Verdict media(std::uint64_t errors, const History& h = {}) {
    auto r = an_nvme();
    r.nvme->media_errors = errors;
    return by("flash-errors", r, h);
}

SmartReport sas_with(std::uint64_t uncorrected, std::uint64_t defects = 0) {
    auto r = a_sas();
    r.scsi->uncorrected_reads = uncorrected;
    r.scsi->grown_defects = defects;
    return r;
}

constexpr std::uint64_t month_ago = 20'000 - 720;

}  // namespace

// ---- what the drive says of itself

TEST_CASE("status: FAILED is failing, on every kind of drive", "[health][drives]") {
    for (auto r : {a_disk(), an_ssd(), an_nvme(), a_sas()}) {
        CHECK(by("status", r) == Verdict::healthy);
        r.passed = false;
        CHECK(by("status", r) == Verdict::failing);
        r.passed.reset();
        CHECK(by("status", r) == Verdict::healthy);
    }
}

TEST_CASE("status: a SCSI drive says why", "[health][drives]") {
    auto r = a_sas();
    r.passed = false;
    r.scsi->failure = {0x5d, 0x30, "DATA CHANNEL IMPENDING FAILURE GENERAL HARD DRIVE FAILURE"};
    CHECK(text_by("status", r) ==
          "The drive predicts its own failure (DATA CHANNEL IMPENDING FAILURE GENERAL HARD DRIVE FAILURE).");
}

TEST_CASE("heat alone is watch, whatever the drive calls it", "[health][drives]") {
    for (const unsigned id : {190U, 194U}) {
        auto r = at_threshold(id, Failed::now, true);
        r.passed = false;
        CHECK(verdict(r) == Verdict::watch);
        CHECK(by("heat", r) == Verdict::watch);
        attribute_of(r, 5).failed = Failed::now;
        CHECK(by("status", r) == Verdict::failing);
    }
    CHECK(verdict(nvme_warns(0x02)) == Verdict::watch);
    CHECK(text_by("heat", nvme_warns(0x02)) == "The drive says that it is too hot (30 °C). Let it have air.");
    CHECK(by("heat", nvme_warns(0x02, true)) == Verdict::watch);
}

TEST_CASE("heat alone, of a SCSI drive by the codes of its warning", "[health][drives]") {
    auto r = a_sas();
    r.passed = false;
    for (const unsigned ascq : {0x01U, 0x0aU, 0x0cU}) {
        r.scsi->failure = {0x0b, ascq, "WARNING - SPECIFIED TEMPERATURE EXCEEDED"};
        CHECK(verdict(r) == Verdict::watch);
        CHECK(text_by("heat", r) == "The drive says that it is too hot (30 °C). Let it have air.");
    }
    r.scsi->failure->asc = 0x5d;  // FAILURE PREDICTION THRESHOLD EXCEEDED, whatever the rest
    CHECK(verdict(r) == Verdict::failing);
    r.scsi->failure->asc.reset();
    CHECK(verdict(r) == Verdict::failing);
    r.scsi->failure = {0x0b, 0x05, "WARNING - BACKGROUND MEDIUM SCAN DETECTED MEDIUM ERROR"};
    CHECK(verdict(r) == Verdict::failing);
    r.scsi->failure.reset();
    CHECK(verdict(r) == Verdict::failing);
}

TEST_CASE("heat does not explain FAILED where something else may", "[health][drives]") {
    auto hot = at_threshold(190, Failed::now, false);
    hot.passed = false;
    CHECK(verdict(hot) == Verdict::watch);
    SECTION("sectors that were replaced") {
        CHECK(by("status", with(hot, 5, 19)) == Verdict::healthy);
        CHECK(by("status", with(hot, 5, 20)) == Verdict::failing);
        CHECK(by("heat", hot) == Verdict::watch);
    }
    SECTION("sectors that cannot be read") {
        CHECK(by("status", with(hot, 197, 1)) == Verdict::failing);
    }
    SECTION("a sign of failure that was at its threshold before") {
        auto& a = attribute_of(hot, 5);
        a.failed = Failed::past;
        CHECK(by("status", hot) == Verdict::healthy);
        a.prefail = true;
        CHECK(by("status", hot) == Verdict::failing);
    }
    SECTION("but not heat or use of the past") {
        for (const unsigned id : {4U, 12U, 194U}) {
            auto& a = attribute_of(with(hot, id, 0), id);
            a.failed = Failed::past;
            a.prefail = true;
        }
        CHECK(by("status", hot) == Verdict::healthy);
    }
}

TEST_CASE("heat alone, when NVMe's log is missing and the status names its cause", "[health][drives]") {
    auto r = an_nvme();
    r.passed = false;
    r.status_bits = 0x02;
    CHECK(verdict(r) == Verdict::watch);
    r.status_bits = 0x06;
    CHECK(verdict(r) == Verdict::failing);
    r.status_bits = 0;
    CHECK(verdict(r) == Verdict::failing);
}

TEST_CASE("heat: above the drive's own limit, if that can be one", "[health][drives]") {
    auto r = a_disk();
    r.temperature = 61;
    CHECK(by("heat", r) == Verdict::healthy);
    r.temperature_max = 60;
    CHECK(by("heat", r) == Verdict::watch);
    CHECK(text_by("heat", r) == "The drive is at 61 °C, and may be at most 60 °C. Let it have air.");
    r.temperature = 60;
    CHECK(by("heat", r) == Verdict::healthy);
    r.temperature = 51;
    r.temperature_max = 50;
    CHECK(by("heat", r) == Verdict::watch);
    r.temperature_max = 49;
    CHECK(by("heat", r) == Verdict::healthy);
}

TEST_CASE("heat: it was hot once is no reason", "[health][drives]") {
    CHECK(verdict(at_threshold(190, Failed::past, false)) == Verdict::healthy);
    CHECK(verdict(at_threshold(194, Failed::past, true)) == Verdict::healthy);
}

TEST_CASE("prefail-attribute: at its threshold now, but for temperature", "[health][drives]") {
    for (const unsigned id : {1U, 3U, 5U, 10U, 22U, 184U}) {
        INFO(id);
        CHECK(by("prefail-attribute", at_threshold(id, Failed::now, true)) == Verdict::failing);
        CHECK(by("prefail-attribute", at_threshold(id, Failed::past, true)) == Verdict::healthy);
        CHECK(by("prefail-attribute", at_threshold(id, Failed::now, false)) == Verdict::healthy);
    }
    CHECK(by("prefail-attribute", at_threshold(190, Failed::now, true)) == Verdict::healthy);
    CHECK(text_by("prefail-attribute", at_threshold(3, Failed::now, true)) ==
          "3 Some_Rate is at 9, and the drive's maker calls it about to fail at 10 and below.");
}

TEST_CASE("attribute-now: a sign of age at its threshold is watch, but for usage", "[health][drives]") {
    for (const unsigned id : {184U, 193U, 202U, 231U})
        CHECK(by("attribute-now", at_threshold(id, Failed::now, false)) == Verdict::watch);
    for (const unsigned id : {4U, 9U, 12U, 190U, 194U})
        CHECK(by("attribute-now", at_threshold(id, Failed::now, false)) == Verdict::healthy);
    CHECK(by("attribute-now", at_threshold(193, Failed::past, false)) == Verdict::healthy);
    CHECK(verdict(at_threshold(4, Failed::now, false)) == Verdict::healthy);
}

TEST_CASE("attribute-past: only signs of failure, and only of disks", "[health][drives]") {
    CHECK(by("attribute-past", at_threshold(3, Failed::past, true)) == Verdict::watch);
    CHECK(by("attribute-past", at_threshold(3, Failed::past, false)) == Verdict::healthy);
    CHECK(by("attribute-past", at_threshold(12, Failed::past, true)) == Verdict::healthy);
    CHECK(by("attribute-past", at_threshold(3, Failed::past, true, DriveKind::ssd)) == Verdict::healthy);
    CHECK(text_by("attribute-past", at_threshold(3, Failed::past, true)) ==
          "3 Some_Rate has been at its threshold before (worst 9, threshold 10).");
}

namespace {
Acknowledged these(std::set<unsigned> attributes) {
    return {{Sign::at_threshold, Accepted{attributes.size(), Verdict::watch, std::move(attributes)}}};
}
}  // namespace

TEST_CASE("attributes at their threshold: all are told, and accepted until there is another", "[health][acknowledged]") {
    auto r = at_threshold(193, Failed::now, false);
    r.attributes.push_back(at_threshold(202, Failed::now, false).attributes.back());
    CHECK(signs_of(r)[Sign::at_threshold] == 2U);
    const auto reasons = assess({}, r).reasons;
    REQUIRE(reasons.size() == 1);
    CHECK(reasons[0].attributes == std::set<unsigned>{193, 202});
    CHECK(reasons[0].text.find("193 ") == 0);
    CHECK(reasons[0].text.find(" 202 ") != std::string::npos);
    CHECK(assess({}, r, these({193})).verdict == Verdict::watch);
    CHECK(assess({}, r, these({193, 202})).verdict == Verdict::healthy);
    CHECK(assess({}, r, {{Sign::at_threshold, 2}}).verdict == Verdict::watch);

    r.attributes.push_back(at_threshold(3, Failed::past, true).attributes.back());
    CHECK(assess({}, r, these({193, 202})).verdict == Verdict::watch);
    CHECK(assess({}, r, these({3, 193, 202})).verdict == Verdict::healthy);
    r.attributes.back().failed = Failed::now;
    CHECK(assess({}, r, these({3, 193, 202})).verdict == Verdict::failing);

    for (unsigned id = 210; id < 220; ++id) r.attributes.push_back(at_threshold(id, Failed::now, false).attributes.back());
    CHECK(text_by("attribute-now", r).ends_with(" So it is with 8 more."));
}

TEST_CASE("attributes at their threshold: one does not take the place of another that was accepted", "[health][acknowledged]") {
    CHECK(assess({}, at_threshold(193, Failed::now, false), these({193, 202})).verdict == Verdict::healthy);
    CHECK(assess({}, at_threshold(194 + 9, Failed::now, false), these({193})).verdict == Verdict::watch);
    CHECK(assess({}, at_threshold(3, Failed::past, true), these({193})).verdict == Verdict::watch);
    CHECK(is_off_threshold(at_threshold(193, Failed::never, false), 193));
    CHECK_FALSE(is_off_threshold(at_threshold(193, Failed::now, false), 193));
    CHECK_FALSE(is_off_threshold(at_threshold(3, Failed::past, true), 3));
    CHECK_FALSE(is_off_threshold(at_threshold(193, Failed::now, false), 202));
}

TEST_CASE("attributes at their threshold: none, and thresholds that were not read", "[health][acknowledged]") {
    auto r = a_disk();
    for (auto& a : r.attributes) a.threshold = 10;
    CHECK(signs_of(r)[Sign::at_threshold] == 0U);
    for (auto& a : r.attributes) a.threshold.reset();
    CHECK_FALSE(signs_of(r)[Sign::at_threshold]);
    CHECK_FALSE(signs_of(an_nvme())[Sign::at_threshold]);
    CHECK(signs_of(at_threshold(3, Failed::past, true, DriveKind::ssd))[Sign::at_threshold] == 0U);
}

// ---- self-tests

TEST_CASE("self-test: failed within 90 days is failing, older is watch", "[health][drives]") {
    for (const bool extended : {false, true}) {
        auto r = a_disk();
        add_test(r, TestResult::failed, extended, 2160, "Completed: read failure");
        CHECK(self_test(r) == Verdict::failing);
        r.self_tests[0].hours = *r.hours - 2161;
        CHECK(self_test(r) == Verdict::watch);
        r.self_tests[0].hours.reset();
        CHECK(self_test(r) == Verdict::failing);
    }
}

TEST_CASE("self-test: the reason has the age", "[health][drives]") {
    auto r = a_disk();
    add_test(r, TestResult::failed, false, 72, "Completed: read failure");
    CHECK(text_by("self-test", r) ==
          "The newest self-test that came to a result failed (Completed: read failure), 3 days of operation "
          "ago.");
    r.self_tests[0].hours = *r.hours - 7300;
    CHECK(text_by("self-test", r) ==
          "The newest self-test that came to a result failed (Completed: read failure), 10 months of "
          "operation ago. No "
          "extended test has passed since: let the drive do one.");
}

TEST_CASE("self-test: only a passed extended one outdates a failed one", "[health][drives]") {
    auto r = a_disk();
    SECTION("a short one does not") {
        add_test(r, TestResult::passed, false, 5);
        add_test(r, TestResult::failed, false, 10);
        CHECK(self_test(r) == Verdict::failing);
    }
    SECTION("an extended one does") {
        add_test(r, TestResult::passed, true, 5);
        add_test(r, TestResult::failed, true, 10);
        CHECK(self_test(r) == Verdict::healthy);
    }
    SECTION("one before it does not") {
        add_test(r, TestResult::failed, true, 5);
        add_test(r, TestResult::passed, true, 10);
        CHECK(self_test(r) == Verdict::failing);
    }
}

TEST_CASE("self-test: one that came to no result says nothing", "[health][drives]") {
    for (const auto result :
         {TestResult::aborted, TestResult::interrupted, TestResult::unfinished, TestResult::running}) {
        auto r = a_disk();
        add_test(r, result, true, 5);
        CHECK(verdict(r) == Verdict::healthy);
        add_test(r, TestResult::failed, true, 10);
        CHECK(self_test(r) == Verdict::failing);
        r.self_tests[1].result = TestResult::passed;
        CHECK(self_test(r) == Verdict::healthy);
    }
}

TEST_CASE("self-test: the log keeps 16 bits of the hours", "[health][drives]") {
    auto r = a_disk();
    r.hours = 70'000;
    r.self_tests = {{true, TestResult::failed, 4'000, ""}};  // of 69,536
    CHECK(self_test(r) == Verdict::failing);
    CHECK(text_by("self-test", r).find("19 days of operation ago") != std::string::npos);
    r.self_tests[0].hours = 65'000;
    CHECK(self_test(r) == Verdict::watch);
    r.self_tests[0].hours = 69'990;  // a log that does not wrap
    CHECK(self_test(r) == Verdict::failing);
}

TEST_CASE("self-test: NVMe's log keeps all of the hours", "[health][drives]") {
    auto r = an_nvme();
    r.hours = 70'000;
    r.self_tests = {{true, TestResult::failed, 4'000, ""}};
    CHECK(self_test(r) == Verdict::watch);
}

TEST_CASE("self-test: hours after the drive's own are no age", "[health][drives]") {
    auto r = a_disk();
    r.self_tests = {{true, TestResult::failed, 30'000, ""}};
    CHECK(text_by("self-test", r) == "The newest self-test that came to a result failed.");
    CHECK(self_test(r) == Verdict::failing);
}

// ---- NVMe

TEST_CASE("nvme-warning: every bit but heat is failing, even if it passed", "[health][drives]") {
    CHECK(by("nvme-warning", nvme_warns(0)) == Verdict::healthy);
    CHECK(by("nvme-warning", nvme_warns(0x02)) == Verdict::healthy);
    for (const unsigned bits : {0x01U, 0x04U, 0x08U, 0x10U, 0x20U, 0x06U})
        CHECK(by("nvme-warning", nvme_warns(bits, true)) == Verdict::failing);
    CHECK(text_by("nvme-warning", nvme_warns(0x0A)) ==
          "The drive warns: it lets itself be read only (critical warning 0x08).");
}

TEST_CASE("nvme-spare: below its threshold", "[health][drives]") {
    auto r = an_nvme();
    r.nvme->spare = 10;
    CHECK(by("nvme-spare", r) == Verdict::healthy);
    r.nvme->spare = 9;
    CHECK(by("nvme-spare", r) == Verdict::failing);
    CHECK(text_by("nvme-spare", r) ==
          "Only 9 % of the spare blocks are left; 10 % is the least there should be.");
    r.nvme->spare_threshold = 101;
    CHECK(by("nvme-spare", r) == Verdict::healthy);
    r.nvme->spare_threshold.reset();
    CHECK(by("nvme-spare", r) == Verdict::healthy);
}

TEST_CASE("nvme-error-mode: nothing but zeros and all of the endurance", "[health][drives]") {
    auto r = an_nvme();
    r.hours = 0;
    r.nvme->units_written = 0;
    r.nvme->used = 255;
    r.nvme->spare = 0;
    const auto a = assess({}, r);
    CHECK(a.verdict == Verdict::watch);
    REQUIRE(a.reasons.size() == 1);
    CHECK(a.reasons[0].rule == "nvme-error-mode");
    SECTION("hours") {
        r.hours = 1;
    }
    SECTION("written") {
        r.nvme->units_written = 1;
    }
    SECTION("used") {
        r.nvme->used = 254;
    }
    SECTION("spare") {
        r.nvme->spare = 1;
    }
    CHECK(by("nvme-error-mode", r) == Verdict::healthy);
    CHECK(by("nvme-spare", r) == Verdict::failing);
    CHECK(by("worn-out", r) == Verdict::watch);
}

TEST_CASE("NVMe's log of errors is full of harmless ones", "[health][drives][quirk]") {
    auto r = an_nvme();
    r.error_count = 8382;
    r.nvme->unsafe_shutdowns = 5000;
    CHECK(verdict(r) == Verdict::healthy);
}

// ---- flash

TEST_CASE("worn-out: at the maker's limit", "[health][drives]") {
    auto r = an_nvme();
    r.nvme->used = 99;
    CHECK(by("worn-out", r) == Verdict::healthy);
    r.nvme->used = 100;
    CHECK(by("worn-out", r) == Verdict::watch);
    CHECK(text_by("worn-out", r) == "The endurance its maker gives it is used up (100 %).");
    auto ssd = an_ssd();
    ssd.used = 100;
    CHECK(by("worn-out", ssd) == Verdict::watch);
}

TEST_CASE("flash-errors: two media errors, or one that is new", "[health][drives]") {
    CHECK(media(0) == Verdict::healthy);
    CHECK(media(1) == Verdict::healthy);
    CHECK(media(2) == Verdict::watch);
    CHECK(media(1, {reading(Sign::media_errors, 0, month_ago)}) == Verdict::watch);
    CHECK(media(1, {reading(Sign::media_errors, 1, month_ago)}) == Verdict::healthy);
}

TEST_CASE("flash-errors: reads of an SSD that failed for good, until half a year old", "[health][drives]") {
    auto r = an_ssd();
    CHECK(by("flash-errors", r) == Verdict::healthy);
    CHECK(by("flash-errors", with(r, 187, 1)) == Verdict::watch);
    add_error(r, 4381, true);
    CHECK(by("flash-errors", r) == Verdict::healthy);
    r.errors[0].hours = *r.hours - 4380;
    CHECK(by("flash-errors", r) == Verdict::watch);
    CHECK(by("flash-errors", a_disk_with(187, 1)) == Verdict::healthy);
}

TEST_CASE("flash-errors: failed reads that become more are not over, though the log has none", "[health][drives]") {
    auto r = an_ssd();
    with(r, 187, 2);
    add_error(r, 9'000, true);
    CHECK(by("flash-errors", r, {reading(Sign::reported_uncorrectable, 2, 19'900)}) == Verdict::healthy);
    CHECK(by("flash-errors", r, {reading(Sign::reported_uncorrectable, 1, 19'900)}) == Verdict::watch);
}

TEST_CASE("flash-unreadable: from 50 sectors, or two fresh errors in the log of an SSD", "[health][drives]") {
    auto r = an_ssd();
    CHECK(by("flash-unreadable", with(r, 197, 49)) == Verdict::healthy);
    CHECK(by("flash-unreadable", with(r, 197, 50)) == Verdict::watch);
    CHECK(by("flash-unreadable", with(r, 197, 65'536)) == Verdict::healthy);
    CHECK(by("flash-unreadable", with(r, 198, 50)) == Verdict::healthy);
    CHECK(by("flash-unreadable", a_disk_with(197, 50)) == Verdict::healthy);
    add_error(r, 720, true);
    CHECK(by("flash-unreadable", r) == Verdict::healthy);
    add_error(r, 720, false);
    CHECK(by("flash-unreadable", r) == Verdict::healthy);
    add_error(r, 721, true);
    CHECK(by("flash-unreadable", r) == Verdict::healthy);
    r.errors.back().hours = *r.hours - 720;
    CHECK(by("flash-unreadable", r) == Verdict::watch);
    r = a_disk();
    add_error(r, 1, true);
    add_error(r, 1, true);
    CHECK(by("flash-unreadable", r) == Verdict::healthy);
}

TEST_CASE("flash-blocks: from 100", "[health][drives]") {
    auto r = an_ssd();
    CHECK(by("flash-blocks", with(r, 5, 99)) == Verdict::healthy);
    CHECK(by("flash-blocks", with(r, 5, 100)) == Verdict::watch);
    CHECK(by("flash-blocks", a_disk_with(5, 100)) == Verdict::healthy);
}

// ---- SCSI

TEST_CASE("uncorrected-errors: watch, and failing when they become more", "[health][drives]") {
    CHECK(by("uncorrected-errors", sas_with(0)) == Verdict::healthy);
    CHECK(by("uncorrected-errors", sas_with(1)) == Verdict::watch);
    CHECK(by("uncorrected-errors", sas_with(2), {reading(Sign::uncorrected, 2, month_ago)}) ==
          Verdict::watch);
    CHECK(by("uncorrected-errors", sas_with(3), {reading(Sign::uncorrected, 2, month_ago)}) ==
          Verdict::failing);
    CHECK(text_by("uncorrected-errors", sas_with(1)) ==
          "1 read or write failed for good (uncorrected errors = 1).");
}

TEST_CASE("pending-sectors: of a SCSI drive, by its log of pending defects", "[health][drives]") {
    auto r = a_sas();
    r.pending_defects = 0;
    CHECK(by("pending-sectors", r) == Verdict::healthy);
    r.pending_defects = 1;
    CHECK(by("pending-sectors", r) == Verdict::watch);
    CHECK(text_by("pending-sectors", r) == "1 sector cannot be read (pending defects = 1).");
    r.pending_defects = 49;
    CHECK(by("pending-sectors", r) == Verdict::watch);
    r.pending_defects = 50;
    CHECK(by("pending-sectors", r) == Verdict::failing);
}

TEST_CASE("grown-defects: from 20, or when they become more", "[health][drives]") {
    const History history{reading(Sign::grown_defects, 5, month_ago)};
    CHECK(by("grown-defects", sas_with(0, 19)) == Verdict::healthy);
    CHECK(by("grown-defects", sas_with(0, 20)) == Verdict::watch);
    CHECK(by("grown-defects", sas_with(0, 999)) == Verdict::watch);
    CHECK(by("grown-defects", sas_with(0, 1000)) == Verdict::failing);
    CHECK(by("grown-defects", sas_with(0, 5), history) == Verdict::healthy);
    CHECK(by("grown-defects", sas_with(0, 6), history) == Verdict::watch);
    CHECK(by("grown-defects", sas_with(0, 54), history) == Verdict::watch);
    CHECK(by("grown-defects", sas_with(0, 55), history) == Verdict::failing);
}
