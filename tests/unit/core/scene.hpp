#pragma once
/// A small world for the tests: one disk "usb" with the plan "system", a share "nas" with the plan "photos"
/// on request, a clock, and the daemon's part of carrying things out. Everything goes through core/observe,
/// as the real events do.

#include <fmt/format.h>

#include <string>
#include <vector>

#include "core/decide.hpp"
#include "core/observe.hpp"
#include "core/target_state.hpp"
#include "support/catch.hpp"
#include "unit/base/zone.hpp"

namespace guardian::test {

using namespace guardian::core;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Words = std::vector<std::string>;

/// A decision in words: "start system", "raise stale:system".
inline std::string in_words(const Decision& d) {
    struct Namer {
        std::string operator()(const StartRun& s) const {
            return (s.trigger == Trigger::asked ? "start asked " : "start ") + s.plan;
        }
        std::string operator()(const StopRun& s) const { return "stop " + s.plan; }
        std::string operator()(const Release& r) const { return "release " + r.target; }
        std::string operator()(const ProbeShare& p) const { return "probe " + p.target; }
        std::string operator()(const ProbeHealth& p) const { return "look at " + p.name; }
        std::string operator()(const RaiseIncident& r) const { return "raise " + r.incident.key(); }
        std::string operator()(const EndIncident& e) const { return "end " + e.incident.key(); }
    };
    return std::visit(Namer{}, d);
}

inline Words in_words(const Decisions& d) {
    Words out;
    for (const auto& decision : d.now) out.push_back(in_words(decision));
    return out;
}

inline std::string in_words(std::optional<Time> t) {
    return t ? rfc3339(*t, fixed_zone(hours{0})).substr(0, 19) : "never";
}

inline Device device(const std::string& node = "/dev/sdb1", const std::string& plug = "plug-1") {
    Device d;
    d.node = node;
    d.number = {8, 256U * static_cast<unsigned>(node[node.size() - 2]) + static_cast<unsigned>(node.back())};
    d.uuid = "UUID-USB";
    d.fstype = "ext4";
    d.serial = "S1";
    d.serial_full = "Maker_S1";
    d.plug = plug;
    return d;
}

inline Mount mount_of(const Device& d, const std::string& point = "/mnt/backup", unsigned id = 50) {
    return {.id = id, .number = d.number, .point = point, .source = d.node, .fstype = d.fstype};
}

inline TargetSpec disk_spec(const std::string& name = "usb") {
    TargetSpec t;
    t.health.every = Duration::zero();  // tests of the health ask for it
    t.name = name;
    t.uuid = "UUID-USB";
    t.mount = "/mnt/backup";
    return t;
}

inline TargetSpec share_spec() {
    TargetSpec t;
    t.name = "nas";
    t.type = TargetType::share;
    t.source = "//nas.lan/backups";
    t.mount = "/mnt/nas";
    t.answers_at = "nas.lan:445";
    return t;
}

inline PlanSpec plan_spec(const std::string& name, const std::string& target, const std::string& schedule) {
    PlanSpec p;
    p.name = name;
    p.job = "home";
    p.target = target;
    p.repository = name;
    p.schedule = Schedule::parse(schedule).value();
    return p;
}

class Scene {
  public:
    Scene() {
        config.targets = {disk_spec()};
        config.plans = {plan_spec("system", "usb", "02:00")};
        reload();
    }

    void reload() {
        configured(world, config);
        for (auto& t : world.targets)
            if (!t.pinned_at) t.pinned_at = utc(2026, 1, 1);
    }
    void add_plan(const std::string& name, const std::string& target = "usb") {
        config.plans.push_back(plan_spec(name, target, "02:00"));
        reload();
    }
    void use_share_only() {
        config.targets = {share_spec()};
        config.plans = {plan_spec("photos", "nas", "02:00")};
        reload();
    }

    Target& usb() { return *world.target("usb"); }
    Target& nas() { return *world.target("nas"); }
    Plan& plan(const std::string& name = "system") { return *world.plan(name); }

    void plug(const std::vector<Device>& all = {device()}) { (void)devices_seen(world, all, now); }
    void pull() { plug({}); }
    void mount(const std::vector<Mount>& all = {mount_of(device())}) { mounts_seen(world, all); }
    void unmount() { mount({}); }
    void mount_share() {
        mount({{.id = 60,
                .number = {0, 60},
                .point = "/mnt/nas",
                .source = "//nas.lan/backups",
                .fstype = "cifs"}});
    }

    Run begin(const std::string& name = "system", Trigger trigger = Trigger::daemon) {
        Run run;
        run.id = ++last_id;
        run.plan = name;
        run.target = plan(name).spec.target;
        run.trigger = trigger;
        run.started = now;
        run.plug = world.target(run.target)->plug;
        run_started(world, run);
        return run;
    }
    void end(Run run, Outcome outcome, const std::string& reason = "") {
        run.outcome = outcome;
        run.ended = now;
        run.reason = reason;
        run_ended(world, run);
    }
    /// A whole run, on the mounted target.
    void run(Outcome outcome, const std::string& name = "system", const std::string& reason = "") {
        const auto r = begin(name);
        if (world.target(r.target)->spec.type == TargetType::disk) mount();
        end(r, outcome, reason);
    }
    void fail_release(const std::string& reason = "held by less (12)") {
        release_started(world, "usb");
        release_ended(world, "usb", reason, now);
    }
    void release() {
        release_started(world, "usb");
        unmount();
        release_ended(world, "usb", "", now);
    }

    void pass(Duration span) { now += span; }
    [[nodiscard]] Decisions decided() const { return decide(world, now); }
    [[nodiscard]] Words decisions() const { return in_words(decided()); }
    /// Without what is said of incidents.
    [[nodiscard]] Words actions() const {
        Words out;
        for (const auto& w : decisions())
            if (!w.starts_with("raise ") && !w.starts_with("end ")) out.push_back(w);
        return out;
    }
    [[nodiscard]] std::string look_again() const { return in_words(decided().look_again); }
    [[nodiscard]] std::string state(std::string_view target = "usb") const {
        return std::string(to_string(target_state(world, *world.target(target), now)));
    }
    /// Takes the decisions about incidents to heart, as the daemon does, and gives them in words.
    Words settle_incidents() {
        Words out;
        for (const auto& d : decided().now) {
            if (const auto* r = std::get_if<RaiseIncident>(&d)) world.open[r->incident.key()] = r->incident;
            if (const auto* e = std::get_if<EndIncident>(&d)) world.open.erase(e->incident.key());
            const auto words = in_words(d);
            if (words.starts_with("raise ") || words.starts_with("end ")) out.push_back(words);
        }
        return out;
    }

    World world;
    Config config;
    Time now = utc(2026, 3, 10, 12);  // a Tuesday; the newest slot is at 02:00
    std::int64_t last_id = 0;
};

}  // namespace guardian::test
