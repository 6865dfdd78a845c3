/// The rules for spinning disks: each at its threshold, below it and above it.

#include "unit/core/drive.hpp"

using namespace guardian::test;

namespace {

Verdict pending(const SmartReport& r, const History& h = {}) {
    return by("pending-sectors", r, h);
}
Verdict fresh(const SmartReport& r) {
    return by("fresh-uncorrectable", r);
}
Verdict reported(const SmartReport& r) {
    return by("reported-uncorrectable", r);
}
Verdict reallocated(const SmartReport& r, const History& h = {}) {
    return by("reallocated-sectors", r, h);
}
Verdict recent(const SmartReport& r) {
    return by("recent-errors", r);
}
Verdict transfers(std::uint64_t crc, const History& h) {
    return by("transfer-errors", a_disk_with(199, crc), h);
}

constexpr std::uint64_t month_ago = 20'000 - 720;

}  // namespace

TEST_CASE("pending-sectors: watch from one, failing from 50", "[health][disks]") {
    CHECK(pending(a_disk()) == Verdict::healthy);
    CHECK(pending(a_disk_with(197, 1)) == Verdict::watch);
    CHECK(pending(a_disk_with(197, 49)) == Verdict::watch);
    CHECK(pending(a_disk_with(197, 50)) == Verdict::failing);
    CHECK(pending(a_disk_with(198, 50)) == Verdict::failing);
    CHECK(reason_of(assess({}, a_disk_with(197, 1)).reasons, "pending-sectors")->sign == Sign::pending);
}

TEST_CASE("pending-sectors: failing from 8 together with another sign", "[health][disks]") {
    auto r = a_disk_with(197, 8);
    CHECK(pending(r) == Verdict::watch);
    SECTION("reads that failed for good") {
        with(r, 187, 1);
        CHECK(pending(r) == Verdict::failing);
        SECTION("but not if that is long over") {
            add_error(r, 4381, true);
            CHECK(pending(r) == Verdict::watch);
        }
    }
    SECTION("a fresh one in the log") {
        add_error(r, 720, true);
        CHECK(pending(r) == Verdict::failing);
    }
    SECTION("not so fresh") {
        add_error(r, 721, true);
        CHECK(pending(r) == Verdict::watch);
    }
    SECTION("sectors that were replaced") {
        CHECK(pending(with(r, 5, 49)) == Verdict::watch);
        CHECK(pending(with(r, 5, 50)) == Verdict::failing);
    }
    SECTION("and seven are not enough") {
        with(r, 197, 7);
        with(r, 187, 1);
        with(r, 5, 50);
        CHECK(pending(r) == Verdict::watch);
    }
}

TEST_CASE("fresh-uncorrectable: one is watch for 30 days", "[health][disks]") {
    auto r = a_disk();
    add_error(r, 720, true);
    CHECK(fresh(r) == Verdict::watch);
    r.errors[0].hours = *r.hours - 721;
    CHECK(fresh(r) == Verdict::healthy);
    r.errors[0] = {*r.hours, false};
    CHECK(fresh(r) == Verdict::healthy);
}

TEST_CASE("fresh-uncorrectable: failing with pending sectors, or ten failed reads", "[health][disks]") {
    auto r = a_disk();
    add_error(r, 720, true);
    CHECK(fresh(with(r, 187, 9)) == Verdict::watch);
    CHECK(fresh(with(r, 187, 10)) == Verdict::failing);
    CHECK(fresh(with(with(r, 187, 0), 197, 1)) == Verdict::failing);
    r.errors[0].hours = *r.hours - 721;
    CHECK(fresh(with(r, 187, 10)) == Verdict::healthy);
}

TEST_CASE("fresh-uncorrectable: two are watch for 120 days", "[health][disks]") {
    auto r = a_disk();
    add_error(r, 2880, true);
    CHECK(fresh(r) == Verdict::healthy);
    add_error(r, 9000, true);
    CHECK(fresh(r) == Verdict::watch);
    r.errors[0].hours = *r.hours - 2881;
    CHECK(fresh(r) == Verdict::healthy);
}

TEST_CASE("fresh-uncorrectable: the newest counts, wherever it stands in the log", "[health][disks]") {
    auto r = a_disk();
    add_error(r, 9000, true);
    add_error(r, 5, false);
    add_error(r, 100, true);
    CHECK(text_by("fresh-uncorrectable", r) ==
          "A read failed for good 4 days of operation ago; the drive has 2 such errors in its log. Drives "
          "with this sign "
          "fail within months far more often than others.");
}

TEST_CASE("fresh-uncorrectable: an age that cannot be is none", "[health][disks]") {
    auto r = a_disk();
    r.errors = {{*r.hours + 1, true}, {std::nullopt, true}, {-1, true}};
    CHECK(fresh(r) == Verdict::healthy);
    r.errors = {{*r.hours, true}};
    CHECK(fresh(r) == Verdict::watch);
    r.hours.reset();
    r.attributes.erase(r.attributes.begin() + 5);  // 9
    CHECK(r.attribute(9) == nullptr);
    CHECK(fresh(r) == Verdict::healthy);
}

TEST_CASE("fresh-uncorrectable: the log keeps 16 bits of the hours", "[health][disks]") {
    auto r = a_disk_with(187, 20);
    r.hours = 66'010;
    r.errors = {{464, true}};  // of 66,000
    CHECK(text_by("fresh-uncorrectable", r).find("10 hours of operation ago") != std::string::npos);
    CHECK(fresh(r) == Verdict::failing);
    r.errors = {{1'245, true}, {64'575, true}};  // of a time to come, or 64,765 hours ago; and 60 days ago
    CHECK(reported(r) == Verdict::watch);
    r.errors = {{20'000, true}};
    CHECK(fresh(r) == Verdict::healthy);
    CHECK(reported(r) == Verdict::healthy);
}

TEST_CASE("reported-uncorrectable: what becomes more is not over, though the log has no new ones", "[health][disks]") {
    auto r = a_disk_with(187, 900);
    add_error(r, 9'000, true);
    CHECK(reported(r) == Verdict::healthy);
    CHECK(by("reported-uncorrectable", r, {reading(Sign::reported_uncorrectable, 900, 19'800)}) == Verdict::healthy);
    CHECK(by("reported-uncorrectable", r, {reading(Sign::reported_uncorrectable, 10, 19'800)}) == Verdict::watch);
    with(r, 197, 8);
    CHECK(by("pending-sectors", r) == Verdict::watch);
    CHECK(by("pending-sectors", r, {reading(Sign::reported_uncorrectable, 10, 19'800)}) == Verdict::failing);
}

TEST_CASE("reported-uncorrectable: from the first, until it is half a year old", "[health][disks]") {
    auto r = a_disk();
    CHECK(reported(r) == Verdict::healthy);
    CHECK(reported(with(r, 187, 1)) == Verdict::watch);
    add_error(r, 4380, true);
    CHECK(reported(r) == Verdict::watch);
    r.errors[0].hours = *r.hours - 4381;
    CHECK(reported(r) == Verdict::healthy);
    add_error(r, 10, true);
    CHECK(reported(r) == Verdict::watch);
}

TEST_CASE("reported-uncorrectable: without one in the log, by the newest error of any kind",
          "[health][disks]") {
    auto r = a_disk_with(187, 1);
    add_error(r, 4381, false);
    CHECK(reported(r) == Verdict::healthy);
    add_error(r, 4380, false);
    CHECK(reported(r) == Verdict::watch);
    // An old one for good says more than a new one of another kind.
    add_error(r, 5000, true);
    CHECK(reported(r) == Verdict::healthy);
}

TEST_CASE("reallocated-sectors: watch from 20, failing from 1,000", "[health][disks]") {
    CHECK(reallocated(a_disk_with(5, 19)) == Verdict::healthy);
    CHECK(reallocated(a_disk_with(5, 20)) == Verdict::watch);
    CHECK(reallocated(a_disk_with(5, 999)) == Verdict::watch);
    CHECK(reallocated(a_disk_with(5, 1000)) == Verdict::failing);
    CHECK(text_by("reallocated-sectors", a_disk_with(5, 1000)) ==
          "1,000 sectors were replaced by spare ones (5 = 1000). Drives with this sign fail within months "
          "far more often "
          "than others.");
}

TEST_CASE("reallocated-sectors: more than 8 new ones in 30 days are watch, 50 are failing",
          "[health][disks]") {
    const History history{reading(Sign::reallocated, 2, month_ago)};
    CHECK(reallocated(a_disk_with(5, 10), history) == Verdict::healthy);
    CHECK(reallocated(a_disk_with(5, 11), history) == Verdict::watch);
    CHECK(reallocated(a_disk_with(5, 51), history) == Verdict::watch);
    CHECK(reallocated(a_disk_with(5, 52), history) == Verdict::failing);
    CHECK(text_by("reallocated-sectors", a_disk_with(5, 11), history) ==
          "11 sectors were replaced by spare ones (5 = 11, 30 days of operation ago 2), and they are "
          "becoming more. Drives "
          "with this sign fail within months far more often than others.");
}

TEST_CASE("recent-errors: two errors, the newest within three weeks", "[health][disks]") {
    auto r = a_disk();
    add_error(r, 504, false);
    CHECK(recent(r) == Verdict::healthy);
    r.error_count = 2;
    CHECK(recent(r) == Verdict::watch);
    CHECK(text_by("recent-errors", r) == "The drive logged 2 errors, the newest 21 days of operation ago.");
    r.errors[0].hours = *r.hours - 505;
    CHECK(recent(r) == Verdict::healthy);
}

TEST_CASE("recent-errors: not those that the cable explains", "[health][disks]") {
    auto r = a_disk();
    for (int i = 0; i < 5; ++i) add_error(r, 10, false);
    CHECK(recent(with(r, 199, 4)) == Verdict::watch);
    CHECK(recent(with(r, 199, 5)) == Verdict::healthy);
}

TEST_CASE("write-errors, spin-retries, end-to-end: from the first", "[health][disks]") {
    auto r = a_disk();
    r.model = "WDC WD10EADS";
    for (const auto& [id, rule] :
         {std::pair{200U, "write-errors"}, {10U, "spin-retries"}, {184U, "end-to-end"}}) {
        INFO(rule);
        CHECK(by(rule, with(r, id, 0)) == Verdict::healthy);
        CHECK(by(rule, with(r, id, 1)) == Verdict::watch);
        CHECK(by(rule, with(r, id, 0xFFFF)) == Verdict::watch);
    }
}

TEST_CASE("the rules for sectors hold where the kind is not known, and not for flash", "[health][disks]") {
    auto r = a_disk_with(197, 60);
    r.model = "WDC 1";
    for (const unsigned id : {5U, 10U, 184U, 187U, 200U}) with(r, id, 50);
    add_error(r, 10, true);
    add_error(r, 10, true);
    r.kind = DriveKind::unknown;
    const auto a = assess({}, r);
    CHECK(a.verdict == Verdict::failing);
    CHECK(a.reasons.size() == 8);
    r.kind = DriveKind::ssd;
    for (const auto* rule :
         {"pending-sectors", "fresh-uncorrectable", "reported-uncorrectable", "reallocated-sectors",
          "recent-errors", "write-errors", "spin-retries", "end-to-end", "attribute-past"}) {
        INFO(rule);
        CHECK(by(rule, r) == Verdict::healthy);
    }
}

TEST_CASE("transfer-errors: only when they become more, by 20 within 30 days", "[health][disks]") {
    CHECK(transfers(100'000, {}) == Verdict::healthy);
    CHECK(transfers(100'000, {reading(Sign::crc_errors, 100'000, month_ago)}) == Verdict::healthy);
    CHECK(transfers(119, {reading(Sign::crc_errors, 100, month_ago)}) == Verdict::healthy);
    CHECK(transfers(120, {reading(Sign::crc_errors, 100, month_ago)}) == Verdict::watch);
    CHECK(transfers(100'000, {reading(Sign::crc_errors, 0, month_ago)}) == Verdict::watch);
    CHECK(text_by("transfer-errors", a_disk_with(199, 120), {reading(Sign::crc_errors, 100, month_ago)}) ==
          "20 transfers had to be repeated within 30 days (199 = 120, 30 days of operation ago 100). That is "
          "usually the "
          "cable, the plug or the enclosure, and not the disk.");
}

TEST_CASE("commands that timed out are kept, and are no reason", "[health][disks]") {
    CHECK(verdict(a_disk_with(188, 5000)) == Verdict::healthy);
}

TEST_CASE("age alone is no reason", "[health][disks]") {
    auto r = a_disk();
    r.hours = 15LL * 8766;
    with(r, 4, 400'000);
    with(r, 12, 30'000);
    with(r, 193, 900'000);
    CHECK(verdict(r) == Verdict::healthy);
}
