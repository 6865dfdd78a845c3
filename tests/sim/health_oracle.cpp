/// The oracle on health: what is known of a drive is said aloud and obeyed; it is looked at often enough, and
/// no more often; and a drive tests itself only when nobody is in its way.

#include <fmt/format.h>

#include <algorithm>

#include "oracle.hpp"
#include "outcomes.hpp"

namespace sim {

using core::KernelSign;
using core::OnVerdict;
using core::Verdict;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Test = core::ProbeHealth::Test;

namespace {

bool has_old_words(const KnownHealth& k, Time now) {
    return std::any_of(k.counted.begin(), k.counted.end(),
                       [&](const core::KernelEvent& e) { return e.at + days{7} <= now; });
}

}  // namespace

// ---- what is known

/// The kernel's words are signs of failing, but that one reset or two may be a plug that was touched.
Verdict Oracle::verdict(const KnownHealth& k) const {
    int resets = 0, worse = 0;
    for (const auto& e : k.counted) ++(e.sign == KernelSign::usb_reset ? resets : worse);
    const auto told = k.drive.empty() ? Verdict::unknown : k.book.told;
    if (told == Verdict::failing) return told;
    if (told == Verdict::watch || worse > 0 || resets >= 3) return Verdict::watch;
    return k.book.unknown_since ? Verdict::unknown : told;
}

/// Where the drives are not asked the kernel's words alone count.
Verdict Oracle::verdict(const core::TargetSpec& t, const KnownHealth& k) const {
    if (is_asked(t)) return verdict(k);
    KnownHealth words;
    words.counted = k.counted;
    const auto v = verdict(words);
    return v == Verdict::unknown ? Verdict::healthy : v;
}

OnVerdict Oracle::policy(const core::TargetSpec& t, const KnownHealth& k) const {
    if (!is_watched(t)) return OnVerdict::backup;
    int resets = 0, worse = 0;
    for (const auto& e : k.counted) ++(e.sign == KernelSign::usb_reset ? resets : worse);
    // What the kernel says takes nothing back of what is made of the drive's own word.
    const auto least = worse > 0 || resets >= 3 ? t.health.on_watch : OnVerdict::backup;
    if (!is_asked(t)) return least;
    auto by_drive = OnVerdict::backup;
    const auto own = k.drive.empty() ? Verdict::unknown : k.book.told;
    if (own == Verdict::failing) by_drive = t.health.on_failing;
    else if (own == Verdict::watch) by_drive = t.health.on_watch;
    else if ((own == Verdict::unknown || k.book.unknown_since) && k.tried_at) by_drive = t.health.on_unknown;
    return std::max(least, by_drive);
}

const KnownHealth& Oracle::told(const std::string& subject) const {
    static const KnownHealth nothing;
    const auto known = view_.health.find(subject);
    return known == view_.health.end() ? nothing : known->second;
}

bool Oracle::refused_for_health(const core::TargetSpec& t) const {
    return policy(t, told(t.name)) == OnVerdict::refuse;
}

bool Oracle::urgent(const core::PlanSpec& plan) const {
    const auto since = view_.failing_since.find(plan.job);
    if (since == view_.failing_since.end() || since->second > out_.clock + hours{24}) return false;
    const auto* run = newest(plan, good);
    return run == nullptr || run->started > out_.clock + hours{24} || run->started < since->second;
}

bool Oracle::only_urgent(const core::PlanSpec& plan) const {
    return urgent(plan) && slot_satisfied(plan) && !view_.asked.contains(plan.name);
}

/// The one disk that the daemon may look at now.
const Disk* Oracle::lookable(const core::TargetSpec& t) const {
    if (!is_watched(t)) return nullptr;
    const auto disks = out_.plugged(t.uuid);
    if (!remembered(t.name).pinned_at || disks.size() != 1 || active_on(t.name)) return nullptr;
    return t.serial.empty() || disks.front()->serial == t.serial ? disks.front() : nullptr;
}

bool Oracle::runs_soon(const core::TargetSpec& t) const {
    const auto& known = remembered(t.name);
    const bool idle = refused_for_health(t) || (!known.plug.empty() && known.ejected_plug == known.plug);
    return std::any_of(config_.plans.begin(), config_.plans.end(), [&](const core::PlanSpec& p) {
        if (p.target != t.name) return false;
        if (!idle && (view_.asked.contains(p.name) || wanted_by_schedule(p))) return true;
        const auto here = slot(p);
        const auto& table = timetables_.at(p.schedule.text());
        return table.newest(out_.clock + hours{1} - std::chrono::microseconds{1}, out_.zone) > here;
    });
}

/// Which self-test is to be begun at a look now.
Test Oracle::test_due(const core::TargetSpec& t) const {
    if (!is_asked(t)) return Test::none;
    const auto& known = told(t.name);
    const auto& here = remembered(t.name);
    const auto looked = view_.looked_plug.find(t.name);
    // At the first look on a plugging-in nothing is known of the tests.
    if (looked == view_.looked_plug.end() || looked->second != here.plug) return Test::none;
    if (known.drive.empty() || known.book.testing || !here.plugged_at) return Test::none;
    // A failing disk is not made to work more than it must.
    if (verdict(known) == Verdict::failing) return Test::none;
    // Nor one that may be gone at any moment.
    const bool is_ejected = !here.plug.empty() && here.ejected_plug == here.plug;
    if (is_ejected || view_.releasing.contains(t.name)) return Test::none;
    const auto asked = view_.test_asked.find(t.name);
    if (asked != view_.test_asked.end() && asked->second.first == here.plug &&
        asked->second.second <= out_.clock && out_.clock - asked->second.second < t.health.every)
        return Test::none;
    if (*here.plugged_at <= out_.clock + hours{24} && out_.clock < *here.plugged_at + minutes{10})
        return Test::none;
    const auto is_past = [&](std::optional<Time> last, Duration every) {
        return every > Duration::zero() &&
               (!last || *last > out_.clock + hours{24} || out_.clock - *last >= every);
    };
    const bool is_long = is_past(known.book.long_done, t.health.long_test);
    const bool is_short = is_past(known.book.short_done, t.health.short_test);
    if ((!is_long && !is_short) || runs_soon(t)) return Test::none;
    return is_long ? Test::long_one : Test::short_one;
}

// ---- what is decided

void Oracle::judge_look(const core::ProbeHealth& probe) {
    judge_frequency(
        fmt::format("look at {} {}", probe.of == core::ProbeHealth::Of::job ? "job" : "target", probe.name));
    if (probe.of == core::ProbeHealth::Of::job) return judge_source_look(probe);
    judge_target_look(probe);
}

void Oracle::judge_source_look(const core::ProbeHealth& probe) {
    const auto* job = config_.job(probe.name);
    if (job == nullptr || !job->watch_sources) violated("look", probe.name + " is not to be looked at");
    if (view_.looking.contains(job_key(probe.name)))
        violated("look", probe.name + " is looked at twice at once");
    const auto last = last_look_.find(job_key(probe.name));
    if (last != last_look_.end() && out_.awake - last->second < hours{6})
        violated("look", probe.name + "'s sources are looked at before their time");
}

void Oracle::judge_target_look(const core::ProbeHealth& probe) {
    const auto* t = config_.target(probe.name);
    if (t == nullptr || !is_watched(*t))
        violated("look", probe.name + " is not to be looked at");
    if (active_on(t->name)) violated("look", t->name + " is looked at while a run is on it");
    if (view_.looking.contains(t->name)) violated("look", t->name + " is looked at twice at once");
    if (view_.complete() && lookable(*t) == nullptr)
        violated("look", t->name + " is not proven, and is looked at");
    judge_test(*t, probe.test);
    const bool happened = view_.happened.contains(t->name) || has_old_words(told(t->name), out_.clock);
    if (!is_asked(*t) && !happened) violated("look", t->name + " is not to be asked, and nothing happened");
    const auto plug = view_.looked_plug.find(t->name);
    const auto last = last_look_.find(t->name);
    if (plug == view_.looked_plug.end() || plug->second != remembered(t->name).plug ||
        last == last_look_.end())
        return;
    // For a test that is due it is not waited until the next look.
    if (probe.test != Test::none && told(t->name).book.trouble.empty()) return;
    const auto since = out_.awake - last->second;
    if (since < t->health.every && !happened)
        violated("look", t->name + " is looked at before its time, and nothing happened");
    // A sign is answered at once; the next one a minute later.
    const auto answered = answers_.find(t->name);
    if ((since < t->health.every || !is_asked(*t)) && answered != answers_.end() && out_.awake - answered->second < minutes{1})
        violated("look", t->name + " is looked at again at once");
    if (happened) answers_[t->name] = out_.awake;
}

void Oracle::judge_test(const core::TargetSpec& t, Test test) const {
    const auto* disk = out_.disk_on(remembered(t.name).plug);
    const auto drive = disk == nullptr ? out_.drives.end() : out_.drives.find(disk->name);
    const bool testing = drive != out_.drives.end() && drive->second.test &&
                         out_.awake - drive->second.test->since < minutes{2};
    if (test != Test::none && testing) violated("self-test", t.name + " is to test itself twice at once");
    if (test != Test::none && told(t.name).book.testing)
        violated("self-test", t.name + " is to test itself, and is known to do so");
    if (!view_.complete()) return;
    const auto due = test_due(t);
    if (test != Test::none && due == Test::none)
        violated("self-test", t.name + " is to test itself out of its time");
    if (test != due) violated("self-test", t.name + " is to test itself now, and that is not begun");
}

void Oracle::judge_counted(const std::string& target, const std::vector<core::KernelEvent>& counted) const {
    for (const auto& e : counted)
        if (e.text == "pulled")
            violated("kernel's words", target + " was pulled, and that is held against it");
    if (counted != told(target).heard)
        violated("kernel's words", fmt::format("{} of {} are counted of {}", counted.size(),
                                               told(target).heard.size(), target));
}

void Oracle::judge_prune(const core::TargetSpec& t, const KnownHealth& k) const {
    if (policy(t, k) != OnVerdict::backup)
        violated("health",
                 fmt::format("something is deleted on {}, which is {}", t.name, core::to_string(verdict(k))));
}

// ---- what is left undone

void Oracle::audit_looks() const {
    for (const auto& t : config_.targets) audit_look(t);
    for (const auto& j : config_.jobs)
        if (j.watch_sources) audit_source_look(j.name);
}

void Oracle::audit_look(const core::TargetSpec& t) const {
    constexpr Duration gap = minutes{1};
    const auto* disk = lookable(t);
    if (disk == nullptr || view_.looking.contains(t.name)) {
        look_from_.erase(t.name);
        old_from_.erase(t.name);
        test_from_.erase(t.name);
        return;
    }
    const auto plug = view_.looked_plug.find(t.name);
    if (is_asked(t) && (plug == view_.looked_plug.end() || plug->second != disk->device.plug))
        violated("look", t.name + " was plugged in and is not looked at");
    const auto could = look_from_.try_emplace(t.name, out_.awake).first->second;
    const auto last = last_look_.find(t.name);
    const auto since = last == last_look_.end() ? could : last->second;
    if (is_asked(t) && out_.awake - since > t.health.every + seconds{1})
        violated("look", t.name + " is not looked at for long");
    audit_test(t);
    audit_words(t);
    const auto happened = view_.happened.find(t.name);
    if (happened == view_.happened.end()) return;
    if (out_.awake - std::max({happened->second, since, could}) > gap + seconds{1})
        violated("look", "something happened to " + t.name + ", and it is not looked at");
}

/// What the kernel said is over one day, also where the drive is never asked.
void Oracle::audit_words(const core::TargetSpec& t) const {
    if (!has_old_words(told(t.name), out_.clock)) {
        old_from_.erase(t.name);
        return;
    }
    const auto since = old_from_.try_emplace(t.name, out_.awake).first->second;
    if (out_.awake - since > minutes{1} + seconds{1})
        violated("look", "what the kernel said of " + t.name + " counts no more, and it is not looked at");
}

/// However short a disk is in: it begins as soon as it may.
void Oracle::audit_test(const core::TargetSpec& t) const {
    if (test_due(t) == Test::none || !told(t.name).book.trouble.empty()) {
        test_from_.erase(t.name);
        return;
    }
    const auto since = test_from_.try_emplace(t.name, out_.awake).first->second;
    if (out_.awake - since > seconds{1}) violated("self-test", t.name + " is to test itself, and is not told to");
}

void Oracle::audit_source_look(const std::string& job) const {
    const auto key = job_key(job);
    if (view_.looking.contains(key)) {
        look_from_.erase(key);
        return;
    }
    if (!told(key).tried_at) violated("look", job + "'s sources were never looked at");
    const auto could = look_from_.try_emplace(key, out_.awake).first->second;
    const auto last = last_look_.find(key);
    if (out_.awake - (last == last_look_.end() ? could : last->second) > hours{6} + seconds{1})
        violated("look", job + "'s sources are not looked at for long");
}

bool Oracle::is_bad(const core::TargetSpec& t) const {
    const auto v = verdict(t, told(t.name));
    return is_watched(t) && (v == Verdict::watch || v == Verdict::failing);
}

/// It was when the daemon started, which has not looked since and remembers no look.
bool Oracle::stays_open(core::IncidentKind kind, const std::string& subject, const KnownHealth& known) const {
    return !known.tried_at && open_.contains(core::Incident{kind, subject, ""}.key());
}

/// It was when the daemon started, of a drive, perhaps, that the store cannot know; and nothing came of a look since.
bool Oracle::is_as_it_was(core::IncidentKind kind, const std::string& subject, const KnownHealth& known,
                          const std::string& key) const {
    return verdict(known) == Verdict::unknown && !view_.looked.contains(key) &&
           open_.contains(core::Incident{kind, subject, ""}.key());
}

bool Oracle::was_bad(const core::TargetSpec& t) const {
    return is_watched(t) && is_asked(t) && is_as_it_was(core::IncidentKind::disk, t.name, told(t.name), t.name);
}

/// For a week, or so that it holds runs.
bool Oracle::is_unknown(const core::TargetSpec& t) const {
    const auto& k = told(t.name);
    const auto since = k.drive.empty() ? remembered(t.name).pinned_at : k.book.unknown_since;
    const bool in_vain = since && k.tried_at && *k.tried_at - *since >= days{7};
    const bool holds = verdict(k) == Verdict::unknown && policy(t, k) != OnVerdict::backup;
    return is_watched(t) && is_asked(t) && (in_vain || holds || stays_open(core::IncidentKind::disk_unknown, t.name, k));
}

void Oracle::audit_health_incidents(const core::TargetSpec& t) const {
    using core::IncidentKind;
    must_be(is_bad(t) || was_bad(t), IncidentKind::disk, t.name,
            fmt::format("it is {}", core::to_string(verdict(t, told(t.name)))));
    must_be(is_unknown(t), IncidentKind::disk_unknown, t.name, "it was asked in vain for a week, or was not");
}

bool Oracle::is_watched(const core::TargetSpec& t) {
    return t.type == core::TargetType::disk;
}

bool Oracle::is_asked(const core::TargetSpec& t) { return t.health.every != Duration::zero(); }

void Oracle::audit_source_incidents(const core::JobSpec& j) const {
    const auto& k = told(job_key(j.name));
    const auto is = [&](Verdict v, core::IncidentKind kind) {
        return j.watch_sources && (verdict(k) == v || is_as_it_was(kind, j.name, k, job_key(j.name)));
    };
    must_be(is(Verdict::failing, core::IncidentKind::source), core::IncidentKind::source, j.name, "its drives tell otherwise");
    must_be(is(Verdict::watch, core::IncidentKind::source_watch), core::IncidentKind::source_watch, j.name,
            "its drives tell otherwise");
    const auto since = k.book.unknown_since;
    const bool in_vain = since && k.tried_at && *k.tried_at - *since >= days{7};
    const bool stays = stays_open(core::IncidentKind::source_unknown, j.name, k);
    must_be(j.watch_sources && (in_vain || stays), core::IncidentKind::source_unknown, j.name,
            "they were asked in vain for a week, or were not");
}

}  // namespace sim
