#include "mutation.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/target_state.hpp"

namespace sim {

namespace core = guardian::core;
using guardian::Time;
using std::chrono::hours;

namespace {

constexpr std::array names{
    std::pair{Mutation::none, "none"},
    std::pair{Mutation::checkpoint_counts_as_success, "checkpoint-counts-as-success"},
    std::pair{Mutation::forget_failed, "forget-failed"},
    std::pair{Mutation::absent_is_success, "absent-is-success"},
    std::pair{Mutation::killed_is_success, "killed-is-success"},
    std::pair{Mutation::trust_future_success, "trust-future-success"},
    std::pair{Mutation::start_on_two_devices, "start-on-two-devices"},
    std::pair{Mutation::start_while_active, "start-while-active"},
    std::pair{Mutation::start_never_initialised, "start-never-initialised"},
    std::pair{Mutation::run_before_due, "run-before-due"},
    std::pair{Mutation::retry_without_delay, "retry-without-delay"},
    std::pair{Mutation::ignore_eject, "ignore-eject"},
    std::pair{Mutation::ignore_refusal, "ignore-refusal"},
    std::pair{Mutation::ignore_plug, "ignore-plug"},
    std::pair{Mutation::forget_look_again, "forget-look-again"},
    std::pair{Mutation::look_again_too_late, "look-again-too-late"},
    std::pair{Mutation::drop_incident, "drop-incident"},
    std::pair{Mutation::never_missed, "never-missed"},
    std::pair{Mutation::double_incident, "double-incident"},
    std::pair{Mutation::never_end_incident, "never-end-incident"},
    std::pair{Mutation::release_while_running, "release-while-running"},
    std::pair{Mutation::release_never, "release-never"},
    std::pair{Mutation::release_before_last, "release-before-last"},
    std::pair{Mutation::unmount_persons_mount, "unmount-persons-mount"},
    std::pair{Mutation::ignore_dead_mount, "ignore-dead-mount"},
    std::pair{Mutation::forget_persons_run, "forget-persons-run"},
    std::pair{Mutation::claim_persons_mount, "claim-persons-mount"},
    std::pair{Mutation::stop_unnoticed, "stop-unnoticed"},
    std::pair{Mutation::ignore_verdict, "ignore-verdict"},
    std::pair{Mutation::prune_on_watch, "prune-on-watch"},
    std::pair{Mutation::never_look, "never-look"},
    std::pair{Mutation::look_all_the_time, "look-all-the-time"},
    std::pair{Mutation::forget_disk_incident, "forget-disk-incident"},
    std::pair{Mutation::count_pulled_errors, "count-pulled-errors"},
    std::pair{Mutation::urgent_ignored, "urgent-ignored"},
    std::pair{Mutation::test_while_due, "test-while-due"},
    std::pair{Mutation::never_test, "never-test"},
    std::pair{Mutation::test_at_looks_alone, "test-at-looks-alone"},
};

void blind_to_health(Mutation m, core::World& w) {
    for (auto& t : w.targets) {
        auto& spec = t.spec.health;
        if (m == Mutation::ignore_verdict)
            spec.on_watch = spec.on_failing = spec.on_unknown = core::OnVerdict::backup;
        if (m == Mutation::look_all_the_time) t.health.tried_at.reset();
        if (m == Mutation::never_test) spec.short_test = spec.long_test = guardian::Duration::zero();
    }
    for (auto& s : w.sources)
        if (m == Mutation::urgent_ignored) s.failing_since.reset();
}

/// The world as a faulty decide() would see it.
void blind(Mutation m, core::World& w, Time now) {
    for (auto& t : w.targets) {
        if (m == Mutation::start_on_two_devices && t.devices.size() > 1) t.devices.resize(1);
        if (m == Mutation::ignore_plug && !t.devices.empty() && t.plugged_at &&
            *t.plugged_at < now - hours{2})
            t.devices.clear();
        if (m == Mutation::start_never_initialised && !t.pinned_at) t.pinned_at = Time{};
        if (m == Mutation::ignore_eject) t.ejected_plug.clear();
        if (m == Mutation::ignore_refusal && t.pinned_at) {
            t.pinned_at = Time::max();
            t.pinned_after = std::numeric_limits<std::int64_t>::max();
        }
        if (m == Mutation::unmount_persons_mount) t.released_run = -1;
        if (m == Mutation::ignore_dead_mount)
            std::erase_if(t.mounts, [](const auto& x) { return x.device_gone; });
    }
    blind_to_health(m, w);
    for (auto& p : w.plans) {
        if (m == Mutation::start_while_active) p.active.reset();
        if (m == Mutation::run_before_due && p.last_success && p.last_success->started < now - hours{6})
            p.last_success.reset();
        if (m == Mutation::retry_without_delay) p.failures = 0;
        if (m == Mutation::stop_unnoticed && p.active && w.target(p.active->target) != nullptr)
            p.active->plug = w.target(p.active->target)->plug;
        if (m == Mutation::trust_future_success && p.last_success && p.last_success->started > now)
            p.last_success->started = now;
        if (m == Mutation::unmount_persons_mount && p.last_run) p.last_run->trigger = core::Trigger::daemon;
    }
}

bool is_report(const core::Decision& d) {
    return std::holds_alternative<core::RaiseIncident>(d) || std::holds_alternative<core::EndIncident>(d);
}

template <class T>
void drop(core::Decisions& d) {
    std::erase_if(d.now, [](const core::Decision& x) { return std::holds_alternative<T>(x); });
}

/// A look before its time.
bool is_for_a_test(const core::World& world, Time now, const core::Decision& d) {
    const auto* look = std::get_if<core::ProbeHealth>(&d);
    if (look == nullptr || look->test == core::ProbeHealth::Test::none) return false;
    const auto& t = *world.target(look->name);
    return t.health.plug == t.plug && !t.health.asked && t.health.tried_at &&
           now < *t.health.tried_at + t.spec.health.every;
}

void spoil_health(Mutation m, const core::World& world, Time now, core::Decisions& d) {
    using Test = core::ProbeHealth::Test;
    if (m == Mutation::never_look) drop<core::ProbeHealth>(d);
    if (m == Mutation::forget_disk_incident)
        std::erase_if(d.now, [](const core::Decision& x) {
            const auto* raise = std::get_if<core::RaiseIncident>(&x);
            return raise != nullptr && raise->incident.kind == core::IncidentKind::disk;
        });
    if (m == Mutation::test_at_looks_alone)
        std::erase_if(d.now, [&](const core::Decision& x) { return is_for_a_test(world, now, x); });
    if (m != Mutation::test_while_due) return;
    for (auto& x : d.now)
        if (auto* look = std::get_if<core::ProbeHealth>(&x);
            look != nullptr && look->of == core::ProbeHealth::Of::target &&
            core::something_due_on(world, *world.target(look->name), now))
            look->test = Test::short_one;
}

void spoil(Mutation m, const core::World& world, core::Decisions& d) {
    if (m == Mutation::forget_look_again) d.look_again.reset();
    if (m == Mutation::look_again_too_late && d.look_again) *d.look_again += hours{1};
    if (m == Mutation::drop_incident) drop<core::RaiseIncident>(d);
    if (m == Mutation::never_missed)
        std::erase_if(d.now, [](const core::Decision& x) {
            const auto* raise = std::get_if<core::RaiseIncident>(&x);
            return raise != nullptr && raise->incident.kind == core::IncidentKind::missed;
        });
    if (m == Mutation::never_end_incident) drop<core::EndIncident>(d);
    if (m == Mutation::release_never) drop<core::Release>(d);
    if (m == Mutation::release_while_running)
        for (const auto& t : world.targets)
            if (core::active_plan(world, t) != nullptr && core::mounted_in_place(t) && !t.releasing)
                d.now.emplace_back(core::Release{t.spec.name});
    if (m == Mutation::release_before_last)
        for (const auto& t : world.targets)
            if (core::mounted_in_place(t) && core::active_plan(world, t) == nullptr && !t.releasing)
                for (auto& x : d.now)
                    if (std::holds_alternative<core::StartRun>(x)) x = core::Release{t.spec.name};
    if (m == Mutation::start_while_active) drop<core::Release>(d);
    if (m == Mutation::double_incident && !world.open.empty() && !d.now.empty())
        d.now.insert(d.now.begin(), core::RaiseIncident{world.open.begin()->second});
}

}  // namespace

std::string_view to_string(Mutation m) {
    for (const auto& [mutation, name] : names)
        if (mutation == m) return name;
    return "";
}

std::optional<Mutation> mutation_from(std::string_view wanted) {
    for (const auto& [mutation, name] : names)
        if (name == wanted) return mutation;
    return std::nullopt;
}

const std::vector<Mutation>& all_mutations() {
    static const std::vector<Mutation> all = [] {
        std::vector<Mutation> out;
        for (const auto& [mutation, name] : names)
            if (mutation != Mutation::none) out.push_back(mutation);
        return out;
    }();
    return all;
}

core::Run told(Mutation m, core::Run run, bool left_checkpoint) {
    const auto o = run.outcome;
    if ((m == Mutation::checkpoint_counts_as_success && left_checkpoint && o == core::Outcome::failed) ||
        (m == Mutation::forget_failed && o == core::Outcome::failed) ||
        (m == Mutation::absent_is_success && o == core::Outcome::absent) ||
        (m == Mutation::killed_is_success && o == core::Outcome::running))
        run.outcome = core::Outcome::success;
    if (m == Mutation::forget_persons_run && run.trigger == core::Trigger::person) run.mounted_itself = false;
    if (m == Mutation::claim_persons_mount) run.mounted_itself = true;
    return run;
}

core::Decisions decide(Mutation m, const core::World& world, Time now) {
    if (m == Mutation::none) return core::decide(world, now);
    auto seen = world;
    blind(m, seen, now);
    auto d = core::decide(seen, now);
    // What is reported stays right, so that the deed itself has to be caught.
    drop<core::RaiseIncident>(d);
    drop<core::EndIncident>(d);
    const auto right = core::decide(world, now);
    auto first_deed = std::find_if_not(right.now.begin(), right.now.end(), is_report);
    d.now.insert(d.now.begin(), right.now.begin(), first_deed);
    spoil(m, world, d);
    spoil_health(m, world, now, d);
    return d;
}

}  // namespace sim
