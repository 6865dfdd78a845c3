#include "core/decide.hpp"

#include <algorithm>

#include "core/horizon.hpp"
#include "core/incidents.hpp"
#include "core/target_state.hpp"

namespace guardian::core {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Duration doubled(Duration first, int failures, Duration most) {
    auto delay = first;
    for (int i = 1; i < failures && delay < most; ++i) delay *= 2;
    return failures < 1 ? Duration::zero() : std::min(delay, most);
}

/// The end of a back-off that began when an attempt ended. An end in the future is a clock that was set
/// back: no reason to wait for it again.
bool waited(Time ended, Duration delay, Horizon& horizon) {
    return ended > horizon.now() || horizon.reached(later(ended, delay));
}

bool same_plug(const Run& run, const Target& target) { return run.plug == target.plug; }

/// A person stopped it: not again before the next slot or plugging-in. A clock that once stood in the future
/// must not make that "never".
bool is_cancelled_here(const Plan& plan, const Target& target, const DueSlot& due, Time now) {
    return plan.last_run && plan.last_run->outcome == Outcome::cancelled && same_plug(*plan.last_run, target) &&
           believable(*plan.last_run, now) && (!due.slot || *due.slot <= plan.last_run->started);
}

bool anything_active(const World& world) {
    return std::any_of(world.plans.begin(), world.plans.end(), [](const Plan& p) { return p.active.has_value(); });
}

/// It ran already since its target was released last: a plan whose runs take longer than its slots are apart would
/// otherwise have the machine for itself.
bool had_its_turn(const Plan& plan, const Target& target) {
    return plan.last_run && same_plug(*plan.last_run, target) && plan.last_run->id > target.released_run;
}

int rank(const World& world, const Plan& plan) {
    const auto& target = *world.target(plan.spec.target);
    if (plan.asked) return 3;
    return mounted_in_place(target) && !had_its_turn(plan, target) ? 2 : 1;
}

/// The plan to start: one a person asked for, else one whose target is already mounted, else the one whose last run
/// is the longest ago, else the first in the configuration's order.
const Plan* first_to_start(const World& world, Horizon& horizon) {
    const Plan* best = nullptr;
    const auto order = [&](const Plan& p) { return std::pair{-rank(world, p), p.last_run ? p.last_run->id : 0}; };
    for (const auto& p : world.plans)
        if (wants_to_start(world, p, horizon) && (best == nullptr || order(p) < order(*best))) best = &p;
    return best;
}

void decide_starts(const World& world, Horizon& horizon, std::vector<Decision>& out) {
    const auto* plan = first_to_start(world, horizon);
    if (plan == nullptr || anything_active(world)) return;
    out.emplace_back(StartRun{plan->spec.name, plan->asked ? Trigger::asked : Trigger::daemon});
}

void decide_stops(const World& world, std::vector<Decision>& out) {
    for (const auto& p : world.plans) {
        const auto* target = world.target(active_target(p));
        if (!p.active || p.stop_sent || target == nullptr) continue;
        // Or pulled and in again between two looks, so that the run is on a mount without a device.
        if (pulled_under(*target, *p.active) || dead_mount(*target)) out.emplace_back(StopRun{p.spec.name});
    }
}

bool wants_release(const World& world, const Target& t, Horizon& horizon) {
    if (t.releasing || active_plan(world, t) != nullptr) return false;
    const bool dead = dead_mount(t);
    const bool asked = t.eject_asked && (mounted(t) || !t.devices.empty());
    const bool owed = (mounted_in_place(t) && release_owed(t)) || held_elsewhere(t);
    if (!dead && !asked && !owed) return false;
    if (owed && !asked && !dead) {
        for (const auto& p : world.plans)
            if (p.spec.target == t.spec.name && wants_to_start(world, p, horizon)) return false;
    }
    return !t.last_release || t.last_release->failures == 0 ||
           waited(t.last_release->ended, release_delay(t.last_release->failures), horizon);
}

void decide_releases(const World& world, Horizon& horizon, std::vector<Decision>& out) {
    for (const auto& t : world.targets)
        if (wants_release(world, t, horizon)) out.emplace_back(Release{t.spec.name});
}

bool wants_probe(const World& world, const Target& t, Horizon& horizon) {
    if (t.spec.type != TargetType::share || t.probing || t.share_answers || mounted_in_place(t) || !t.pinned_at)
        return false;
    if (!something_due_on(world, t, horizon.now())) return false;
    return !t.last_probe || t.last_probe->failures == 0 ||
           waited(t.last_probe->ended, probe_delay(t.last_probe->failures), horizon);
}

void decide_probes(const World& world, Horizon& horizon, std::vector<Decision>& out) {
    for (const auto& t : world.targets)
        if (wants_probe(world, t, horizon)) out.emplace_back(ProbeShare{t.spec.name});
}

/// What the kernel said counts no more: nothing else would tell.
bool is_a_word_over(const HealthState& health, Horizon& horizon) {
    const auto oldest = std::min_element(health.events.begin(), health.events.end(),
                                         [](const KernelEvent& a, const KernelEvent& b) { return a.at < b.at; });
    if (oldest == health.events.end() || !horizon.reached(later(oldest->at, kernel_signs_last))) return false;
    return !health.tried_at || waited(*health.tried_at, health_gap, horizon);
}

/// Six hours is as good as five or seven; a clock that was set back is no reason to wait for it again.
bool look_is_due(const HealthState& health, Duration every, Horizon& horizon) {
    if (health.asked && (!health.answered_at || waited(*health.answered_at, health_gap, horizon))) return true;
    if (is_a_word_over(health, horizon)) return true;
    if (every == Duration::zero()) return false;
    return !health.tried_at || waited(*health.tried_at, every, horizon);
}

bool is_past(std::optional<Time> last, Duration every, Horizon& horizon) {
    if (every == Duration::zero()) return false;
    return !last || !believable(*last, horizon.now()) || horizon.reached(later(*last, every));
}

/// Nothing is to be run on it now, nor soon.
bool is_idle(const World& world, const Target& t, Horizon& horizon) {
    if (active_plan(world, t) != nullptr || something_due_on(world, t, horizon.now())) return false;
    return std::none_of(world.plans.begin(), world.plans.end(), [&](const Plan& p) {
        if (p.spec.target != t.spec.name || p.leaving) return false;
        const auto slot = p.spec.schedule.next(horizon.now(), world.zone);
        return slot && *slot < later(horizon.now(), test_room);
    });
}

/// What is long past goes first; a disk that is in for the first time is not tested at once. A drive that would not begin
/// it is not asked more often than it is looked at.
ProbeHealth::Test wanted_test(const World& world, const Target& t, Horizon& horizon) {
    using Test = ProbeHealth::Test;
    const auto& spec = t.spec.health;
    // A failing disk is not made to work more than it must.
    if (spec.every == Duration::zero() || diagnose(t.health).verdict == Verdict::failing) return Test::none;
    // It may be switched off, or pulled, at any moment.
    if (ejected(t) || t.releasing) return Test::none;
    if (t.test_asked_at && !waited(*t.test_asked_at, spec.every, horizon)) return Test::none;
    if (t.health.tests.running || t.health.drives.empty() || t.health.plug != t.plug || !t.plugged_at) return Test::none;
    const bool is_long = is_past(t.health.tests.last_long, spec.long_test, horizon);
    const bool is_short = is_past(t.health.tests.last_short, spec.short_test, horizon);
    if (!is_long && !is_short) return Test::none;
    if (believable(*t.plugged_at, horizon.now()) && !horizon.reached(later(*t.plugged_at, test_settle)))
        return Test::none;
    if (!is_idle(world, t, horizon)) return Test::none;
    return is_long ? Test::long_one : Test::short_one;
}

bool is_known_awake(const HealthState& health) {
    return std::any_of(health.drives.begin(), health.drives.end(),
                       [](const DriveState& d) { return !d.asleep && d.trouble.empty(); });
}

bool wants_health(const World& world, const Target& t, Horizon& horizon) {
    const auto every = t.spec.health.every;
    if (t.spec.type != TargetType::disk || t.health.probing) return false;
    // Dead where it is: what was heard of it is to count.
    if (t.blank_since) return !t.health.heard.empty() && waited(*t.blank_since, blank_settle, horizon);
    if (!t.pinned_at || !one_device(t) || serial_differs(t)) return false;
    // A run looks itself, before, between its steps and after.
    if (active_plan(world, t) != nullptr) return false;
    // Where the drives are not asked, what the kernel says of them is looked after all the same.
    if (every != Duration::zero() && t.health.plug != t.plug) return true;
    if (look_is_due(t.health, every, horizon)) return true;
    // A disk may be in for less long than looks are apart.
    return is_known_awake(t.health) && wanted_test(world, t, horizon) != ProbeHealth::Test::none;
}

/// A run that is about to start looks itself; what is about to be released is looked at as a disk that may go.
bool is_next_for(const World& world, const Target& t, const std::vector<Decision>& decided) {
    return std::any_of(decided.begin(), decided.end(), [&](const Decision& d) {
        const auto* start = std::get_if<StartRun>(&d);
        const auto* release = std::get_if<Release>(&d);
        return (start != nullptr && world.plan(start->plan)->spec.target == t.spec.name) ||
               (release != nullptr && release->target == t.spec.name);
    });
}

void decide_health(const World& world, Horizon& horizon, std::vector<Decision>& out) {
    for (const auto& t : world.targets)
        if (!is_next_for(world, t, out) && wants_health(world, t, horizon))
            out.emplace_back(ProbeHealth{ProbeHealth::Of::target, t.spec.name, wanted_test(world, t, horizon)});
    for (const auto& s : world.sources)
        if (!s.health.probing && look_is_due(s.health, HealthSpec{}.every, horizon))
            out.emplace_back(ProbeHealth{ProbeHealth::Of::job, s.job, ProbeHealth::Test::none});
}

/// A slot to come makes its plan due.
void watch_slots(const World& world, Horizon& horizon) {
    for (const auto& p : world.plans) {
        if (p.leaving) continue;
        if (const auto slot = p.spec.schedule.next(horizon.now(), world.zone)) (void)horizon.reached(*slot);
    }
}

/// After the clock was set back: what lies too far ahead becomes believable by time alone, and a plan that was due for
/// that is due no more.
void watch_beliefs(const World& world, Horizon& horizon) {
    const auto watch = [&](Time remembered) {
        if (!believable(remembered, horizon.now())) (void)horizon.reached(remembered - hours{24});
    };
    for (const auto& p : world.plans) {
        if (p.last_success) watch(p.last_success->started);
        if (p.last_run) watch(p.last_run->started);
    }
    for (const auto& t : world.targets)
        if (t.plugged_at) watch(*t.plugged_at);
    for (const auto& s : world.sources)
        if (s.failing_since) watch(*s.failing_since);
}

}  // namespace

bool due_on(const World& world, const Plan& plan, const Target& target, Time now) {
    const auto due = due_slot(world, plan, now);
    if (plan.leaving || is_cancelled_here(plan, target, due, now)) return false;
    if (is_urgent(world, plan, now)) return true;
    switch (plan.spec.on_plug) {
        case OnPlug::due: return due.due;
        case OnPlug::always:
            return due.due || !plan.last_success || !same_plug(*plan.last_success, target);
        case OnPlug::never:
            // A plugging-in in the future is a clock that was set back: the slot may well have come after it.
            return due.due && (target.spec.type == TargetType::share ||
                               (target.plugged_at &&
                                (*due.slot > *target.plugged_at || !believable(*target.plugged_at, now))));
    }
    return false;
}

bool ejected(const Target& t) {
    return t.eject_asked || (!t.plug.empty() && t.ejected_plug == t.plug);
}

bool may_be_used(const World& world, const Target& t, bool asked) {
    return !ejected(t) && could_be_used(world, t, asked);
}

bool could_be_used(const World& world, const Target& t, bool asked) {
    if (t.releasing || dead_mount(t) || !t.pinned_at || refused_by_health(t)) return false;
    if (t.spec.type == TargetType::share) return t.share_answers || mounted_in_place(t);
    if (!one_device(t) || serial_differs(t)) return false;
    return asked || refusal(world, t).empty();
}

/// The calendar is asked only where there is a delay: this stands in the way of every decision.
bool is_delayed(const World& world, const Plan& plan, Horizon& horizon) {
    if (plan.spec.random_delay == Duration::zero()) return false;
    const auto due = due_slot(world, plan, horizon.now());
    return due.due && !horizon.reached(start_of_slot(world, plan, *due.slot, horizon.now()));
}

bool wants_to_start(const World& world, const Plan& plan, Horizon& horizon) {
    const auto* target = world.target(plan.spec.target);
    if (target == nullptr || plan.leaving || !may_be_used(world, *target, plan.asked)) return false;
    if (plan.asked) return true;
    if (!due_on(world, plan, *target, horizon.now())) return false;
    // A failing source does not wait for the timer.
    if (!is_urgent(world, plan, horizon.now()) && is_delayed(world, plan, horizon)) return false;
    if (plan.failures == 0 || !plan.last_run || !same_plug(*plan.last_run, *target)) return true;
    return is_accepted_since(*plan.last_run, *target) ||
           waited(plan.last_run->ended.value_or(plan.last_run->started), retry_delay(plan.failures), horizon);
}

Duration retry_delay(int failures) { return doubled(minutes{5}, failures, hours{6}); }
Duration release_delay(int failures) { return doubled(minutes{1}, failures, minutes{15}); }
Duration probe_delay(int failures) { return doubled(minutes{1}, failures, hours{1}); }

bool believable(Time remembered, Time now) { return remembered <= later(now, hours{24}); }
bool believable(const Run& run, Time now) { return believable(run.started, now); }

DueSlot due_slot(const World& world, const Plan& plan, Time now) {
    DueSlot d;
    d.slot = plan.spec.schedule.newest(now, world.zone);
    if (!d.slot) return d;
    d.due = !plan.last_success || !believable(*plan.last_success, now) || plan.last_success->started < *d.slot;
    return d;
}

Time start_of_slot(const World& world, const Plan& plan, Time slot, Time now) {
    if (plan.spec.random_delay == Duration::zero() || !plan.last_success || !believable(*plan.last_success, now))
        return slot;
    const auto before = plan.spec.schedule.newest(slot - std::chrono::microseconds{1}, world.zone);
    const bool overdue = before && plan.last_success->started < *before;
    return overdue ? slot : later(slot, plan.spec.random_delay);
}

bool something_due_on(const World& world, const Target& target, Time now) {
    if (ejected(target) || refused_by_health(target)) return false;
    return std::any_of(world.plans.begin(), world.plans.end(), [&](const Plan& p) {
        return p.spec.target == target.spec.name && (p.asked || due_on(world, p, target, now));
    });
}

bool is_urgent(const World& world, const Plan& plan, Time now) {
    const auto* s = world.source(plan.spec.job);
    if (s == nullptr || !s->failing_since || !believable(*s->failing_since, now)) return false;
    return !plan.last_success || !believable(*plan.last_success, now) ||
           plan.last_success->started < *s->failing_since;
}

bool refused_by_health(const Target& t) {
    return t.spec.type == TargetType::disk && allowed(t.spec.health, t.health) == OnVerdict::refuse;
}

Decisions decide(const World& world, Time now) {
    Horizon horizon{now};
    Decisions d;
    decide_incidents(world, horizon, d.now);
    decide_stops(world, d.now);
    decide_starts(world, horizon, d.now);
    decide_releases(world, horizon, d.now);
    decide_probes(world, horizon, d.now);
    decide_health(world, horizon, d.now);
    watch_slots(world, horizon);
    watch_beliefs(world, horizon);
    d.look_again = horizon.next();
    return d;
}

}  // namespace guardian::core
