#include "report/status.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "core/decide.hpp"
#include "core/horizon.hpp"
#include "core/incidents.hpp"
#include "core/observe.hpp"
#include "report/world_builder.hpp"

namespace guardian::report {
namespace {

using core::Outcome;
using core::TargetState;

std::string other_mount(const core::Target& t) {
    for (const auto& m : t.mounts)
        if (core::belongs_to(t, m) && m.point != t.spec.mount) return m.point;
    return "";
}

std::string explain_absent(const core::Target& t, const UtcOffset& zone) {
    if (t.spec.type == core::TargetType::share) return "not mounted; asked when something is due";
    return t.last_seen ? "last seen " + format_minute(*t.last_seen, zone) : "never seen";
}

std::string incident_text(const core::World& world, core::IncidentKind kind, const std::string& subject) {
    const auto it = world.open.find(core::Incident{kind, subject, ""}.key());
    return it == world.open.end() ? "" : it->second.text;
}

std::string explain_refused(const core::World& world, const core::Target& t) {
    if (!t.pinned_at) return "never initialised: guardian init " + t.spec.name;
    const auto why = core::refusal(world, t);
    return why.empty() ? "its serial is not the one asked for" : why;
}

std::string explain(const core::World& world, const core::Target& t, TargetState state,
                    const UtcOffset& zone) {
    switch (state) {
        case TargetState::absent:
            return explain_absent(t, zone);
        case TargetState::present:
            return "something is due on it";
        case TargetState::ambiguous:
            return "two devices carry its UUID; neither is touched";
        case TargetState::refused:
            return explain_refused(world, t) +
                   (core::mounted(t) ? "; and it is mounted: do not unplug it" : "");
        case TargetState::mounting:
            return "a run has begun";
        case TargetState::busy:
            return "a run is going";
        case TargetState::ready:
            return "mounted on " + t.spec.mount;
        case TargetState::releasing:
            return "being unmounted";
        case TargetState::still_mounted: {
            if (t.last_release && t.last_release->failures > 0) return t.last_release->reason;
            const auto why = incident_text(world, core::IncidentKind::still_mounted, t.spec.name);
            if (!why.empty()) return why;
            const auto other = other_mount(t);
            return other.empty() ? "do not unplug it" : "mounted by someone on " + printable(other, 200);
        }
        case TargetState::safe_to_unplug:
            return "nothing due, mounted nowhere";
        case TargetState::vanished:
            return "the device is gone; what is left of it is being cleared";
    }
    return "";
}

/// Of one.
DriveStatus drive_status(const core::HealthState& health, bool attached) {
    const auto d = core::diagnose(health);
    const auto& drive = health.drives.front();
    return {drive.id, drive.name, d.verdict, d.why.empty() ? "" : d.why.front(), drive.read_at, attached && drive.asleep};
}

/// What is known of the disk and of no one drive. Whether somebody looked already, the daemon alone knows: it is not said.
DriveStatus rest_of(core::HealthState health) {
    health.drives.clear();
    const auto d = core::diagnose(health);
    return {"", "", d.verdict, d.verdict == core::Verdict::unknown ? "none has told anything so far" : d.why.front(), {}, false};
}

/// A line for each drive; one for what the kernel said where nobody knows of which of them; and one for an attached disk
/// that has no drive which could tell anything.
std::vector<DriveStatus> drives_of(const core::Target& t) {
    std::vector<DriveStatus> out;
    const auto& health = t.health;
    if (t.spec.type != core::TargetType::disk || t.spec.health.every == Duration::zero()) return out;
    for (const auto& drive : health.drives) out.push_back(drive_status(core::part_of(health, drive), !t.devices.empty()));
    const bool silent = health.drives.empty() && !t.devices.empty();
    const bool unplaced = health.drives.size() != 1 && !health.events.empty();
    if (silent || unplaced) out.push_back(rest_of(health));
    return out;
}

bool is_stale(const core::Plan& p, Time now) {
    if (p.spec.stale_after == Duration::zero()) return false;
    const bool has = p.last_success && core::believable(*p.last_success, now);
    const auto since = has ? std::optional{p.last_success->started} : p.known_since;
    return since && later(*since, p.spec.stale_after) <= now;
}

std::string plan_state(const core::Plan& p, bool due, bool stale) {
    if (p.active) return "running";
    const bool failed = p.last_telling && !core::satisfies(p.last_telling->outcome);
    if (failed) return "failed";
    if (stale) return "stale";
    if (!p.last_success) return "never-ran";
    if (due) return "due";
    return p.last_telling->outcome == Outcome::warning ? "warning" : "ok";
}

std::optional<Time> retry_time(const core::World& world, const core::Plan& p) {
    const auto* t = world.target(p.spec.target);
    if (t == nullptr || p.failures == 0 || !p.last_run || !p.last_run->ended || p.last_run->plug != t->plug ||
        (t->spec.type == core::TargetType::disk && t->devices.empty()))
        return std::nullopt;
    return later(*p.last_run->ended, core::retry_delay(p.failures));
}

/// The runs that the world takes to be going and whose process is gone.
Result<std::vector<core::Run>> dead_runs(const core::World& world, store::Store& store) {
    std::vector<core::Run> dead;
    for (const auto& p : world.plans) {
        if (!p.active) continue;
        auto record = store.run(p.active->id);
        if (!record) return record.error();
        if (!*record || (*record)->run.outcome != Outcome::running) continue;
        auto run = as_it_stands(std::move(**record)).run;
        if (run.outcome != Outcome::running) dead.push_back(std::move(run));
    }
    return dead;
}

Result<PlanStatus> plan_status(const core::World& world, const core::Plan& p, store::Store& store, Time now) {
    PlanStatus s{p, "", core::due_slot(world, p, now).due, is_stale(p, now), {}, {}, {}};
    s.state = plan_state(p, s.due, s.stale);
    s.next_slot = p.spec.schedule.next(now, world.zone);
    if (!p.active) {
        if (s.due) s.retry_at = retry_time(world, p);
        return s;
    }
    auto record = store.run(p.active->id);
    if (!record) return record.error();
    if (*record && (*record)->run.outcome == Outcome::running) s.running = std::move(**record);
    return s;
}

/// What only the daemon knows of; the rest can be seen without it.
bool only_daemon_knows(core::IncidentKind kind) {
    return kind == core::IncidentKind::store || kind == core::IncidentKind::configuration ||
           kind == core::IncidentKind::no_udevd || kind == core::IncidentKind::timer ||
           kind == core::IncidentKind::unit;
}

/// Nobody raises and ends incidents while the daemon is dead: those that hold now, with what the store has of
/// them.
std::vector<store::IncidentRecord> without_daemon(const core::World& world,
                                                  std::vector<store::IncidentRecord> open, Time now) {
    std::vector<store::IncidentRecord> out;
    for (const auto& record : open)
        if (only_daemon_knows(record.incident.kind)) out.push_back(record);
    core::Horizon horizon{now};
    for (auto& incident : core::incidents_now(world, horizon)) {
        const auto known = std::find_if(open.begin(), open.end(), [&](const store::IncidentRecord& r) {
            return r.incident.key() == incident.key();
        });
        auto record = known == open.end() ? store::IncidentRecord{0, {}, now, {}} : *known;
        record.incident = std::move(incident);
        out.push_back(std::move(record));
    }
    return out;
}

}  // namespace

store::RunRecord as_it_stands(store::RunRecord record) {
    if (record.run.outcome != Outcome::running || runner_lives(record)) return record;
    record.run.outcome = Outcome::aborted;
    if (record.run.reason.empty()) record.run.reason = "its process is gone without having said how it ended";
    return record;
}

Result<Status> make_status(const core::World& world_with_dead_runs, store::Store& store,
                           const std::string& name, DaemonStatus daemon, Time now, std::size_t runs) {
    const auto dead = dead_runs(world_with_dead_runs, store);
    if (!dead) return dead.error();
    auto world = world_with_dead_runs;
    for (const auto& run : *dead) core::run_ended(world, run);
    Status s{name, now, std::move(daemon), {}, {}, {}, {}, world.zone};
    for (const auto& t : world.targets) {
        const auto state = core::target_state(world, t, now);
        s.targets.push_back({t, state, explain(world, t, state, world.zone), drives_of(t)});
    }
    for (const auto& p : world.plans) {
        auto plan = plan_status(world, p, store, now);
        if (!plan) return plan.error();
        s.plans.push_back(std::move(*plan));
    }
    auto newest = store.runs("", runs);
    if (!newest) return newest.error();
    for (auto& record : *newest) s.runs.push_back(as_it_stands(std::move(record)));
    auto open = store.open_incidents();
    if (!open) return open.error();
    s.incidents = s.daemon.running ? std::move(*open) : without_daemon(world, std::move(*open), now);
    return s;
}

}  // namespace guardian::report
