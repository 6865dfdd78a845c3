#include "oracle.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "outcomes.hpp"

namespace sim {

using core::Outcome;
using std::chrono::hours;
using std::chrono::minutes;

void Oracle::violated(const std::string& rule, const std::string& what) const {
    throw Violation(rule, what);
}

// ---- what is true
// -------------------------------------------------------------------------------------------

const core::Target& Oracle::remembered(const std::string& target) const {
    return out_.memory.targets.at(target);
}

Time Oracle::slot(const core::PlanSpec& plan) const {
    const auto& text = plan.schedule.text();
    return timetables_.try_emplace(text, Timetable::of(text)).first->second.newest(out_.clock, out_.zone);
}

const core::Run* Oracle::newest(const core::PlanSpec& plan, bool (*which)(Outcome)) const {
    const auto runs = out_.memory.ended.find(plan.name);
    if (runs == out_.memory.ended.end()) return nullptr;
    for (auto r = runs->second.rbegin(); r != runs->second.rend(); ++r)
        if (which(r->outcome) && r->target == plan.target) return &*r;
    return nullptr;
}

/// By the newest archive alone, and only if its date is no more than a day ahead.
bool Oracle::slot_satisfied(const core::PlanSpec& plan) const {
    const auto* run = newest(plan, good);
    if (run == nullptr || run->started > out_.clock + hours{24} || run->started < slot(plan)) return false;
    const auto archives = out_.archives.find({plan.name, plan.target});
    return archives != out_.archives.end() && archives->second.contains(run->started);
}

Time Oracle::begin_of_slot(const core::PlanSpec& plan) const {
    const auto* run = newest(plan, good);
    if (run == nullptr || run->started > out_.clock + hours{24}) return slot(plan);
    const auto& timetable = timetables_.at(plan.schedule.text());
    const bool overdue = run->started < timetable.newest(slot(plan) - std::chrono::microseconds{1}, out_.zone);
    return overdue ? slot(plan) : slot(plan) + plan.random_delay;
}

bool Oracle::left_to_the_timer(const core::PlanSpec& plan) const {
    return !slot_satisfied(plan) && out_.clock < begin_of_slot(plan);
}

bool Oracle::asked_for_by_schedule(const core::PlanSpec& plan) const {
    return (urgent(plan) || !left_to_the_timer(plan)) && wanted_by_schedule(plan);
}

bool Oracle::wanted_by_schedule(const core::PlanSpec& plan) const {
    const auto& t = remembered(plan.target);
    const auto* last = newest(plan, any_outcome);
    const auto is_recent = [&](Time when) { return when <= out_.clock + hours{24}; };
    if (last != nullptr && last->outcome == Outcome::cancelled && last->plug == t.plug &&
        is_recent(last->started) && slot(plan) <= last->started)
        return false;
    if (urgent(plan)) return true;
    switch (plan.on_plug) {
        case core::OnPlug::due:
            return !slot_satisfied(plan);
        case core::OnPlug::always: {
            const auto* success = newest(plan, good);
            return !slot_satisfied(plan) || success == nullptr || success->plug != t.plug;
        }
        case core::OnPlug::never:
            if (t.plug == "share") return !slot_satisfied(plan);
            return !slot_satisfied(plan) && t.plugged_at &&
                   (slot(plan) > *t.plugged_at || !is_recent(*t.plugged_at));
    }
    return false;
}

bool Oracle::active_on(const std::string& target) const {
    return std::any_of(view_.active.begin(), view_.active.end(),
                       [&](const auto& a) { return a.second == target; });
}

/// A mount that was there when a person ejected the target is there still.
bool Oracle::eject_pending(const core::TargetSpec& t) const {
    const auto pending = view_.eject_pending.find(t.name);
    if (pending == view_.eject_pending.end()) return false;
    return std::any_of(out_.mounts.begin(), out_.mounts.end(), [&](const LiveMount& m) {
        return !m.line.device_gone && pending->second.contains(m.birth);
    });
}

const LiveMount* Oracle::own_mount(const core::TargetSpec& t) const {
    const auto* m = out_.mount_at(t.mount);
    return m != nullptr && m->target == t.name && !m->line.device_gone ? m : nullptr;
}

bool Oracle::is_dead(const core::TargetSpec& t) const {
    const auto* m = out_.mount_at(t.mount);
    return m != nullptr && m->line.device_gone;
}

/// The newest run that says something, on this plugging-in, found that the disk is not the target.
bool Oracle::refused(const core::TargetSpec& t) const {
    const core::Run* newest_here = nullptr;
    for (const auto& p : config_.plans) {
        if (p.target != t.name) continue;
        const auto* run = newest(p, says_something);
        if (run != nullptr && run->plug == remembered(t.name).plug &&
            (newest_here == nullptr || run->id > newest_here->id))
            newest_here = run;
    }
    if (newest_here == nullptr || newest_here->outcome != Outcome::refused) return false;
    const auto& known = remembered(t.name);
    return !known.pinned_at || *known.pinned_at <= newest_here->started || newest_here->id > known.pinned_after;
}

bool Oracle::usable(const core::TargetSpec& t, bool by_person) const {
    const auto& known = remembered(t.name);
    return (known.plug.empty() || known.ejected_plug != known.plug) && usable_but_for_eject(t, by_person);
}

bool Oracle::usable_but_for_eject(const core::TargetSpec& t, bool by_person) const {
    const auto& known = remembered(t.name);
    if (!known.pinned_at || view_.releasing.contains(t.name) || is_dead(t)) return false;
    if (refused_for_health(t)) return false;
    if (t.type == core::TargetType::share) return true;
    const auto disks = out_.plugged(t.uuid);
    if (disks.size() != 1 || (!t.serial.empty() && disks.front()->serial != t.serial)) return false;
    return by_person || !refused(t);
}

/// In a row, on this plugging-in: at least, or at most.
int Oracle::failures(const core::PlanSpec& plan, Bound bound) const {
    const auto runs = out_.memory.ended.find(plan.name);
    if (runs == out_.memory.ended.end()) return 0;
    int failures = 0;
    for (auto r = runs->second.rbegin(); r != runs->second.rend(); ++r) {
        if (r->target != plan.target) continue;
        if (good(r->outcome)) break;
        const bool here = r->plug == remembered(plan.target).plug;
        const bool nowhere = r->plug.empty() || r->plug == core::no_plug;
        if (!here && (bound == Bound::may || !nowhere)) break;
        ++failures;
    }
    return failures;
}

bool Oracle::backed_off(const core::PlanSpec& plan, Bound bound) const {
    const int in_a_row = failures(plan, bound);
    if (in_a_row == 0) return true;
    const auto delay = minutes{5} * (std::int64_t{1} << std::min(in_a_row - 1, 10));
    const auto ended = *newest(plan, any_outcome)->ended;
    return ended > out_.clock || out_.clock >= ended + std::min<Duration>(delay, hours{6});
}

bool Oracle::startable(const core::PlanSpec& plan, Bound bound) const {
    const bool asked = view_.asked.contains(plan.name);
    if (!usable(*config_.target(plan.target), asked)) return false;
    return asked || (asked_for_by_schedule(plan) && backed_off(plan, bound));
}

/// As it recorded itself; a run that the daemon has launched just now has not yet.
const core::Run* Oracle::going(const std::string& plan) const {
    const auto& rows = out_.memory.running;
    const auto row =
        std::find_if(rows.rbegin(), rows.rend(), [&](const auto& r) { return r.second.plan == plan; });
    return view_.active.contains(plan) && row != rows.rend() ? &row->second : nullptr;
}

// ---- what is decided
// ----------------------------------------------------------------------------------------

void Oracle::judge(const core::Decision& d) {
    if (const auto* start = std::get_if<core::StartRun>(&d)) judge_start(*start);
    if (const auto* stop = std::get_if<core::StopRun>(&d)) judge_stop(*stop);
    if (const auto* release = std::get_if<core::Release>(&d)) {
        judge_release(*release);
        judge_frequency("release " + release->target);
    }
    if (const auto* probe = std::get_if<core::ProbeShare>(&d)) judge_frequency("probe " + probe->target);
    if (const auto* look = std::get_if<core::ProbeHealth>(&d)) judge_look(*look);
    if (const auto* raise = std::get_if<core::RaiseIncident>(&d)) judge_raise(raise->incident);
    if (const auto* end = std::get_if<core::EndIncident>(&d)) judge_end(end->incident);
}

void Oracle::judge_start(const core::StartRun& start) {
    const auto& name = start.plan;
    const auto* plan = config_.plan(name);
    if (plan == nullptr) violated("start", name + " is not in the configuration");
    const auto& target = *config_.target(plan->target);
    if (!view_.active.empty()) violated("one run at a time", name + " is started while a run is going");
    if (view_.releasing.contains(target.name))
        violated("start", name + " is started while its target is released");
    if (!remembered(target.name).pinned_at)
        violated("identity", name + " is started on a target never initialised");
    if (refused_for_health(target)) violated("health", name + " is started on a disk that is not to be written");
    const bool asked = start.trigger == core::Trigger::asked;
    if (asked != view_.asked.contains(name)) violated("start", name + " is started for the wrong reason");
    if (target.type == core::TargetType::disk && view_.devices && out_.plugged(target.uuid).size() != 1)
        violated("identity",
                 fmt::format("{} is started on {} devices", name, out_.plugged(target.uuid).size()));
    if (!view_.complete()) return;
    if (!usable(target, asked)) violated("start", name + " is started on a target that may not be used");
    if (!asked && !asked_for_by_schedule(*plan)) violated("start", name + " is started and is not due");
    const auto* last = newest(*plan, any_outcome);
    if (!asked && last != nullptr && !good(last->outcome) && last->plug == remembered(target.name).plug &&
        *last->ended <= out_.clock && out_.clock < *last->ended + minutes{5})
        violated("back-off", name + " is started again at once");
    if (asked) return;
    auto& starts = starts_[name + " " + remembered(target.name).plug];
    starts.push_back(out_.awake);
    if (starts.size() > 3 && starts.back() - starts[starts.size() - 4] < minutes{10})
        violated("hot loop", name + " is started four times within ten minutes on one plugging-in");
}

/// Whatever the daemon has been shown by then: a run whose disk is in goes on.
void Oracle::judge_stop(const core::StopRun& stop) const {
    const auto active = view_.active.find(stop.plan);
    if (active == view_.active.end()) return;  // its end is not told yet
    const auto& t = *config_.target(active->second);
    const auto disks = out_.plugged(t.uuid);
    const auto* run = going(stop.plan);
    const bool in = std::any_of(disks.begin(), disks.end(), [&](const Disk* d) {
        return run == nullptr ? view_.devices : d->device.plug == run->plug;
    });
    if (t.type == core::TargetType::share || (in && !is_dead(t)))
        violated("stop", stop.plan + " is told to stop, but its disk is there");
}

void Oracle::judge_release(const core::Release& release) const {
    const auto* t = config_.target(release.target);
    if (t == nullptr) violated("release", release.target + " is not in the configuration");
    if (active_on(t->name)) violated("release", t->name + " is released while a run is going on it");
    if (view_.releasing.contains(t->name)) violated("release", t->name + " is released twice at once");
    if (!view_.mounts || is_dead(*t)) return;
    if (view_.eject_pending.contains(t->name) || view_.eject_in_run.contains(t->name)) return;
    const auto* m = own_mount(*t);
    if (m != nullptr && !m->release_owed && !m->disputed)
        violated("release", t->name + " was mounted by a person and is taken away");
    if (!view_.complete()) return;
    if (m == nullptr) violated("release", t->name + " is not mounted and is released");
    if (t->when_done == core::WhenDone::keep)
        violated("release", t->name + " is to stay mounted and is released");
    for (const auto& p : config_.plans)
        if (p.target == t->name && startable(p, Bound::must))
            violated("release", t->name + " is released and " + p.name + " is due on it");
}

/// What fails is tried again with growing patience.
void Oracle::judge_frequency(const std::string& what) {
    constexpr std::size_t most = 12;
    auto& tries = tries_[what];
    tries.push_back(out_.awake);
    if (tries.size() > most) tries.erase(tries.begin());
    if (tries.size() == most && tries.back() - tries.front() < minutes{10})
        violated("hot loop", what + " is tried again and again");
}

void Oracle::judge_raise(const core::Incident& incident) {
    if (incident.kind == core::IncidentKind::missed && view_.complete() &&
        !missed(*config_.plan(incident.subject), Bound::must))
        violated("slots", incident.subject + " is said to be missed, and is not");
    const auto [it, fresh] = open_.try_emplace(incident.key(), incident.text);
    if (!fresh && it->second == incident.text)
        violated("incidents", incident.key() + " is raised twice: " + incident.text);
    it->second = incident.text;
}

void Oracle::judge_end(const core::Incident& incident) {
    if (open_.erase(incident.key()) == 0) violated("incidents", incident.key() + " ends and was not open");
}

}  // namespace sim
