#include "core/incidents.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "core/target_state.hpp"

namespace guardian::core {
namespace {

std::string device_names(const Target& t) {
    std::vector<std::string> names;
    for (const auto& d : t.devices) names.push_back(printable(d.node, 100));
    std::sort(names.begin(), names.end());
    return join(names, " and ");
}

void about_identity(const World& world, const Target& t, std::vector<Incident>& out) {
    if (t.spec.type == TargetType::disk && t.devices.empty()) return;
    if (ambiguous(t)) {
        out.push_back({IncidentKind::ambiguous, t.spec.name,
                       fmt::format("{} carry the same UUID {}, that of target {}; none of them is touched. Unplug "
                                   "what is not the backup disk.",
                                   device_names(t), t.spec.uuid, t.spec.name)});
        return;
    }
    if (!t.pinned_at && t.spec.type == TargetType::disk) {
        out.push_back({IncidentKind::refused, t.spec.name,
                       fmt::format("{} carries the UUID of target {}, but the target was never initialised here; "
                                   "nothing is written. If it is yours: guardian init {}",
                                   device_names(t), t.spec.name, t.spec.name)});
        return;
    }
    if (serial_differs(t)) {
        out.push_back({IncidentKind::refused, t.spec.name,
                       fmt::format("{} carries the UUID of target {}, but its serial is \"{}\" and not \"{}\"; "
                                   "nothing is written.",
                                   device_names(t), t.spec.name, printable(t.devices.front().serial, 80),
                                   printable(t.spec.serial, 80))});
        return;
    }
    const auto why = refusal(world, t);
    if (!why.empty()) out.push_back({IncidentKind::refused, t.spec.name, printable(why)});
}

void about_mounts(const Target& t, std::vector<Incident>& out) {
    if (dead_mount(t))
        out.push_back({IncidentKind::dead_mount, t.spec.name,
                       fmt::format("the device of target {} is gone, but {} is still mounted; it is being detached. "
                                   "Nothing is written there.",
                                   t.spec.name, printable(t.spec.mount, 200))});
    const bool to_be_released = t.eject_asked || (mounted_in_place(t) && release_owed(t));
    if (held_elsewhere(t) || (mounted(t) && to_be_released && t.last_release && t.last_release->failures > 0))
        out.push_back({IncidentKind::still_mounted, t.spec.name,
                       still_mounted_text(t.spec.name, printable(t.last_release->reason))});
}

std::string drive_words(const Diagnosis& d) {
    return d.drive.empty() ? "" : fmt::format(" ({})", printable(d.drive, 120));
}

/// To show how one is run.
std::string a_plan_of(const World& world, const Target& t) {
    const auto plan = std::find_if(world.plans.begin(), world.plans.end(),
                                   [&](const Plan& p) { return p.spec.target == t.spec.name && !p.leaving; });
    return plan == world.plans.end() ? "PLAN" : plan->spec.name;
}

/// What follows from it, and what to do.
std::string consequence(const World& world, const Target& t, const Diagnosis& d) {
    const auto& name = t.spec.name;
    const auto more = fmt::format(" More: guardian smart {}", name);
    switch (allowed(t.spec.health, t.health)) {
        case OnVerdict::refuse:
            return fmt::format(" No backup is made on it any more. Get a new disk; to risk one more: guardian run {} --anyway.{}",
                               a_plan_of(world, t), more);
        case OnVerdict::keep:
            return (d.cause == Cause::disk ? " It is still backed up, and nothing old is deleted. Have a new disk ready."
                                           : " It is still backed up, and nothing old is deleted.") +
                   more;
        case OnVerdict::backup: break;
    }
    return more;
}

std::string beginning(const Target& t, const Diagnosis& d) {
    const auto name = fmt::format("disk {}{}", t.spec.name, drive_words(d));
    if (d.cause == Cause::connection)
        return fmt::format("the connection of {} is bad: the cable, the plug, a hub or the enclosure, and not the disk",
                           name);
    if (d.cause == Cause::filesystem) return fmt::format("the filesystem of {} is in trouble", name);
    return d.verdict == Verdict::failing ? name + " is failing" : name + " shows signs of failing";
}

/// A drive's or program's words may have no full stop.
std::string as_sentence(std::string text) {
    if (!text.empty() && text.back() != '.') text += '.';
    return text;
}

/// Empty: it is known, or was not long ago.
std::string why_unknown_for_long(const Target& t) {
    const auto& health = t.health;
    if (const auto* drive = unknown_too_long(health))
        return drive->trouble.empty() ? "it tells nothing" : printable(drive->trouble, 300);
    const bool never = health.drives.empty() && health.tried_at && t.pinned_at;
    return never && later(*t.pinned_at, unknown_for_long) <= *health.tried_at
               ? "since it was initialised it has not told anything"
               : "";
}

/// After a start, until it is looked at again, what is open stays so.
bool is_as_it_was(const World& world, IncidentKind kind, const std::string& subject, bool is_looked_at,
                  std::vector<Incident>& out) {
    const auto open = world.open.find(Incident{kind, subject, ""}.key());
    if (is_looked_at || open == world.open.end()) return false;
    out.push_back(open->second);
    return true;
}

/// One cause, one incident: what SMART tells and what the kernel said of it are together.
void about_health(const World& world, const Target& t, std::vector<Incident>& out) {
    if (t.spec.type != TargetType::disk) return;
    const auto d = diagnose(t.spec.health, t.health);
    if (d.verdict == Verdict::watch || d.verdict == Verdict::failing)
        out.push_back({IncidentKind::disk, t.spec.name,
                       fmt::format("{}. {}{}", beginning(t, d), printable(d.text()), consequence(world, t, d))});
    if (t.spec.health.every == Duration::zero()) return;
    // It may have been about a drive that the store cannot know.
    if (d.verdict == Verdict::unknown) (void)is_as_it_was(world, IncidentKind::disk, t.spec.name, t.health.looked, out);
    if (is_as_it_was(world, IncidentKind::disk_unknown, t.spec.name, t.health.tried_at.has_value(), out)) return;
    const auto policy = allowed(t.spec.health, t.health);
    if (d.verdict == Verdict::unknown && policy != OnVerdict::backup) {
        out.push_back({IncidentKind::disk_unknown, t.spec.name,
                       fmt::format("of the health of disk {} nothing is known: {} {}, because of on_unknown = \"{}\". "
                                   "More: guardian smart {}",
                                   t.spec.name, printable(as_sentence(d.text())),
                                   policy == OnVerdict::refuse ? "No backup is made on it" : "Nothing old is deleted on it",
                                   to_string(policy), t.spec.name)});
        return;
    }
    if (auto why = why_unknown_for_long(t); !why.empty())
        out.push_back({IncidentKind::disk_unknown, t.spec.name,
                       fmt::format("of the health of disk {} nothing is known for more than {}: {}. Where it cannot be "
                                   "asked, write health_every = \"never\"",
                                   t.spec.name, format_span(unknown_for_long), why)});
}

void about_signs(const Sources& s, const Diagnosis& d, std::vector<Incident>& out) {
    if (d.verdict == Verdict::failing)
        out.push_back({IncidentKind::source, s.job,
                       fmt::format("a disk that job {} saves is failing{}. {} A backup is made now, where a target is "
                                   "there. More: guardian smart",
                                   s.job, drive_words(d), printable(d.text()))});
    if (d.verdict != Verdict::watch) return;
    const bool is_connection = d.cause == Cause::connection;
    out.push_back({IncidentKind::source_watch, s.job,
                   fmt::format("{}a disk that job {} saves {}{}. {} It is saved as planned. {} More: guardian smart",
                               is_connection ? "the connection of " : "", s.job,
                               is_connection ? "is bad: the cable, the plug, a hub or the enclosure, and not the disk"
                                             : "shows signs of failing",
                               drive_words(d), printable(d.text()),
                               is_connection ? "Try another cable." : "Have a new disk ready.")});
}

/// What is saved is there all the time: a drive that was not asked for long was not found.
bool is_lost(const DriveState& d, const HealthState& health) {
    return d.tried_at && health.tried_at && later(*d.tried_at, unknown_for_long) <= *health.tried_at;
}

/// Since when the job is known, its plans say.
bool never_found(const World& world, const Sources& s) {
    return s.health.drives.empty() && s.health.tried_at &&
           std::any_of(world.plans.begin(), world.plans.end(), [&](const Plan& p) {
               return p.spec.job == s.job && p.known_since &&
                      later(*p.known_since, unknown_for_long) <= *s.health.tried_at;
           });
}

/// Empty: all are known, or were not long ago.
std::string what_is_unknown(const World& world, const Sources& s) {
    const auto& drives = s.health.drives;
    const auto lost = std::find_if(drives.begin(), drives.end(), [&](const auto& d) { return is_lost(d, s.health); });
    const bool is_any_lost = lost != drives.end();
    if (is_any_lost || never_found(world, s))
        return fmt::format("below what job {} saves, {}. Where it is on a share, or in memory, there is none: then write "
                           "watch_sources = false",
                           s.job,
                           is_any_lost ? fmt::format("no drive is found for more than {} (it was {})",
                                                     format_span(unknown_for_long), printable(lost->name, 120))
                                       : "no drive was ever found");
    const auto* drive = unknown_too_long(s.health);
    if (drive == nullptr) return "";
    return fmt::format("of the health of a disk that job {} saves ({}) nothing is known for more than {}: {} Where it "
                       "cannot be asked, write watch_sources = false",
                       s.job, printable(drive->name, 120), format_span(unknown_for_long),
                       as_sentence(drive->trouble.empty() ? "it tells nothing" : printable(drive->trouble, 300)));
}

void about_sources(const World& world, const Sources& s, std::vector<Incident>& out) {
    const auto d = diagnose(s.health);
    about_signs(s, d, out);
    // They may have been about a drive that the store cannot know.
    if (d.verdict == Verdict::unknown)
        for (const auto kind : {IncidentKind::source, IncidentKind::source_watch})
            (void)is_as_it_was(world, kind, s.job, s.health.looked, out);
    if (is_as_it_was(world, IncidentKind::source_unknown, s.job, s.health.tried_at.has_value(), out)) return;
    if (const auto what = what_is_unknown(world, s); !what.empty())
        out.push_back({IncidentKind::source_unknown, s.job,
                       fmt::format("{}. More: guardian smart", what)});
}

std::string_view in_words(Outcome o) {
    switch (o) {
        case Outcome::refused: return "was refused";
        case Outcome::aborted: return "was aborted";
        case Outcome::vanished: return "was cut off";
        case Outcome::failed:
        case Outcome::running:
        case Outcome::success:
        case Outcome::warning:
        case Outcome::cancelled:
        case Outcome::absent: break;
    }
    return "failed";
}

bool has_health_incident(const std::vector<Incident>& incidents, const std::string& target) {
    return std::any_of(incidents.begin(), incidents.end(), [&](const Incident& i) {
        return (i.kind == IncidentKind::disk || i.kind == IncidentKind::disk_unknown) && i.subject == target;
    });
}

/// After the targets' incidents.
void about_last_run(const World& world, const Plan& p, std::vector<Incident>& out) {
    if (p.leaving || !p.last_telling) return;
    const auto& run = *p.last_telling;
    if (const auto* t = world.target(p.spec.target); t != nullptr && is_accepted_since(run, *t)) return;
    // One cause is one incident; but what held the run may be past, as heat that came with the work.
    if (run.held_by_health && has_health_incident(out, p.spec.target)) return;
    switch (run.outcome) {
        case Outcome::failed:
        case Outcome::refused:
        case Outcome::aborted:
        case Outcome::vanished:
            out.push_back({IncidentKind::failed, p.spec.name,
                           fmt::format("the backup {} {}: {} (guardian log {})", p.spec.name, in_words(run.outcome),
                                       printable(run.reason), run.id)});
            break;
        case Outcome::success:
        case Outcome::warning:
            if (!run.held_back.empty())
                out.push_back({IncidentKind::held_back, p.spec.name,
                               fmt::format("the backup {} was made, but nothing old was pruned: {} (guardian log {})",
                                           p.spec.name, printable(run.held_back), run.id)});
            break;
        case Outcome::running:
        case Outcome::cancelled:
        case Outcome::absent: break;
    }
}

std::string where_the_target_is(const World& world, const Target& t) {
    if (t.spec.type == TargetType::share) return fmt::format("share {}", t.spec.name);
    if (!t.devices.empty()) return fmt::format("disk {} is plugged in", t.spec.name);
    if (!t.last_seen) return fmt::format("disk {} has never been seen", t.spec.name);
    return fmt::format("disk {} was last seen on {}", t.spec.name, format_minute(*t.last_seen, world.zone));
}

void about_age(const World& world, const Plan& p, Horizon& horizon, std::vector<Incident>& out) {
    if (p.leaving || p.spec.stale_after == Duration::zero()) return;
    // Asked of the horizon: a moment in the future becomes believable by time alone.
    const auto is_believable = [&](Time t) {
        return believable(t, horizon.now()) || horizon.reached(t - std::chrono::hours{24});
    };
    const bool has_success = p.last_success && is_believable(p.last_success->started);
    const auto since = has_success ? std::optional{p.last_success->started} : p.known_since;
    if (!since || (is_believable(*since) && !horizon.reached(later(*since, p.spec.stale_after)))) return;
    const auto* target = world.target(p.spec.target);
    out.push_back({IncidentKind::stale, p.spec.name,
                   fmt::format("no backup {} for more than {}: {}{}", p.spec.name, format_span(p.spec.stale_after),
                               has_success ? "the last is of " + format_minute(*since, world.zone) 
                               : p.last_success ? "the last is dated in the future" : "none was ever made",
                               target == nullptr ? "" : "; " + where_the_target_is(world, *target))});
}

bool anything_going(const World& world) {
    return std::any_of(world.plans.begin(), world.plans.end(), [](const Plan& p) { return p.active.has_value(); });
}

/// Since when the slot could have been run; empty: it is not to be, on this plugging-in.
std::optional<Time> could_run_since(const World& world, const Plan& p, const Target& t, Time slot, Time now) {
    const auto begin = start_of_slot(world, p, slot, now);
    auto since = begin;
    for (const auto& known : {t.plugged_at, p.known_since})
        if (known && believable(*known, now)) since = std::max(since, *known);
    if (p.spec.on_plug == OnPlug::never && since > begin) return std::nullopt;
    return since;
}

/// Every slot is satisfied, superseded by a later one, or an incident. One that is about to be run, or waits for its
/// turn, is not missed: after a night asleep all are long past. Once missed, it is until a later backup is there.
void about_slot(const World& world, const Plan& p, Horizon& horizon, std::vector<Incident>& out) {
    const auto due = due_slot(world, p, horizon.now());
    if (p.leaving || !due.due) return;
    const auto open = world.open.find(Incident{IncidentKind::missed, p.spec.name, ""}.key());
    if (open != world.open.end()) return out.push_back(open->second);
    const auto* t = world.target(p.spec.target);
    if (t == nullptr || t->spec.type != TargetType::disk || !could_be_used(world, *t, false)) return;
    if (anything_going(world) || wants_to_start(world, p, horizon)) return;
    const auto since = could_run_since(world, p, *t, *due.slot, horizon.now());
    if (!since || !horizon.reached(later(*since, p.spec.grace))) return;
    out.push_back({IncidentKind::missed, p.spec.name,
                   fmt::format("the backup {} of {} was not made, though disk {} was there{}", p.spec.name,
                               format_minute(*due.slot, world.zone), t->spec.name,
                               ejected(*t) ? ": it was ejected. Plug it in anew, or: guardian run " + p.spec.name : "")});
}

}  // namespace

std::string still_mounted_text(std::string_view target, std::string_view reason) {
    return fmt::format("target {} cannot be unmounted, do not unplug it: {}", target, reason);
}

std::vector<Incident> incidents_now(const World& world, Horizon& horizon) {
    std::vector<Incident> out;
    for (const auto& [key, notice] : world.notices) out.push_back(notice);
    for (const auto& t : world.targets) {
        about_identity(world, t, out);
        about_mounts(t, out);
        about_health(world, t, out);
    }
    for (const auto& s : world.sources) about_sources(world, s, out);
    for (const auto& p : world.plans) {
        about_last_run(world, p, out);
        about_age(world, p, horizon, out);
        about_slot(world, p, horizon, out);
    }
    return out;
}

void decide_incidents(const World& world, Horizon& horizon, std::vector<Decision>& out) {
    auto ended = world.open;
    for (auto& incident : incidents_now(world, horizon)) {
        const auto key = incident.key();
        ended.erase(key);
        const auto open = world.open.find(key);
        if (open == world.open.end() || open->second != incident) out.emplace_back(RaiseIncident{std::move(incident)});
    }
    for (auto& [key, incident] : ended) out.emplace_back(EndIncident{incident});
}

}  // namespace guardian::core
