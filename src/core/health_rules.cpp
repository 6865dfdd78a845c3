#include "core/health_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "core/health_words.hpp"

namespace guardian::core {
namespace {

using Judged = std::optional<Reason>;

// In hours powered on, as drives count them.
constexpr std::int64_t days_21 = 504, days_30 = 720, days_90 = 2160, days_120 = 2880,
                       half_a_year = 4380;

Judged failing(std::string text, std::optional<Sign> sign = std::nullopt) {
    return Reason{"", Verdict::failing, sign, std::move(text)};
}
Judged watch(std::string text, std::optional<Sign> sign = std::nullopt) {
    return Reason{"", Verdict::watch, sign, std::move(text)};
}

Judged about(const SmartAttribute& a, Judged judged) {
    judged->attributes.insert(a.id);
    return judged;
}

std::string name_of(const SmartAttribute& a) {
    return a.name.empty() ? std::to_string(a.id) : fmt::format("{} {}", a.id, printable(a.name, 60));
}

constexpr unsigned warning_heat = 0x02;

unsigned critical_warning(const SmartReport& r) {
    return (r.nvme ? r.nvme->critical_warning : 0) | (r.kind == DriveKind::nvme ? r.status_bits : 0);
}

bool failing_now(const SmartReport& r, bool (*which)(const SmartAttribute&)) {
    return std::any_of(r.attributes.begin(), r.attributes.end(),
                       [&](const auto& a) { return a.failed == Failed::now && which(a); });
}

// How many replaced sectors a disk is watched for; fewer are no sign yet.
constexpr std::uint64_t reallocated_watched = 20;

/// Something else that FAILED may stand on: sectors in trouble, or a sign of failure that was at its threshold before.
bool has_other_cause(const HealthCase& c) {
    return c.now.count(Sign::pending) > 0 || c.now.count(Sign::reallocated) >= reallocated_watched ||
           std::any_of(c.report.attributes.begin(), c.report.attributes.end(), has_nearly_failed);
}

/// "SPECIFIED TEMPERATURE EXCEEDED", and the high ones of the temperature's limits.
bool is_heat(const ScsiFailure& why) {
    return why.asc == 0x0b && (why.ascq == 0x01 || why.ascq == 0x0a || why.ascq == 0x0c);
}

/// The drive's own word stands on its temperature alone.
bool is_heat_alone(const HealthCase& c) {
    const auto& r = c.report;
    if (r.kind == DriveKind::nvme) return critical_warning(r) == warning_heat;
    if (r.scsi && r.scsi->failure) return is_heat(*r.scsi->failure);
    return failing_now(r, is_temperature) && !failing_now(r, [](const SmartAttribute& a) { return !is_temperature(a); }) &&
           !has_other_cause(c);
}

// ---- what the drive says of itself

Judged own_status(const HealthCase& c) {
    if (c.report.passed != false || is_heat_alone(c)) return std::nullopt;
    if (c.report.scsi && c.report.scsi->failure && !c.report.scsi->failure->text.empty())
        return failing(fmt::format("The drive predicts its own failure ({}).",
                                   printable(c.report.scsi->failure->text, 200)));
    return failing("The drive itself says that it is failing (SMART status FAILED).");
}

Judged prefail_attribute(const HealthCase& c) {
    for (const auto& a : c.report.attributes)
        if (a.failed == Failed::now && a.prefail && !is_temperature(a))
            return about(a, failing(fmt::format("{} is at {}, and the drive's maker calls it about to fail at {} and below.",
                                                name_of(a), a.value.value_or(0), a.threshold.value_or(0))));
    return std::nullopt;
}

Judged nvme_warning(const HealthCase& c) {
    const auto bits = critical_warning(c.report) & ~warning_heat;
    if (bits == 0) return std::nullopt;
    return failing(fmt::format("The drive warns: {} (critical warning 0x{:02x}).", nvme_warnings(bits), bits));
}

/// A controller that has lost its firmware's data tells zeros, and the worst of the endurance.
bool is_in_error_mode(const HealthCase& c) {
    return c.report.nvme && c.now.count(Sign::hours) == 0 && c.now.count(Sign::written) == 0 &&
           c.now.count(Sign::used) == 255 && c.now.count(Sign::spare) == 0;
}

Judged nvme_error_mode(const HealthCase& c) {
    if (!is_in_error_mode(c)) return std::nullopt;
    return watch("The drive tells nothing of itself but zeros: its controller may be in error mode. Switch it off and on; "
                 "if it stays so, it is lost.");
}

Judged nvme_spare(const HealthCase& c) {
    if (!c.report.nvme || is_in_error_mode(c)) return std::nullopt;
    const auto &spare = c.report.nvme->spare, &least = c.report.nvme->spare_threshold;
    if (!spare || !least || *least > 100 || *spare >= *least) return std::nullopt;
    return failing(fmt::format("Only {} % of the spare blocks are left; {} % is the least there should be.", *spare,
                               *least),
                   Sign::spare);
}

// ---- self-tests

Judged self_test_status(const HealthCase& c) {
    const auto* t = failed_test(c.report);
    if (t == nullptr || !t->by_status) return std::nullopt;
    return failing(fmt::format("Its newest self-test failed ({}); the drive tells nothing more of it.", printable(t->text, 120)));
}

Judged self_test(const HealthCase& c) {
    const auto* t = failed_test(c.report);
    if (t == nullptr || t->by_status) return std::nullopt;
    const auto words = t->text.empty() ? "" : fmt::format(" ({})", printable(t->text, 120));
    const auto age = hours_since(c, t->hours);
    if (!age) return failing(fmt::format("The newest self-test that came to a result failed{}.", words));
    const auto text = fmt::format("The newest self-test that came to a result failed{}, {}.", words, ago(*age));
    if (*age <= days_90) return failing(text);
    return watch(text + " No extended test has passed since: let the drive do one.");
}

// ---- sectors of a spinning disk

bool any_error(const LoggedError& /*all*/) { return true; }
bool is_uncorrectable(const LoggedError& e) { return e.uncorrectable; }

/// Since the newest such error in the drive's log, in hours powered on.
std::optional<std::int64_t> since_newest(const HealthCase& c, bool (*which)(const LoggedError&)) {
    std::optional<std::int64_t> least;
    for (const auto& e : c.report.errors) {
        if (!which(e)) continue;
        const auto age = hours_since(c, e.hours);
        if (age && (!least || *age < *least)) least = age;
    }
    return least;
}

bool uncorrectable_within(const HealthCase& c, std::int64_t hours) {
    const auto age = since_newest(c, is_uncorrectable);
    return age && *age <= hours;
}

/// A failed read is logged: where the log's newest entry is old, those that were counted are older; unless they become
/// more, and the log keeps no new ones.
bool is_long_over(const HealthCase& c) {
    if (growth_in_30_days(c, Sign::reported_uncorrectable) > 0) return false;
    const auto uncorrectable = since_newest(c, is_uncorrectable);
    const auto age = uncorrectable ? uncorrectable : since_newest(c, any_error);
    return age && *age > half_a_year;
}

Judged pending_sectors(const HealthCase& c) {
    const auto n = c.now.count(Sign::pending);
    const bool scsi = c.report.kind == DriveKind::scsi;
    if ((!spins(c.report) && !scsi) || n == 0) return std::nullopt;
    const auto trend = with_trend(c, Sign::pending, scsi ? "pending defects" : "197");
    // What was seen of many drives was seen of ATA's.
    const auto text = fmt::format("{} cannot be read ({}).{}", plural(n, "sector", "sectors"), trend,
                                  scsi ? "" : fails_more_often);
    const bool also = (c.now.count(Sign::reported_uncorrectable) > 0 && !is_long_over(c)) ||
                      uncorrectable_within(c, days_30) || c.now.count(Sign::reallocated) >= 50;
    return n >= 50 || (n >= 8 && also) ? failing(text, Sign::pending) : watch(text, Sign::pending);
}

Judged fresh_uncorrectable(const HealthCase& c) {
    const auto age = since_newest(c, is_uncorrectable);
    if (!spins(c.report) || !age || *age > days_120) return std::nullopt;
    const auto all = std::count_if(c.report.errors.begin(), c.report.errors.end(),
                                   [](const auto& e) { return e.uncorrectable; });
    const auto text = fmt::format("A read failed for good {}; the drive has {} in its log.{}", ago(*age),
                                  plural(static_cast<std::uint64_t>(all), "such error", "such errors"), fails_more_often);
    // The same read is counted in 187: only many of them say more.
    const bool more = c.now.count(Sign::pending) > 0 || c.now.count(Sign::reported_uncorrectable) >= 10;
    if (*age <= days_30) return more ? failing(text) : watch(text);
    return all > 1 ? watch(text) : std::nullopt;
}

Judged reported_uncorrectable(const HealthCase& c) {
    const auto n = c.now.count(Sign::reported_uncorrectable);
    if (!spins(c.report) || n == 0 || is_long_over(c)) return std::nullopt;
    return watch(fmt::format("{} failed for good ({}).{}", plural(n, "read", "reads"),
                             with_trend(c, Sign::reported_uncorrectable, "187"), fails_more_often),
                 Sign::reported_uncorrectable);
}

Judged reallocated_sectors(const HealthCase& c) {
    const auto n = c.now.count(Sign::reallocated);
    const auto grown = growth_in_30_days(c, Sign::reallocated);
    if (!spins(c.report) || n == 0) return std::nullopt;
    const auto text = fmt::format("{} replaced by spare ones ({})", plural(n, "sector was", "sectors were"),
                                  with_trend(c, Sign::reallocated, "5"));
    if (n >= 1000 || grown >= 50) return failing(fmt::format("{}.{}", text, fails_more_often), Sign::reallocated);
    // One of 4,096 bytes is eight of 512.
    if (grown > 8)
        return watch(fmt::format("{}, and they are becoming more.{}", text, fails_more_often), Sign::reallocated);
    return n >= reallocated_watched ? watch(text + ".", Sign::reallocated) : std::nullopt;
}

Judged recent_errors(const HealthCase& c) {
    const auto n = c.report.error_count.value_or(0);
    const auto age = since_newest(c, any_error);
    if (!spins(c.report) || n < 2 || !age || *age > days_21) return std::nullopt;
    // Errors of the way to the disk are counted twice: that is transfer_errors' to tell.
    if (c.now.count(Sign::crc_errors) >= n) return std::nullopt;
    return watch(fmt::format("The drive logged {}, the newest {}.", plural(n, "error", "errors"), ago(*age)),
                 Sign::logged_errors);
}

Judged write_errors(const HealthCase& c) {
    const auto n = c.now.count(Sign::write_errors);
    if (!spins(c.report) || n == 0) return std::nullopt;
    return watch(fmt::format("{} when writing ({}).", plural(n, "error", "errors"), with_trend(c, Sign::write_errors, "200")),
                 Sign::write_errors);
}

Judged spin_retries(const HealthCase& c) {
    const auto n = c.now.count(Sign::spin_retries);
    if (!spins(c.report) || n == 0) return std::nullopt;
    return watch(fmt::format("It did not come up to speed at the first try ({}): its motor, or too weak a supply.",
                             with_trend(c, Sign::spin_retries, "10")),
                 Sign::spin_retries);
}

Judged end_to_end(const HealthCase& c) {
    const auto n = c.now.count(Sign::end_to_end);
    if (!spins(c.report) || n == 0) return std::nullopt;
    return watch(fmt::format("{} damaged inside the drive, in its own memory ({}).",
                             plural(n, "piece of data was", "pieces of data were"), with_trend(c, Sign::end_to_end, "184")),
                 Sign::end_to_end);
}

// ---- flash

bool is_flash(const HealthCase& c) { return c.report.kind == DriveKind::ssd || c.report.kind == DriveKind::nvme; }

Judged worn_out(const HealthCase& c) {
    const auto n = c.now.count(Sign::used);
    if (n < 100 || is_in_error_mode(c)) return std::nullopt;
    return watch(fmt::format("The endurance its maker gives it is used up ({} %).", n), Sign::used);
}

Judged flash_errors(const HealthCase& c) {
    if (!is_flash(c)) return std::nullopt;
    // A single one, and long ago for all that is known, is no sign yet.
    if (const auto n = c.now.count(Sign::media_errors); n > 1 || growth_in_30_days(c, Sign::media_errors) > 0)
        return watch(fmt::format("Data could not be read or written {} ({}).", plural(n, "time", "times"),
                                 with_trend(c, Sign::media_errors, "media errors")),
                     Sign::media_errors);
    const auto n = c.now.count(Sign::reported_uncorrectable);
    if (c.report.kind != DriveKind::ssd || n == 0 || is_long_over(c)) return std::nullopt;
    return watch(fmt::format("{} failed for good ({}).", plural(n, "read", "reads"),
                             with_trend(c, Sign::reported_uncorrectable, "187")),
                 Sign::reported_uncorrectable);
}

/// A few of either were seen on clean SSDs.
Judged flash_unreadable(const HealthCase& c) {
    if (c.report.kind != DriveKind::ssd) return std::nullopt;
    if (const auto n = c.now.count(Sign::pending); n >= 50)
        return watch(fmt::format("{} sectors cannot be read ({}).", n, with_trend(c, Sign::pending, "197")), Sign::pending);
    const auto fresh = std::count_if(c.report.errors.begin(), c.report.errors.end(), [&](const LoggedError& e) {
        const auto age = hours_since(c, e.hours);
        return is_uncorrectable(e) && age && *age <= days_30;
    });
    if (fresh < 2) return std::nullopt;
    return watch(fmt::format("{} reads failed for good within the last 30 days, by the drive's log.", fresh));
}

Judged flash_blocks(const HealthCase& c) {
    const auto n = c.now.count(Sign::reallocated);
    if (c.report.kind != DriveKind::ssd || n < 100) return std::nullopt;
    return watch(fmt::format("{} replaced by spare ones ({}).", plural(n, "block was", "blocks were"),
                             with_trend(c, Sign::reallocated, "5")),
                 Sign::reallocated);
}

// ---- SCSI

Judged uncorrected_errors(const HealthCase& c) {
    const auto n = c.now.count(Sign::uncorrected);
    if (n == 0) return std::nullopt;
    const auto text = fmt::format("{} failed for good ({}).", plural(n, "read or write", "reads or writes"),
                                  with_trend(c, Sign::uncorrected, "uncorrected errors"));
    return growth_in_30_days(c, Sign::uncorrected) > 0 ? failing(text, Sign::uncorrected) : watch(text, Sign::uncorrected);
}

Judged grown_defects(const HealthCase& c) {
    const auto n = c.now.count(Sign::grown_defects);
    const auto grown = growth_in_30_days(c, Sign::grown_defects);
    if (n == 0 || (n < 20 && grown == 0)) return std::nullopt;
    const auto text = fmt::format("The list of the drive's defects has {} that came with use ({}).",
                                  plural(n, "entry", "entries"), with_trend(c, Sign::grown_defects, "grown defects"));
    return n >= 1000 || grown >= 50 ? failing(text, Sign::grown_defects) : watch(text, Sign::grown_defects);
}

// ---- not the drive itself

Judged transfer_errors(const HealthCase& c) {
    const auto grown = growth_in_30_days(c, Sign::crc_errors);
    if (grown < 20) return std::nullopt;
    return watch(fmt::format("{} had to be repeated within 30 days ({}). That is usually the cable, the plug "
                             "or the enclosure, and not the disk.",
                             plural(grown, "transfer", "transfers"), with_trend(c, Sign::crc_errors, "199")),
                 Sign::crc_errors);
}

Judged heat(const HealthCase& c) {
    const auto t = c.now[Sign::temperature];
    const auto degrees = t ? fmt::format(" ({} °C)", *t) : "";
    const bool says_so = is_heat_alone(c) || (critical_warning(c.report) & warning_heat) != 0 ||
                         failing_now(c.report, is_temperature);
    if (says_so) return watch(fmt::format("The drive says that it is too hot{}. Let it have air.", degrees));
    const auto& most = c.report.temperature_max;
    // Some firmware tells a limit that a living drive is always above.
    if (!t || !most || *most < 50 || static_cast<int>(*t) <= *most) return std::nullopt;
    return watch(fmt::format("The drive is at {} °C, and may be at most {} °C. Let it have air.", *t, *most));
}

/// Watch for all of them together, and what is said of each.
Judged watched(const HealthCase& c, bool (*which)(const SmartAttribute&), std::string (*words)(const SmartAttribute&)) {
    constexpr int most_told = 4;
    Judged judged;
    int n = 0;
    for (const auto& a : c.report.attributes) {
        if (!which(a)) continue;
        judged = about(a, judged ? std::move(judged) : watch("", Sign::at_threshold));
        if (++n <= most_told) judged->text += (n > 1 ? " " : "") + words(a);
    }
    if (n > most_told) judged->text += fmt::format(" So it is with {} more.", n - most_told);
    return judged;
}

Judged attribute_now(const HealthCase& c) {
    return watched(c, is_aged, [](const SmartAttribute& a) {
        return fmt::format("{} is at {}, which is its threshold of {} or below: a sign of age.", name_of(a),
                           a.value.value_or(0), a.threshold.value_or(0));
    });
}

Judged attribute_in_the_past(const HealthCase& c) {
    if (!spins(c.report)) return std::nullopt;
    return watched(c, has_nearly_failed, [](const SmartAttribute& a) {
        return fmt::format("{} has been at its threshold before (worst {}, threshold {}).", name_of(a), a.worst.value_or(0),
                           a.threshold.value_or(0));
    });
}

constexpr HealthRule rules[] = {
    {"status", "the drive's own verdict", "ATA SMART RETURN STATUS; NVMe; SCSI informational exceptions", own_status},
    {"prefail-attribute", "the maker's own limit", "ATA thresholds", prefail_attribute},
    {"nvme-warning", "the drive's own verdict", "NVMe base specification, log page 02h", nvme_warning},
    {"nvme-spare", "the maker's own limit", "NVMe base specification, log page 02h", nvme_spare},
    {"nvme-error-mode", "seen on a drive that worked again later", "linuxhw", nvme_error_mode},
    {"self-test", "37 times as often", "ATA self-test log; linuxhw", self_test},
    {"self-test-status", "the same, where there is no log", "ATA self-test execution status", self_test_status},
    {"pending-sectors", "54 times as often; from 50 on 159 times", "Pinheiro 2007; linuxhw", pending_sectors},
    {"fresh-uncorrectable", "59 times as often within 90 days, 54 within 120, 87 within 30", "ATA error log; linuxhw",
     fresh_uncorrectable},
    {"reported-uncorrectable", "28 times as often", "Backblaze 2016; linuxhw", reported_uncorrectable},
    {"reallocated-sectors", "22 times as often from 20 on; 72 from 1000 on", "Pinheiro 2007; linuxhw",
     reallocated_sectors},
    {"recent-errors", "95 times as often", "ATA error log; linuxhw", recent_errors},
    {"write-errors", "29 times as often", "smartmontools' database; linuxhw", write_errors},
    {"spin-retries", "35 times as often", "linuxhw", spin_retries},
    {"end-to-end", "15 times as often", "linuxhw", end_to_end},
    {"worn-out", "the maker's own limit is 100", "NVMe; ATA device statistics", worn_out},
    {"flash-errors", "the drive lost data", "NVMe; Schroeder 2016", flash_errors},
    {"flash-unreadable", "too few drives to say", "ATA 197; ATA error log", flash_unreadable},
    {"flash-blocks", "too few drives to say", "Schroeder 2016", flash_blocks},
    {"uncorrected-errors", "no drives to say", "SCSI error counter log", uncorrected_errors},
    {"grown-defects", "no drives to say", "SCSI grown defect list", grown_defects},
    {"transfer-errors", "the way to the disk, not the disk", "ATA 199", transfer_errors},
    {"heat", "the drive's own limit", "NVMe; ATA 190, 194; SCT", heat},
    {"attribute-now", "the maker's own limit", "ATA thresholds", attribute_now},
    {"attribute-past", "the maker's own limit", "ATA thresholds", attribute_in_the_past},
};

}  // namespace

const SelfTest* failed_test(const SmartReport& r) {
    for (const auto& t : r.self_tests) {
        if (t.result == TestResult::passed && t.extended) return nullptr;
        if (t.result == TestResult::failed) return &t;
    }
    return nullptr;
}

std::span<const HealthRule> health_rules() { return rules; }

}  // namespace guardian::core
