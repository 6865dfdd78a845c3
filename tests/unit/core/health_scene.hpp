#pragma once
/// The small world of scene.hpp with a disk whose health is looked at, or with sources that are.

#include "unit/core/scene.hpp"

namespace guardian::test {

inline constexpr hours day{24};
using Test = ProbeHealth::Test;

inline DriveState drive(Verdict verdict, const std::string& rule = "pending-sectors",
                        const std::string& text = "") {
    DriveState d;
    d.id = "wwn-1";
    d.name = "Maker Disk S1";
    d.verdict = verdict;
    if (verdict == Verdict::watch || verdict == Verdict::failing)
        d.reasons = {{rule, verdict, std::nullopt, text.empty() ? "7 sectors cannot be read." : text}};
    return d;
}

struct HealthScene : Scene {
    /// Of the incident that is to be raised now; empty: none.
    std::string text(const std::string& key) const {
        for (const auto& d : decided().now)
            if (const auto* r = std::get_if<RaiseIncident>(&d))
                if (r->incident.key() == key) return r->incident.text;
        return "";
    }
};

/// The disk's health is looked at; its plan was run today.
struct Watched : HealthScene {
    Watched() {
        config.targets[0].health = {};
        config.targets[0].health.short_test = config.targets[0].health.long_test = Duration::zero();
        reload();
        plug();
        run(Outcome::success);
        release();
    }
    void spec(const HealthSpec& health) {
        config.targets[0].health = health;
        reload();
    }
    ProbeHealth look(Test test = Test::none) const { return {ProbeHealth::Of::target, "usb", test}; }
    void begin_look(Test test = Test::none) { health_probe_started(world, look(test), now); }
    void end_look() { health_probe_ended(world, look(), now); }
    std::vector<KernelEvent> see(const DriveState& d, const SelfTestState& tests = {}) {
        return health_seen(world, "usb", {{d}, tests}, now);
    }
    /// A whole look that finds this.
    void told(const DriveState& d, const SelfTestState& tests = {}) {
        begin_look();
        (void)see(d, tests);
        end_look();
    }
    void told(Verdict verdict) { told(drive(verdict)); }
    void kernel(KernelSign sign, const std::string& text = "sda: I/O error") {
        kernel_said(world, "usb", usb().plug, {now, sign, text});
    }
    void plug_anew(const std::string& name) { plug({device("/dev/sdb1", name)}); }
    /// What the look that is decided now would have the drive do; empty: no look is.
    std::optional<Test> test() const {
        for (const auto& d : decided().now)
            if (const auto* p = std::get_if<ProbeHealth>(&d)) return p->test;
        return std::nullopt;
    }
};

/// The same, and the drives that the plan's job saves are looked at too.
struct Sourced : HealthScene {
    Sourced() {
        config.jobs.resize(1);
        config.jobs[0].name = "home";
        config.jobs[0].watch_sources = true;
        reload();
        plug();
        run(Outcome::success);
        release();
    }
    void told(Verdict verdict) { told({drive(verdict)}); }
    void told(std::vector<DriveState> drives) {
        const ProbeHealth look{ProbeHealth::Of::job, "home", Test::none};
        health_probe_started(world, look, now);
        sources_seen(world, "home", {std::move(drives), {}}, now);
        health_probe_ended(world, look, now);
    }
};

}  // namespace guardian::test
