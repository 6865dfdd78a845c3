#include "core/observe.hpp"

#include <algorithm>

#include "core/target_state.hpp"

namespace guardian::core {
namespace {

bool concerns(const Target& t, const Mount& m) {
    if (m.point == t.spec.mount) return true;
    return std::any_of(t.devices.begin(), t.devices.end(),
                       [&](const Device& d) { return m.number == d.number || m.source == d.node; });
}

void note_seat(Target& t) {
    if (t.spec.type != TargetType::disk) return;
    bool seat_there = false;
    for (const auto& m : t.mounts) {
        if (m.point != t.spec.mount) continue;
        const bool own = std::any_of(t.devices.begin(), t.devices.end(), [&](const Device& d) {
            return m.number == d.number || m.source == d.node;
        });
        if (own) t.seated_mount = m.id;
        seat_there = seat_there || m.id == t.seated_mount;
    }
    if (!seat_there) t.seated_mount.reset();
}

bool see_devices(Target& t, const std::vector<Device>& all, Time now) {
    std::vector<Device> mine;
    for (const auto& d : all)
        if (d.uuid == t.spec.uuid) mine.push_back(d);
    const bool pulled = mine.empty() && !t.devices.empty();
    const bool plugged = !mine.empty() && mine.front().plug != t.plug;
    // With two devices the plugging-in is nobody's: it is named when one of them is left.
    const bool one = mine.size() == 1 || (!mine.empty() && t.devices.empty());
    if (!mine.empty() || pulled) t.last_seen = now;
    if (plugged && one) {
        t.plug = mine.front().plug;
        t.plugged_at = now;
        t.owed_run = 0;
        t.eject_asked = false;
        t.last_release.reset();
    }
    t.devices = std::move(mine);
    return pulled || (plugged && one);
}

/// A plan that left the configuration stays while its run goes on.
void drop_left(World& world) {
    std::erase_if(world.plans, [](const Plan& p) { return p.leaving && !p.active; });
}

void note_end_on_target(Target& t, const Run& run) {
    t.share_answers = false;
    if (run.trigger != Trigger::person && run.plug == t.plug) t.owed_run = std::max(t.owed_run, run.id);
}

}  // namespace

void configured(World& world, const Config& config) {
    std::vector<Target> targets;
    for (const auto& spec : config.targets) {
        const auto* old = world.target(spec.name);
        const bool same = old != nullptr && old->spec.uuid == spec.uuid && old->spec.type == spec.type;
        auto t = same ? *old : Target{};
        t.spec = spec;
        if (spec.type == TargetType::share) t.plug = "share";
        targets.push_back(std::move(t));
    }
    std::vector<Plan> plans;
    for (const auto& spec : config.plans) {
        const auto* old = world.plan(spec.name);
        auto p = old != nullptr ? *old : Plan{};
        p.spec = spec;
        p.leaving = false;
        plans.push_back(std::move(p));
    }
    for (const auto& old : world.plans)
        if (config.plan(old.spec.name) == nullptr) {
            plans.push_back(old);
            plans.back().leaving = true;
        }
    world.targets = std::move(targets);
    world.plans = std::move(plans);
    drop_left(world);
}

std::vector<std::string> devices_seen(World& world, const std::vector<Device>& all, Time now) {
    std::vector<std::string> changed;
    for (auto& t : world.targets)
        if (t.spec.type == TargetType::disk && see_devices(t, all, now)) changed.push_back(t.spec.name);
    return changed;
}

void mounts_seen(World& world, const std::vector<Mount>& all) {
    for (auto& t : world.targets) {
        t.mounts.clear();
        for (const auto& m : all)
            if (concerns(t, m)) t.mounts.push_back(m);
        note_seat(t);
        // Someone else unmounted it: that a release failed once says nothing about its next mount.
        if (!t.releasing && !mounted(t) && !dead_mount(t)) t.last_release.reset();
    }
}

void run_started(World& world, const Run& run) {
    if (auto* p = world.plan(run.plan)) {
        p->active = run;
        p->asked = false;
        p->stop_sent = false;
    }
}

void run_ended(World& world, Run run) {
    auto* p = world.plan(run.plan);
    if (p == nullptr) return;
    if (run.outcome == Outcome::running) run.outcome = Outcome::aborted;
    p->active.reset();
    p->stop_sent = false;
    if (satisfies(run.outcome)) {
        p->last_success = run;
        p->failures = 0;
    } else {
        const bool same_plug = p->last_run && p->last_run->plug == run.plug;
        p->failures = same_plug ? p->failures + 1 : 1;
    }
    if (auto* t = world.target(p->spec.target)) note_end_on_target(*t, run);
    if (tells(run.outcome)) p->last_telling = run;
    p->last_run = std::move(run);
    drop_left(world);
}

void run_asked(World& world, std::string_view plan) {
    auto* p = world.plan(plan);
    if (p == nullptr) return;
    p->asked = true;
    if (auto* t = world.target(p->spec.target)) {
        t->eject_asked = false;
        t->ejected_plug.clear();
    }
}

void eject_asked(World& world, std::string_view target) {
    auto* t = world.target(target);
    if (t == nullptr) return;
    t->ejected_plug = t->plug;
    t->eject_asked = mounted(*t);
    t->last_release.reset();
}

void release_started(World& world, std::string_view target) {
    if (auto* t = world.target(target)) t->releasing = true;
}

void release_ended(World& world, std::string_view target, std::string reason, Time now) {
    auto* t = world.target(target);
    if (t == nullptr) return;
    t->releasing = false;
    const int before = t->last_release ? t->last_release->failures : 0;
    t->last_release = Attempt{now, reason.empty() ? 0 : before + 1, std::move(reason)};
    if (t->last_release->failures > 0) return;
    t->eject_asked = false;
    t->released_run = std::max(t->released_run, t->owed_run);
    for (const auto& p : world.plans)
        if (p.spec.target == t->spec.name && p.last_run) t->released_run = std::max(t->released_run, p.last_run->id);
}

void probe_started(World& world, std::string_view target) {
    if (auto* t = world.target(target)) t->probing = true;
}

void probe_ended(World& world, std::string_view target, bool answers, Time now) {
    auto* t = world.target(target);
    if (t == nullptr) return;
    t->probing = false;
    t->share_answers = answers;
    const int before = t->last_probe ? t->last_probe->failures : 0;
    t->last_probe = Attempt{now, answers ? 0 : before + 1, answers ? "" : "it does not answer"};
}

}  // namespace guardian::core
