/// What guardiand does around decide(): it starts from what the store holds, carries decisions out, writes
/// down what must be durable, and sets its alarm.

#include <fmt/format.h>

#include "simulation.hpp"

namespace sim {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr int decisions_at_once_max = 12;

/// As the store counts them: since the newest success, on the newest run's plugging-in.
int failures_in_a_row(const std::vector<core::Run>& runs) {
    int failures = 0;
    for (auto r = runs.rbegin(); r != runs.rend() && !core::satisfies(r->outcome); ++r)
        if (r->plug == runs.back().plug) ++failures;
    return failures;
}

/// The newest run on this plugging-in that left its release to the daemon.
std::int64_t newest_owed(const Memory& memory, const core::Target& t) {
    std::int64_t id = 0;
    for (const auto& [plan, runs] : memory.ended)
        for (auto r = runs.rbegin(); r != runs.rend() && r->id > id; ++r)
            if (r->target == t.spec.name && core::owes_release_on(*r, t.plug)) id = r->id;
    return id;
}

std::optional<core::Run> newest(const std::vector<core::Run>& runs, bool (*which)(core::Outcome)) {
    for (auto r = runs.rbegin(); r != runs.rend(); ++r)
        if (which(r->outcome)) return *r;
    return std::nullopt;
}

}  // namespace

void Simulation::load_memory() {
    for (auto& t : world_.targets) {
        const auto& known = out_.memory.targets[t.spec.name];
        if (t.last_seen) continue;
        t.plug = known.plug;
        t.plugged_at = known.plugged_at;
        t.last_seen = known.last_seen;
        t.ejected_plug = known.ejected_plug;
        t.released_run = known.released_run;
        t.pinned_at = known.pinned_at;
        t.pinned_after = known.pinned_after;
        t.owed_run = newest_owed(out_.memory, t);
    }
    for (auto& p : world_.plans) {
        auto runs = out_.memory.ended[p.spec.name];
        std::erase_if(runs, [&](const core::Run& r) { return r.target != p.spec.target; });
        p.known_since = out_.memory.known_since.try_emplace(p.spec.name, out_.clock).first->second;
        if (runs.empty() || p.last_run) continue;
        p.last_run = runs.back();
        p.last_success = newest(runs, core::satisfies);
        p.last_telling = newest(runs, core::tells);
        p.failures = failures_in_a_row(runs);
    }
}

void Simulation::start_daemon() {
    note("the daemon starts");
    ++daemon_life_;
    oracle_.measure_anew();
    view_.up = true;
    view_.untold_ends = 0;
    world_ = core::World{};
    world_.zone = out_.zone.function();
    core::configured(world_, config_);
    load_memory();
    recall_health();
    world_.open = out_.memory.open;
    const auto rows = out_.memory.running;
    for (const auto& [id, row] : rows)
        if (auto* p = world_.plan(row.plan)) p->active = row;
    look_around();
    for (auto& p : world_.plans) p.active.reset();
    for (const auto& [id, row] : rows) {
        const bool lives = std::any_of(runners_.begin(), runners_.end(),
                                       [&](const auto& r) { return r.second.run.id == id; });
        // As guardiand adopts it, dead or alive: its plan may have left the configuration.
        core::run_started(world_, row);
        if (!lives) tell_run_ended(row, false);
        ++totals_[lives ? "runs found again" : "runs found dead"];
    }
    wake();
}

void Simulation::stop_daemon() {
    note("the daemon is gone");
    ++totals_["daemon restarts"];
    view_.up = false;
    view_.asked.clear();
    view_.stopped.clear();
    view_.eject_pending.clear();
    view_.eject_in_run.clear();
    view_.release_tried.clear();
    view_.releasing.clear();
    forget_health();
    look_again_.reset();
}

void Simulation::remember(const core::Target& t) {
    auto& known = out_.memory.targets[t.spec.name];
    known.plug = t.plug;
    known.plugged_at = t.plugged_at;
    known.last_seen = t.last_seen;
    known.ejected_plug = t.ejected_plug;
    known.released_run = t.released_run;
}

void Simulation::wake() {
    if (!view_.up) return;
    for (int round = 0; view_.up; ++round) {
        if (round > decisions_at_once_max) throw Violation("hot loop", "decide() never comes to rest");
        const auto d = decide(mutation_, world_, out_.clock);
        ++totals_["decisions"];
        look_again_ = d.look_again;
        if (look_again_ && *look_again_ <= out_.clock)
            throw Violation("hot loop", "look_again is not in the future");
        if (d.now.empty()) break;
        for (const auto& decision : d.now) {
            oracle_.judge(decision);
            carry_out(decision);
        }
    }
    oracle_.audit();
}

void Simulation::carry_out(const core::Decision& decision) {
    if (const auto* start = std::get_if<core::StartRun>(&decision)) carry_out_start(*start);
    if (const auto* stop = std::get_if<core::StopRun>(&decision)) {
        world_.plan(stop->plan)->stop_sent = true;
        view_.stopped.insert(stop->plan);
        stop_runner(stop->plan);
    }
    if (const auto* release = std::get_if<core::Release>(&decision)) carry_out_release(release->target);
    if (const auto* ask = std::get_if<core::ProbeShare>(&decision)) probe(ask->target);
    if (const auto* look = std::get_if<core::ProbeHealth>(&decision)) carry_out_look(*look);
    if (const auto* raise = std::get_if<core::RaiseIncident>(&decision)) {
        ++totals_[fmt::format("raised {}", core::to_string(raise->incident.kind))];
        note("raised: " + raise->incident.text);
        world_.open[raise->incident.key()] = raise->incident;
        out_.memory.open = world_.open;
    }
    if (const auto* end = std::get_if<core::EndIncident>(&decision)) {
        ++totals_["incidents ended"];
        note("over: " + end->incident.key());
        world_.open.erase(end->incident.key());
        out_.memory.open = world_.open;
    }
}

void Simulation::carry_out_start(const core::StartRun& start) {
    const auto* plan = world_.plan(start.plan);
    view_.asked.erase(start.plan);
    if (oracle_.only_urgent(plan->spec)) ++totals_["runs for a failing source"];
    core::Run run;
    run.plan = start.plan;
    run.target = plan->spec.target;
    run.trigger = start.trigger;
    run.started = out_.clock;
    run.plug = world_.target(run.target)->plug;
    core::run_started(world_, run);
    launch(plan->spec, start.trigger);
}

void Simulation::carry_out_release(const std::string& target) {
    note("release " + target);
    ++totals_["releases"];
    view_.releasing.insert(target);
    const auto* t = world_.target(target);
    const auto* m = out_.mount_at(t->spec.mount);
    const bool dead = m != nullptr && m->line.device_gone;
    const bool everywhere = t->eject_asked;
    core::release_started(world_, target);
    after(random_.span(milliseconds{50}, seconds{8}),
          [this, target, dead, everywhere] { end_release(target, dead, everywhere); });
}

/// The runner's child unmounts: a dead mount always lets go, a living one unless somebody holds it.
void Simulation::end_release(const std::string& target, bool dead, bool everywhere) {
    std::string holder;
    const auto mounts = out_.mounts;
    for (const auto& m : mounts) {
        if (m.target != target || (!everywhere && m.line.point != "/mnt/" + target)) continue;
        const bool busy = !dead && (out_.held.contains(m.line.id) || works_on(target));
        if (busy) holder = "bash (4711)";
        if (!busy) out_.unmount(m.line.id);
    }
    mounts_changed();
    ++totals_[holder.empty() ? "released" : "releases refused"];
    if (!view_.releasing.contains(target)) return;  // the daemon that asked is gone
    view_.releasing.erase(target);
    see_mounts_quietly();
    if (holder.empty()) view_.eject_pending.erase(target);
    if (holder.empty()) view_.eject_in_run.erase(target);
    if (holder.empty()) view_.release_tried.erase(target);
    if (!holder.empty()) view_.release_tried[target] = out_.clock;
    core::release_ended(world_, target, holder, out_.clock);
    if (const auto* t = world_.target(target)) remember(*t);
    wake();
}

void Simulation::probe(const std::string& target) {
    ++totals_["probes"];
    core::probe_started(world_, target);
    const bool alive = out_.shares[target].alive;
    const int life = daemon_life_;
    after(alive ? Duration{milliseconds{20}} : Duration{seconds{10}}, [this, target, alive, life] {
        if (!view_.up || life != daemon_life_) return;
        core::probe_ended(world_, target, alive, out_.clock);
        wake();
    });
}

/// The alarm must never be later than the first moment at which decide() would say something.
void Simulation::audit() {
    ++totals_["audits"];
    oracle_.audit();
    if (!view_.complete()) return;
    const auto d = decide(mutation_, world_, out_.clock);
    if (d.now.empty()) return;
    throw Violation("look again",
                    fmt::format("decide() would act now (kind {}), but nobody would have asked it",
                                d.now.front().index()));
}

}  // namespace sim
