#pragma once
/// How a run looks at the health of its target's disk: `guardian probe health` in a process of its own, which may hang,
/// and the kernel's log since the run began.

#include <string>

#include "backup/health_gate.hpp"
#include "backup/stop_sources.hpp"
#include "core/spec.hpp"
#include "store/store.hpp"

namespace guardian::cli {

/// All must outlive the function. The disk's devices are asked of `stops` each time. Where the probe could not keep in the
/// store what it found, what it says counts.
[[nodiscard]] backup::LookAtHealth look_at_health(const std::string& config_path, const core::Config& config,
                                                  const core::TargetSpec& target, store::Store& store, backup::StopSources& stops);

/// Looks once at the drives of what the store names so, with what guardiand is told of it.
void look_now(const std::string& config_path, const std::string& subject);

}  // namespace guardian::cli
