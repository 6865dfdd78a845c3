#pragma once
/// The decisions. Pure: no clock, no I/O, no globals, no logging; the same world and time give the same
/// decisions. Level-triggered: it looks at how things are, never at which event came.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/horizon.hpp"
#include "core/world.hpp"

namespace guardian::core {

/// Launch `guardian run` for the plan.
struct StartRun {
    std::string plan;
    Trigger trigger = Trigger::daemon;
    friend bool operator==(const StartRun&, const StartRun&) = default;
};
/// Tell the plan's runner to stop: its target, or what was mounted of it, is gone.
struct StopRun {
    std::string plan;
    friend bool operator==(const StopRun&, const StopRun&) = default;
};
/// Unmount the target, or detach its dead mount; a runner's child does it.
struct Release {
    std::string target;
    friend bool operator==(const Release&, const Release&) = default;
};
/// Ask a share whether it answers; a probe does it.
struct ProbeShare {
    std::string target;
    friend bool operator==(const ProbeShare&, const ProbeShare&) = default;
};
/// Look at the health of the drives that a target, or a job's sources, are on; a probe does it.
struct ProbeHealth {
    enum class Of { target, job };
    enum class Test { none, short_one, long_one };
    Of of = Of::target;
    std::string name;
    Test test = Test::none;  ///< and have its drives begin to test themselves
    friend bool operator==(const ProbeHealth&, const ProbeHealth&) = default;
};
/// Open the incident, or give the open one its new text.
struct RaiseIncident {
    Incident incident;
    friend bool operator==(const RaiseIncident&, const RaiseIncident&) = default;
};
/// The incident is over.
struct EndIncident {
    Incident incident;
    friend bool operator==(const EndIncident&, const EndIncident&) = default;
};

using Decision = std::variant<StartRun, StopRun, Release, ProbeShare, ProbeHealth, RaiseIncident, EndIncident>;

struct Decisions {
    std::vector<Decision> now;       ///< incidents come first: they are to be durable before anything else
    std::optional<Time> look_again;  ///< the next moment at which time alone changes something
};

[[nodiscard]] Decisions decide(const World& world, Time now);

/// When the plan's newest slot has no successful run.
struct DueSlot {
    bool due = false;
    std::optional<Time> slot;  ///< the newest slot
};
[[nodiscard]] DueSlot due_slot(const World& world, const Plan& plan, Time now);

/// Until then a slot is left to the timer, which may start it up to random_delay later; not if the one before it was
/// missed already.
[[nodiscard]] Time start_of_slot(const World& world, const Plan& plan, Time slot, Time now);

/// Something is to be run on the target as it is now, be it after a back-off.
[[nodiscard]] bool something_due_on(const World& world, const Target& target, Time now);

/// The target is there, is the right one, and is free to be used. `asked`: a person wants it, after a refusal too.
/// What the schedule and on_plug ask for, whatever the target's state and past attempts.
[[nodiscard]] bool due_on(const World& world, const Plan& plan, const Target& target, Time now);
[[nodiscard]] bool may_be_used(const World& world, const Target& target, bool asked);
/// The same, but for a person who ejected it.
[[nodiscard]] bool could_be_used(const World& world, const Target& target, bool asked);
/// And it is in still, on that plugging-in.
[[nodiscard]] bool ejected(const Target& target);

/// A run of the plan would be started now if no other were going. A back-off that is waited for is counted among the
/// moments to look again.
[[nodiscard]] bool wants_to_start(const World& world, const Plan& plan, Horizon& horizon);

/// What is remembered counts only if its time can be believed: a clock that once stood in the future must not
/// keep every later slot satisfied, nor anything else from happening.
[[nodiscard]] bool believable(Time remembered, Time now);
[[nodiscard]] bool believable(const Run& run, Time now);

/// A drive that the plan's job saves is failing, and no backup was made since that was seen.
[[nodiscard]] bool is_urgent(const World& world, const Plan& plan, Time now);
/// The disk's health lets nothing be started on it.
[[nodiscard]] bool refused_by_health(const Target& target);

/// A drive tests itself when its disk has been in for so long, and nothing is to be run on it for so long.
inline constexpr Duration test_settle = std::chrono::minutes{10};
inline constexpr Duration test_room = std::chrono::hours{1};

/// A disk that is being pulled may be there so long without its filesystem, until the kernel has given it up.
inline constexpr Duration blank_settle = std::chrono::seconds{30};

/// After a look at the health that something happening asked for: the next of that kind.
inline constexpr Duration health_gap = std::chrono::minutes{1};

/// The back-off after a plan's `failures` failed runs in a row: 5 min, doubled each time, at most 6 h.
[[nodiscard]] Duration retry_delay(int failures);
/// After failed releases: 1 min, doubled, at most 15 min.
[[nodiscard]] Duration release_delay(int failures);
/// After a share did not answer: 1 min, doubled, at most 1 h.
[[nodiscard]] Duration probe_delay(int failures);

}  // namespace guardian::core
