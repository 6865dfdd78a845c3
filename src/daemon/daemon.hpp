#pragma once
/// The daemon: keeps the World up to date from what is observed, asks core::decide what to do, and has it
/// done by others. Owns the watchers, the store and the control socket. One thread. Never opens, stats or
/// mounts a disk or a share.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "config/config.hpp"
#include "core/decide.hpp"
#include "core/kernel_words.hpp"
#include "core/observe.hpp"
#include "core/world.hpp"
#include "daemon/control_server.hpp"
#include "daemon/launcher.hpp"
#include "daemon/loop.hpp"
#include "daemon/requests.hpp"
#include "report/told_health.hpp"
#include "store/store.hpp"
#include "watch/block_devices.hpp"
#include "watch/kernel_log.hpp"
#include "watch/mount_table.hpp"
#include "watch/wall_timer.hpp"

namespace guardian::daemon {

struct DaemonParts {
    std::string config_path;
    std::string config_text;  ///< the file, as it was when it came into force
    core::Config config;
    std::unique_ptr<Launcher> launcher;
    watch::BlockDevices devices;
    watch::MountTable mounts;
    watch::WallTimer timer;
    std::optional<watch::KernelLog> kernel_log;  ///< empty: it cannot be read
    Fd file_events;  ///< of the folders in which the configuration and /etc/localtime lie; invalid: not
                     ///< watched
    store::Store store;
    Fd lock;  ///< held for the daemon's life: one daemon for a runtime folder
    bool under_systemd = false;
};

/// Makes the parts; the order matters: watchers are subscribed before anything is read.
[[nodiscard]] Result<DaemonParts> make_parts(Loop& loop, const std::string& config_path,
                                             config::Loaded loaded, bool under_systemd);

/// A run that a launcher was asked for and has not seen end.
struct Launched {
    core::Run run;            ///< as it was asked for: without a number
    std::int64_t before = 0;  ///< the newest run of the plan that the store had then: its own is newer
};

/// What a runner told of itself before its end.
struct Told {
    int exit_code = -1;  ///< of guardian(1)
    std::string text;    ///< why nothing was run, or could not be recorded; empty: it is in the store
    bool held_by_health = false;
};

/// What a release told of itself, before its end.
struct Said {
    bool done = false;
    bool in_use = false;  ///< the device itself is, and not only what was left to do with it
    std::string text;
};

class Daemon {
  public:
    Daemon(Loop& loop, DaemonParts parts);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    /// Remembers, finds running runs again, looks around, listens, and decides for the first time.
    [[nodiscard]] Result<> start();

    /// Reads the configuration again; a broken one changes nothing and is said.
    Result<> reload();
    [[nodiscard]] bool config_changed() const;
    /// Units go by the file as it lies there: so must the daemon.
    void follow_config();
    /// For a person; empty: there is none.
    [[nodiscard]] std::string trouble() const;

    /// Decides and does, until nothing more is to be done. False: the decisions do not settle.
    bool act();
    /// At what was wrong and may be right by now, though nothing tells: a timer, the store.
    void look_again();
    std::function<void()> on_decided;
    /// What it is doing or waiting for, in a line.
    [[nodiscard]] std::string summary() const;

  private:
    // What was observed.
    void devices_changed();
    void take_devices();
    void mounts_changed();
    void see_mounts();
    void clock_woke();
    void kernel_spoke();
    bool take_kernel_words();
    void hear(const core::KernelWords& words, const watch::KernelLine& line);
    [[nodiscard]] std::vector<std::string> targets_that_hear() const;
    void forget_pulled(const std::vector<std::string>& hearing);
    void keep_word(const std::string& target, const std::string& plug, const core::KernelEvent& event);
    void files_changed();
    void see_zone();
    void launched_run_ended(const std::string& plan, const End& end);
    void adopted_run_ended(const std::string& plan, std::int64_t run);
    void run_over(const core::Run& run);
    void release_ended(const std::string& target, const End& end);
    void probe_ended(const std::string& target, const End& end);
    void health_probe_ended(const core::ProbeHealth& probe, Time began, const End& end);
    void see_health(const std::string& target, const std::string& plug, std::optional<Time> looked_since);
    [[nodiscard]] std::string plug_looked_at(const std::string& target) const;
    void see_sources(const std::string& job, Time looked_since);
    [[nodiscard]] Result<core::Looked> known_drives(const std::string& subject, std::optional<Time> looked_since = std::nullopt);
    [[nodiscard]] std::optional<store::Store> kept_by_others() const;
    [[nodiscard]] std::string unkept_lines() const;
    /// By what the store names it: a target, or the sources of a job.
    [[nodiscard]] bool is_looked_at(const std::string& subject) const;
    void keep_told() const;
    void forget_told(const std::string& drive);
    void recall_health();
    void look_at_timers();
    void look_at_timer(const std::string& plan);

    // Doing.
    void carry_out(const core::StartRun& decision);
    void carry_out(const core::StopRun& decision);
    void carry_out(const core::Release& decision);
    void carry_out(const core::ProbeShare& decision);
    void carry_out(const core::ProbeHealth& decision);
    void carry_out(const core::RaiseIncident& decision);
    void carry_out(const core::EndIncident& decision);

    // Remembering.
    Result<> remember();
    void find_running_runs();
    void adopt_run(const store::RunRecord& record);
    std::int64_t newest_run(const std::string& plan);
    std::optional<store::RunRecord> record_of(const Launched& launched);
    void end_recorded(store::RunRecord record);
    static void judge_unrecorded(core::Run& run, const Told& told, const End& end);
    void record_for_runner(core::Run& run);
    void keep_target(const std::string& name);
    void keep_plans();
    void read_pins();
    void note_store(const Result<>& done);
    void set_notice(core::IncidentKind kind, std::string text, const std::string& subject = "guardiand");
    /// False when there was none.
    bool clear_notice(core::IncidentKind kind, const std::string& subject = "guardiand");
    void look_around();

    // The control socket.
    void handle(const std::string& line, const Peer& peer, const Reply& reply);
    std::string answer(const Request& request);
    std::string answer_status();
    std::string answer_run(const std::string& plan);
    std::string answer_launched(const std::string& plan);
    std::string answer_run_ended(const Request& request);
    std::string answer_release_ended(const Request& request);
    std::string answer_health_told(const Request& request);
    std::string answer_run_started(const Request& request);
    void eject(const std::string& target, const Reply& reply);
    void answer_ejects();
    void refuse_ejects(const std::string& target, const std::string& reason);

    Loop& loop_;
    DaemonParts parts_;
    core::World world_;
    std::unique_ptr<ControlServer> control_;
    std::map<std::string, pid_t> runners_;      ///< by plan, once the run has told its process
    std::map<std::string, Launched> launched_;  ///< by plan
    std::map<std::string, Told> told_;          ///< by plan, of a launched run
    std::map<std::string, Said> released_;      ///< by target: how the release went, in its own words
    std::map<std::string, Time> looks_;  ///< when the newest look ended; by subject, as the store names it
    report::ToldDrives told_drives_;               ///< what looks told and the store does not keep
    std::multimap<std::string, Reply> ejects_;  ///< waiting for the target to be released
    Time started_{};
};

}  // namespace guardian::daemon
