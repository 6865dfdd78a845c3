#pragma once
/// Puts a World together from the configuration, the store and what is on the machine now: the daemon at its
/// start, the command whenever it shows something. Touches no disk.

#include "core/spec.hpp"
#include "core/world.hpp"
#include "store/pins.hpp"
#include "store/store.hpp"

namespace guardian::report {

/// What the store remembers. Runs that are recorded as going are taken to be going; whether their process
/// lives is for the caller to find out.
[[nodiscard]] Result<core::World> remembered_world(const core::Config& config, store::Store& store);

/// What the store remembers of the targets and plans that are new in the World, or new where they are now;
/// the others are left alone.
[[nodiscard]] Result<> recall_unknown(core::World& world, store::Store& store);

/// When each target was pinned; and what its plans saved before, elsewhere, is forgotten.
void apply_pins(core::World& world, const store::Pins& pins);

/// The same with the devices and mounts of this moment.
[[nodiscard]] Result<core::World> present_world(const core::Config& config, store::Store& store);

/// The runner of this record is still there: its process, started when it said, on this boot.
[[nodiscard]] bool runner_lives(const store::RunRecord& record);

}  // namespace guardian::report
