#include "core/drive_health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/names.hpp"
#include "base/text.hpp"
#include "core/health_words.hpp"

namespace guardian::core {
namespace {

constexpr Names<KernelSign, 4> kernel_signs{{
    {KernelSign::io_error, "io_error"},
    {KernelSign::usb_reset, "usb_reset"},
    {KernelSign::filesystem_error, "filesystem_error"},
    {KernelSign::read_only, "read_only"},
}};

/// One reset may be a plug that was touched.
constexpr int resets_that_count = 3;

int count(const HealthState& health, KernelSign sign) {
    return static_cast<int>(std::count_if(health.events.begin(), health.events.end(),
                                          [&](const KernelEvent& e) { return e.sign == sign; }));
}

const KernelEvent& newest(const HealthState& health, KernelSign sign) {
    return *std::find_if(health.events.rbegin(), health.events.rend(),
                         [&](const KernelEvent& e) { return e.sign == sign; });
}

bool is_about_connection(const Reason& r) { return r.rule == "transfer-errors"; }
bool is_about_disk(const Reason& r) { return !is_about_connection(r) && r.rule != "heat"; }

/// How bad: what is not known weighs more than health, and less than any sign.
int weight(Verdict v) {
    switch (v) {
        case Verdict::healthy: return 0;
        case Verdict::unknown: return 1;
        case Verdict::watch: return 2;
        case Verdict::failing: return 3;
    }
    return 1;
}

/// Some bridges always say that the drive sleeps: an old word of health is none.
bool is_asleep_for_long(const DriveState& d) {
    return d.asleep && d.read_at && d.tried_at && later(*d.read_at, asleep_for_long) <= *d.tried_at;
}

Verdict verdict_of(const DriveState& d) {
    return d.verdict == Verdict::healthy && is_asleep_for_long(d) ? Verdict::unknown : d.verdict;
}

/// The drive that the verdict is about; null: none is known.
const DriveState* worst(const HealthState& health) {
    const auto found = std::max_element(health.drives.begin(), health.drives.end(), [](const auto& a, const auto& b) {
        return weight(verdict_of(a)) < weight(verdict_of(b));
    });
    return found == health.drives.end() ? nullptr : &*found;
}

/// What several reasons have in common is said once.
std::vector<std::string> sentences(const std::vector<Reason>& reasons) {
    std::vector<std::string> out;
    bool said = false;
    for (const auto& r : reasons) {
        const bool ends_so = r.text.ends_with(fails_more_often);
        out.push_back(ends_so && said ? r.text.substr(0, r.text.size() - fails_more_often.size()) : r.text);
        said = said || ends_so;
    }
    return out;
}

std::string times(int n) { return n == 1 ? "once" : fmt::format("{} times", n); }

void add_kernel_words(const HealthState& health, std::vector<std::string>& words) {
    if (const int n = count(health, KernelSign::io_error); n > 0)
        words.push_back(fmt::format("The kernel could not read or write it, {} in the last days ({}).", times(n),
                                    printable(newest(health, KernelSign::io_error).text, 160)));
    if (const int n = count(health, KernelSign::usb_reset); n > 0)
        words.push_back(fmt::format("Its USB connection was reset {} in the last days.", times(n)));
    if (count(health, KernelSign::filesystem_error) > 0)
        words.push_back(fmt::format("The filesystem on it is damaged ({}): unmount it and have it checked (fsck).",
                                    printable(newest(health, KernelSign::filesystem_error).text, 160)));
    if (count(health, KernelSign::read_only) > 0)
        words.push_back("The filesystem on it went read-only by itself.");
}

/// The disk's own word, that the kernel passes on; of other errors the way to the disk may be the cause.
bool is_medium_error(const KernelEvent& e) {
    return e.sign == KernelSign::io_error && to_lower(e.text).find("medium error") != std::string::npos;
}

/// The KernelSigns, and a medium error apart from the other I/O errors.
std::size_t kind_of(const KernelEvent& e) {
    return is_medium_error(e) ? kernel_signs.size() : static_cast<std::size_t>(e.sign);
}

/// Too many resets must not push out the one word of the disk itself: the oldest goes of what was said most often.
void drop_surplus(std::vector<KernelEvent>& events) {
    while (events.size() > kernel_events_max) {
        std::array<int, kernel_signs.size() + 1> said{};
        for (const auto& e : events) ++said[kind_of(e)];
        const auto most = static_cast<std::size_t>(std::max_element(said.begin(), said.end()) - said.begin());
        events.erase(std::find_if(events.begin(), events.end(), [&](const auto& e) { return kind_of(e) == most; }));
    }
}

/// No more than the other said less than a minute before.
bool says_the_same(const KernelEvent& event, const KernelEvent& before) {
    return before.sign == event.sign && is_medium_error(before) == is_medium_error(event) && before.at <= event.at &&
           event.at < later(before.at, std::chrono::minutes{1});
}

bool is_bad(const DriveState& d) { return weight(verdict_of(d)) >= weight(Verdict::watch); }

/// One after the other, the worst first; of several it is said which.
std::vector<std::string> words_of_drives(const HealthState& health, const DriveState& worst) {
    auto words = sentences(worst.reasons);
    if (is_bad(worst) && !worst.trouble.empty() && !worst.asleep)
        words.push_back(fmt::format("Now it tells nothing: {}.", printable(worst.trouble, 300)));
    for (const auto& d : health.drives) {
        if (&d == &worst || !is_bad(d)) continue;
        words.push_back(fmt::format("{} as well is {}: {}", d.name, to_string(verdict_of(d)), join(sentences(d.reasons), " ")));
    }
    return words;
}

/// A dying disk behind a bridge is reset too: a single reset says nothing of the cable. Nor do many, where reads fail and
/// the drive itself cannot be asked.
Cause cause_of(const HealthState& health, const DriveState* worst) {
    const bool fails = count(health, KernelSign::io_error) > 0;
    const bool asked = worst != nullptr && verdict_of(*worst) != Verdict::unknown;
    bool disk = std::any_of(health.events.begin(), health.events.end(), is_medium_error) || (fails && !asked);
    bool connection = count(health, KernelSign::usb_reset) >= resets_that_count;
    for (const auto& d : health.drives)
        for (const auto& r : d.reasons) {
            if (!is_bad(d)) continue;
            disk = disk || is_about_disk(r);
            connection = connection || is_about_connection(r);
        }
    if (disk) return Cause::disk;
    if (connection) return Cause::connection;
    if (fails) return Cause::disk;
    return health.events.empty() ? Cause::none : Cause::filesystem;
}

/// The verdict that the kernel's words alone are worth.
Verdict by_kernel(const HealthState& health) {
    for (const auto sign : {KernelSign::io_error, KernelSign::filesystem_error, KernelSign::read_only})
        if (count(health, sign) > 0) return Verdict::watch;
    return count(health, KernelSign::usb_reset) >= resets_that_count ? Verdict::watch : Verdict::healthy;
}

constexpr std::string_view more_than_heard =
    "The kernel said more than could be heard: whether it had errors with the disk is not known.";

std::string why_unknown(const HealthState& health, const DriveState* drive) {
    if (drive == nullptr)
        return health.tried_at ? "No drive was found that could be asked." : "Nobody has looked at it yet.";
    if (is_asleep_for_long(*drive))
        return fmt::format("Whenever it was asked, for more than {}, it said that it sleeps.", format_span(asleep_for_long));
    if (!drive->trouble.empty()) return printable(drive->trouble, 300);
    return drive->reasons.empty() ? "It was never read." : drive->reasons.front().text;
}

/// A log that was read and is empty says that there is nothing; without the drive's hours no entry has an age.
bool is_silent_on_errors(const SmartReport& report, const Signs& signs) {
    return report.errors.empty() ? report.error_count != 0 : !signs[Sign::hours];
}

/// The report has not got what the reason stands on.
bool is_silent_on(const Reason& reason, const SmartReport& report, const Signs& signs) {
    if (reason.rule == "self-test") return !report.has_self_test_log;
    if (reason.rule == "self-test-status") return !report.has_self_test_log && !report.has_test_status;
    if (reason.rule == "status") return !report.passed;
    if (reason.rule.starts_with("nvme-")) return !report.nvme;
    if (reason.rule == "fresh-uncorrectable" || reason.rule == "recent-errors")
        return is_silent_on_errors(report, signs);
    if (reason.sign && reason.attributes.empty()) return !signs[*reason.sign];
    if (reason.rule == "flash-unreadable") return is_silent_on_errors(report, signs);
    // Read without its threshold an attribute says nothing either.
    if (!reason.attributes.empty())
        return std::any_of(reason.attributes.begin(), reason.attributes.end(), [&](unsigned id) {
            const auto* a = report.attribute(id);
            return a == nullptr || !a->threshold;
        });
    return report.attributes.empty() && !report.nvme && !report.scsi;
}

/// Of the numbers that make these reasons worse together, the drive told one before that it does not tell now.
bool lacks_what_made_it_worse(const Reason& reason, const History& history, const Signs& now) {
    if (reason.rule != "pending-sectors" && reason.rule != "fresh-uncorrectable") return false;
    constexpr std::array together{Sign::pending, Sign::reported_uncorrectable, Sign::reallocated, Sign::logged_errors};
    return std::any_of(together.begin(), together.end(), [&](Sign sign) {
        const auto was_told = [&](const Reading& reading) { return reading.signs[sign].has_value(); };
        return !now[sign] && std::any_of(history.begin(), history.end(), was_told);
    });
}

/// What the drive does not tell any more grows old all the same: as its rule would have it by the drive's own hours.
/// False: it is over.
bool grows_old(Reason& reason, const Signs& now) {
    constexpr std::uint64_t days_90 = 2160, days_120 = 2880;
    const auto age = reason.hours && now[Sign::hours] ? now.count(Sign::hours) - std::min(*reason.hours, now.count(Sign::hours)) : 0;
    if (reason.rule.starts_with("self-test") && age > days_90) reason.verdict = std::min(reason.verdict, Verdict::watch);
    const bool is_of_errors =
        reason.rule == "fresh-uncorrectable" || reason.rule == "recent-errors" || reason.rule == "flash-unreadable";
    return !is_of_errors || reason.sign == Sign::pending || age <= days_120;
}

}  // namespace

Diagnosis diagnose(const HealthState& health) {
    Diagnosis d;
    const auto* drive = worst(health);
    const auto smart = drive == nullptr ? Verdict::unknown : verdict_of(*drive);
    const auto kernel = by_kernel(health);
    d.verdict = weight(kernel) > weight(smart) ? kernel : smart;
    if (drive != nullptr) d.drive = drive->name;
    if (d.verdict == Verdict::unknown) d.why = {why_unknown(health, drive)};
    if (health.missed && weight(d.verdict) < weight(Verdict::watch)) {
        d.verdict = Verdict::unknown;
        d.why.emplace_back(more_than_heard);
    }
    if (d.verdict == Verdict::unknown || d.verdict == Verdict::healthy) return d;
    d.cause = cause_of(health, drive);
    if (drive != nullptr && smart != Verdict::unknown) d.why = words_of_drives(health, *drive);
    add_kernel_words(health, d.why);
    if (health.missed) d.why.emplace_back(more_than_heard);
    return d;
}

Diagnosis diagnose(const HealthSpec& spec, const HealthState& health) {
    if (spec.every != Duration::zero()) return diagnose(health);
    HealthState words;
    words.events = health.events;
    auto d = diagnose(words);
    if (d.verdict != Verdict::unknown) return d;
    // That they tell nothing is what was asked for.
    d.verdict = health.missed ? Verdict::unknown : Verdict::healthy;
    d.why.clear();
    if (health.missed) d.why.emplace_back(more_than_heard);
    return d;
}

void carry_over(Assessment& assessment, const std::vector<Reason>& before, const History& history,
                const SmartReport& report) {
    constexpr std::string_view told_earlier = " It was told earlier; the newest answer says nothing of it.";
    if (assessment.verdict == Verdict::unknown) return;
    const auto signs = signs_of(report);
    auto& reasons = assessment.reasons;
    for (auto r : before) {
        const auto anew = std::find_if(reasons.begin(), reasons.end(), [&](const Reason& now) { return now.rule == r.rule; });
        const bool is_better = anew != reasons.end() && anew->verdict < r.verdict;
        if (anew == reasons.end() ? !is_silent_on(r, report, signs) : !is_better || !lacks_what_made_it_worse(r, history, signs)) continue;
        if (!grows_old(r, signs)) continue;
        if (anew != reasons.end()) reasons.erase(anew);
        if (!r.text.ends_with(told_earlier)) r.text += told_earlier;
        assessment.verdict = std::max(assessment.verdict, r.verdict);
        reasons.push_back(std::move(r));
    }
    std::stable_sort(reasons.begin(), reasons.end(), [](const Reason& x, const Reason& y) { return x.verdict > y.verdict; });
}

HealthState part_of(const HealthState& health, const DriveState& drive) {
    HealthState part;
    part.drives = {drive};
    part.tried_at = health.tried_at;
    if (health.drives.size() == 1) part.events = health.events;
    return part;
}

OnVerdict allowed(const HealthSpec& spec, const HealthState& health) {
    const auto by_verdict = [&](Verdict v) {
        switch (v) {
            case Verdict::healthy: return OnVerdict::backup;
            case Verdict::unknown: return health.tried_at ? spec.on_unknown : OnVerdict::backup;
            case Verdict::watch: return spec.on_watch;
            case Verdict::failing: return spec.on_failing;
        }
        return OnVerdict::keep;
    };
    // More evidence never allows more.
    auto strictest = by_verdict(by_kernel(health));
    if (health.missed) strictest = std::max(strictest, OnVerdict::keep);
    if (spec.every == Duration::zero()) return strictest;
    if (health.drives.empty()) return std::max(strictest, by_verdict(Verdict::unknown));
    for (const auto& d : health.drives) strictest = std::max(strictest, by_verdict(verdict_of(d)));
    return strictest;
}

const DriveState* unknown_too_long(const HealthState& health) {
    for (const auto& d : health.drives) {
        if (is_asleep_for_long(d)) return &d;
        if (d.unknown_since && health.tried_at && *health.tried_at >= later(*d.unknown_since, unknown_for_long))
            return &d;
    }
    return nullptr;
}

bool hear(HealthState& health, KernelEvent event) {
    const auto is_like = [&](const KernelEvent& e) { return says_the_same(event, e); };
    if (std::any_of(health.heard.begin(), health.heard.end(), is_like) ||
        std::any_of(health.events.begin(), health.events.end(), is_like))
        return false;
    health.heard.push_back(std::move(event));
    drop_surplus(health.heard);
    return true;
}

std::vector<KernelEvent> confirm_heard(HealthState& health) {
    auto heard = std::move(health.heard);
    health.heard.clear();
    health.events.insert(health.events.end(), heard.begin(), heard.end());
    drop_surplus(health.events);
    return heard;
}

void add_heard(HealthState& health, const std::vector<KernelEvent>& events) {
    for (const auto& event : events) {
        const auto like = std::find_if(health.events.rbegin(), health.events.rend(),
                                       [&](const KernelEvent& e) { return says_the_same(event, e); });
        if (like != health.events.rend())
            like->at = event.at;
        else
            health.events.push_back(event);
    }
    drop_surplus(health.events);
}

void forget_old_events(HealthState& health, Time now) {
    std::erase_if(health.events, [&](const KernelEvent& e) {
        return later(e.at, kernel_signs_last) <= now || e.at > later(now, std::chrono::hours{24});
    });
}

std::string_view to_string(KernelSign s) {
    return name_of(kernel_signs, s);
}

std::optional<KernelSign> kernel_sign_from(std::string_view text) {
    return named(kernel_signs, text);
}

std::string_view to_string(OnVerdict o) {
    switch (o) {
        case OnVerdict::backup: return "backup";
        case OnVerdict::keep: return "keep";
        case OnVerdict::refuse: return "refuse";
    }
    return "";
}

}  // namespace guardian::core
