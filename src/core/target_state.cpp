#include "core/target_state.hpp"

#include <algorithm>
#include <set>

#include "core/decide.hpp"

namespace guardian::core {
namespace {

bool is_of(const Mount& m, const Device& d) { return m.number == d.number || m.source == d.node; }

bool is_dead(const Target& t, const Mount& m) {
    if (t.spec.type == TargetType::share || m.point != t.spec.mount || belongs_to(t, m)) return false;
    return m.device_gone || m.id == t.seated_mount;
}

bool is_there(const Target& t) {
    return t.spec.type == TargetType::share ? t.share_answers || mounted_in_place(t) : !t.devices.empty();
}

}  // namespace

bool belongs_to(const Target& t, const Mount& m) {
    if (t.spec.type == TargetType::share)
        return m.point == t.spec.mount && (t.spec.source.empty() || m.source == t.spec.source);
    return std::any_of(t.devices.begin(), t.devices.end(), [&](const Device& d) { return is_of(m, d); });
}

bool ambiguous(const Target& t) {
    if (t.devices.size() < 2) return false;
    // A btrfs of several devices shows one UUID on each, and a UUID_SUB of its own; a clone has both the same.
    std::set<std::string> members;
    for (const auto& d : t.devices)
        if (d.fstype != "btrfs" || d.uuid_sub.empty() || !members.insert(d.uuid_sub).second) return true;
    return false;
}

bool one_device(const Target& t) { return !t.devices.empty() && !ambiguous(t); }

bool mounted_in_place(const Target& t) {
    return std::any_of(t.mounts.begin(), t.mounts.end(),
                       [&](const Mount& m) { return m.point == t.spec.mount && belongs_to(t, m); });
}

bool mounted(const Target& t) {
    return std::any_of(t.mounts.begin(), t.mounts.end(), [&](const Mount& m) { return belongs_to(t, m); });
}

bool held_elsewhere(const Target& t) {
    return t.last_release && t.last_release->elsewhere && !t.devices.empty() && !mounted(t);
}

bool dead_mount(const Target& t) {
    return std::any_of(t.mounts.begin(), t.mounts.end(), [&](const Mount& m) { return is_dead(t, m); });
}

bool pulled_under(const Target& t, const Run& run) {
    return t.spec.type == TargetType::disk && t.devices.empty() && run.plug == t.plug;
}

bool is_accepted_since(const Run& run, const Target& target) {
    const auto& accepted = target.health.accepted_at;
    return run.held_by_health && accepted && run.ended.value_or(run.started) <= *accepted;
}

bool serial_differs(const Target& t) {
    return !t.spec.serial.empty() && std::any_of(t.devices.begin(), t.devices.end(), [&](const Device& d) {
        return d.serial != t.spec.serial && d.serial_full != t.spec.serial;
    });
}

bool release_owed(const Target& t) {
    return t.spec.when_done != WhenDone::keep && t.owed_run > t.released_run;
}

const std::string& active_target(const Plan& plan) {
    return plan.active && !plan.active->target.empty() ? plan.active->target : plan.spec.target;
}

const Plan* active_plan(const World& world, const Target& t) {
    for (const auto& p : world.plans)
        if (p.active && active_target(p) == t.spec.name) return &p;
    return nullptr;
}

std::string refusal(const World& world, const Target& t) {
    const Run* newest = nullptr;
    for (const auto& p : world.plans)
        if (p.spec.target == t.spec.name && p.last_telling && p.last_telling->plug == t.plug &&
            (newest == nullptr || p.last_telling->id > newest->id))
            newest = &*p.last_telling;
    if (newest == nullptr || newest->outcome != Outcome::refused) return "";
    // `guardian init` since then may have made it right. By the time alone a clock that was set back would hide a
    // refusal; a run that could not be recorded has no number of its own.
    if (t.pinned_at && *t.pinned_at > newest->started && newest->id <= t.pinned_after) return "";
    return newest->reason.empty() ? "the disk was not proven to be the target" : newest->reason;
}

TargetState target_state(const World& world, const Target& t, Time now) {
    const bool there = is_there(t);
    if (active_plan(world, t) != nullptr) {
        if (t.spec.type == TargetType::disk && (!there || dead_mount(t))) return TargetState::vanished;
        return mounted_in_place(t) ? TargetState::busy : TargetState::mounting;
    }
    if (t.releasing) return TargetState::releasing;
    if (dead_mount(t)) return TargetState::vanished;
    if (!there) return TargetState::absent;
    if (ambiguous(t)) return TargetState::ambiguous;
    if (!t.pinned_at || serial_differs(t) || !refusal(world, t).empty()) return TargetState::refused;
    const bool release_failed = t.last_release && t.last_release->failures > 0;
    if (mounted(t) && release_failed && (t.eject_asked || release_owed(t))) return TargetState::still_mounted;
    if (mounted_in_place(t)) return TargetState::ready;
    if (something_due_on(world, t, now)) return TargetState::present;
    return mounted(t) || held_elsewhere(t) ? TargetState::still_mounted : TargetState::safe_to_unplug;
}

std::string_view to_string(TargetState s) {
    switch (s) {
        case TargetState::absent: return "absent";
        case TargetState::present: return "present";
        case TargetState::ambiguous: return "ambiguous";
        case TargetState::refused: return "refused";
        case TargetState::mounting: return "mounting";
        case TargetState::busy: return "busy";
        case TargetState::ready: return "ready";
        case TargetState::releasing: return "releasing";
        case TargetState::still_mounted: return "still-mounted";
        case TargetState::safe_to_unplug: return "safe-to-unplug";
        case TargetState::vanished: return "vanished";
    }
    return "";
}

}  // namespace guardian::core
