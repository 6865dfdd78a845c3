#include "core/health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/names.hpp"
#include "base/text.hpp"
#include "core/health_rules.hpp"

namespace guardian::core {
namespace {

constexpr Names<Verdict, 4> verdicts{{
    {Verdict::unknown, "unknown"},
    {Verdict::healthy, "healthy"},
    {Verdict::watch, "watch"},
    {Verdict::failing, "failing"},
}};

/// All zero, or all the same bytes: the firmware, or the USB bridge, made it up.
bool is_junk(const std::vector<SmartAttribute>& table) {
    if (table.size() < 3) return false;
    const auto same = [&](const SmartAttribute& a) {
        return a.raw == table.front().raw && a.value == table.front().value && a.worst == table.front().worst;
    };
    return std::all_of(table.begin(), table.end(), same);
}

bool has_attributes(const SmartReport& r) {
    const auto tells = [](const SmartAttribute& a) { return a.raw || a.failed != Failed::never; };
    return std::any_of(r.attributes.begin(), r.attributes.end(), tells) && !is_junk(r.attributes);
}

/// A drive in use has spare blocks, hours or a temperature; where all are zero a bridge made the log up, or could not read it.
bool tells_something(const SmartReport& r) {
    const auto& n = *r.nvme;
    return n.critical_warning != 0 || r.status_bits != 0 || n.spare.value_or(0) > 0 || n.spare_threshold.value_or(0) > 0 ||
           n.used.value_or(0) > 0 || n.media_errors.value_or(0) > 0 || n.units_written.value_or(0) > 0 ||
           r.hours.value_or(0) > 0 || r.temperature.value_or(0) > 0;
}

/// "OK" is what a USB stick says that keeps no record of its health: of a drive that does there is a number as well.
bool has_scsi_numbers(const SmartReport& r) {
    const bool counted = r.scsi && (r.scsi->grown_defects || r.scsi->uncorrected_reads || r.scsi->uncorrected_writes ||
                                    r.scsi->uncorrected_verifies);
    return counted || r.pending_defects || r.used || r.hours.value_or(0) > 0 || r.temperature.value_or(0) > 0;
}

/// What tells most of a drive, and is not there: nothing bad was told, and nothing good either.
std::string unreadable(const SmartReport& r) {
    for (const unsigned id : {5U, 187U, 197U, 198U})
        if (const auto* a = r.attribute(id); a != nullptr && !a->raw)
            return fmt::format("Nothing bad was told, but attribute {} cannot be read, and without it nothing can be said.", id);
    if (!r.unclear.empty())
        return fmt::format("Nothing bad was told, but {}, and without it nothing can be said. Is the report whole?",
                           printable(r.unclear, 200));
    return "";
}

/// Why nothing can be said; empty: something can.
std::string why_unknown(const SmartReport& r) {
    if (r.asleep) return "The drive sleeps, and was not woken to be asked.";
    // Its own word that it is failing, or what a self-test of it found, needs no table beside it.
    if (r.passed == false || failed_test(r) != nullptr || has_attributes(r)) return "";
    if (r.kind == DriveKind::scsi && r.passed && has_scsi_numbers(r)) return "";
    if (r.nvme && r.nvme->unreadable) return "The drive's critical warning cannot be read, and without it nothing can be said.";
    if (r.nvme && tells_something(r)) return "";
    if (r.nvme) return "The drive's health log is empty or all zero, and means nothing.";
    if (!r.attributes.empty() && !is_junk(r.attributes)) return "Not one number in the drive's table can be read.";
    if (!r.attributes.empty()) return "What the drive tells of itself is a table of equal values, and means nothing.";
    if (!r.messages.empty()) return printable(r.messages.front(), 300);
    return "The drive tells nothing of its health.";
}

/// It stays quiet until it gets worse; what goes down (the spare) is worse the less it is.
bool is_acknowledged(const Acknowledged& acknowledged, const Signs& now, const Reason& reason) {
    if (!reason.sign) return false;
    const auto found = acknowledged.find(*reason.sign);
    if (found == acknowledged.end() || reason.verdict > found->second.worst) return false;
    if (!reason.attributes.empty())
        return std::includes(found->second.attributes.begin(), found->second.attributes.end(), reason.attributes.begin(),
                             reason.attributes.end());
    const auto n = now.count(*reason.sign);
    const auto accepted = found->second.value;
    return *reason.sign == Sign::spare ? n >= accepted : n <= accepted;
}

void say_unknown(Assessment& a, std::string why) {
    a.verdict = Verdict::unknown;
    a.reasons.push_back({"no-answer", Verdict::unknown, std::nullopt, std::move(why)});
}

}  // namespace

Assessment assess(const History& history, const SmartReport& report, const Acknowledged& acknowledged) {
    Assessment a;
    const HealthCase c{report, history, signs_of(report)};
    if (auto why = why_unknown(report); !why.empty()) {
        say_unknown(a, std::move(why));
        return a;
    }
    a.verdict = Verdict::healthy;
    for (const auto& rule : health_rules()) {
        auto reason = rule.judge(c);
        if (!reason) continue;
        reason->rule = rule.name;
        reason->hours = c.now[Sign::hours];
        if (is_acknowledged(acknowledged, c.now, *reason)) {
            a.acknowledged.push_back(std::move(*reason));
            continue;
        }
        a.verdict = std::max(a.verdict, reason->verdict);
        a.reasons.push_back(std::move(*reason));
    }
    std::stable_sort(a.reasons.begin(), a.reasons.end(),
                     [](const Reason& x, const Reason& y) { return x.verdict > y.verdict; });
    if (a.verdict == Verdict::healthy)
        if (auto why = unreadable(report); !why.empty()) say_unknown(a, std::move(why));
    return a;
}

std::string_view to_string(Verdict v) {
    return name_of(verdicts, v);
}

std::optional<Verdict> verdict_from(std::string_view text) {
    return named(verdicts, text);
}

}  // namespace guardian::core
