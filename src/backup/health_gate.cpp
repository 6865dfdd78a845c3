#include "backup/health_gate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace guardian::backup {

using core::OnVerdict;
using core::Verdict;

bool HealthGate::looks() const { return look_ && target_.type == core::TargetType::disk; }

void HealthGate::look() {
    if (!looks()) return;
    const auto health = look_();
    events_ = health.events;
    const auto allowed = core::allowed(target_.health, health);
    auto diagnosis = core::diagnose(target_.health, health);
    const bool was_failing = diagnosis_.verdict == Verdict::failing;
    const bool was_unknown = diagnosis_.verdict == Verdict::unknown;
    if ((allowed < allowed_ && !was_unknown) || (allowed == allowed_ && was_failing && diagnosis.verdict != Verdict::failing)) return;
    allowed_ = allowed;
    diagnosis_ = std::move(diagnosis);
}

std::string HealthGate::errors_since(Time began) const {
    // The same number of noted errors again is none that came now.
    const auto is_old = [&](const core::KernelEvent& e) {
        return e.text.starts_with(core::noted_errors) &&
               std::any_of(events_.begin(), events_.end(),
                           [&](const core::KernelEvent& before) { return before.at < began && before.text == e.text; });
    };
    for (const auto& e : events_)
        if (e.at >= began && e.sign != core::KernelSign::usb_reset && !is_old(e)) return printable(e.text, 300);
    return "";
}

std::string HealthGate::refusal(const std::string& plan) const {
    if (allowed_ != OnVerdict::refuse || anyway_) return "";
    return fmt::format("the health of disk {} is {}, and nothing is written to it: {} To make one backup all the same, "
                       "without deleting anything: guardian run {} --anyway",
                       target_.name, to_string(diagnosis_.verdict), printable(diagnosis_.text(), 1500), plan);
}

std::string HealthGate::withheld() const {
    if (allowed_ == OnVerdict::backup) return "";
    return fmt::format("the health of disk {} is {}: {}", target_.name, to_string(diagnosis_.verdict),
                       printable(diagnosis_.text(), 1500));
}

/// A failing disk is not made to work more than it must.
bool HealthGate::verifies_more() const { return allowed_ == OnVerdict::keep && diagnosis_.verdict != Verdict::failing; }

std::string HealthGate::words() const {
    if (!looks() || diagnosis_.verdict == Verdict::healthy) return "";
    if (diagnosis_.verdict == Verdict::unknown)
        return "its health is not known: " + printable(diagnosis_.text(), 300);
    return fmt::format("its health is {}", to_string(diagnosis_.verdict));
}

}  // namespace guardian::backup
