/// The oracle's other half: at any moment, nothing that must have been decided by now is left undone.

#include <fmt/format.h>

#include <algorithm>

#include "oracle.hpp"
#include "outcomes.hpp"

namespace sim {

using std::chrono::hours;
using std::chrono::minutes;

void Oracle::audit() const {
    if (!view_.complete()) {
        share_wait_.clear();
        return;
    }
    audit_incidents();
    audit_releases();
    audit_starts();
    audit_stops();
    audit_looks();
}

void Oracle::audit_stops() const {
    for (const auto& [plan, target] : view_.active) {
        const auto* t = config_.target(target);
        const auto* run = going(plan);
        // A plugging-in that was over before the daemon looked is the runner's own to notice.
        const bool noticed = run == nullptr || run->plug == remembered(target).plug;
        if (t->type == core::TargetType::disk && out_.plugged(t->uuid).empty() && noticed &&
            !view_.stopped.contains(plan))
            violated("stop", plan + " runs on a disk that is gone, and is not told to stop");
    }
}

/// The others' runs may keep a plan waiting, but not for days.
void Oracle::audit_patience(const core::PlanSpec& p) const {
    if (!startable(p, Bound::must) || view_.active.contains(p.name)) {
        waits_since_.erase(p.name);
        return;
    }
    const auto since = waits_since_.try_emplace(p.name, out_.awake).first->second;
    const bool disk = config_.target(p.target)->type == core::TargetType::disk;
    if (disk && out_.awake - since > hours{72})
        violated("starved", p.name + " is due for days, and others run");
}

void Oracle::audit_starts() const {
    for (const auto& p : config_.plans) {
        audit_patience(p);
        if (!view_.active.empty() || !startable(p, Bound::must)) {
            share_wait_.erase(p.name);
            continue;
        }
        const auto& t = *config_.target(p.target);
        if (t.type == core::TargetType::disk) violated("due and not started", p.name);
        const auto& share = out_.shares.at(t.name);
        const auto since =
            std::max(share.alive_since, share_wait_.try_emplace(p.name, out_.awake).first->second);
        if (share.alive && out_.awake - since > minutes{65})
            violated("due and not started", p.name + " on a share that answers");
    }
}

void Oracle::audit_releases() const {
    for (const auto& t : config_.targets) {
        if (active_on(t.name) || view_.releasing.contains(t.name)) continue;
        const auto tried = view_.release_tried.find(t.name);
        if (tried != view_.release_tried.end() && tried->second <= out_.clock &&
            out_.clock < tried->second + minutes{15})
            continue;
        if (is_dead(t)) violated("release", "the dead mount of " + t.name + " is left there");
        if (eject_pending(t)) violated("release", t.name + " was ejected and is still mounted");
        const auto* m = own_mount(t);
        if (m == nullptr) continue;
        if (t.when_done == core::WhenDone::keep || !m->release_owed) continue;
        const bool waits = std::any_of(config_.plans.begin(), config_.plans.end(), [&](const auto& p) {
            return p.target == t.name && startable(p, Bound::may);
        });
        if (!waits) violated("release", t.name + " is done and still mounted");
    }
}

void Oracle::must_be(bool open, core::IncidentKind kind, const std::string& subject,
                     const std::string& why) const {
    const auto key = core::Incident{kind, subject, ""}.key();
    if (open_.contains(key) == open) return;
    violated("incidents", fmt::format("{} is {}open: {}", key, open ? "not " : "", why));
}

void Oracle::audit_incidents() const {
    for (const auto& t : config_.targets) audit_target_incidents(t);
    for (const auto& j : config_.jobs) audit_source_incidents(j);
    for (const auto& p : config_.plans) {
        audit_plan_incidents(p);
        audit_slot(p);
    }
    for (const auto& [key, text] : open_) {
        const auto subject = key.substr(key.find(':') + 1);
        if (config_.plan(subject) == nullptr && config_.job(subject) == nullptr && config_.target(subject) == nullptr &&
            !view_.active.contains(subject))
            violated("incidents", key + " is about nothing in the configuration");
    }
}

bool Oracle::missed(const core::PlanSpec& p, Bound bound) const {
    const auto& t = *config_.target(p.target);
    if (t.type != core::TargetType::disk || !view_.active.empty() || !usable_but_for_eject(t, false) || slot_satisfied(p) ||
        startable(p, bound))
        return false;
    const auto begin = begin_of_slot(p);
    auto since = begin;
    for (const auto& known : {remembered(t.name).plugged_at, std::optional{out_.memory.known_since.at(p.name)}})
        if (known && *known <= out_.clock + hours{24}) since = std::max(since, *known);
    if (p.on_plug == core::OnPlug::never && since > begin) return false;
    return out_.clock >= since + p.grace;
}

/// Once it is missed, it is until a backup is there.
void Oracle::audit_slot(const core::PlanSpec& p) const {
    const auto key = core::Incident{core::IncidentKind::missed, p.name, ""}.key();
    if (open_.contains(key) && slot_satisfied(p)) violated("incidents", key + " is open, and there is a backup");
    if (!open_.contains(key) && missed(p, Bound::may)) violated("slots", p.name + " was missed, and nobody says so");
}

void Oracle::audit_target_incidents(const core::TargetSpec& t) const {
    using core::IncidentKind;
    const auto disks = out_.plugged(t.uuid);
    const bool disk = t.type == core::TargetType::disk;
    must_be(disk && disks.size() > 1, IncidentKind::ambiguous, t.name,
            fmt::format("{} devices", disks.size()));
    must_be(is_dead(t), IncidentKind::dead_mount, t.name, "the mount's device is gone or not");
    const bool other = disk && disks.size() == 1 &&
                       (!remembered(t.name).pinned_at ||
                        (!t.serial.empty() && t.serial != disks.front()->serial) || refused(t));
    if (disk) must_be(other, IncidentKind::refused, t.name, "the one disk is not the target, or it is");
    audit_health_incidents(t);
    // Of what was unmounted while it was not let go of, only the release that is going then can tell.
    if (own_mount(t) == nullptr && out_.mount_at("/media/" + t.name) == nullptr && !view_.releasing.contains(t.name))
        must_be(false, IncidentKind::still_mounted, t.name, "it is not mounted");
}

void Oracle::audit_plan_incidents(const core::PlanSpec& p) const {
    using core::IncidentKind;
    const auto* told = newest(p, says_something);
    // What holds a run for the disk's sake is the disk's incident, as long as that stands.
    const auto* target = config_.target(p.target);
    const bool is_disks = told != nullptr && told->held_by_health && target != nullptr &&
                          (is_bad(*target) || was_bad(*target) || is_unknown(*target));
    must_be(told != nullptr && !good(told->outcome) && !is_disks, IncidentKind::failed, p.name,
            "its newest run says otherwise");
    must_be(told != nullptr && good(told->outcome) && !told->held_back.empty() && !is_disks, IncidentKind::held_back,
            p.name, "its newest run says otherwise");
    const auto* success = newest(p, good);
    const auto tolerated = out_.clock + hours{24};
    auto since = success != nullptr && success->started <= tolerated ? success->started
                                                                     : out_.memory.known_since.at(p.name);
    const bool old = since > tolerated || out_.clock >= since + p.stale_after;
    must_be(p.stale_after > Duration::zero() && old, IncidentKind::stale, p.name,
            "its newest success is of another age");
}

}  // namespace sim
