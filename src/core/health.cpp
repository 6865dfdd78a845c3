#include "core/health.hpp"

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

bool has_attributes(const SmartReport& r) { return !r.attributes.empty() && !is_junk(r.attributes); }

/// Why nothing can be said; empty: something can.
std::string why_unknown(const SmartReport& r) {
    if (r.asleep) return "The drive sleeps, and was not woken to be asked.";
    // Its own word that it is failing needs no table beside it.
    if (r.passed == false || has_attributes(r) || r.nvme || (r.scsi && r.passed)) return "";
    if (!r.attributes.empty()) return "What the drive tells of itself is a table of equal values, and means nothing.";
    if (!r.messages.empty()) return printable(r.messages.front(), 300);
    return "The drive tells nothing of its health.";
}

/// It stays quiet until it changes; what goes down (the spare) is worse the less it is.
bool is_acknowledged(const Acknowledged& acknowledged, const Signs& now, const Reason& reason) {
    if (!reason.sign) return false;
    const auto found = acknowledged.find(*reason.sign);
    if (found == acknowledged.end() || reason.verdict > found->second.worst) return false;
    const auto n = now.count(*reason.sign);
    const auto accepted = found->second.value;
    return *reason.sign == Sign::spare ? n >= accepted : n <= accepted;
}

}  // namespace

Assessment assess(const History& history, const SmartReport& report, const Acknowledged& acknowledged) {
    Assessment a;
    const HealthCase c{report, history, signs_of(report)};
    if (auto why = why_unknown(report); !why.empty()) {
        a.reasons.push_back({"no-answer", Verdict::unknown, std::nullopt, std::move(why)});
        return a;
    }
    a.verdict = Verdict::healthy;
    for (const auto& rule : health_rules()) {
        auto reason = rule.judge(c);
        if (!reason) continue;
        reason->rule = rule.name;
        if (is_acknowledged(acknowledged, c.now, *reason)) {
            a.acknowledged.push_back(std::move(*reason));
            continue;
        }
        a.verdict = std::max(a.verdict, reason->verdict);
        a.reasons.push_back(std::move(*reason));
    }
    std::stable_sort(a.reasons.begin(), a.reasons.end(),
                     [](const Reason& x, const Reason& y) { return x.verdict > y.verdict; });
    return a;
}

std::string_view to_string(Verdict v) {
    return name_of(verdicts, v);
}

std::optional<Verdict> verdict_from(std::string_view text) {
    return named(verdicts, text);
}

}  // namespace guardian::core
