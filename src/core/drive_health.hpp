#pragma once
/// What is known of the health of a target's drives, from SMART and from the kernel's log together: one verdict, one
/// cause, and what it lets a backup do. Pure values; the probe and the kernel log's watcher make them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "base/time.hpp"
#include "core/health.hpp"

namespace guardian::core {

/// What the kernel said of a disk. It comes earlier than anything SMART tells.
enum class KernelSign {
    io_error,          ///< a read or write failed
    usb_reset,         ///< the USB device was reset
    filesystem_error,  ///< the filesystem on it found itself damaged
    read_only,         ///< the filesystem went read-only by itself
};

struct KernelEvent {
    Time at{};
    KernelSign sign = KernelSign::io_error;
    std::string text;  ///< the kernel's words
    friend bool operator==(const KernelEvent&, const KernelEvent&) = default;
};

/// How the words begin that are told each day of errors which ext4 has counted in itself, whenever they came.
inline constexpr std::string_view noted_errors = "ext4 has noted errors in itself";

/// A physical drive, as it was read last.
struct DriveState {
    std::string id;
    std::string name;  ///< for a person: model and serial
    Verdict verdict = Verdict::unknown;
    std::vector<Reason> reasons;
    std::optional<Time> read_at;        ///< when it last told something
    std::optional<Time> tried_at;       ///< when it was last asked, whatever came of it
    std::optional<Time> unknown_since;  ///< since when it is asked in vain; being asleep does not count
    std::string trouble;                ///< why the newest try told nothing; empty: it did
    bool asleep = false;                ///< the newest try found it asleep
    friend bool operator==(const DriveState&, const DriveState&) = default;
};

/// When the drive's self-tests were done last, and when one is to be begun.
struct SelfTestState {
    std::optional<Time> last_short, last_long;  ///< those that came to a result
    bool running = false;
    friend bool operator==(const SelfTestState&, const SelfTestState&) = default;
};

/// All that is known of what a filesystem stands on.
struct HealthState {
    std::vector<DriveState> drives;
    std::vector<KernelEvent> events;  ///< of the last days, as kernel_signs_last says; oldest first
    std::vector<KernelEvent> heard;   ///< not counted yet: a disk that is pulled says the like
    std::optional<Time> tried_at;     ///< when it was last looked at
    std::string plug;                 ///< the plugging-in on which that was
    SelfTestState tests;
    bool probing = false;
    bool looked = false;  ///< something came of a look since guardiand began: what the store cannot keep is known
    bool asked = false;   ///< something happened: to be looked at as soon as may be
    bool missed = false;  ///< the kernel said more than could be heard
    std::optional<Time> answered_at;  ///< when that was last done
    std::optional<Time> accepted_at;  ///< when a person last accepted a number of one of the drives
    friend bool operator==(const HealthState&, const HealthState&) = default;
};

/// For so long the kernel's words count.
inline constexpr Duration kernel_signs_last = std::chrono::hours{7 * 24};
/// More are not kept: the newest of each kind say enough.
inline constexpr std::size_t kernel_events_max = 64;

enum class Cause {
    none,
    disk,
    connection,  ///< cable, plug, hub or enclosure, and not the disk
    filesystem,  ///< the filesystem is damaged; of the disk nothing bad is known
};

struct Diagnosis {
    Verdict verdict = Verdict::unknown;
    Cause cause = Cause::none;
    std::string drive;  ///< the name of the drive it is about; empty: no one drive
    std::vector<std::string> why;  ///< the evidence, a sentence or two each; of unknown: why it is

    [[nodiscard]] std::string text() const { return join(why, " "); }
};

[[nodiscard]] Diagnosis diagnose(const HealthState& health);

/// Some bridges, and some moments, let only a part of a report through. What a reason stood on, and the report says nothing
/// of, is still so: those of `before` are added to the assessment. And unreadable sectors are no better than they were, while
/// it lacks a number that the drive told before (`history`) and that makes them worse.
void carry_over(Assessment& assessment, const std::vector<Reason>& before, const History& history,
                const SmartReport& report);

/// What is known of one of the drives. The kernel's words are of the filesystem: they are a drive's own only where it
/// is the only one.
[[nodiscard]] HealthState part_of(const HealthState& health, const DriveState& drive);

/// What a verdict lets a backup do.
enum class OnVerdict {
    backup,  ///< as ever
    keep,    ///< back up and verify more; nothing is pruned or compacted
    refuse,  ///< no run, unless a person asks for it with --anyway; then as keep, without reading more than needed
};

/// What is asked of the health of a target's drives.
struct HealthSpec {
    Duration every = std::chrono::hours{6};  ///< while attached and awake; zero: the drives are never asked
    OnVerdict on_watch = OnVerdict::keep;
    OnVerdict on_failing = OnVerdict::refuse;
    OnVerdict on_unknown = OnVerdict::backup;
    Duration short_test = std::chrono::hours{7 * 24};  ///< zero: never
    Duration long_test = std::chrono::hours{30 * 24};
    friend bool operator==(const HealthSpec&, const HealthSpec&) = default;
};

/// Where the drives are not to be asked: what the kernel says of them counts all the same.
[[nodiscard]] Diagnosis diagnose(const HealthSpec& spec, const HealthState& health);
[[nodiscard]] OnVerdict allowed(const HealthSpec& spec, const HealthState& health);

/// In a row of failed tries long enough to be an incident.
inline constexpr Duration unknown_for_long = std::chrono::hours{7 * 24};
/// Its last word of health is that old, and it slept at every look since.
inline constexpr Duration asleep_for_long = std::chrono::hours{30 * 24};
/// The drive that has been asked in vain for long; null: none.
[[nodiscard]] const DriveState* unknown_too_long(const HealthState& health);

/// False: it says no more than the one a moment ago.
bool hear(HealthState& health, KernelEvent event);
/// The disk is still there: what was heard counts. Returns it.
std::vector<KernelEvent> confirm_heard(HealthState& health);
/// What a run heard itself, while the disk was there. What is like an earlier word is that word, said again just now.
void add_heard(HealthState& health, const std::vector<KernelEvent>& events);
/// Drops what the kernel said too long ago. A clock that was set back must not keep it for ever.
void forget_old_events(HealthState& health, Time now);

[[nodiscard]] std::string_view to_string(KernelSign s);
[[nodiscard]] std::optional<KernelSign> kernel_sign_from(std::string_view text);
[[nodiscard]] std::string_view to_string(OnVerdict o);

}  // namespace guardian::core
