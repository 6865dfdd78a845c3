#pragma once
/// What the health of the target's disk lets a run do. Looks when it is told to, which may take a few deadlines of
/// smartctl; what a look finds holds from the next step on. For one run, on its thread.

#include <functional>
#include <string>

#include "core/drive_health.hpp"
#include "core/spec.hpp"

namespace guardian::backup {

/// Looks at the drives, in a process of its own, and says what is known of them then.
using LookAtHealth = std::function<core::HealthState()>;

class HealthGate {
  public:
    /// `anyway`: a person wants the run on a failing disk too.
    HealthGate(const core::TargetSpec& target, LookAtHealth look, bool anyway)
        : target_(target), look_(std::move(look)), anyway_(anyway) {}

    /// What was found bad once holds to the end of the run.
    void look();

    /// Why no run may be made; empty: it may.
    [[nodiscard]] std::string refusal(const std::string& plan) const;
    /// Why nothing old may be deleted; empty: it may.
    [[nodiscard]] std::string withheld() const;
    /// What the kernel said of the disk since then; empty: nothing. By the last look.
    [[nodiscard]] std::string errors_since(Time began) const;
    /// More than usual is to be read again.
    [[nodiscard]] bool verifies_more() const;
    /// For the step's detail; empty: nothing worth a word.
    [[nodiscard]] std::string words() const;

  private:
    [[nodiscard]] bool looks() const;

    const core::TargetSpec& target_;
    LookAtHealth look_;
    bool anyway_;
    core::OnVerdict allowed_ = core::OnVerdict::backup;
    core::Diagnosis diagnosis_;
    std::vector<core::KernelEvent> events_;
};

}  // namespace guardian::backup
