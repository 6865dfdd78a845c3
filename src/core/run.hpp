#pragma once
/// What is known of one run: the words for how it ended and why it was started.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace guardian::core {

enum class Outcome {
    running,    ///< not over
    success,    ///< Borg named the archive and every step came to its end
    warning,    ///< the same, with warnings that are kept
    failed,     ///< a step failed
    refused,    ///< the target was not proven: nothing was written
    aborted,    ///< the runner or the machine died
    vanished,   ///< the target went away in the middle
    cancelled,  ///< a person or a shutdown stopped it
    absent,     ///< the target was not there: nothing was attempted
};

/// Only these satisfy a slot.
[[nodiscard]] constexpr bool satisfies(Outcome o) {
    return o == Outcome::success || o == Outcome::warning;
}

/// Says something about the backup, good or bad: a cancelled run or an absent target neither makes nor ends
/// a failure.
[[nodiscard]] constexpr bool tells(Outcome o) {
    return o != Outcome::running && o != Outcome::cancelled && o != Outcome::absent;
}

enum class Trigger {
    daemon,  ///< guardiand decided it
    timer,   ///< systemd's timer of the plan
    asked,   ///< a person asked the daemon for it
    person,  ///< a person typed `guardian run`
};

enum class Step { identify, mount, preflight, prepare, create, prune, compact, check, release };

/// The plugging-in of a run that found no one device to be the target.
inline constexpr const char* no_plug = "none";

struct Run {
    std::int64_t id = 0;  ///< grows with each run, whatever the clock does
    std::string plan;
    std::string target;
    std::string repository;  ///< its name (repository_name); empty: not known
    Trigger trigger = Trigger::daemon;
    Outcome outcome = Outcome::running;
    Time started{};
    std::optional<Time> ended;
    std::string plug;             ///< which plugging-in of the target it ran on
    bool mounted_itself = false;  ///< the target was not mounted when it came
    std::string reason;           ///< why it did not succeed, for a person
    std::string held_back;        ///< why prune and compact were withheld, though it succeeded
    bool held_by_health = false;  ///< for that, or for that it did not succeed, the disk's health is the reason

    friend bool operator==(const Run&, const Run&) = default;
};

/// Once it is over, what is mounted is to be released: the daemon's runs leave that to the daemon; a person's
/// leaves the target as it found it, but it may have died, or failed to unmount.
[[nodiscard]] inline bool owes_release(const Run& run) {
    return run.outcome != Outcome::absent && (run.trigger != Trigger::person || run.mounted_itself);
}

/// On this plugging-in. A run that in the end could not tell its disk from a second one names none, but what it had
/// mounted is there.
[[nodiscard]] inline bool owes_release_on(const Run& run, std::string_view plug) {
    return owes_release(run) && (run.plug == plug || (run.plug == no_plug && run.mounted_itself));
}

[[nodiscard]] std::string_view to_string(Outcome o);
[[nodiscard]] std::string_view to_string(Trigger t);
[[nodiscard]] std::string_view to_string(Step s);
[[nodiscard]] std::optional<Outcome> outcome_from(std::string_view text);
[[nodiscard]] std::optional<Trigger> trigger_from(std::string_view text);
[[nodiscard]] std::optional<Step> step_from(std::string_view text);

}  // namespace guardian::core
