#pragma once
/// How observations change the World. Each is a plain function on values: the daemon calls them with what
/// src/watch and the store saw, the simulator with what it made up. None of them decides anything.

#include <string>
#include <vector>

#include "core/decide.hpp"
#include "core/world.hpp"

namespace guardian::core {

/// A new or reloaded configuration: targets and plans appear, change or go; what is known of those that stay
/// is kept, and a run in progress keeps its plan until it is over.
void configured(World& world, const Config& config);

/// All block devices that carry a filesystem, now; `blank`: those that did, and are plugged in still as they were. Returns the names of targets that were plugged in or
/// pulled by this, so that the caller can make it durable.
std::vector<std::string> devices_seen(World& world, const std::vector<Device>& all, Time now,
                                      const std::vector<Device>& blank = {});

/// The whole mount table, now. Returns the names of targets of which something remembered changed by this.
std::vector<std::string> mounts_seen(World& world, const std::vector<Mount>& all);

/// A run began: launched by the daemon (run.id 0 until the runner has recorded itself), or announced. Before an
/// announced one the mount table must have been read: a dead mount that is gone by now is none that the run is on.
void run_started(World& world, const Run& run);

/// A run is over. Outcome::running is taken as aborted: the runner is gone and never said how it ended. The
/// mount table must have been read after its end and before this, so that what it left mounted is known.
void run_ended(World& world, Run run);

/// A person asked the daemon to run the plan now.
void run_asked(World& world, std::string_view plan);

/// A person asked to eject: the target is released, and nothing is started on a disk until it is plugged in anew.
void eject_asked(World& world, std::string_view target);

void release_started(World& world, std::string_view target);
/// `reason` empty: it is released. Otherwise who holds it; `in_use`: the device itself is, and not only what is left to
/// do with it (switching it off).
void release_ended(World& world, std::string_view target, std::string reason, Time now, bool in_use = false);

void probe_started(World& world, std::string_view target);
void probe_ended(World& world, std::string_view target, bool answers, Time now);

void health_probe_started(World& world, const ProbeHealth& probe, Time now);
/// What a look at the drives found, be it a probe's or a run's.
struct Looked {
    std::vector<DriveState> drives;
    SelfTestState tests;
    std::optional<Time> accepted_at = std::nullopt;
};
/// The target's device is there still, be it blank. Returns what the kernel said of it and counts from now on, so that the caller can
/// make it durable.
std::vector<KernelEvent> health_seen(World& world, std::string_view target, Looked looked, Time now);
/// A person says that it is out of use: what was open because of it is no more, though nobody looked since the start.
void drive_forgotten(World& world, std::string_view drive);
/// Nobody looked, and something was accepted: what is known of the drives was judged anew.
void health_judged(HealthState& health, Looked looked);
void sources_seen(World& world, std::string_view job, Looked looked, Time now);
/// The probe ended; what it found is told by the others.
void health_probe_ended(World& world, const ProbeHealth& probe, Time now);

/// The kernel said something of what was plugged in so, or of its drive: the target's health is looked at, where that is its
/// disk and not a clone beside it.
bool kernel_said(World& world, std::string_view target, std::string_view plug, KernelEvent event);
/// Something else happened that its health may explain.
void look_asked(World& world, std::string_view target);

}  // namespace guardian::core
