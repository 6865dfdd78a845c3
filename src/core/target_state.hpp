#pragma once
/// A target's life as a state machine. The state is derived from how things are, never stored, so a lost or
/// doubled event cannot leave it wrong; the transitions are what the tests in tests/unit/core/test_target_state.cpp
/// are named after.
///
///     absent -> present -> mounting -> busy -> ready -> releasing -> safe_to_unplug -> absent
///                  |           |         |       |          |
///                  |           +---------+-------+----------+--> vanished -> absent   (pulled)
///                  +--> ambiguous, refused                      still_mounted <-> releasing

#include <string_view>

#include "core/world.hpp"

namespace guardian::core {

enum class TargetState {
    absent,          ///< no device with its UUID, and nothing of it is mounted
    present,         ///< one device, not mounted, and something is about to be or may be done with it
    ambiguous,       ///< two devices carry the UUID: neither is touched
    refused,         ///< the one device was found not to be the target: it is left alone until it is pulled
    mounting,        ///< a run has begun and its mount is not there yet
    busy,            ///< a run is going on the mounted target
    ready,           ///< mounted on its mount point, no run going
    releasing,       ///< being unmounted
    still_mounted,   ///< to be released, but someone holds it; it is tried again
    safe_to_unplug,  ///< one device, mounted nowhere, nothing due on it
    vanished,        ///< the device is gone, but its mount or its run is not over yet
};

[[nodiscard]] TargetState target_state(const World& world, const Target& target, Time now);

/// True when exactly one device (or one btrfs of several devices) carries the UUID.
[[nodiscard]] bool one_device(const Target& target);
[[nodiscard]] bool ambiguous(const Target& target);

/// The target's own filesystem is on its mount point.
[[nodiscard]] bool mounted_in_place(const Target& target);
/// The target's filesystem is mounted, here or elsewhere.
[[nodiscard]] bool mounted(const Target& target);
/// The mount is of the target's own filesystem, wherever it is.
[[nodiscard]] bool belongs_to(const Target& target, const Mount& mount);
/// Nothing of it is mounted here, and still its device is in use: in another mount namespace, a container's.
[[nodiscard]] bool held_elsewhere(const Target& target);
/// A mount on its mount point whose device is gone.
[[nodiscard]] bool dead_mount(const Target& target);

/// The device is gone that the run is on. A person's run may be on one that was plugged in just now and is not noticed
/// yet: that is not gone.
[[nodiscard]] bool pulled_under(const Target& target, const Run& run);

/// A run has left it mounted, and it is configured not to stay so.
[[nodiscard]] bool release_owed(const Target& target);

/// The serial asked for is not the device's.
[[nodiscard]] bool serial_differs(const Target& target);

/// What the disk's health kept the run from was accepted by a person after it: it is no reason to wait, nor to say it again.
[[nodiscard]] bool is_accepted_since(const Run& run, const Target& target);

/// The target that the plan's active run is on, whatever a reload has made of the plan meanwhile.
[[nodiscard]] const std::string& active_target(const Plan& plan);
/// The plan's run that is going on the target, if any.
[[nodiscard]] const Plan* active_plan(const World& world, const Target& target);

/// Why the newest run on this plugging-in found the device not to be the target; empty: it did not.
[[nodiscard]] std::string refusal(const World& world, const Target& target);

[[nodiscard]] std::string_view to_string(TargetState s);

}  // namespace guardian::core
