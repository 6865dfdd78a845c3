#pragma once
/// What the person asked for: the configuration as values, with every default filled in. Made by config/,
/// read by everyone, changed by no one.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/calendar.hpp"
#include "core/drive_health.hpp"

namespace guardian::core {

enum class TargetType { disk, share };
enum class WhenDone { keep, unmount, power_off };
enum class OnPlug { due, always, never };

struct TargetSpec {
    std::string name;
    TargetType type = TargetType::disk;
    std::string uuid;        ///< disk: the filesystem's UUID, as udev's ID_FS_UUID spells it
    std::string serial;      ///< disk: ID_SERIAL_SHORT (or ID_SERIAL) must be this too; empty: not asked
    std::string source;      ///< share: what is mounted; empty: from fstab
    std::string mount;       ///< the mount point, absolute
    std::string answers_at;  ///< share: host:port
    WhenDone when_done = WhenDone::unmount;
    HealthSpec health;  ///< disk

    friend bool operator==(const TargetSpec&, const TargetSpec&) = default;
};

struct JobSpec {
    std::string name;
    std::vector<std::string> paths;
    std::vector<std::string> exclude;
    bool exclude_caches = false;
    bool one_file_system = false;
    std::string compression = "lz4";
    bool watch_sources = false;  ///< the drives that it is on are looked at too

    friend bool operator==(const JobSpec&, const JobSpec&) = default;
};

/// How many archives prune keeps of each kind; all zero: nothing is ever pruned.
struct Keep {
    unsigned last = 0, hourly = 0, daily = 0, weekly = 0, monthly = 0, yearly = 0;

    [[nodiscard]] bool empty() const { return (last | hourly | daily | weekly | monthly | yearly) == 0; }
    friend bool operator==(const Keep&, const Keep&) = default;
};

/// Where the passphrase comes from; at most one is set. Never the passphrase itself.
struct PassphraseSource {
    std::string file;
    std::vector<std::string> command;
    std::string credential;  ///< a name below $CREDENTIALS_DIRECTORY

    [[nodiscard]] bool empty() const { return file.empty() && command.empty() && credential.empty(); }
    friend bool operator==(const PassphraseSource&, const PassphraseSource&) = default;
};

struct PlanSpec {
    std::string name;
    std::string job;
    std::string target;
    std::string repository;  ///< below the mount point, normalised
    Schedule schedule;
    Duration stale_after = Duration::zero();  ///< zero: never called stale
    Duration grace = std::chrono::hours{1};   ///< a slot may be unsatisfied for so long though the target is there
    Duration random_delay = Duration::zero();  ///< systemd's timer starts it up to so much after the slot
    bool wake_system = false;                  ///< systemd's timer wakes the machine for it
    Keep keep;
    OnPlug on_plug = OnPlug::due;
    std::string encryption = "none";
    PassphraseSource passphrase;
    std::uint64_t min_free = 1'000'000'000;  ///< bytes that must be free on the target before a run
    Duration silence_max = std::chrono::hours{1};  ///< Borg is stopped when it says nothing for so long

    friend bool operator==(const PlanSpec&, const PlanSpec&) = default;
};

/// By which its past is known, wherever the target is mounted: TARGET:PATH.
[[nodiscard]] inline std::string repository_name(const PlanSpec& plan) {
    return plan.target + ":" + plan.repository;
}

/// The whole path.
[[nodiscard]] inline std::string repository_path(const TargetSpec& target, const PlanSpec& plan) {
    return target.mount + "/" + plan.repository;
}

struct Config {
    std::string name;
    std::string state_dir = "/var/lib/guardian";
    std::string runtime_dir = "/run/guardian";
    std::string borg;  ///< the program; empty: found in the standard folders
    std::string smartctl;  ///< the same
    std::vector<TargetSpec> targets;
    std::vector<JobSpec> jobs;
    std::vector<PlanSpec> plans;

    /// Below them is what the daemon writes; under systemd it is not root, and owns only these two folders, so that
    /// nothing root trusts lies in a folder of another's.
    [[nodiscard]] std::string store_dir() const { return state_dir + "/store"; }
    [[nodiscard]] std::string daemon_dir() const { return runtime_dir + "/daemon"; }

    [[nodiscard]] const TargetSpec* target(std::string_view name) const;
    [[nodiscard]] const JobSpec* job(std::string_view name) const;
    [[nodiscard]] const PlanSpec* plan(std::string_view name) const;

    friend bool operator==(const Config&, const Config&) = default;
};

[[nodiscard]] std::string_view to_string(TargetType t);
[[nodiscard]] std::string_view to_string(WhenDone w);
[[nodiscard]] std::string_view to_string(OnPlug o);

}  // namespace guardian::core
