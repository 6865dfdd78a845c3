#include "report/health_memory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/drive_report.hpp"

namespace guardian::report {
namespace {

constexpr const char* no_end = "the look at it did not come to an end";

/// Whether or not that could be kept: an old word of health is none.
void note_untried(store::Store& store, core::DriveState& d, Time looked_since) {
    if (d.tried_at && *d.tried_at >= looked_since) return;
    (void)store.keep_attempt({{d.id, {}, "", "", "", 0}, now(), no_end, false});
    d.trouble = no_end;
    if (!d.unknown_since) d.unknown_since = now();
    if (d.verdict == core::Verdict::healthy) d.verdict = core::Verdict::unknown;
}

/// Several drives are tested together: what is not known of one is not known.
std::optional<Time> earlier(std::optional<Time> a, std::optional<Time> b, bool first) {
    if (first) return b;
    return a && b ? std::optional{std::min(*a, *b)} : std::nullopt;
}

/// One of which the drive keeps no log is over too: it must not be begun again at every look.
bool is_conclusive(const store::SelfTestRecord& t) {
    return t.result == core::TestResult::passed || t.result == core::TestResult::failed ||
           t.result == core::TestResult::unfinished;
}

}  // namespace

core::DriveState drive_state(const store::DriveRecord& record) {
    core::DriveState d;
    d.id = record.drive.id;
    d.name = printable(drive_name(record.drive), 120);
    d.verdict = record.read_at ? record.verdict : core::Verdict::unknown;
    d.reasons = record.reasons;
    d.read_at = record.read_at;
    d.tried_at = record.tried_at;
    d.unknown_since = record.unknown_since;
    d.trouble = record.trouble;
    d.asleep = !record.trouble.empty() && !record.unknown_since;
    // What it told long ago says nothing good of it now; what it told of bad stays.
    if (d.unknown_since && d.verdict == core::Verdict::healthy) d.verdict = core::Verdict::unknown;
    return d;
}

std::string sources_subject(const std::string& job) { return "job:" + job; }

Result<core::SelfTestState> recalled_tests(store::Store& store, const std::string& drive) {
    const auto all = store.self_tests(drive);
    if (!all) return all.error();
    core::SelfTestState s;
    for (const auto& t : *all) {
        s.running = s.running || !t.ended;
        auto& last = t.extended ? s.last_long : s.last_short;
        if (is_conclusive(t) && !last) last = t.started;
        // A long test reads all that a short one does.
        if (is_conclusive(t) && t.extended && (!s.last_short || *s.last_short < t.started)) s.last_short = t.started;
    }
    return s;
}

Result<core::Looked> recalled_drives(store::Store& store, const std::string& subject,
                                     std::optional<Time> looked_since) {
    core::Looked looked;
    const auto all = store.target_drives();
    if (!all) return all.error();
    const auto mine = all->find(subject);
    if (mine == all->end()) return looked;
    bool first = true;
    for (const auto& id : mine->second) {
        const auto record = store.drive(id);
        if (!record) return record.error();
        if (!*record) continue;
        looked.drives.push_back(drive_state(**record));
        if (looked_since) note_untried(store, looked.drives.back(), *looked_since);
        const auto tests = recalled_tests(store, id);
        if (!tests) return tests.error();
        const auto accepted = store.accepted_at(id);
        if (!accepted) return accepted.error();
        looked.accepted_at = std::max(looked.accepted_at, *accepted);
        looked.tests.last_short = earlier(looked.tests.last_short, tests->last_short, first);
        looked.tests.last_long = earlier(looked.tests.last_long, tests->last_long, first);
        looked.tests.running = looked.tests.running || tests->running;
        first = false;
    }
    return looked;
}

Result<std::vector<core::KernelEvent>> recalled_events(store::Store& store, const std::string& subject, Time now) {
    auto kept = store.drive_events(subject);
    if (!kept) return kept.error();
    // The daemon and a run may both have heard the same.
    core::HealthState heard;
    for (auto e = kept->rbegin(); e != kept->rend(); ++e)
        if (core::hear(heard, *e)) (void)core::confirm_heard(heard);
    core::forget_old_events(heard, now);
    return std::move(heard.events);
}

Result<std::vector<core::KernelEvent>> recalled_words(store::Store& store, const std::string& target,
                                                      const std::string& plug) {
    if (plug.empty()) return std::vector<core::KernelEvent>{};
    auto heard = store.drive_events(target, plug);
    if (heard) std::reverse(heard->begin(), heard->end());
    return heard;
}

Result<core::HealthState> recalled_health(store::Store& store, const std::string& subject, Time now) {
    core::HealthState health;
    auto looked = recalled_drives(store, subject);
    if (!looked) return looked.error();
    auto events = recalled_events(store, subject, now);
    if (!events) return events.error();
    core::health_judged(health, std::move(*looked));
    health.events = std::move(*events);
    for (const auto& d : health.drives)
        if (d.tried_at) health.tried_at = std::max(health.tried_at.value_or(Time::min()), *d.tried_at);
    return health;
}

}  // namespace guardian::report
