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

/// A run may have been on this plugging-in before it was noticed.
std::int64_t newest_owed_run(const World& world, const Target& t) {
    std::int64_t id = 0;
    for (const auto& p : world.plans)
        if (p.last_run && p.last_run->target == t.spec.name && owes_release_on(*p.last_run, t.plug))
            id = std::max(id, p.last_run->id);
    return id;
}

/// Of several that are seen at once, the one that a run was on already.
const Device& first_used(const World& world, const std::vector<Device>& mine) {
    const auto used = [&](const Device& d) {
        return std::any_of(world.plans.begin(), world.plans.end(), [&](const Plan& p) {
            return (p.active && p.active->plug == d.plug) || (p.last_run && p.last_run->plug == d.plug);
        });
    };
    const auto it = std::find_if(mine.begin(), mine.end(), used);
    return it == mine.end() ? mine.front() : *it;
}

std::vector<Device> of_target(const Target& t, const std::vector<Device>& all) {
    std::vector<Device> mine;
    for (const auto& d : all)
        if (d.uuid == t.spec.uuid) mine.push_back(d);
    return mine;
}

/// A disk that died where it is was not pulled: what the kernel said of it is not forgotten.
void see_blank(Target& t, const std::vector<Device>& blank, bool was_there, Time now) {
    const auto is_its = [&](const Device& d) { return d.plug == t.plug; };
    const bool is_blank = t.devices.empty() && std::any_of(blank.begin(), blank.end(), is_its);
    if (was_there && !is_blank && t.devices.empty()) t.health.heard.clear();
    if (!is_blank) t.blank_since.reset();
    if (is_blank && !t.blank_since) t.blank_since = now;
}

bool see_devices(const World& world, Target& t, const std::vector<Device>& all, Time now, const std::vector<Device>& blank) {
    auto mine = of_target(t, all);
    const bool pulled = mine.empty() && !t.devices.empty();
    const bool known =
        std::any_of(mine.begin(), mine.end(), [&](const Device& d) { return d.plug == t.plug; });
    const bool plugged = !mine.empty() && !known;
    // With two devices the plugging-in is nobody's: it is named when one of them is left.
    const bool one = mine.size() == 1 || (!mine.empty() && t.devices.empty());
    if (!mine.empty() || pulled) t.last_seen = now;
    if (plugged && one) {
        t.plug = first_used(world, mine).plug;
        t.plugged_at = now;
        t.health.heard.clear();
        t.owed_run = newest_owed_run(world, t);
        t.eject_asked = false;
        t.last_release.reset();
        t.test_asked_at.reset();
    }
    // What the kernel said while one was pulled says nothing of the disk, be it back already, or another's clone.
    const auto is_gone = [&](const Device& old) {
        return std::none_of(mine.begin(), mine.end(), [&](const Device& d) { return d.plug == old.plug; });
    };
    if (!mine.empty() && std::any_of(t.devices.begin(), t.devices.end(), is_gone)) t.health.heard.clear();
    const bool was_there = !t.devices.empty() || t.blank_since;
    t.devices = std::move(mine);
    see_blank(t, of_target(t, blank), was_there, now);
    return pulled || (plugged && one);
}

/// By a person, or because the filesystem met an error: its health is looked at.
bool turned_read_only(const std::vector<Mount>& before, const std::vector<Mount>& after) {
    return std::any_of(after.begin(), after.end(), [&](const Mount& m) {
        return m.read_only && std::any_of(before.begin(), before.end(), [&](const Mount& old) {
                   return old.id == m.id && old.number == m.number && !old.read_only;
               });
    });
}

/// A plan that left the configuration stays while its run goes on.
void drop_left(World& world) {
    std::erase_if(world.plans, [](const Plan& p) { return p.leaving && !p.active; });
}

void note_end_on_target(Target& t, const Run& run) {
    t.share_answers = false;
    if (!owes_release_on(run, t.plug)) return;
    t.owed_run = std::max(t.owed_run, run.id);
    // What has no number is owed all the same.
    if (run.id == 0) {
        t.owed_run = std::max(t.owed_run, t.released_run);
        t.released_run = std::min(t.released_run, t.owed_run - 1);
    }
}

std::int64_t newest_ended_run(const World& world, const Target& t) {
    std::int64_t id = 0;
    for (const auto& p : world.plans)
        if (p.last_run && p.last_run->target == t.spec.name) id = std::max(id, p.last_run->id);
    return id;
}

/// What a release could not unmount, and now is not mounted: somebody's lazy unmount, perhaps, under which the holder
/// writes on. Only a release can tell.
void settle_release(Target& t) {
    if (!t.last_release || t.last_release->elsewhere) return;
    if (t.last_release->failures == 0 || t.devices.empty()) return t.last_release.reset();
    t.last_release->elsewhere = true;
    t.last_release->failures = 0;
}

/// What is not mounted owes no release: neither a run's, nor an eject's, nor that of an attempt that failed.
/// Otherwise the next mount, perhaps a person's own, would be taken for what a run had left.
void settle_unmounted(const World& world, Target& t) {
    if (t.releasing) return;
    const bool in_place = std::any_of(t.mounts.begin(), t.mounts.end(),
                                      [&](const Mount& m) { return m.point == t.spec.mount; });
    if (!in_place) t.released_run = std::max({t.released_run, t.owed_run, newest_ended_run(world, t)});
    if (mounted(t) || dead_mount(t)) return;
    settle_release(t);
    if (active_plan(world, t) == nullptr) t.eject_asked = false;
}

/// A run's beginning that is told again after its end.
bool began_before(const Plan& p, const Run& run) {
    return run.id != 0 && p.last_run && run.id <= p.last_run->id;
}

/// Ends may be told in another order than the runs had, or twice. One without a number, of a run that could not be
/// recorded, is told at once.
bool is_after(const std::optional<Run>& known, const Run& run) {
    return known && run.id != 0 && known->id >= run.id;
}

/// The run that ended is the active one, or a later one. A person's run may have begun before the end of the
/// run before it was told.
bool ends_active(const Plan& p, const Run& run) {
    if (!p.active) return false;
    if (run.id == 0) return true;
    // Launched and not recorded yet: an end that is told again is another's.
    if (p.active->id == 0) return !is_after(p.last_run, run);
    return p.active->id <= run.id;
}

/// A run whose plan is not configured (any more) must be known too: no other is started beside it.
Plan& plan_of(World& world, const Run& run) {
    if (auto* p = world.plan(run.plan)) return *p;
    Plan p;
    p.spec.name = run.plan;
    p.spec.target = run.target;
    p.leaving = true;
    world.plans.push_back(std::move(p));
    return world.plans.back();
}

Plan new_plan(const PlanSpec& spec) {
    Plan p;
    p.spec = spec;
    return p;
}

/// What is known of a plan that stays. One that moved to another target or repository has no past there.
Plan reconfigured(const Plan& old, const PlanSpec& spec) {
    auto p = old;
    p.spec = spec;
    p.leaving = false;
    if (old.spec.target == spec.target && old.spec.repository == spec.repository) return p;
    p.last_run.reset();
    p.last_success.reset();
    p.last_telling.reset();
    p.failures = 0;
    return p;
}

/// A run that a reload has left behind says nothing of where the plan is now.
bool ran_here(const Plan& p, const Run& run) {
    return run.target == p.spec.target && (run.repository.empty() || run.repository == repository_name(p.spec));
}

/// The later run's end was told already: this one only fills in what that one says nothing about.
void remember_late_end(Plan& p, const Run& run) {
    if (satisfies(run.outcome) && !is_after(p.last_success, run)) p.last_success = run;
    if (tells(run.outcome) && !is_after(p.last_telling, run)) p.last_telling = run;
}

void remember_end(Plan& p, Run run) {
    if (is_after(p.last_run, run)) return remember_late_end(p, run);
    // It counts as the newest, and the next number is still free for the next one.
    if (run.id == 0 && p.last_run) run.id = p.last_run->id;
    if (satisfies(run.outcome)) {
        p.last_success = run;
        p.failures = 0;
    } else {
        const bool same_plug = p.last_run && p.last_run->plug == run.plug;
        p.failures = same_plug ? p.failures + 1 : 1;
    }
    if (tells(run.outcome)) p.last_telling = run;
    p.last_run = std::move(run);
}

std::vector<Sources> sources_of(const World& world, const Config& config) {
    std::vector<Sources> sources;
    for (const auto& job : config.jobs) {
        if (!job.watch_sources) continue;
        const auto* old = world.source(job.name);
        sources.push_back(old != nullptr ? *old : Sources{job.name, {}, {}});
    }
    return sources;
}

}  // namespace

void configured(World& world, const Config& config) {
    std::vector<Target> targets;
    for (const auto& spec : config.targets) {
        const auto* old = world.target(spec.name);
        const bool same = old != nullptr && old->spec.uuid == spec.uuid && old->spec.type == spec.type;
        auto t = same ? *old : Target{};
        // A drive that is to stay in now may be in use.
        const bool held = t.last_release && t.last_release->elsewhere;
        if (held && spec.when_done == WhenDone::keep && t.spec.when_done != WhenDone::keep) t.last_release.reset();
        t.spec = spec;
        if (spec.type == TargetType::share) t.plug = "share";
        targets.push_back(std::move(t));
    }
    std::vector<Plan> plans;
    for (const auto& spec : config.plans) {
        const auto* old = world.plan(spec.name);
        plans.push_back(old != nullptr ? reconfigured(*old, spec) : new_plan(spec));
    }
    for (const auto& old : world.plans)
        if (config.plan(old.spec.name) == nullptr) {
            plans.push_back(old);
            plans.back().leaving = true;
        }
    world.targets = std::move(targets);
    world.plans = std::move(plans);
    world.sources = sources_of(world, config);
    drop_left(world);
}

std::vector<std::string> devices_seen(World& world, const std::vector<Device>& all, Time now,
                                      const std::vector<Device>& blank) {
    std::vector<std::string> changed;
    for (auto& t : world.targets)
        if (t.spec.type == TargetType::disk && see_devices(world, t, all, now, blank)) changed.push_back(t.spec.name);
    return changed;
}

std::vector<std::string> mounts_seen(World& world, const std::vector<Mount>& all) {
    std::vector<std::string> changed;
    for (auto& t : world.targets) {
        const auto released_before = t.released_run;
        const auto mounts_before = std::move(t.mounts);
        t.mounts.clear();
        for (const auto& m : all)
            if (concerns(t, m)) t.mounts.push_back(m);
        if (turned_read_only(mounts_before, t.mounts)) look_asked(world, t.spec.name);
        note_seat(t);
        settle_unmounted(world, t);
        if (t.released_run != released_before) changed.push_back(t.spec.name);
    }
    return changed;
}

void run_started(World& world, const Run& run) {
    auto& p = plan_of(world, run);
    if (began_before(p, run)) return;
    const bool known = p.active && (p.active->id == 0 || p.active->id == run.id);
    const auto plug = known && run.plug.empty() ? p.active->plug : run.plug;
    p.active = run;
    p.active->plug = plug;
    if (known) return;
    p.asked = false;
    p.stop_sent = false;
}

void run_ended(World& world, Run run) {
    auto* p = world.plan(run.plan);
    if (p == nullptr) return;
    if (run.outcome == Outcome::running) run.outcome = Outcome::aborted;
    if (run.target.empty()) run.target = active_target(*p);
    if (ends_active(*p, run)) {
        // A run that found nothing names no plugging-in; the back-off needs the one that it was meant for. A
        // refusal that names none is nobody's: of two disks with the UUID, the one that stays is not to
        // suffer for it.
        if (run.plug.empty() && run.outcome != Outcome::refused) run.plug = p->active->plug;
        p->active.reset();
        p->stop_sent = false;
    }
    auto* t = world.target(run.target);
    if (t != nullptr) note_end_on_target(*t, run);
    if (ran_here(*p, run)) remember_end(*p, std::move(run));
    drop_left(world);
    if (t != nullptr) settle_unmounted(world, *t);
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
    // A share is never plugged in anew: ejecting it only unmounts it.
    if (t->spec.type == TargetType::disk) t->ejected_plug = t->plug;
    // Also of what is not mounted: it may be in another mount namespace, and only a release can tell.
    t->eject_asked = mounted(*t) || !t->devices.empty() || active_plan(world, *t) != nullptr;
    // Tried again at once.
    if (held_elsewhere(*t))
        t->last_release->failures = 0;
    else
        t->last_release.reset();
}

void release_started(World& world, std::string_view target) {
    if (auto* t = world.target(target)) t->releasing = true;
}

void release_ended(World& world, std::string_view target, std::string reason, Time now, bool in_use) {
    auto* t = world.target(target);
    if (t == nullptr) return;
    t->releasing = false;
    const int before = t->last_release ? t->last_release->failures : 0;
    const bool failed = !reason.empty();
    // What was to be looked at is still, unless it was looked at and only would not switch off.
    const bool unknown = t->last_release && t->last_release->elsewhere && t->spec.when_done != WhenDone::power_off;
    t->last_release =
        Attempt{now, failed ? before + 1 : 0, std::move(reason), failed && (in_use || unknown) && !mounted(*t)};
    if (failed) {
        // It may have failed after the unmounting: the disk would not switch off.
        if (!mounted(*t) && !t->last_release->elsewhere) t->last_release.reset();
        settle_unmounted(world, *t);
        return;
    }
    // Its dead mount was detached, and what had files open there has them still. Should it be the same disk that comes
    // back, not pulled but lost for a moment, it is in use.
    if (t->spec.type == TargetType::disk && t->devices.empty())
        t->last_release = Attempt{now, 0, "it was gone for a moment while it was mounted", true};
    t->eject_asked = false;
    t->released_run = std::max(t->released_run, t->owed_run);
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

namespace {

HealthState* health_of(World& world, const ProbeHealth& probe) {
    if (probe.of == ProbeHealth::Of::target) {
        auto* t = world.target(probe.name);
        return t == nullptr ? nullptr : &t->health;
    }
    auto* s = world.source(probe.name);
    return s == nullptr ? nullptr : &s->health;
}

void answer(HealthState& health, Time now) {
    if (health.asked) health.answered_at = now;
    health.asked = false;
}

void note_drives(HealthState& health, Looked looked, Time now) {
    health_judged(health, std::move(looked));
    health.looked = true;
    health.tried_at = now;
    answer(health, now);
    forget_old_events(health, now);
}

}  // namespace

void health_probe_started(World& world, const ProbeHealth& probe, Time now) {
    auto* health = health_of(world, probe);
    if (health == nullptr) return;
    health->probing = true;
    if (probe.of != ProbeHealth::Of::target) return;
    auto& t = *world.target(probe.name);
    // It is this plugging-in that is looked at, whatever is in when the probe ends.
    health->plug = t.plug;
    if (probe.test != ProbeHealth::Test::none) t.test_asked_at = now;
}

std::vector<KernelEvent> health_seen(World& world, std::string_view target, Looked looked, Time now) {
    auto* t = world.target(target);
    if (t == nullptr) return {};
    auto heard = confirm_heard(t->health);
    note_drives(t->health, std::move(looked), now);
    t->health.plug = t->plug;
    return heard;
}

void drive_forgotten(World& world, std::string_view drive) {
    const auto forget = [&](HealthState& health) {
        if (std::erase_if(health.drives, [&](const DriveState& d) { return d.id == drive; }) > 0) health.looked = true;
    };
    for (auto& t : world.targets) forget(t.health);
    for (auto& s : world.sources) forget(s.health);
}

void health_judged(HealthState& health, Looked looked) {
    health.drives = std::move(looked.drives);
    health.tests = looked.tests;
    health.accepted_at = looked.accepted_at;
}

void sources_seen(World& world, std::string_view job, Looked looked, Time now) {
    auto* s = world.source(job);
    if (s == nullptr) return;
    note_drives(s->health, std::move(looked), now);
    if (diagnose(s->health).verdict != Verdict::failing) s->failing_since.reset();
    else if (!s->failing_since || !believable(*s->failing_since, now)) s->failing_since = now;
}

void health_probe_ended(World& world, const ProbeHealth& probe, Time now) {
    auto* health = health_of(world, probe);
    if (health == nullptr) return;
    health->probing = false;
    // Also when it told nothing: not again before its time.
    health->tried_at = now;
    answer(*health, now);
    forget_old_events(*health, now);
}

bool kernel_said(World& world, std::string_view target, std::string_view plug, KernelEvent event) {
    auto* t = world.target(target);
    // Of what is gone it says nothing, and what comes next is another.
    if (t == nullptr || t->devices.empty() || t->plug != plug) return false;
    if (!hear(t->health, std::move(event))) return false;
    t->health.asked = true;
    return true;
}

void look_asked(World& world, std::string_view target) {
    if (auto* t = world.target(target)) t->health.asked = true;
}

}  // namespace guardian::core
