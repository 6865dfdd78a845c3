/// The daemon's runs: started, stopped, found again, and what became of them.

#include <spdlog/spdlog.h>

#include "base/child.hpp"
#include "base/exit_code.hpp"
#include "base/text.hpp"
#include "core/observe.hpp"
#include "daemon/daemon.hpp"
#include "report/world_builder.hpp"

namespace guardian::daemon {

void Daemon::carry_out(const core::StartRun& decision) {
    const auto& plan = decision.plan;
    const auto* p = world_.plan(plan);
    core::Run run;
    run.plan = plan;
    run.target = p->spec.target;
    run.repository = core::repository_name(p->spec);
    run.trigger = decision.trigger;
    run.started = now();
    run.plug = world_.target(run.target)->plug;
    launched_[plan] = {run, newest_run(plan)};
    told_.erase(plan);
    const auto started = parts_.launcher->start_run(
        plan, decision.trigger, [this, plan](const End& end) { launched_run_ended(plan, end); });
    core::run_started(world_, run);
    if (!started) {
        launched_.erase(plan);
        spdlog::error("{}", started.error().text());
        run.outcome = core::Outcome::failed;
        run.ended = run.started;
        run.reason = "it could not be started: " + started.error().text();
        record_for_runner(run);
        core::run_ended(world_, run);
        return;
    }
    spdlog::info("plan {}: run started", plan);
    look_at_timer(plan);
}

void Daemon::carry_out(const core::StopRun& decision) {
    auto* p = world_.plan(decision.plan);
    p->stop_sent = true;
    const auto runner = runners_.find(decision.plan);
    if (runner == runners_.end() && !launched_.contains(decision.plan)) return;
    spdlog::warn("plan {}: its target is gone; the run is told to stop", decision.plan);
    parts_.launcher->stop_run(decision.plan, runner == runners_.end() ? -1 : runner->second);
}

void Daemon::launched_run_ended(const std::string& plan, const End& end) {
    const auto found = launched_.extract(plan);
    const auto told = told_.extract(plan);
    if (!found) return;
    const auto& launched = found.mapped();
    if (end.trouble.empty())
        if (auto record = record_of(launched)) return end_recorded(std::move(*record));
    const auto* p = world_.plan(plan);
    if (p != nullptr && p->active && p->active->trigger == core::Trigger::person) {
        // A person's run of the same plan was first: it is the plan's run, and its end is what counts.
        spdlog::info("plan {}: a person's run of it was first", plan);
        act();
        return;
    }
    auto run = launched.run;
    run.ended = now();
    judge_unrecorded(run, told ? told.mapped() : Told{}, end);
    if (run.outcome != core::Outcome::absent) record_for_runner(run);
    run_over(run);
}

void Daemon::adopted_run_ended(const std::string& plan, std::int64_t run) {
    auto record = parts_.store.run(run);
    if (record && *record) return end_recorded(std::move(**record));
    const auto* p = world_.plan(plan);
    // Ended and told already, by its launcher.
    if (p == nullptr || !p->active || p->active->id != run) return;
    auto unknown = *p->active;
    unknown.ended = now();
    judge_unrecorded(unknown, {}, {});
    run_over(unknown);
}

std::int64_t Daemon::newest_run(const std::string& plan) {
    const auto newest = parts_.store.runs(plan, 1);
    return newest && !newest->empty() ? newest->front().run.id : 0;
}

/// Empty: it recorded nothing.
std::optional<store::RunRecord> Daemon::record_of(const Launched& launched) {
    const auto recent = parts_.store.runs(launched.run.plan, 5);
    if (!recent) return std::nullopt;
    for (const auto& r : *recent)
        if (r.run.id > launched.before && r.run.trigger != core::Trigger::person && r.boot == boot_id())
            return r;
    return std::nullopt;
}

void Daemon::end_recorded(store::RunRecord record) {
    if (record.run.outcome == core::Outcome::running) {
        if (report::runner_lives(record)) return adopt_run(record);
        // Between the two looks it may have come to its end.
        if (auto again = parts_.store.run(record.run.id); again && *again) record = **again;
    }
    if (record.run.outcome == core::Outcome::running) {
        record.run.outcome = core::Outcome::aborted;
        record.run.ended = now();
        record.run.reason = "the runner died in the middle; the next run carries on by itself";
        note_store(parts_.store.mark_aborted(record.run.id, *record.run.ended, record.run.reason));
    }
    run_over(record.run);
}

void Daemon::run_over(const core::Run& run) {
    // It may have unmounted the target, and the mount table tells so only now.
    if (parts_.mounts.drain()) see_mounts();
    spdlog::log(core::satisfies(run.outcome) ? spdlog::level::info : spdlog::level::warn,
                "run {} of {}: {}{}", run.id, run.plan, to_string(run.outcome),
                run.reason.empty() ? "" : ": " + printable(run.reason, 1000));
    core::run_ended(world_, run);
    // It has looked at the disk itself; but one that found another at work, or the disk gone, did not come to that.
    if (const auto look = looks_.find(run.target); look != looks_.end() && look->second >= run.started)
        see_health(run.target, run.plug, std::nullopt);
    if (const auto* p = world_.plan(run.plan); p == nullptr || !p->active) runners_.erase(run.plan);
    act();
}

/// A run that its runner could not record: what it told, or its exit code, is all there is. That of a success
/// is believed, because the runner gives it only when Borg named the archive and every step came to its end,
/// but the run is called a warning.
void Daemon::judge_unrecorded(core::Run& run, const Told& told, const End& end) {
    const int exit_code = told.exit_code >= 0 ? told.exit_code : end.exit_code.value_or(-1);
    run.outcome = core::Outcome::failed;
    run.held_by_health = told.held_by_health;
    if (!end.trouble.empty()) {
        run.reason = "it could not be started: " + end.trouble;
    } else if (exit_code == exit_code::busy || exit_code == exit_code::skipped) {
        run.outcome = core::Outcome::absent;
        run.reason = told.text.empty() ? "another run was first" : told.text;
    } else if (exit_code == exit_code::ok || exit_code == exit_code::with_warnings) {
        run.outcome = core::Outcome::warning;
        run.reason =
            "the backup was made, but the runner could not record it; see its messages in the journal";
    } else if (!told.text.empty()) {
        run.reason = told.text;
    } else {
        run.reason = fmt::format("the runner ended{} and recorded nothing; see its messages in the journal",
                                 exit_code < 0 ? "" : fmt::format(" with exit code {}", exit_code));
    }
}

/// So that it is in the history, and has a number of its own.
void Daemon::record_for_runner(core::Run& run) {
    store::RunRecord record;
    record.run = run;
    record.boot = boot_id();
    const auto* plan = parts_.config.plan(run.plan);
    if (plan != nullptr && plan->target == run.target)
        record.run.repository = run.repository = core::repository_name(*plan);
    const auto id = parts_.store.begin_run(record);
    if (id) {
        run.id = record.run.id = *id;
        note_store(parts_.store.end_run(record));
        return;
    }
    note_store(id.error());
}

void Daemon::find_running_runs() {
    for (auto& p : world_.plans) p.active.reset();
    const auto running = parts_.store.running();
    if (!running) return;
    for (const auto& record : *running) adopt_run(record);
}

void Daemon::adopt_run(const store::RunRecord& record) {
    const auto plan = record.run.plan;
    auto pidfd = report::runner_lives(record) ? watch_process(record.pid)
                                              : Result<Fd>{Error{ErrorCode::absent, "", "", ""}};
    core::run_started(world_, record.run);
    if (!pidfd) return adopted_run_ended(plan, record.run.id);
    spdlog::info("plan {}: run {} goes on (pid {})", plan, record.run.id, record.pid);
    runners_[plan] = record.pid;
    loop_.watch_once(std::move(*pidfd), [this, plan, id = record.run.id] { adopted_run_ended(plan, id); });
}

}  // namespace guardian::daemon
