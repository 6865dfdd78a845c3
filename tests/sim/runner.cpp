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

int Simulation::launch(const core::PlanSpec& plan, core::Trigger trigger) {
    Runner r;
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
        case Step::preflight:
        case Step::prepare:
        case Step::compact:
        case Step::check:
        case Step::release:
            break;
    }
    if (r.fate == Fate::dies) return die(token);
    if (r.fate == Fate::held_back) r.run.held_back = "the source shrank";
    finish(token, r.fate == Fate::warning ? Outcome::warning : Outcome::success, "");
}

/// Records itself, then looks for the one device with the UUID.
void Simulation::identify(Runner& r) {
    r.run.id = out_.memory.next_run++;
    r.run.started = out_.clock;
    out_.memory.running[r.run.id] = r.run;
    const int token = r.token;
    if (view_.up) core::run_started(world_, r.run);
    if (r.fate == Fate::fails_to_launch) r.run.plug = out_.memory.targets[r.target.name].plug;
    if (r.fate == Fate::fails_to_launch) return finish(token, Outcome::failed, "it could not be started");
    if (!out_.memory.targets[r.target.name].pinned_at)
        return finish(token, Outcome::refused, "never initialised");
    if (r.target.type == core::TargetType::share) {
        r.run.plug = "share";
        if (!out_.shares[r.target.name].alive) return finish(token, Outcome::absent, "it does not answer");
    } else {
        const auto disks = out_.plugged(r.target.uuid);
        if (disks.empty()) return finish(token, Outcome::absent, "it is not there");
        r.run.plug = disks.front()->device.plug;
        // That a second one is there says nothing against the first.
        if (disks.size() > 1) return finish(token, Outcome::failed, "two devices");
        r.disk = disks.front()->name;
        if (!r.target.serial.empty() && r.target.serial != disks.front()->serial)
            return finish(token, Outcome::refused, "another serial");
    }
    after(random_.span(milliseconds{100}, seconds{5}), [this, token] { step_of(token, Step::mount); });
}

void Simulation::mount_target(Runner& r) {
    const int token = r.token;
    if (r.fate == Fate::fails_at_mount) return finish(token, Outcome::failed, "structure needs cleaning");
    auto* there = out_.mount_at(r.target.mount);
    if (there != nullptr && (there->line.device_gone || there->disk != r.disk))
        return finish(token, Outcome::failed, "something else is mounted there");
    if (there == nullptr) {
        there = &out_.mount(r.target, r.disk, r.target.mount);
        there->by_person = r.run.trigger == core::Trigger::person;
        r.mounted_it = true;
        mounts_changed();
    }
    r.mount_id = there->line.id;
    if (r.run.trigger != core::Trigger::person) there->daemon_ran_on_it = true;
    if (!r.disk.empty() && !out_.disk(r.disk).marked) return finish(token, Outcome::refused, "no marker");
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
    if (!r.disk.empty() && out_.plugged(r.target.uuid).size() > 1)
        return finish(token, Outcome::failed, "a second device with the UUID has come");
    if (r.fate == Fate::fails_at_prune) return finish(token, Outcome::failed, "prune failed");
    after(random_.span(seconds{1}, minutes{5}), [this, token] { step_of(token, Step::compact); });
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
    run.ended = out_.clock;
    ++totals_[fmt::format("ended {}", core::to_string(outcome))];
    note(fmt::format("{} ends: {} {}", run.plan, core::to_string(outcome), run.reason));
    take_over_mount(r, outcome);
    if (core::satisfies(outcome)) out_.archives[{run.plan, run.target}].insert(run.started);
    if (run.trigger == core::Trigger::person && r.mounted_it && !out_.held.contains(r.mount_id)) {
        out_.unmount(r.mount_id);
        mounts_changed();
    }
    out_.memory.running.erase(run.id);
    out_.memory.ended[run.plan].push_back(run);
    announce_end(run, r.checkpoint);
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
    out_.memory.running[run.id] = run;
    announce_end(run, r.checkpoint);
}

/// What a run of the daemon's worked on is the daemon's to release, even if a person had mounted it.
void Simulation::take_over_mount(const Runner& r, Outcome outcome) {
    auto* m = out_.mount_at(r.target.mount);
    if (m != nullptr && r.run.trigger != core::Trigger::person && outcome != Outcome::absent)
        m->daemon_ran_on_it = true;
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
        const auto* m = out_.mount_at(r.target.mount);
        const bool dead = m != nullptr && m->line.device_gone;
        if (!r.source_gone && !dead && view_.devices && !out_.plugged(r.target.uuid).empty())
            throw Violation("stop", plan + " is told to stop, but its disk is there");
        after(random_.span(seconds{1}, minutes{2}),
              [this, t = token] { finish(t, Outcome::vanished, "told to stop"); });
    }
}

}  // namespace sim
