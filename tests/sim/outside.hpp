#pragma once
/// What is true outside of Guardian, whether or not it has noticed: disks and shares, mounts, archives, the
/// store's rows, and the clock. Changed by the simulation alone; the oracle judges by it.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/observe.hpp"
#include "timetable.hpp"

namespace sim {

namespace core = guardian::core;

/// One physical disk. A clone has the original's UUID and marker; a stranger has the UUID alone.
struct Disk {
    std::string name;
    std::string target;  ///< whose UUID it carries
    std::string uuid, uuid_sub, fstype, serial;
    bool marked = true;  ///< carries the target's own marker
    bool plugged = false;
    core::Device device;  ///< as udev shows it while it is plugged in
};

struct SelfTest {
    bool is_long = false;
    Time started{};    ///< by the clock
    Duration since{};  ///< in awake time: a drive counts for itself
};

/// A drive as it truly is: a target's disk, or one that a job saves.
struct TrueDrive {
    core::Verdict state = core::Verdict::healthy;
    bool mute = false;    ///< it answers no question
    bool asleep = false;  ///< it is left so
    std::optional<SelfTest> test;
    std::optional<Time> short_done, long_done;  ///< when those were begun that came to a result
};

/// What a drive told, as the store has it.
struct DriveBook {
    core::Verdict told = core::Verdict::unknown;  ///< of the newest reading
    std::optional<Time> read_at, tried_at, unknown_since;
    std::string trouble;
    bool asleep = false;
    bool testing = false;
    std::optional<Time> short_done, long_done;
};

/// All that somebody was told of the health of a target, or of a job's sources. Kept beside core's own, so
/// that the oracle can contradict it.
struct KnownHealth {
    std::string drive;  ///< empty: none was ever read
    DriveBook book;
    std::optional<Time> tried_at;
    std::vector<core::KernelEvent> counted;
    std::vector<core::KernelEvent> heard;  ///< counts if the disk is still there at the next look
};

struct LiveMount {
    core::Mount line;
    std::int64_t birth = 0;  ///< never given twice, unlike the kernel's id
    std::string disk;        ///< empty: a share
    std::string target;
    bool shown = false;         ///< the daemon has seen it
    bool disputed = false;      ///< the daemon may take it for its own run's, or not
    bool release_owed = false;  ///< a run left it to the daemon, which is to take it down
};

struct Share {
    bool alive = true;
    Duration alive_since{};
};

/// What the kernel said, and is not counted yet.
struct Heard {
    std::string plug;
    std::vector<core::KernelEvent> events;
};

/// What the store would hold.
struct Memory {
    std::map<std::string, core::Target> targets;          ///< only the remembered fields are used
    std::map<std::string, std::vector<core::Run>> ended;  ///< by plan, in the order in which they began
    std::map<std::int64_t, core::Run> running;            ///< rows that say running, true or not
    std::map<std::string, Time> known_since;
    std::map<std::string, core::Incident> open;
    std::int64_t next_run = 1;
    std::map<std::string, DriveBook> drives;
    std::map<std::string, std::string> drive_of;  ///< by target, or job_key()
    std::map<std::string, std::vector<core::KernelEvent>> events;
    std::map<std::string, Heard> heard;  ///< by target
    std::map<std::string, Time> failing_since;  ///< by job

    /// For who knows only what is written down.
    [[nodiscard]] KnownHealth known(const std::string& subject, Time now) const;
    [[nodiscard]] std::vector<core::KernelEvent> heard_on(const std::string& target, const std::string& plug) const;
    void keep_end(const core::Run& run) {
        auto& runs = ended[run.plan];
        runs.insert(std::upper_bound(runs.begin(), runs.end(), run,
                                     [](const core::Run& a, const core::Run& b) { return a.id < b.id; }),
                    run);
    }
};

[[nodiscard]] inline std::string job_key(const std::string& job) {
    return "job:" + job;
}

/// For so long the kernel's words count; what lies in the future does not.
void drop_old(std::vector<core::KernelEvent>& events, Time now);

/// Archives that are complete, from runs that came to their end, by plan and target.
using Archives = std::map<std::pair<std::string, std::string>, std::set<Time>>;

struct Outside {
    Zone zone;
    std::vector<Disk> disks;
    std::map<std::string, Share> shares;
    std::map<std::string, TrueDrive> drives;  ///< by the disk's name, or by job_key()
    std::vector<LiveMount> mounts;
    std::set<unsigned> held;  ///< ids of mounts that a person's program keeps busy
    Memory memory;
    Archives archives;
    Duration awake{};  ///< time that passed while the machine was awake: durations are measured in it
    Duration lived{};  ///< all time that passed, asleep or not, whatever the clock said
    Time clock{};      ///< the wall clock

    [[nodiscard]] Disk& disk(const std::string& name);
    [[nodiscard]] const Disk* disk_on(const std::string& plug) const;
    [[nodiscard]] std::vector<const Disk*> plugged(const std::string& uuid) const;
    [[nodiscard]] LiveMount* mount_at(const std::string& point);
    [[nodiscard]] const LiveMount* mount_at(const std::string& point) const;

    [[nodiscard]] std::vector<core::Device> devices() const;
    [[nodiscard]] std::vector<core::Mount> mount_lines() const;

    void plug_in(Disk& disk, Random& random);
    void pull(Disk& disk);
    LiveMount& mount(const core::TargetSpec& target, const std::string& disk, const std::string& point);
    void unmount(unsigned id);

  private:
    [[nodiscard]] unsigned free_letter() const;
    std::int64_t plugs_ = 0;
    std::int64_t mounts_ever_ = 0;
    unsigned fresh_minor_ = 1000;
};

}  // namespace sim
