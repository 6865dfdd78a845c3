#pragma once
/// How things are, as far as Guardian knows: the one input of decide(). Plain values, owned; the daemon keeps
/// one World and updates it from observations, the command builds one to show, the simulator makes them up.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/drive_health.hpp"
#include "core/run.hpp"
#include "core/spec.hpp"

namespace guardian::core {

/// A block device's number, as in mountinfo and st_rdev.
struct DeviceNumber {
    unsigned major = 0, minor = 0;
    friend auto operator<=>(const DeviceNumber&, const DeviceNumber&) = default;
};

/// A block device with a filesystem on it, as udev describes it. Never read from the device itself.
struct Device {
    std::string node;     ///< /dev/sdb1
    DeviceNumber number;
    std::string uuid;     ///< ID_FS_UUID
    std::string uuid_sub; ///< ID_FS_UUID_SUB: tells the members of one btrfs apart
    std::string fstype;
    std::string label;
    std::string serial;        ///< ID_SERIAL_SHORT
    std::string serial_full;   ///< ID_SERIAL
    std::string model;
    std::string syspath;
    std::vector<std::string> below;  ///< sysfs paths of what it stands on (LUKS, LVM, md), as far down as it goes
    std::string plug;     ///< names this plugging-in: boot id, disk sequence number, device
    friend bool operator==(const Device&, const Device&) = default;
};

/// One line of /proc/self/mountinfo.
struct Mount {
    unsigned id = 0;
    DeviceNumber number;
    std::string point;
    std::string source;
    std::string fstype;
    bool read_only = false;
    bool device_gone = false;  ///< its source is a block device that sysfs no longer knows
    friend bool operator==(const Mount&, const Mount&) = default;
};

/// The last attempt at something that is tried again with back-off.
struct Attempt {
    Time ended{};
    int failures = 0;    ///< in a row; 0: it succeeded
    std::string reason;  ///< why it failed, for a person: which process holds the mount
    bool elsewhere = false;  ///< a release: nothing is mounted here, and still the device is, or may be, in use
    friend bool operator==(const Attempt&, const Attempt&) = default;
};

struct Target {
    TargetSpec spec;
    // Observed.
    std::vector<Device> devices;  ///< all that carry its UUID now
    std::optional<Time> blank_since;  ///< its device is plugged in as it was, and since then no filesystem is found on it
    std::vector<Mount> mounts;    ///< every mount of these devices, and whatever is on its mount point
    bool share_answers = false;   ///< share: it answered the newest probe, and no run has been tried since
    std::optional<unsigned> seated_mount;  ///< id of the mount seen on its mount point with its own device
    // Remembered, in the store.
    std::string plug;                 ///< the newest plugging-in that was noticed
    std::optional<Time> plugged_at;
    std::optional<Time> last_seen;
    std::string ejected_plug;         ///< the plugging-in on which a person ejected it
    std::int64_t released_run = 0;    ///< every run up to this one has been released
    std::int64_t owed_run = 0;        ///< the newest run on this plugging-in that owes a release
    std::optional<Time> pinned_at;    ///< when `guardian init` was last done; empty: never
    std::int64_t pinned_after = 0;    ///< the newest run then
    // In progress.
    bool releasing = false;
    bool eject_asked = false;
    bool probing = false;
    std::optional<Attempt> last_release;
    std::optional<Attempt> last_probe;
    HealthState health;  ///< disk: of the drives it is on
    std::optional<Time> test_asked_at;  ///< when they were last to begin a self-test, on this plugging-in
};

/// The drives that a job's sources are on; only of jobs for which that is asked.
struct Sources {
    std::string job;
    HealthState health;
    std::optional<Time> failing_since;
};

struct Plan {
    PlanSpec spec;
    std::optional<Run> active;
    std::optional<Run> last_run;      ///< the newest that is over
    std::optional<Run> last_success;  ///< the newest that satisfies
    std::optional<Run> last_telling;  ///< the newest that was neither cancelled nor found its target absent
    int failures = 0;                 ///< ended without satisfying, in a row, on this plugging-in
    bool asked = false;               ///< a person asked the daemon to run it now
    bool stop_sent = false;           ///< its runner has been told to stop
    std::optional<Time> known_since;  ///< when the plan was first seen in a configuration
    bool leaving = false;  ///< no longer configured: never started again, and gone once its run is over
};

enum class IncidentKind {
    ambiguous,      ///< two devices carry the target's UUID
    refused,        ///< the disk is not proven to be the target
    failed,         ///< the plan's newest run did not succeed
    held_back,      ///< it succeeded, but prune was withheld on doubt
    stale,          ///< the plan's newest success is older than it may be
    missed,         ///< its slot is long past and not satisfied, though the target was there
    still_mounted,  ///< the target could not be released
    dead_mount,     ///< the device is gone and its mount is still there
    store,          ///< the database was lost or cannot be written
    configuration,  ///< the file on disk is broken; the old one is in force
    no_udevd,       ///< no udevd runs on the machine: no disk is noticed
    timer,          ///< the plan's systemd timer is not active: guardiand alone keeps its schedule
    unit,           ///< one of Guardian's systemd units failed
    disk,           ///< the target's disk, or its connection, shows signs of failing
    disk_unknown,   ///< the target's disk has told nothing of its health for long, or nothing is made on it for that
    source,         ///< a disk that is saved is failing
    source_watch,   ///< one shows signs of it
    source_unknown, ///< one has told nothing of its health for long, or none is found
};

struct Incident {
    IncidentKind kind = IncidentKind::failed;
    std::string subject;  ///< the target's or plan's name
    std::string text;     ///< for a person
    friend bool operator==(const Incident&, const Incident&) = default;

    [[nodiscard]] std::string key() const;
};

struct World {
    std::vector<Target> targets;
    std::vector<Plan> plans;
    std::vector<Sources> sources;
    std::map<std::string, Incident> open;      ///< incidents that are open, by key
    std::map<std::string, Incident> notices;   ///< incidents the daemon itself knows of: store, configuration, no_udevd
    UtcOffset zone = [](Time) { return std::chrono::seconds{0}; };

    [[nodiscard]] Target* target(std::string_view name);
    [[nodiscard]] const Target* target(std::string_view name) const;
    [[nodiscard]] Sources* source(std::string_view job);
    [[nodiscard]] const Sources* source(std::string_view job) const;
    [[nodiscard]] Plan* plan(std::string_view name);
    [[nodiscard]] const Plan* plan(std::string_view name) const;
};

[[nodiscard]] std::string_view to_string(IncidentKind k);
[[nodiscard]] std::optional<IncidentKind> incident_kind_from(std::string_view text);

}  // namespace guardian::core
