#pragma once
/// Bringing a configuration into force under systemd, for `guardian apply` and `guardian setup`.

#include "base/result.hpp"
#include "core/spec.hpp"

namespace guardian::cli {

/// Timers made anew and started, those of plans that are gone stopped, guardian.service enabled, and reloaded
/// or started.
[[nodiscard]] Result<> bring_units_into_force(const core::Config& config);

}  // namespace guardian::cli
