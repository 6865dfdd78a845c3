#pragma once
/// One plan's run, from identify to release, in the calling thread. Everything that can block happens here,
/// in a process of its own. Writes to the target only when it is proven, deletes nothing on doubt, and
/// records exactly one outcome.

#include <functional>
#include <string>

#include "backup/health_gate.hpp"
#include "backup/recorder.hpp"
#include "backup/stop_sources.hpp"
#include "core/spec.hpp"
#include "store/store.hpp"

namespace guardian::backup {

struct RunRequest {
    const core::Config& config;
    const core::PlanSpec& plan;
    core::Trigger trigger = core::Trigger::person;
    /// The person says the source is meant to be that much smaller: prune again.
    bool shrunk_is_right = false;
    /// The person wants it on a failing disk too: then nothing is deleted.
    bool anyway = false;
    /// Empty: the disk's health is not looked at.
    LookAtHealth look_at_health;
    /// Called once the run is in the store, with its record: to tell the daemon.
    std::function<void(const store::RunRecord&)> on_recorded;
};

/// Returns how it ended. An Error means that nothing was begun: another run is going, or the program is not
/// there.
[[nodiscard]] Result<store::RunRecord> run_plan(const RunRequest& request, store::Store& store,
                                                Listener& listener, StopSources& stops);

}  // namespace guardian::backup
