#include "backup/runner.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "backup/aside.hpp"
#include "backup/base_folder.hpp"
#include "backup/borg.hpp"
#include "backup/borg_step.hpp"
#include "backup/claims.hpp"
#include "backup/doubt.hpp"
#include "backup/locks.hpp"
#include "backup/mounting.hpp"
#include "backup/passphrase.hpp"
#include "backup/proof.hpp"
#include "backup/release.hpp"
#include "backup/repository_lock.hpp"
#include "backup/sources.hpp"
#include "base/text.hpp"
#include "store/pins.hpp"
#include "watch/mount_table.hpp"

namespace guardian::backup {
namespace {

using core::Outcome;
using core::Step;

/// A step that failed ends the run with this.
struct Failure {
    Outcome outcome;
    std::string reason;
};
using StepResult = std::optional<Failure>;  ///< nothing: the step came to its end

Outcome outcome_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::refused:
            return Outcome::refused;
        case ErrorCode::absent:
            return Outcome::failed;
        case ErrorCode::cancelled:
            return Outcome::cancelled;
        case ErrorCode::vanished:
            return Outcome::vanished;
        case ErrorCode::usage:
        case ErrorCode::config:
        case ErrorCode::busy:
        case ErrorCode::denied:
        case ErrorCode::timeout:
        case ErrorCode::io:
        case ErrorCode::external:
            return Outcome::failed;
    }
    return Outcome::failed;
}

class PlanRun {
  public:
    PlanRun(const RunRequest& request, store::Store& store, Listener& listener, StopSources& stops)
        : request_(request),
          plan_(request.plan),
          target_(*request.config.target(plan_.target)),
          job_(*request.config.job(plan_.job)),
          store_(store),
          recorder_(store, listener),
          stops_(stops),
          health_(target_, request.look_at_health, request.anyway) {
        context_.repository = core::repository_path(target_, plan_);
        context_.repository_name = core::repository_name(plan_);
        context_.at_idle_priority = request.trigger == core::Trigger::daemon;
    }

    store::RunRecord run() {
        begin();
        auto failure = steps();
        release(failure);
        end(failure);
        return record_;
    }

  private:
    void begin() {
        record_.run.plan = plan_.name;
        record_.run.target = target_.name;
        record_.run.trigger = request_.trigger;
        record_.run.started = now();
        record_.run.plug = target_.type == core::TargetType::share ? "share" : current_plug();
        record_.run.repository = context_.repository_name;
        record_.pid = ::getpid();
        record_.pid_start = process_start(::getpid()).value_or(0);
        record_.boot = boot_id();
        recorder_.begin_run(record_);
        if (request_.on_recorded) request_.on_recorded(record_);
    }

    /// Named before anything is proven, so that the daemon can tell on which plugging-in a refusal happened.
    std::string current_plug() {
        for (const auto& d : stops_.devices())
            if (d.uuid == target_.uuid) return d.plug;
        return "";
    }

    StepResult steps() {
        for (const auto& [step, work] :
             {std::pair{Step::identify, &PlanRun::identify_step},
              std::pair{Step::mount, &PlanRun::mount_step}, std::pair{Step::preflight, &PlanRun::preflight},
              std::pair{Step::create, &PlanRun::create}, std::pair{Step::prune, &PlanRun::prune},
              std::pair{Step::compact, &PlanRun::compact}, std::pair{Step::check, &PlanRun::check}}) {
            if (step == Step::check && !health_.verifies_more()) continue;
            if (auto failure = run_step(step, work)) return failure;
        }
        return std::nullopt;
    }

    /// A step says what it did in `detail_`, and its child's exit code in `exit_code_`.
    StepResult run_step(Step step, StepResult (PlanRun::*work)()) {
        if (auto why = stops_.stopped()) return failed(*why);
        detail_.clear();
        exit_code_.reset();
        recorder_.begin_step(step);
        auto failure = (this->*work)();
        recorder_.end_step(exit_code_, failure ? failure->reason : detail_, !failure);
        return failure;
    }

    /// The disk having gone explains every other error.
    StepResult failed(const Error& error) {
        if (const auto why = stops_.stopped(); why && why->code == ErrorCode::vanished)
            return Failure{Outcome::vanished, why->text()};
        // "Refused" says that nothing was written.
        const bool written = !record_.archive.empty() && error.code == ErrorCode::refused;
        return Failure{written ? Outcome::failed : outcome_of(error.code), error.text()};
    }

    /// Two devices, or the wrong serial: the refusal is nobody's plugging-in, so that pulling the wrong disk
    /// is enough for the right one to be used.
    StepResult not_identified(const Error& error) {
        record_.run.plug = core::no_plug;
        return failed(error);
    }

    StepResult identify_step() {
        if (auto failure = identify_target()) return failure;
        if (auto failure = ask_health()) return failure;
        auto borg =
            request_.config.borg.empty() ? find_program("borg") : Result<std::string>{request_.config.borg};
        if (!borg) return Failure{Outcome::failed, borg.error().text() + "; apt-get install borgbackup"};
        context_.program = std::move(*borg);
        return std::nullopt;
    }

    StepResult ask_health() {
        health_.look();
        if (const auto why = health_.refusal(plan_.name); !why.empty()) {
            record_.run.held_by_health = true;
            return Failure{Outcome::failed, why};
        }
        say_health();
        return std::nullopt;
    }

    /// In the step that learns of it.
    void say_health() {
        const auto words = health_.words();
        if (words != said_of_health_ && !words.empty()) detail_ += (detail_.empty() ? "" : "; ") + words;
        said_of_health_ = words;
    }

    StepResult identify_target() {
        if (target_.type == core::TargetType::share) {
            detail_ = target_.answers_at;
            return std::nullopt;
        }
        auto device = identify(target_, stops_.devices());
        if (!device && device.error().code == ErrorCode::absent)
            return Failure{Outcome::absent, device.error().text()};
        if (!device) return not_identified(device.error());
        device_ = *device;
        record_.run.plug = device_->plug;
        stops_.expect(*device_);
        if (auto proven = prove_superblock(target_, *device_); !proven) return failed(proven.error());
        detail_ = device_->node;
        return std::nullopt;
    }

    StepResult mount_step() {
        if (!mounted_now()) {
            record_.run.mounted_itself = true;
            recorder_.mounts_itself();
            auto done = device_ ? mount_disk(target_, *device_, stops_.interrupts())
                                : mount_share(target_, stops_.interrupts());
            // That the mount point is taken says nothing against the disk.
            if (!done && done.error().code == ErrorCode::refused)
                return Failure{Outcome::failed, done.error().text()};
            if (!done) return failed(done.error());
            detail_ = target_.mount;
        } else {
            detail_ = target_.mount + ", mounted already";
        }
        return std::nullopt;
    }

    bool mounted_now() const { return is_mounted_in_place(target_, device_ ? &*device_ : nullptr); }

    /// A repository that was replaced says nothing against the disk and the other plans on it.
    static Error as_failure(Error error) {
        if (error.code == ErrorCode::refused) error.code = ErrorCode::external;
        return error;
    }

    /// All of the proof, from nothing: devices, superblock, mount, marker, repository.
    Result<> prove() {
        if (device_) {
            auto device = identify(target_, stops_.devices());
            if (!device) {
                record_.run.plug = core::no_plug;  // as not_identified()
                return device.error();
            }
            if (device->plug != device_->plug || device->number != device_->number)
                return Error{ErrorCode::io, "nothing more is written",
                             "the device is not the one the run began on", ""};
            if (auto done = prove_superblock(target_, *device_); !done) return done.error();
        }
        auto mount = prove_mount(target_, device_ ? &*device_ : nullptr);
        if (!mount) return mount.error();
        if (proven_ && proven_->mount_id != mount->mount_id)
            return Error{ErrorCode::io, "nothing more is written",
                         "the target was mounted anew in the middle", ""};
        if (auto done = prove_marker(target_, *mount, pin_); !done) return done.error();
        if (auto done = prove_repository(*mount, plan_, pin_); !done) return as_failure(done.error());
        if (auto done = prove_claim(mount->root, plan_, own_claim(request_.config, pin_)); !done)
            return as_failure(done.error());
        proven_ = std::move(*mount);
        return {};
    }

    StepResult preflight() {
        const auto pins = store::load_pins(request_.config.state_dir);
        if (!pins) return failed(pins.error());
        const auto pin = pins->find(target_.name);
        if (pin == pins->end())
            return failed({ErrorCode::refused, fmt::format("nothing is written to target {}", target_.name),
                           "it was never initialised here",
                           fmt::format("if it is yours: guardian init {}", target_.name)});
        pin_ = pin->second;
        context_.host_id = borg_host_id(request_.config, pin_.owner);
        if (auto done = prove(); !done) return failed(done.error());
        if (auto done = enough_space(); !done) return failed(done.error());
        // A disk that slept is awake now, and the filesystem has said what it remembers: nothing is written before that is
        // known.
        if (auto failure = ask_health()) return failure;
        const auto base = usable_base_folder(request_.config);
        context_.base_dir = base.path;
        if (!base.trouble.empty()) recorder_.warning({"", base.trouble});
        if (auto done = settle_repository_lock(context_, proven_->root, plan_.repository); !done)
            return failed(done.error());
        auto passphrase = passphrase_of(plan_);
        if (!passphrase) return failed(passphrase.error());
        context_.passphrase = std::move(*passphrase);
        doubt_.emplace(Doubt::Subject{request_.config, plan_, job_, context_, stops_.devices(),
                                      record_.run.id, request_.shrunk_is_right},
                       store_, [this] { return archive_names(); });
        return find_sources();
    }

    Result<> enough_space() {
        struct statvfs st {};
        if (::fstatvfs(proven_->root.get(), &st) != 0) return errno_error("cannot ask for free space", errno);
        const auto free = static_cast<std::uint64_t>(st.f_bavail) * st.f_frsize;
        detail_ = format_bytes(free) + " free";
        if (free >= plan_.min_free) return {};
        return Error{ErrorCode::io, fmt::format("target {} is too full", target_.name),
                     fmt::format("{} free, and plan {} wants {}", format_bytes(free), plan_.name,
                                 format_bytes(plan_.min_free)),
                     "free space on it, or lower min_free"};
    }

    StepResult find_sources() {
        const auto never = never_saved();
        for (const auto& path : job_.paths) {
            auto why = why_not_saved(job_, path);
            if (why.empty()) why = why_never_saved(path, never);
            if (why.empty()) {
                sources_.push_back(path);
                continue;
            }
            unsaved_.push_back(why);
            recorder_.warning({path, why});
        }
        if (!sources_.empty()) return std::nullopt;
        return Failure{Outcome::failed,
                       fmt::format("{}; job {} has no other source", join(unsaved_, "; "), job_.name)};
    }

    /// What is excluded for safety's sake is not in the archive, though the job names it.
    static std::string why_never_saved(const std::string& source, const std::vector<std::string>& excluded) {
        std::error_code error;
        const auto real = std::filesystem::weakly_canonical(source, error).string();
        for (const auto& never : excluded)
            if (is_within(error ? source : real, never))
                return fmt::format(
                    "the source {} lies within {}, which is the target itself or Borg's cache and "
                    "is never saved",
                    printable(source, 400), printable(never, 400));
        return "";
    }

    std::vector<std::string> never_saved() const {
        std::vector<std::string> out{borg_base_dir(request_.config) + "/.cache",
                                     context_.base_dir + "/.cache"};
        for (const auto& t : request_.config.targets) out.push_back(t.mount);
        // The disk may be mounted a second time, within the sources.
        const auto mounts = watch::MountTable::snapshot();
        if (!mounts || !device_) return out;
        for (const auto& m : *mounts)
            if (m.number == device_->number && m.point != target_.mount) out.push_back(m.point);
        return out;
    }

    StepResult create() {
        create_began_ = now();
        doubt_->look_before();
        for (const auto& why : unsaved_) doubt_->raise(why);
        recorder_.on_warning = [this](const store::Warning& w) { look_at_warning(w); };
        auto borg = borg_create();
        recorder_.on_warning = nullptr;
        exit_code_ = borg.exit_code;
        if (borg.error) {
            set_aside_what_it_made(borg.out);
            return failed(*borg.error);
        }
        const auto created = parse_created(borg.out);
        if (!created) return failed(created.error());
        if (created->repository_id != pin_.repositories.at(plan_.repository).id)
            return Failure{Outcome::failed, "Borg wrote to a repository with another id than the pinned one"};
        if (!is_of_this_plan(*created))
            return Failure{Outcome::failed,
                           fmt::format("Borg named the archive \"{}\"", printable(created->archive, 100))};
        keep_created(*created);
        // Once more: something may have been mounted over the target while Borg was about to open it.
        if (auto done = prove(); !done) return failed(done.error());
        auto failure = look_for_doubt();
        recorder_.keep_doubts(doubt_->doubts());
        if (!failure && doubt_->reason().empty()) {
            record_.aside_owed = false;
            recorder_.archive_is_whole(record_.statistics);
            recorder_.keep_places(plan_.name, doubt_->places());
        } else {
            set_aside_own();
        }
        return failure;
    }

    bool is_of_this_plan(const Created& created) const {
        return created.archive.starts_with(plan_.name + "-");
    }

    /// From here on it is known, whatever becomes of this process.
    void keep_created(const Created& created) {
        record_.archive = created.archive;
        record_.archive_id = created.archive_id;
        record_.statistics = created.statistics;
        detail_ = fmt::format("{}, {} files, {}", created.archive, format_count(created.statistics.files),
                              format_bytes(created.statistics.original));
        record_.aside_owed = true;
        recorder_.archive_made(created.archive);
    }

    /// Borg may have called it a warning that it could not write: the archive is there, and not whole.
    void set_aside_what_it_made(const std::string& out) {
        const auto created = parse_created(out);
        if (!created || !is_of_this_plan(*created)) return;
        record_.aside_owed = true;
        recorder_.archive_made(created->archive);
        record_.archive = created->archive;
        if (!stops_.stopped() && prove()) set_aside_own();
    }

    /// Or prune would one day keep this one and delete a whole one. What cannot be done now, a later run
    /// does.
    void set_aside_own() {
        auto name = aside_.set_aside(record_.run.id, record_.archive);
        if (!name) return recorder_.warning({"", name.error().text()});
        record_.archive = std::move(*name);
        record_.aside_owed = false;
        record_.archive_id.clear();  // it has another one now
    }

    Result<std::vector<std::string>> archive_names() {
        if (auto trouble = aside_.set_aside_older(plan_.name, record_.run.id); !trouble.empty())
            return Error{ErrorCode::external, std::move(trouble), "", ""};
        return aside_.archive_names(plan_.name);
    }

    BorgResult borg_create() {
        const std::string suffix = doubt_->reason().empty() ? "" : partial_suffix;
        const auto command = create_command(context_, plan_, job_, sources_, never_saved(), suffix);
        auto borg = run_borg(command, plan_.silence_max, context_.repository, recorder_, stops_.interrupts());
        // Archives are named by the second: a run that follows at once, or in the hour that the clock goes
        // through twice.
        if (borg.error_id != "Archive.AlreadyExists") return borg;
        std::this_thread::sleep_for(std::chrono::seconds{1});
        return run_borg(command, plan_.silence_max, context_.repository, recorder_, stops_.interrupts());
    }

    /// A source of which Borg could not even read the beginning is not in the archive; one that sits on a
    /// failing disk may be there in part.
    void look_at_warning(const store::Warning& w) {
        if (w.text.find("[Errno ") == std::string::npos) return;
        const auto is_about = [&](const std::string& source) { return w.text.starts_with(source + ": "); };
        if (std::any_of(sources_.begin(), sources_.end(), is_about))
            unsaved_.push_back("a source could not be read: " + w.text);
        else
            doubt_->hear(w.text);
    }

    /// Borg says the same of a file that it cannot read and of a repository that it cannot write the file to: whether files
    /// are missing then, nobody knows.
    std::string trouble_of_the_target() {
        if (doubt_->failing_read().empty()) return "";
        health_.look();
        const auto words = health_.errors_since(create_began_);
        if (words.empty()) return "";
        return fmt::format("disk {} had errors while the backup was made ({}), and of what Borg could not read ({}) nobody "
                           "knows whether it is in the archive. Look at the disk: guardian smart {}",
                           target_.name, words, printable(doubt_->failing_read(), 300), target_.name);
    }

    /// Nothing is deleted on doubt about the source.
    StepResult look_for_doubt() {
        if (record_.statistics.files == 0 && !request_.shrunk_is_right)
            return Failure{
                Outcome::failed,
                fmt::format("the archive holds no file at all: is a source empty, or not mounted? If that "
                            "is right: guardian run {} --shrunk-is-right",
                            plan_.name)};
        if (auto why = trouble_of_the_target(); !why.empty()) return Failure{Outcome::failed, std::move(why)};
        for (const auto& why : unsaved_) doubt_->raise(why);
        doubt_->look_after(record_.archive, record_.statistics, record_.run.started);
        // What cannot be saved has been said already, and makes the run a failed one.
        if (unsaved_.empty() && !doubt_->reason().empty()) recorder_.warning({"", doubt_->reason()});
        return std::nullopt;
    }

    /// Why nothing old is deleted; empty: it may be.
    std::string withheld() const {
        if (!doubt_->reason().empty()) return doubt_->reason();
        if (const auto why = health_.withheld(); !why.empty()) return why;
        return request_.anyway ? "with --anyway a backup is made and nothing else" : "";
    }

    /// It may have become worse while Borg was at work.
    void look_at_health_again() {
        if (withheld().empty()) health_.look();
    }

    StepResult delete_step(const Command& command, const char* nothing_to_do) {
        if (const auto why = withheld(); !why.empty() || plan_.keep.empty()) {
            detail_ = why.empty() ? nothing_to_do : "withheld: " + why;
            return std::nullopt;
        }
        if (auto done = prove(); !done) return failed(done.error());
        const auto borg =
            run_borg(command, plan_.silence_max, context_.repository, recorder_, stops_.interrupts());
        exit_code_ = borg.exit_code;
        if (borg.error) return failed(*borg.error);
        say_health();
        return std::nullopt;
    }

    void set_aside_older() {
        if (!prove()) return;  // the step itself fails for it
        const auto trouble = aside_.set_aside_older(plan_.name, record_.run.id);
        if (trouble.empty()) return;
        doubt_->raise(trouble);
        recorder_.warning({"", trouble});
    }

    StepResult prune() {
        look_at_health_again();
        if (withheld().empty() && !plan_.keep.empty()) set_aside_older();
        if (doubt_->reason().empty()) held_by_health_ = health_.withheld();
        bool own = false;
        recorder_.on_log_line = [&](std::string_view line) {
            own = own || (line.starts_with("Pruning archive") &&
                          line.find(record_.archive) != std::string_view::npos);
        };
        auto failure = delete_step(prune_command(context_, plan_), "keep is empty: every archive is kept");
        recorder_.on_log_line = nullptr;
        if (!failure && own)
            return Failure{
                Outcome::failed,
                fmt::format("prune has deleted the archive {} that was just made: is the clock wrong, or are "
                            "there archives from the future?",
                            record_.archive)};
        return failure ? failure : prune_partial();
    }

    StepResult prune_partial() {
        const auto some = store_.has_set_aside(plan_.name, context_.repository_name);
        if (!some || !*some || !withheld().empty() || plan_.keep.empty()) return std::nullopt;
        const auto detail = detail_;
        auto failure = delete_step(prune_partial_command(context_, plan_), "");
        detail_ = detail;
        return failure;
    }

    StepResult compact() {
        look_at_health_again();
        return delete_step(compact_command(context_), "nothing was pruned");
    }

    /// Of a disk that shows signs of failing more is read again than usual: the newest archive's records, and a part of
    /// the repository, a further one each time.
    StepResult check() {
        health_.look();
        if (!held_by_health_.empty()) held_by_health_ = health_.withheld();
        if (!health_.verifies_more()) {
            detail_ = "withheld: " + health_.withheld();
            return std::nullopt;
        }
        for (const auto& command : {check_newest_command(context_, plan_), check_some_command(context_)}) {
            if (auto done = prove(); !done) return failed(done.error());
            const auto borg =
                run_borg(command, plan_.silence_max, context_.repository, recorder_, stops_.interrupts());
            exit_code_ = borg.exit_code;
            if (borg.error) return failed(*borg.error);
        }
        detail_ = "the newest archive and a part of the repository were read again";
        return std::nullopt;
    }

    /// A person's run leaves the target as it found it; the daemon's leaves it to the daemon, which releases
    /// it after the last plan. The mount of a disk that is gone is detached in any case.
    void release(StepResult& failure) {
        proven_.reset();
        const bool gone = failure && failure->outcome == Outcome::vanished;
        if (device_ && !gone) health_.look();
        const bool mine = record_.run.mounted_itself && request_.trigger == core::Trigger::person;
        if ((!gone && !mine) || !mounted_now()) return;
        recorder_.begin_step(Step::release);
        const auto done = gone ? detach(target_.mount) : unmount(target_.mount);
        recorder_.end_step(std::nullopt,
                           done ? (gone ? "the dead mount is detached" : "unmounted") : done.error().text(),
                           bool(done));
        if (!done && !failure) failure = Failure{Outcome::failed, done.error().text()};
        if (!done || gone || !device_) return;
        if (auto unused = must_be_unused(*device_); !unused) recorder_.warning({"", unused.error().text()});
    }

    void end(const StepResult& failure) {
        auto& run = record_.run;
        run.ended = now();
        run.outcome = failure                    ? failure->outcome
                      : recorder_.warnings() > 0 ? Outcome::warning
                                                 : Outcome::success;
        if (failure) run.reason = failure->reason;
        if (!failure && !unsaved_.empty()) {
            // The archive is there, but it is not the backup that was asked for.
            run.outcome = Outcome::failed;
            run.reason = fmt::format("{}; the rest was saved as {}, and nothing was pruned",
                                     join(unsaved_, "; "), record_.archive);
        } else if (!failure) {
            run.held_back = held_by_health_.empty() ? doubt_->reason() : held_by_health_;
            run.held_by_health = !held_by_health_.empty();
        }
        recorder_.end_run(record_);
    }

    const RunRequest& request_;
    const core::PlanSpec& plan_;
    const core::TargetSpec& target_;
    const core::JobSpec& job_;
    store::Store& store_;
    Recorder recorder_;
    StopSources& stops_;
    BorgContext context_;
    Aside aside_{context_, store_, recorder_, stops_.interrupts()};
    store::RunRecord record_;
    store::Pin pin_;
    std::optional<core::Device> device_;
    std::optional<ProvenMount> proven_;
    std::vector<std::string> sources_;
    std::vector<std::string> unsaved_;  ///< why each of the others cannot be
    std::optional<Doubt> doubt_;        ///< from preflight on
    Time create_began_{};               ///< mounting a filesystem that was damaged before has the kernel say so again
    HealthGate health_;
    std::string held_by_health_;  ///< why prune or compact was withheld, for the disk's sake alone
    std::string said_of_health_;
    std::string detail_;
    std::optional<int> exit_code_;
};

}  // namespace

Result<store::RunRecord> run_plan(const RunRequest& request, store::Store& store, Listener& listener,
                                  StopSources& stops) {
    const auto what = fmt::format("run {} on {}", request.plan.name, request.plan.target);
    auto machine = lock_machine(request.config.runtime_dir, what);
    if (!machine) return machine.error();
    auto target = lock_target(request.config.runtime_dir, request.plan.target, what);
    if (!target) return target.error();
    return PlanRun{request, store, listener, stops}.run();
}

}  // namespace guardian::backup
