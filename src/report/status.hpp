#pragma once
/// Everything `guardian status` shows, as values: made once, from the World and the store, and turned into
/// JSON (the documented contract) here and into a screen by cli/. The daemon answers with the same.

#include <optional>
#include <string>
#include <vector>

#include "core/health.hpp"
#include "core/target_state.hpp"
#include "core/world.hpp"
#include "store/store.hpp"

namespace guardian::report {

struct DaemonStatus {
    bool running = false;
    pid_t pid = 0;
    std::string version;
    std::optional<Time> since;
    std::string trouble;  ///< what is wrong with it or with the store; empty when nothing is
};

/// A drive that a target's filesystem is on, as it was last heard of; or, without id and name, what is known of the disk
/// and of no one drive.
struct DriveStatus {
    std::string id, name;
    core::Verdict verdict = core::Verdict::unknown;
    std::string reason;  ///< the first of them; empty: none
    std::optional<Time> read_at;
    bool asleep = false;  ///< it is plugged in, and the newest look did not wake it
};

struct TargetStatus {
    core::Target target;
    core::TargetState state = core::TargetState::absent;
    std::string explanation;  ///< a sentence to the state, where it needs one
    std::vector<DriveStatus> drives = {};
};

struct PlanStatus {
    core::Plan plan;
    /// running | due | waiting | ok | warning | failed | stale | never-ran: the worst that holds
    std::string state;
    bool due = false;
    bool stale = false;
    std::optional<Time> next_slot;
    std::optional<Time> retry_at;  ///< when a failed run is tried again, the target being there
    std::optional<store::RunRecord> running;
};

struct Status {
    std::string name;
    Time at{};
    DaemonStatus daemon;
    std::vector<TargetStatus> targets;
    std::vector<PlanStatus> plans;
    std::vector<store::RunRecord> runs;            ///< the newest, newest first
    std::vector<store::IncidentRecord> incidents;  ///< open ones; without a daemon, those that hold now
    UtcOffset zone;
};

/// The record as it is to be shown: a run that is recorded as going while its process is gone is aborted. It
/// has no end then, because nobody knows it.
[[nodiscard]] store::RunRecord as_it_stands(store::RunRecord record);

/// `runs`: how many of the newest runs to include.
[[nodiscard]] Result<Status> make_status(const core::World& world, store::Store& store,
                                         const std::string& name, DaemonStatus daemon, Time now,
                                         std::size_t runs = 10);

/// The contract of `guardian status --json`: docs/guardian.1 describes it. One line.
[[nodiscard]] std::string to_json(const Status& status);

/// The same of runs alone, for `guardian history --json`.
[[nodiscard]] std::string runs_to_json(const std::vector<store::RunRecord>& runs, const UtcOffset& zone);

}  // namespace guardian::report
