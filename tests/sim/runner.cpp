/// A model of `guardian run`: it takes time, proves the target by what is true at that moment, and ends in
/// every way a runner can end.

#include <fmt/format.h>

#include <algorithm>

#include "simulation.hpp"

namespace sim {

using core::Outcome;
using core::Step;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Fate Simulation::invent_fate() {
    const auto n = random_.between(0, 99);
    if (n < 62) return Fate::success;
    if (n < 70) return Fate::warning;
    if (n < 73) return Fate::held_back;
    if (n < 74) return Fate::fails_to_launch;
    if (n < 77) return Fate::fails_at_mount;
    if (n < 82) return Fate::fails_at_create;
    if (n < 87) return Fate::leaves_checkpoint;
    if (n < 91) return Fate::fails_at_prune;
    if (n < 95) return Fate::hangs;
    return Fate::dies;
}

bool Simulation::works_on(const std::string& target) const {
    return std::any_of(runners_.begin(), runners_.end(), [&](const auto& r) {
        return r.second.target.name == target && r.second.mount_id != 0;
    });
}

int Simulation::launch(const core::PlanSpec& plan, core::Trigger trigger, bool anyway) {
    Runner r;
    r.anyway = anyway;
    r.token = next_token_++;
    r.run.plan = plan.name;
    r.run.target = plan.target;
    r.run.trigger = trigger;
    r.target = *config_.target(plan.target);
    r.fate = invent_fate();
    view_.active[plan.name] = plan.target;
    view_.stopped.erase(plan.name);
    view_.asked.erase(plan.name);
    ++totals_[fmt::format("started by {}", core::to_string(trigger))];
    note(fmt::format("{} is started on {} ({})", plan.name, plan.target, core::to_string(trigger)));
    const int token = r.token;
    runners_.emplace(token, std::move(r));
    const Duration delay = trigger == core::Trigger::person
                               ? Duration::zero()
                               : random_.span(milliseconds{10}, milliseconds{500});
    if (trigger == core::Trigger::person) {
        step_of(token, Step::identify);
    } else {
        after(delay, [this, token] { step_of(token, Step::identify); });
    }
    return token;
}

void Simulation::step_of(int token, Step step) {
    const auto found = runners_.find(token);
    if (found == runners_.end()) return;
    auto& r = found->second;
    if (r.source_gone) return;  // it waits on a disk that is gone; its end is on its way
    r.step = step;
    if (r.fate == Fate::dies && step != Step::identify && random_.percent(40)) return die(token);
    switch (step) {
        case Step::identify:
            return identify(r);
        case Step::mount:
            return mount_target(r);
        case Step::create:
            return create(r);
        case Step::prune:
            return prune(r);
        case Step::compact:
            return compact(r);
        case Step::preflight:
        case Step::prepare:
        case Step::check:
        case Step::release:
            break;
    }
}

/// Records itself, and on which plugging-in it is before anything is proven; the daemon is told at once.
void Simulation::record_beginning(Runner& r) {
    const auto disks = out_.plugged(r.target.uuid);
    r.run.id = out_.memory.next_run++;
    r.run.started = out_.clock;
    if (r.target.type == core::TargetType::share) r.run.plug = "share";
    if (!disks.empty()) r.run.plug = disks.front()->device.plug;
    if (r.fate == Fate::fails_to_launch) r.run.plug = out_.memory.targets[r.target.name].plug;
    out_.memory.running[r.run.id] = r.run;
    if (!view_.up) return;
    if (!disks.empty() && world_.target(r.target.name)->plug != r.run.plug)
        ++totals_["runs on what is not noticed"];
    see_mounts_quietly();
    core::run_started(world_, r.run);
    wake();
}

/// Then it looks for the one device with the UUID.
void Simulation::identify(Runner& r) {
    const int token = r.token;
    record_beginning(r);
    if (r.fate == Fate::fails_to_launch) return finish(token, Outcome::failed, "it could not be started");
    if (r.target.type == core::TargetType::share) {
        if (!out_.shares[r.target.name].alive) return finish(token, Outcome::absent, "it does not answer");
    } else {
        const auto disks = out_.plugged(r.target.uuid);
        if (disks.empty()) return finish(token, Outcome::absent, "it is not there");
        const bool two = disks.size() > 1;
        // Either refusal is nobody's plugging-in: pulling the wrong disk is enough for the right one to be
        // used.
        if (two || (!r.target.serial.empty() && r.target.serial != disks.front()->serial)) {
            r.run.plug = core::no_plug;
            return finish(token, Outcome::refused, two ? "two devices" : "another serial");
        }
        r.disk = disks.front()->name;
    }
    after(random_.span(milliseconds{100}, seconds{5}), [this, token] { step_of(token, Step::mount); });
}

void Simulation::mount_target(Runner& r) {
    const int token = r.token;
    auto* there = out_.mount_at(r.target.mount);
    if (there == nullptr || there->line.device_gone || there->disk != r.disk) {
        // Written down first: it may be killed as soon as the mount is there.
        r.run.mounted_itself = true;
        out_.memory.running[r.run.id] = r.run;
        if (r.fate == Fate::fails_at_mount) return finish(token, Outcome::failed, "structure needs cleaning");
        if (there != nullptr) return finish(token, Outcome::failed, "something else is mounted there");
        there = &out_.mount(r.target, r.disk, r.target.mount);
        mounts_changed();
    }
    r.mount_id = there->line.id;
    if (!out_.memory.targets[r.target.name].pinned_at)
        return finish(token, Outcome::refused, "never initialised");
    if (!r.disk.empty() && !out_.disk(r.disk).marked) return finish(token, Outcome::refused, "no marker");
    const auto policy = look_in_run(r);
    if (policy == core::OnVerdict::refuse && !r.anyway) {
        ++totals_["runs refused for the disk's health"];
        return finish(token, Outcome::failed, "the disk is failing");
    }
    if (policy == core::OnVerdict::refuse) ++totals_["runs made anyway"];
    after(random_.span(milliseconds{100}, seconds{5}), [this, token] { step_of(token, Step::create); });
}

void Simulation::create(Runner& r) {
    const int token = r.token;
    const auto takes =
        random_.percent(4) ? random_.span(hours{3}, hours{12}) : random_.span(minutes{1}, hours{2});
    switch (r.fate) {
        case Fate::hangs:
            after(hours{1}, [this, token] { finish(token, Outcome::failed, "it said nothing for an hour"); });
            return;
        case Fate::leaves_checkpoint:
            r.checkpoint = true;
            after(takes, [this, token] {
                finish(token, Outcome::failed, "borg was stopped; a checkpoint is there");
            });
            return;
        case Fate::fails_at_create:
            after(takes, [this, token] { finish(token, Outcome::failed, "borg ended with 2"); });
            return;
        case Fate::success:
        case Fate::warning:
        case Fate::held_back:
        case Fate::fails_to_launch:
        case Fate::fails_at_mount:
        case Fate::fails_at_prune:
        case Fate::dies:
            break;
    }
    after(takes, [this, token] { step_of(token, Step::prune); });
}

/// Before anything is deleted the target is proven again.
void Simulation::prune(Runner& r) {
    const int token = r.token;
    if (!r.disk.empty() && out_.plugged(r.target.uuid).size() > 1) {
        r.run.plug = core::no_plug;
        return finish(token, Outcome::refused, "a second device with the UUID has come");
    }
    hold_back(r);
    if (r.fate == Fate::fails_at_prune) return finish(token, Outcome::failed, "prune failed");
    after(random_.span(seconds{1}, minutes{5}), [this, token] { step_of(token, Step::compact); });
}

void Simulation::compact(Runner& r) {
    hold_back(r);
    if (r.fate == Fate::dies) return die(r.token);
    if (r.fate == Fate::held_back) {
        r.run.held_back = "the source shrank";
        r.run.held_by_health = false;
    }
    finish(r.token, r.fate == Fate::warning ? Outcome::warning : Outcome::success, "");
}

void Simulation::finish(int token, Outcome outcome, std::string reason) {
    const auto found = runners_.find(token);
    if (found == runners_.end()) return;
    const auto r = found->second;
    runners_.erase(found);
    view_.active.erase(r.run.plan);
    auto run = r.run;
    run.outcome = outcome;
    run.reason = std::move(reason);
    if (!leave_as_found(r) && core::satisfies(outcome)) {
        run.outcome = Outcome::failed;
        run.reason = "it cannot be unmounted";
    }
    // Another failure is none of the disk's health.
    if (!core::satisfies(run.outcome) && run.held_by_health && !run.held_back.empty()) run.held_by_health = false;
    run.ended = out_.clock;
    ++totals_[fmt::format("ended {}", core::to_string(run.outcome))];
    note(fmt::format("{} ends: {} {}", run.plan, core::to_string(run.outcome), run.reason));
    take_over_mount(r, run.outcome);
    if (core::satisfies(run.outcome)) out_.archives[{run.plan, run.target}].insert(run.started);
    out_.memory.running.erase(run.id);
    out_.memory.keep_end(run);
    announce_end(run, r.checkpoint);
}

/// A person's run unmounts what it mounted. False: somebody holds it.
bool Simulation::leave_as_found(const Runner& r) {
    const auto* m = out_.mount_at(r.target.mount);
    if (r.run.trigger != core::Trigger::person || !r.run.mounted_itself || m == nullptr ||
        m->line.device_gone || m->disk != r.disk)
        return true;
    if (out_.held.contains(m->line.id)) return false;
    out_.unmount(m->line.id);
    mounts_changed();
    return true;
}

/// Killed with -9: its row says running for ever.
void Simulation::die(int token) {
    const auto r = runners_.at(token);
    runners_.erase(token);
    view_.active.erase(r.run.plan);
    ++totals_["ended by kill -9"];
    note(r.run.plan + "'s runner is killed");
    take_over_mount(r, core::Outcome::aborted);
    auto run = r.run;
    run.held_by_health = false;  // that is written at a run's end
    // Before it had recorded itself: only a living daemon knows of it.
    if (run.id != 0) out_.memory.running[run.id] = run;
    announce_end(run, r.checkpoint);
}

/// What a run of the daemon's worked on is the daemon's to release, even if a person had mounted it; of a
/// person's run, what it had mounted itself and could not unmount.
void Simulation::take_over_mount(const Runner& r, Outcome outcome) {
    auto* m = out_.mount_at(r.target.mount);
    if (m == nullptr || m->line.device_gone || outcome == Outcome::absent) return;
    const bool on_it = m->disk.empty() || out_.disk(m->disk).device.plug == r.run.plug;
    const bool mounted_it = r.run.mounted_itself && m->disk == r.disk;
    const bool persons = r.run.trigger == core::Trigger::person;
    if (persons ? !mounted_it : !on_it && !mounted_it) return;
    m->release_owed = true;
    if (persons) ++totals_["left mounted by a person's run"];
}

void Simulation::announce_end(const core::Run& run, bool checkpoint) {
    if (!view_.up) return;
    ++view_.untold_ends;
    const int life = daemon_life_;
    const auto tell = [this, run, checkpoint, life](bool again) {
        if (!view_.up || life != daemon_life_) return;
        if (!again) --view_.untold_ends;
        if (!again) tell_run_ended(run, checkpoint);
        if (again) core::run_ended(world_, told(mutation_, run, checkpoint));
        wake();
    };
    after(random_.span(milliseconds{1}, seconds{1}), [tell] { tell(false); });
    if (run.outcome == Outcome::running || !random_.percent(3)) return;
    ++totals_["events doubled"];
    after(random_.span(seconds{1}, seconds{20}), [tell] { tell(true); });
}

void Simulation::disk_was_pulled(const std::string& disk) {
    for (auto& [token, r] : runners_) {
        if (r.disk != disk) continue;
        ++totals_["pulled in mid-run"];
        r.source_gone = true;
        // Most notice by an I/O error; some hang in the kernel until they are told to stop or lose patience.
        const auto delay = random_.percent(70) ? random_.span(seconds{1}, seconds{30}) : Duration{hours{1}};
        after(delay, [this, t = token] { finish(t, Outcome::vanished, "the disk was pulled"); });
    }
}

void Simulation::stop_runner(const std::string& plan) {
    ++totals_["runs stopped"];
    for (auto& [token, r] : runners_) {
        if (r.run.plan != plan) continue;
        after(random_.span(seconds{1}, minutes{2}),
              [this, t = token] { finish(t, Outcome::vanished, "told to stop"); });
    }
}

}  // namespace sim
