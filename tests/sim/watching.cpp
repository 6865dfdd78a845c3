/// What reaches the daemon of what is true outside: each observation is a snapshot of one kind, taken when it
/// is delivered, which is late, sometimes twice, and sometimes only with the next one.

#include <algorithm>

#include "simulation.hpp"

namespace sim {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Duration Simulation::notice_delay() {
    if (random_.percent(5)) {
        ++totals_["events lost"];
        return random_.span(seconds{5}, minutes{10});
    }
    return random_.span(milliseconds{1}, milliseconds{400});
}

void Simulation::devices_changed() {
    view_.devices = false;
    after(notice_delay(), [this] { see_devices(); });
    if (!random_.percent(5)) return;
    ++totals_["events doubled"];
    after(notice_delay(), [this] { see_devices(); });
}

void Simulation::mounts_changed() {
    view_.mounts = false;
    after(notice_delay(), [this] { see_mounts(); });
}

void Simulation::see_devices() {
    if (!view_.up) return;
    view_.devices = true;
    forget_heard();
    for (const auto& name : devices_now()) remember(*world_.target(name));
    see_mounts_quietly();
    wake();
}

std::vector<std::string> Simulation::devices_now() {
    std::map<std::string, std::vector<core::KernelEvent>> heard;
    for (const auto& t : world_.targets) heard[t.spec.name] = t.health.heard;
    auto changed = core::devices_seen(world_, out_.devices(), out_.clock);
    if (mutation_ == Mutation::count_pulled_errors)
        for (auto& t : world_.targets) t.health.heard = heard[t.spec.name];
    for (const auto& t : world_.targets)
        if (t.health.heard.empty()) out_.memory.heard.erase(t.spec.name);
    return changed;
}

void Simulation::see_mounts() {
    if (!view_.up) return;
    see_mounts_quietly();
    wake();
}

void Simulation::see_mounts_quietly() {
    view_.mounts = true;
    for (auto& m : out_.mounts) m.shown = m.shown || is_noticed(m);
    for (const auto& name : core::mounts_seen(world_, out_.mount_lines())) remember(*world_.target(name));
}

/// The daemon knows by its device whose a mount is.
bool Simulation::is_noticed(const LiveMount& m) {
    const auto* t = world_.target(m.target);
    return t != nullptr &&
           (m.disk.empty() || std::any_of(t->devices.begin(), t->devices.end(), [&](const auto& d) {
                return d.plug == out_.disk(m.disk).device.plug;
            }));
}

/// At the start and after a reload.
void Simulation::look_around() {
    view_.devices = true;
    forget_heard();
    (void)devices_now();
    see_mounts_quietly();
    for (const auto& t : world_.targets) remember(t);
}

/// The mount table is read before a run's end is told, so that what the run left mounted is known by then.
void Simulation::tell_run_ended(core::Run run, bool checkpoint) {
    if (run.outcome == core::Outcome::running) {
        // The row says running and nobody is there: the daemon writes down that it was aborted.
        out_.memory.running.erase(run.id);
        if (run.id == 0) run.id = out_.memory.next_run++;
        auto row = run;
        row.outcome = core::Outcome::aborted;
        row.ended = out_.clock;
        row.reason = "the runner is gone";
        out_.memory.keep_end(row);
        run.ended = row.ended;
        run.reason = row.reason;
    }
    see_mounts_quietly();
    const auto target = run.target;
    core::run_ended(world_, told(mutation_, run, checkpoint));
    if (const auto* t = world_.target(target)) remember(*t);
    // What Borg could not read or write says something of the disk, perhaps.
    if (run.outcome == core::Outcome::failed && random_.percent(30)) want_look(target);
}

}  // namespace sim
