#pragma once
/// The store: one SQLite file (WAL) in the state folder with the runs, the targets' and plans' memory, the
/// incidents and the drives. The daemon and the runner each open their own; every method may be called at any time from one
/// thread. No method throws. A database that cannot be read is moved aside and a new one begun; one that
/// cannot be written at all is replaced by one in memory, so that backups go on: trouble() says so.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "core/run.hpp"
#include "core/world.hpp"
#include "store/drives.hpp"

namespace guardian::store {

/// Borg's figures of one archive, in bytes and files.
struct Statistics {
    std::uint64_t original = 0, compressed = 0, deduplicated = 0, files = 0;
    friend bool operator==(const Statistics&, const Statistics&) = default;
};

struct Progress {
    Statistics so_far;
    std::string path;  ///< the file being read
    int percent = -1;  ///< of the step, where Borg says; -1: it does not
    Time at{};
    friend bool operator==(const Progress&, const Progress&) = default;
};

struct StepRecord {
    core::Step step = core::Step::identify;
    Time started{};
    std::optional<Time> ended;
    std::optional<int> exit_code;  ///< Borg's or mount's, where one ran
    std::string detail;
    friend bool operator==(const StepRecord&, const StepRecord&) = default;
};

struct Warning {
    std::string path;
    std::string text;
    friend bool operator==(const Warning&, const Warning&) = default;
};

struct RunRecord {
    core::Run run;
    pid_t pid = 0;
    std::uint64_t pid_start = 0;
    std::string boot;
    std::string borg_version;
    std::string archive;
    std::string archive_id;
    bool aside_owed = false;  ///< the archive is not found whole, and still has a whole one's name
    Statistics statistics;
    std::optional<core::Step> step;  ///< the one in progress, or the last one
    Progress progress;
    std::uint64_t warnings = 0;  ///< how many there were; the first thousand are kept
    std::string log_tail;
};

/// Something that a backup had in it: a source that was not empty, or a filesystem mounted within the
/// sources.
struct Place {
    std::string path;
    bool mounted = false;
    std::string filesystem = {};  ///< of what is mounted: its UUID, or where it comes from; empty: not known
    friend auto operator<=>(const Place&, const Place&) = default;
};

struct IncidentRecord {
    std::int64_t id = 0;
    core::Incident incident;
    Time opened{};
    std::optional<Time> ended;
};

/// What is remembered of a target over a restart.
struct TargetMemory {
    std::string plug;
    std::optional<Time> plugged_at;
    std::optional<Time> last_seen;
    std::string ejected_plug;
    std::int64_t released_run = 0;
    friend bool operator==(const TargetMemory&, const TargetMemory&) = default;
};

/// What the runs say of a plan, in the repository that it has now.
struct PlanMemory {
    std::optional<core::Run> last_run, last_success, last_telling;
    int failures = 0;  ///< in a row since the last success, on the newest run's plugging-in
    std::optional<Time> known_since;
    std::optional<RunRecord> running;
};

/// More warnings of one run than this are counted and not kept.
inline constexpr std::uint64_t most_warnings = 1000;

class Store {
  public:
    enum class Mode {
        write,  ///< create, migrate, move aside what is broken
        read,   ///< for the command: changes nothing, creates nothing
    };

    /// Mode::write always gives a store. Mode::read fails when there is none or it cannot be read.
    [[nodiscard]] static Store open_for_writing(const std::string& state_dir);
    [[nodiscard]] static Result<Store> open_for_reading(const std::string& state_dir);
    /// One that remembers nothing: for the command, where there is no file yet to show anything from.
    [[nodiscard]] static Store empty_in_memory();

    Store(Store&&) noexcept;
    Store& operator=(Store&&) noexcept;
    ~Store();

    /// Checks every page; a broken database is moved aside. For the daemon at its start.
    void check();

    /// What is wrong with the store, for a person; empty when nothing is.
    [[nodiscard]] const std::string& trouble() const;
    /// Writes go to memory only and are gone with the process.
    [[nodiscard]] bool in_memory() const;
    /// The file could be opened now. What is in it and what is in memory are two pasts, with two sequences of
    /// numbers: who wants the file begins anew.
    [[nodiscard]] bool could_be_in_file() const;

    // Runs.
    [[nodiscard]] Result<std::int64_t> begin_run(const RunRecord& record);
    /// Said before it mounts, so that a run that dies does not leave it mounted unknown.
    Result<> set_mounted_itself(std::int64_t run);
    Result<> begin_step(std::int64_t run, core::Step step, Time at);
    Result<> end_step(std::int64_t run, core::Step step, Time at, std::optional<int> exit_code,
                      std::string_view detail);
    Result<> set_progress(std::int64_t run, const Progress& progress);
    Result<> add_warning(std::int64_t run, const Warning& warning);
    /// Borg has made the archive; until it is found whole it is to be set aside, be it by a later run.
    Result<> archive_made(std::int64_t run, std::string_view archive);
    Result<> archive_is_whole(std::int64_t run, const Statistics& statistics);
    /// It has its new name; empty: it is gone.
    Result<> archive_set_aside(std::int64_t run, std::string_view name);
    /// Those of the plan's other runs that are still to be set aside. The machine's lock must be held: none
    /// is going.
    [[nodiscard]] Result<std::vector<RunRecord>> to_set_aside(std::string_view plan,
                                                              std::string_view repository,
                                                              std::int64_t except_run);
    /// The oldest run since Borg last pruned for the plan (which it does only once all older archives are
    /// settled) in which it may have made an archive that it never named to us.
    [[nodiscard]] Result<std::optional<RunRecord>> oldest_without_archive(std::string_view plan,
                                                                          std::string_view repository,
                                                                          std::int64_t except_run);
    [[nodiscard]] Result<bool> knows_archive(std::string_view plan, std::string_view repository,
                                             std::string_view archive);
    /// Some of its archives have been set aside, now or long ago.
    [[nodiscard]] Result<bool> has_set_aside(std::string_view plan, std::string_view repository);
    /// Writes how it ended; durable when it returns.
    Result<> end_run(const RunRecord& record);
    /// A run whose runner is gone without having said how it ended.
    Result<> mark_aborted(std::int64_t run, Time at, std::string_view reason);

    [[nodiscard]] Result<std::optional<RunRecord>> run(std::int64_t id);
    /// Newest first; of one plan, or of all when `plan` is empty.
    [[nodiscard]] Result<std::vector<RunRecord>> runs(std::string_view plan, std::size_t most);
    [[nodiscard]] Result<std::vector<RunRecord>> running();
    [[nodiscard]] Result<std::vector<StepRecord>> steps(std::int64_t run);
    [[nodiscard]] Result<std::vector<Warning>> warnings(std::int64_t run);
    /// What there was doubt about, as backup::Doubt names it; replaces what was said before.
    Result<> set_doubts(std::int64_t run, const std::set<std::string>& doubts);
    [[nodiscard]] Result<std::set<std::string>> doubts(std::int64_t run);

    // Memory of targets and plans.
    [[nodiscard]] Result<TargetMemory> target(std::string_view name);
    Result<> set_target(std::string_view name, const TargetMemory& memory);
    [[nodiscard]] Result<PlanMemory> plan(std::string_view name, std::string_view repository);
    /// Of all that were ever begun; 0: none.
    [[nodiscard]] Result<std::int64_t> newest_run_number();

    /// The newest run on this plugging-in that owes a release (core::owes_release); 0: none.
    [[nodiscard]] Result<std::int64_t> newest_owed_run(std::string_view target, std::string_view plug);
    /// Notes when a plan was first seen; does nothing when it is known.
    Result<> plan_seen(std::string_view name, Time at);
    /// When the run of the plan's latest whole archive began, by the clock: one that was ahead made it later
    /// than now.
    [[nodiscard]] Result<std::optional<Time>> latest_archive(std::string_view plan,
                                                             std::string_view repository);
    /// The run that made the newest whole archive of the plan: the measure for what is doubted.
    [[nodiscard]] Result<std::optional<RunRecord>> last_whole(std::string_view plan,
                                                              std::string_view repository);

    /// What the plan's newest undoubted backup had in it.
    [[nodiscard]] Result<std::set<Place>> places(std::string_view plan);
    Result<> set_places(std::string_view plan, const std::set<Place>& places);

    // Incidents. Durable when they return.
    Result<> raise_incident(const core::Incident& incident, Time at);
    Result<> end_incident(std::string_view key, Time at);
    [[nodiscard]] Result<std::vector<IncidentRecord>> open_incidents();
    [[nodiscard]] Result<std::vector<IncidentRecord>> incidents(std::size_t most);

    // Drives (drives.hpp). A drive is named by its id.
    /// Thins the drive's history by age: all readings of seven days, one a day of a year, one a week of ten years,
    /// and the very first; the newest reports, and one a month.
    Result<> keep_reading(const DriveReading& reading);
    Result<> keep_attempt(const DriveAttempt& attempt);
    /// The reading of that moment is judged anew, after something was accepted; nothing if there is a newer one already.
    Result<> keep_verdict(std::string_view drive, const std::optional<Time>& read_at, core::Verdict verdict,
                          const std::vector<core::Reason>& reasons);
    /// It is out of use: nothing of it is kept.
    Result<> forget_drive(std::string_view id);
    [[nodiscard]] Result<std::vector<DriveRecord>> drives();
    [[nodiscard]] Result<std::optional<DriveRecord>> drive(std::string_view id);
    /// Oldest first; only what was read before that moment.
    [[nodiscard]] Result<core::History> history(std::string_view drive, Time before);
    /// The report of the newest reading that has one; a damaged one is none.
    [[nodiscard]] Result<std::optional<std::string>> newest_report(std::string_view drive);

    [[nodiscard]] Result<core::Acknowledged> acknowledged(std::string_view drive);
    /// A person did.
    Result<> acknowledge(std::string_view drive, core::Sign sign, const core::Accepted& accepted, Time at);
    /// No more than that is accepted any longer; what had been made of it stays.
    Result<> accept_less(std::string_view drive, core::Sign sign, const core::Accepted& less);
    /// When a person accepted something of it last.
    [[nodiscard]] Result<std::optional<Time>> accepted_at(std::string_view drive);
    /// Another filesystem is the target now: what was known of the drives below it and what the kernel said are not its.
    Result<> forget_target_health(std::string_view target);

    [[nodiscard]] Result<std::optional<Attachment>> attachment(std::string_view key);
    [[nodiscard]] Result<std::map<std::string, Attachment>> attachments();
    Result<> set_attachment(std::string_view key, const Attachment& attachment, Time at);
    /// The drives that a target's filesystem was on when last looked at.
    [[nodiscard]] Result<TargetDrives> target_drives();
    Result<> set_target_drives(std::string_view target, const std::set<std::string>& drives);

    [[nodiscard]] Result<std::int64_t> begin_self_test(std::string_view drive, const SelfTestRecord& test);
    Result<> end_self_test(std::int64_t id, Time at, core::TestResult result);
    /// Newest first.
    [[nodiscard]] Result<std::vector<SelfTestRecord>> self_tests(std::string_view drive);

    /// Kept for a year. The subject is a drive's id, or a target's name where the drive is not known.
    /// `plug`: it was heard on that plugging-in of the target, and may be no more than what a disk that is pulled says; empty:
    /// it counts.
    Result<> add_drive_event(std::string_view subject, const core::KernelEvent& event, std::string_view plug = "");
    /// The disk is still there: what was heard on that plugging-in counts.
    Result<> confirm_drive_events(std::string_view subject, std::string_view plug);
    /// It was pulled: what was only heard is nothing.
    Result<> forget_heard_events(std::string_view subject);
    /// Newest first: those that count, or those that were only heard, on that plugging-in.
    [[nodiscard]] Result<std::vector<core::KernelEvent>> drive_events(std::string_view subject, std::string_view plug = "");

  private:
    struct Impl;
    explicit Store(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::store
