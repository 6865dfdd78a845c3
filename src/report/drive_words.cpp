#include "report/drive_words.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "core/health_words.hpp"

namespace guardian::report {
namespace {

/// By the same count as the reasons, so that the list never contradicts the reason beside it.
std::string age_of(const DriveReport& r, const std::optional<std::int64_t>& hour) {
    const core::HealthCase c{*r.facts.newest, r.facts.history, core::signs_of(*r.facts.newest)};
    if (const auto age = core::hours_since(c, hour)) return core::ago(*age);
    return hour && *hour >= 0 ? fmt::format("at hour {}", *hour) : "";
}

std::string kind_of_test(bool extended) { return extended ? "extended" : "short"; }

bool is_running(const DriveReport& r) { return r.facts.newest && r.facts.newest->test_remaining; }

std::string still_to_do(const DriveReport& r) {
    return is_running(r) ? fmt::format("running, {} % of it left", *r.facts.newest->test_remaining)
                         : "not seen to end yet";
}

/// Those that Guardian began; one that somebody else began is known by the drive's word alone.
std::vector<TestLine> tests_going_on(const DriveReport& r, const UtcOffset& zone) {
    std::vector<TestLine> out;
    for (const auto& t : r.facts.tests)
        if (!t.ended)
            out.push_back({kind_of_test(t.extended), "begun " + format_minute(t.started, zone), still_to_do(r), false});
    if (out.empty() && is_running(r)) out.push_back({"self-test", "now", still_to_do(r), false});
    return out;
}

/// Of each kind the newest, which no log of the drive's has.
void add_refused(const DriveReport& r, const UtcOffset& zone, std::vector<TestLine>& out) {
    for (const bool extended : {false, true})
        for (const auto& t : r.facts.tests) {
            if (t.extended != extended) continue;
            if (t.result == core::TestResult::refused)
                out.push_back({kind_of_test(extended), "asked " + format_minute(t.ended.value_or(t.started), zone),
                               "the drive would not begin it", false});
            break;
        }
}

}  // namespace

std::vector<std::string> identity_words(const store::DriveIdentity& drive) {
    std::vector<std::string> out{std::string(core::to_string(drive.kind))};
    if (drive.bytes > 0) out.push_back(format_bytes(drive.bytes));
    if (!drive.firmware.empty()) out.push_back("firmware " + drive.firmware);
    out.push_back(drive.id);
    return out;
}

std::string presence_words(const DriveReport& r) {
    if (!r.facts.attached) return "not plugged in";
    return r.asleep ? "asleep" : "";
}

std::string wear_words(const Wear& wear, const UtcOffset& zone) {
    const auto used = wear.used.value_or(0);
    if (used >= 100) return fmt::format("its endurance is used up ({} % of what its maker promises)", used);
    if (wear.ends)
        return fmt::format("{} % of its endurance is used; at this pace all of it around {}", used,
                           format_minute(*wear.ends, zone).substr(0, 7));
    return fmt::format("{} % of its endurance is used; until when it lasts is not known: {}", used, wear.why_not);
}

std::string_view failed_words(core::Failed failed) {
    switch (failed) {
        case core::Failed::never: return "";
        case core::Failed::past: return "before";
        case core::Failed::now: return "now";
    }
    return "";
}

std::string test_age(const DriveReport& r, const core::SelfTest& t) {
    return age_of(r, t.hours);
}

std::string error_age(const DriveReport& r, const core::LoggedError& e) {
    return age_of(r, e.hours);
}

std::vector<TestLine> test_lines(const DriveReport& r, const UtcOffset& zone) {
    auto out = tests_going_on(r, zone);
    add_refused(r, zone, out);
    if (!r.facts.newest) return out;
    for (const auto& t : r.facts.newest->self_tests)
        out.push_back({kind_of_test(t.extended), test_age(r, t),
                       t.text.empty() ? std::string(store::to_string(t.result)) : t.text,
                       t.result == core::TestResult::failed});
    return out;
}

std::vector<ErrorLine> error_lines(const DriveReport& r) {
    std::vector<ErrorLine> out;
    if (!r.facts.newest) return out;
    for (const auto& e : r.facts.newest->errors)
        out.push_back({error_age(r, e),
                       e.uncorrectable ? "a sector could not be read" : "a command failed"});
    return out;
}

}  // namespace guardian::report
