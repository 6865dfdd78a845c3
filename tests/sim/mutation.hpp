#pragma once
/// Deliberate faults, to prove that the oracle bites: each changes what decide() is shown or what becomes of
/// what it says. Never changes what is true outside.

#include <optional>
#include <string_view>
#include <vector>

#include "core/decide.hpp"

namespace sim {

enum class Mutation {
    none,
    checkpoint_counts_as_success,
    forget_failed,
    absent_is_success,
    killed_is_success,
    trust_future_success,
    start_on_two_devices,
    start_while_active,
    start_never_initialised,
    run_before_due,
    retry_without_delay,
    ignore_eject,
    ignore_refusal,
    ignore_plug,
    forget_look_again,
    look_again_too_late,
    drop_incident,
    never_missed,  ///< a slot that was missed is kept quiet
    double_incident,
    never_end_incident,
    release_while_running,
    release_never,
    release_before_last,
    unmount_persons_mount,
    ignore_dead_mount,
    forget_persons_run,
    claim_persons_mount,
    stop_unnoticed,
    ignore_verdict,        ///< runs are started whatever the disk's health
    prune_on_watch,        ///< a run deletes what is old on a disk that shows signs of failing
    never_look,            ///< nobody looks at the health
    look_all_the_time,     ///< and at once again
    forget_disk_incident,  ///< what is known of a failing disk is kept quiet
    count_pulled_errors,   ///< the kernel's words at the pulling of a disk are held against it
    urgent_ignored,        ///< a failing source leads to no run
    test_while_due,        ///< a drive is to test itself while a run is due on it
    never_test,
    test_at_looks_alone,  ///< a self-test waits for the next look
};

[[nodiscard]] std::string_view to_string(Mutation m);
[[nodiscard]] std::optional<Mutation> mutation_from(std::string_view name);
[[nodiscard]] const std::vector<Mutation>& all_mutations();

/// How a run's end is told to the World.
[[nodiscard]] guardian::core::Run told(Mutation m, guardian::core::Run run, bool left_checkpoint);

/// decide() as the fault would have it.
[[nodiscard]] guardian::core::Decisions decide(Mutation m, const guardian::core::World& world,
                                               guardian::Time now);

}  // namespace sim
