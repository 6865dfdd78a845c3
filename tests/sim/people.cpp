/// Everything that happens by itself: hands that plug and pull, mount and hold; people who ask; the machine's
/// sleep, its clock, the share's naps, the daemon's ends.

#include <fmt/format.h>

#include "simulation.hpp"

namespace sim {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

void Simulation::something_happens() {
    const auto n = random_.between(0, 99);
    if (n < 50) disks_move();
    if (n >= 50 && n < 72) person_acts();
    if (n >= 72 && n < 82) sleep();
    if (n >= 82 && n < 86) jump_clock();
    if (n >= 86 && n < 92) share_comes_or_goes();
    if (n >= 92 && n < 96) restart_daemon();
    if (n >= 96 && n < 98) change_configuration();
    if (n >= 98) initialise();
    // Mostly hours pass; now and then things come thick and fast, in mid-run and in mid-release.
    const auto gap = random_.percent(25) ? random_.span(milliseconds{10}, minutes{3})
                                         : random_.span(minutes{3}, hours{30});
    after(gap, [this] { something_happens(); });
}

void Simulation::disks_move() {
    if (random_.percent(50)) {
        plug_something();
    } else {
        pull_something();
    }
}

void Simulation::plug_something() {
    std::vector<std::string> out_of_reach;
    for (const auto& d : out_.disks) {
        const bool impostor = !d.name.ends_with("original");
        if (!d.plugged && (!impostor || random_.percent(6))) out_of_reach.push_back(d.name);
    }
    if (out_of_reach.empty()) return;
    auto& disk = out_.disk(random_.pick(out_of_reach));
    out_.plug_in(disk, random_);
    ++totals_[disk.name.ends_with("original") ? "plugs"
              : disk.marked                   ? "clones plugged"
                                              : "strangers plugged"];
    note(disk.name + " is plugged in");
    devices_changed();
    // Who plugs it in may type at once, before the daemon has noticed it.
    if (!random_.percent(10)) return;
    after(random_.span(milliseconds{1}, milliseconds{300}),
          [this, target = disk.target] { type_run(target); });
}

void Simulation::pull_something() {
    std::vector<std::string> within_reach;
    for (const auto& d : out_.disks)
        if (d.plugged) within_reach.push_back(d.name);
    if (within_reach.empty()) return;
    auto& disk = out_.disk(random_.pick(within_reach));
    ++totals_["pulls"];
    note(disk.name + " is pulled");
    out_.pull(disk);
    for (const auto& m : std::vector(out_.mounts)) {
        if (m.disk != disk.name) continue;
        ++totals_["pulled while mounted"];
        // Somebody else, as systemd does, may detach it first; a mount elsewhere is none of Guardian's
        // business.
        const bool elsewhere = m.line.point != config_.target(m.target)->mount;
        if (!elsewhere && !random_.percent(30)) continue;
        after(random_.span(milliseconds{5}, seconds{20}), [this, id = m.line.id, name = disk.name] {
            for (const auto& now : std::vector(out_.mounts))
                if (now.line.id == id && now.disk == name && now.line.device_gone) out_.unmount(id);
            mounts_changed();
        });
    }
    disk_was_pulled(disk.name);
    devices_changed();
    mounts_changed();
    // The daemon has it of the kernel first, and what it says then it says of a failing disk too.
    if (random_.percent(60)) kernel_says(disk, core::KernelSign::io_error, true);
    if (random_.percent(20)) kernel_says(disk, core::KernelSign::usb_reset, true);
}

void Simulation::person_acts() {
    switch (random_.between(0, 8)) {
        case 0:
            return hand_mount();
        case 1:
            return hand_unmount();
        case 2:
        case 3:
            return hold();
        case 4:
            return ask();
        case 5:
            return type_run(random_.pick(config_.plans).target);
        case 6:
            return eject();
        case 7:
            return cancel();
        case 8:
            return hand_mount();
    }
}

void Simulation::hand_mount() {
    const auto& t = random_.pick(config_.targets);
    std::string disk;
    if (t.type == core::TargetType::disk) {
        const auto there = out_.plugged(t.uuid);
        if (there.empty()) return;
        disk = there.front()->name;
    } else if (!out_.shares[t.name].alive) {
        return;
    }
    const auto point = random_.percent(60) || disk.empty() ? t.mount : "/media/" + t.name;
    if (out_.mount_at(point) != nullptr) return;
    auto& mount = out_.mount(t, disk, point);
    // Between a run's end and its being told nobody can say whose the mount is.
    mount.disputed = !view_.up || view_.untold_ends > 0;
    ++totals_["mounted by hand"];
    note(point + " is mounted by hand");
    mounts_changed();
}

void Simulation::hand_unmount() {
    for (const auto& m : std::vector(out_.mounts)) {
        if (works_on(m.target) || out_.held.contains(m.line.id)) continue;
        out_.unmount(m.line.id);
        ++totals_["unmounted by hand"];
        note(m.line.point + " is unmounted by hand");
        mounts_changed();
        return;
    }
}

void Simulation::hold() {
    if (out_.mounts.empty()) return;
    const auto id = random_.pick(out_.mounts).line.id;
    out_.held.insert(id);
    ++totals_["mounts held"];
    note(fmt::format("mount {} is held", id));
    after(random_.span(minutes{1}, hours{40}), [this, id] { out_.held.erase(id); });
}

void Simulation::ask() {
    if (!view_.up || config_.plans.empty()) return;
    const auto& plan = random_.pick(config_.plans);
    ++totals_["runs asked"];
    note(plan.name + " is asked for");
    core::run_asked(world_, plan.name);
    view_.asked.insert(plan.name);
    view_.eject_pending.erase(plan.target);
    view_.eject_in_run.erase(plan.target);
    remember(*world_.target(plan.target));
    wake();
}

void Simulation::type_run(const std::string& target) {
    if (!runners_.empty()) return;  // it would wait for the machine's one lock
    std::vector<core::PlanSpec> plans;
    for (const auto& p : config_.plans)
        if (p.target == target) plans.push_back(p);
    if (!plans.empty()) launch(random_.pick(plans), core::Trigger::person, random_.percent(40));
}

void Simulation::eject() {
    if (!view_.up) return;
    const auto& t = random_.pick(config_.targets);
    ++totals_["ejects"];
    note(t.name + " is ejected");
    core::eject_asked(world_, t.name);
    remember(*world_.target(t.name));
    view_.release_tried.erase(t.name);
    auto& mounts = view_.eject_pending[t.name];
    mounts.clear();
    for (const auto& m : out_.mounts)
        if (m.target == t.name && m.shown) mounts.insert(m.birth);
    if (oracle_.active_on(t.name)) view_.eject_in_run.insert(t.name);
    wake();
}

void Simulation::cancel() {
    for (const auto& [token, r] : runners_) {
        if (r.run.id == 0 || r.source_gone) continue;
        return finish(token, core::Outcome::cancelled, "stopped by hand");
    }
}

void Simulation::initialise() {
    const auto& t = random_.pick(config_.targets);
    if (t.type == core::TargetType::disk) {
        const auto there = out_.plugged(t.uuid);
        if (there.size() != 1 || (!t.serial.empty() && t.serial != there.front()->serial)) return;
        out_.disk(there.front()->name).marked = true;
        for (auto& d : out_.disks)
            if (d.target == t.name && &d != there.front()) d.marked = false;  // the token is a new one
    }
    ++totals_["inits"];
    note(t.name + " is initialised");
    auto& known = out_.memory.targets[t.name];
    known.pinned_at = out_.clock;
    known.pinned_after = out_.memory.next_run - 1;
    if (!view_.up) return;
    world_.target(t.name)->pinned_at = known.pinned_at;
    world_.target(t.name)->pinned_after = known.pinned_after;
    wake();
}

/// Everything stands still but the wall clock; disks may change hands meanwhile.
void Simulation::sleep() {
    const auto span =
        random_.percent(90) ? random_.span(minutes{5}, hours{14}) : random_.span(days{1}, days{21});
    ++totals_["sleeps"];
    note("sleep");
    out_.lived += span;
    out_.clock += span;
    oracle_.measure_anew();
    if (random_.percent(40)) disks_move();
    wake();
}

void Simulation::jump_clock() {
    static const std::vector<Duration> sizes{minutes{2}, minutes{70}, hours{7}, hours{23},
                                             hours{26},  days{3},     days{40}, days{900}};
    const auto size = random_.pick(sizes);
    const auto jump = random_.percent(50) ? size : -size;
    const auto set = [this](Duration by) {
        out_.clock += by;
        ++totals_[by > Duration::zero() ? "clock jumps ahead" : "clock jumps back"];
        note("the clock is set");
        oracle_.measure_anew();
        wake();
    };
    set(jump);
    // A clock that is years off is put right sooner or later.
    if (size < hours{24} && random_.percent(50)) return;
    after(random_.span(minutes{1}, days{4}), [set, jump] { set(-jump); });
}

void Simulation::share_comes_or_goes() {
    auto& share = out_.shares["nas"];
    share.alive = !share.alive;
    share.alive_since = out_.awake;
    ++totals_[share.alive ? "share comes" : "share goes"];
    note(share.alive ? "the share comes back" : "the share dies");
}

void Simulation::restart_daemon() {
    if (!view_.up) return;
    stop_daemon();
    // Killed both, as by the kernel when memory is short.
    if (!runners_.empty() && random_.percent(25)) die(runners_.begin()->first);
    after(random_.percent(70) ? random_.span(seconds{1}, minutes{1}) : random_.span(minutes{1}, hours{10}),
          [this] { start_daemon(); });
}

}  // namespace sim
