#pragma once
/// Reports of drives for the tests of signs and rules, in few words: a drive on which nothing is wrong, to be
/// given what is wrong with it.

#include <algorithm>
#include <string>
#include <string_view>

#include "core/health.hpp"
#include "core/health_rules.hpp"
#include "support/catch.hpp"

namespace guardian::test {

using namespace guardian::core;

inline SmartReport& with(SmartReport& r, unsigned id, std::uint64_t raw, const std::string& name = "") {
    const auto found =
        std::find_if(r.attributes.begin(), r.attributes.end(), [id](const auto& a) { return a.id == id; });
    auto& a = found == r.attributes.end() ? r.attributes.emplace_back() : *found;
    a.id = id;
    a.name = name;
    a.value = a.worst = 100;
    a.threshold = 10;
    a.raw = raw;
    return r;
}

/// Switched on for 20,000 hours, and nothing is wrong with it.
inline SmartReport a_drive(DriveKind kind) {
    SmartReport r;
    r.kind = kind;
    r.model = "MODEL 1";
    r.passed = true;
    r.hours = 20'000;
    r.temperature = 30;
    return r;
}

inline SmartReport a_disk(DriveKind kind = DriveKind::hdd) {
    auto r = a_drive(kind);
    for (const unsigned id : {5U, 187U, 197U, 198U, 199U}) with(r, id, 0);
    with(r, 9, 20'000, "Power_On_Hours");
    with(r, 194, 30, "Temperature_Celsius");
    return r;
}
inline SmartReport a_disk_with(unsigned id, std::uint64_t raw) {
    auto r = a_disk();
    return with(r, id, raw);
}
inline SmartReport an_ssd() {
    return a_disk(DriveKind::ssd);
}

inline SmartReport an_nvme() {
    auto r = a_drive(DriveKind::nvme);
    r.nvme.emplace();
    r.nvme->spare = 100;
    r.nvme->spare_threshold = 10;
    r.nvme->used = 3;
    r.nvme->media_errors = 0;
    r.nvme->units_written = 1'000'000;
    return r;
}

inline SmartReport a_sas() {
    auto r = a_drive(DriveKind::scsi);
    r.scsi.emplace();
    r.scsi->grown_defects = 0;
    r.scsi->uncorrected_reads = r.scsi->uncorrected_writes = 0;
    return r;
}

inline SmartAttribute& attribute_of(SmartReport& r, unsigned id) {
    return *std::find_if(r.attributes.begin(), r.attributes.end(),
                         [id](const auto& a) { return a.id == id; });
}

/// An entry of the error log, so many hours of operation ago.
inline void add_error(SmartReport& r, std::int64_t ago, bool uncorrectable) {
    r.errors.push_back({*r.hours - ago, uncorrectable});
    r.error_count = r.error_count.value_or(0) + 1;
}

/// A self-test, older than those that were added before it.
inline void add_test(SmartReport& r, TestResult result, bool extended, std::optional<std::int64_t> ago,
                     const std::string& text = "") {
    r.self_tests.push_back({extended, result, ago ? std::optional{*r.hours - *ago} : std::nullopt, text});
}

inline Reading reading(Sign sign, std::uint64_t value, std::optional<std::uint64_t> hours = std::nullopt,
                       std::optional<Time> at = std::nullopt) {
    Reading r;
    r.at = at;
    r.signs.set(Sign::hours, hours);
    r.signs.set(sign, value);
    return r;
}

inline const Reason* reason_of(const std::vector<Reason>& reasons, std::string_view rule) {
    const auto found =
        std::find_if(reasons.begin(), reasons.end(), [rule](const auto& r) { return r.rule == rule; });
    return found == reasons.end() ? nullptr : &*found;
}

/// What one rule says; healthy: nothing.
inline Verdict by(std::string_view rule, const SmartReport& report, const History& history = {}) {
    const auto a = assess(history, report);
    const auto* reason = reason_of(a.reasons, rule);
    return reason == nullptr ? Verdict::healthy : reason->verdict;
}
inline std::string text_by(std::string_view rule, const SmartReport& report, const History& history = {}) {
    const auto a = assess(history, report);
    const auto* reason = reason_of(a.reasons, rule);
    return reason == nullptr ? "" : reason->text;
}
inline Verdict verdict(const SmartReport& report, const History& history = {}) {
    return assess(history, report).verdict;
}

}  // namespace guardian::test

template <>
struct Catch::StringMaker<guardian::core::Verdict> {
    static std::string convert(guardian::core::Verdict v) {
        return std::string(guardian::core::to_string(v));
    }
};
