#pragma once
/// Letting go of a target: unmounting it, detaching a dead mount, cutting its power where that is wished.
/// Belongs to the target, not to a plan. Runs in a child of the daemon, or in `guardian eject`.

#include "base/result.hpp"
#include "core/spec.hpp"
#include "core/world.hpp"

namespace guardian::backup {

/// Nothing mounted is success. Error code busy: someone holds it, or a run is going on it.
[[nodiscard]] Result<std::string> release_target(const core::Config& config, const core::TargetSpec& target);

/// The kernel gives a block device to one alone only if it is mounted nowhere, in no mount namespace, and part of
/// nothing: opened so, and closed at once. Error code busy: it is in use, and by whom.
[[nodiscard]] Result<> must_be_unused(const core::Device& device);

}  // namespace guardian::backup
