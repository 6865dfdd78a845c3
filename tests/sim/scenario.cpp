/// The cast of a life: targets, plans, disks and the people's habits, drawn from the seed; and the changes
/// that a person makes to the configuration later.

#include <fmt/format.h>

#include <algorithm>

#include "simulation.hpp"

namespace sim {

using std::chrono::hours;

void Simulation::make_scenario() {
    out_.zone = Zone::invented(random_);
    world_.zone = out_.zone.function();
    out_.clock =
        Time{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}} + random_.span(hours{0}, hours{8760});
    config_.name = "machine";
    // One job's drives are looked at, the other's are not.
    config_.jobs.resize(2);
    config_.jobs[0].name = "system";
    config_.jobs[0].watch_sources = random_.percent(60);
    config_.jobs[1].name = "home";
    make_targets();
    make_disks();
    const auto plans = random_.between(2, 4);
    for (int i = 0; i < plans; ++i) make_plan(i);
}

void Simulation::make_targets() {
    const auto add = [&](const std::string& name, core::TargetType type) {
        core::TargetSpec t;
        t.name = name;
        t.type = type;
        t.mount = "/mnt/" + name;
        t.when_done = random_.percent(25) ? core::WhenDone::keep : core::WhenDone::unmount;
        if (type == core::TargetType::disk) t.uuid = "uuid-of-" + name;
        if (type == core::TargetType::disk && random_.percent(30)) t.serial = "serial-of-" + name;
        if (type == core::TargetType::share) t.source = "//nas/" + name;
        config_.targets.push_back(t);
        config_.targets.back().health = invent_health();
        auto& known = out_.memory.targets[name];
        if (type == core::TargetType::share) known.plug = "share";
        if (!random_.percent(15)) known.pinned_at = out_.clock - hours{1};
    };
    add("usb", core::TargetType::disk);
    if (random_.percent(60)) add("second", core::TargetType::disk);
    if (random_.percent(60)) add("nas", core::TargetType::share);
    out_.shares["nas"] = {};
}

core::HealthSpec Simulation::invent_health() {
    using core::OnVerdict;
    core::HealthSpec h;
    const auto often = [&](OnVerdict usual, int chance) {
        return random_.percent(chance) ? usual : static_cast<OnVerdict>(random_.between(0, 2));
    };
    h.every = random_.pick(std::vector<Duration>{hours{1}, hours{6}, hours{6}, hours{24}});
    if (random_.percent(12)) h.every = Duration::zero();
    h.on_watch = often(OnVerdict::keep, 60);
    h.on_failing = often(OnVerdict::refuse, 60);
    h.on_unknown = often(OnVerdict::backup, 70);
    h.short_test = random_.pick(std::vector<Duration>{Duration::zero(), hours{24}, hours{24 * 7}});
    h.long_test = random_.pick(std::vector<Duration>{Duration::zero(), hours{24 * 7}, hours{24 * 30}});
    return h;
}

void Simulation::make_disks() {
    for (const auto& t : config_.targets) {
        if (t.type != core::TargetType::disk) continue;
        const auto add = [&](const std::string& what, bool marked) {
            Disk d;
            d.name = t.name + " " + what;
            d.target = t.name;
            d.uuid = t.uuid;
            d.fstype = "ext4";
            d.serial = (what == "original" ? "serial-of-" : what + "-serial-of-") + t.name;
            d.marked = marked;
            out_.disks.push_back(d);
        };
        add("original", true);
        add("clone", true);
        add("stranger", false);
    }
    for (auto& d : out_.disks)
        if (d.name.ends_with("original") && random_.percent(50)) out_.plug_in(d, random_);
}

std::string Simulation::invent_schedule() {
    const auto& all = Timetable::all();
    if (random_.percent(3)) return all.back().text();
    return all[static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(all.size()) - 2))]
        .text();
}

void Simulation::make_plan(int number) {
    core::PlanSpec p;
    p.name = fmt::format("plan{}", number);
    p.job = number % 2 == 0 ? "system" : "home";
    p.target = number == 0 ? config_.targets.front().name : random_.pick(config_.targets).name;
    p.repository = p.name;
    p.schedule = core::Schedule::parse(invent_schedule()).value();
    p.on_plug = static_cast<core::OnPlug>(random_.percent(50) ? 0 : random_.between(0, 2));
    const std::vector<Duration> ages{Duration::zero(), hours{30}, hours{24 * 8}, hours{24 * 30}};
    p.stale_after = random_.pick(ages);
    // Not drawn: the seeds' other choices stay as they were.
    if (number % 3 == 2) p.random_delay = hours{number};
    config_.plans.push_back(p);
}

void Simulation::change_configuration() {
    ++totals_["configuration changes"];
    auto& plan = config_.plans[static_cast<std::size_t>(
        random_.between(0, static_cast<std::int64_t>(config_.plans.size()) - 1))];
    auto& target = config_.targets[static_cast<std::size_t>(
        random_.between(0, static_cast<std::int64_t>(config_.targets.size()) - 1))];
    switch (random_.between(0, 7)) {
        case 0:
            plan.schedule = core::Schedule::parse(invent_schedule()).value();
            break;
        case 1:
            plan.on_plug = static_cast<core::OnPlug>(random_.between(0, 2));
            break;
        case 2:
            plan.stale_after = hours{24 * random_.between(0, 20)};
            break;
        case 3:
            target.when_done = static_cast<core::WhenDone>(random_.between(0, 2));
            break;
        case 4:
            plan.target = target.name;
            break;
        case 5:
            if (config_.plans.size() > 1) config_.plans.erase(config_.plans.begin());
            break;
        case 6:
            for (int i = 0; i < 4 && config_.plans.size() < 4; ++i)
                if (config_.plan(fmt::format("plan{}", i)) == nullptr) make_plan(i);
            break;
        case 7:
            target.health = invent_health();
            break;
    }
    note("the configuration is changed");
    oracle_.measure_anew();
    std::erase_if(view_.asked, [this](const std::string& name) { return config_.plan(name) == nullptr; });
    if (!view_.up) return;
    core::configured(world_, config_);
    load_memory();
    look_around();
    wake();
}

}  // namespace sim
