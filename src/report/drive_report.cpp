#include "report/drive_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/health_memory.hpp"

namespace guardian::report {
namespace {

using core::Sign;
using core::Verdict;
using std::chrono::days;

constexpr auto least_history = days{30};
constexpr auto longest_estimate = days{365 * 50};

std::vector<Point> points_of(const core::History& history, Sign sign) {
    std::vector<Point> out;
    for (const auto& reading : history)
        if (const auto value = reading.signs[sign]; value && reading.at) out.push_back({*reading.at, *value});
    return out;
}

Verdict verdict_on(const std::vector<core::Reason>& reasons, Sign sign) {
    auto worst = Verdict::healthy;
    for (const auto& r : reasons)
        if (r.sign == sign) worst = std::max(worst, r.verdict);
    return worst;
}

std::vector<SignHistory> signs_of(const DriveFacts& facts) {
    std::vector<SignHistory> out;
    for (std::size_t i = 0; i < core::sign_count; ++i) {
        const auto sign = static_cast<Sign>(i);
        SignHistory s{sign, points_of(facts.history, sign), {}, verdict_on(facts.record.reasons, sign)};
        if (s.points.empty()) continue;
        if (const auto it = facts.acknowledged.find(sign); it != facts.acknowledged.end())
            s.accepted = it->second;
        out.push_back(std::move(s));
    }
    return out;
}

// What it means, and what to do.

/// What the strictest of its targets makes of it.
core::OnVerdict allowed_on(const DriveFacts& facts, const core::HealthState& health) {
    auto strictest = facts.lets;
    for (const auto& policy : facts.policies) strictest = std::max(strictest, core::allowed(policy, health));
    return strictest;
}

std::string meaning(const DriveFacts& facts, Verdict verdict, core::OnVerdict allowed) {
    if (facts.policies.empty()) return "No target is known to be on it.";
    if (allowed == core::OnVerdict::refuse)
        return facts.plans.empty()
                   ? "No run starts on it, unless a person asks for one with --anyway."
                   : fmt::format("No run starts on it, unless a person says so: guardian run {} --anyway", facts.plans.front());
    if (allowed == core::OnVerdict::keep)
        return verdict == Verdict::failing
                   ? "Backups on it go on, and nothing is pruned there."
                   : "Backups on it go on, nothing is pruned there, and archives are verified more often.";
    switch (verdict) {
        case Verdict::healthy:
            return "Backups on it go on as planned.";
        case Verdict::unknown:
            return "Backups on it go on, and each says that nobody knows how the drive is.";
        case Verdict::watch:
        case Verdict::failing:
            break;
    }
    return "Backups on it go on as planned: the configuration says so.";
}

/// As a word of a shell's command.
std::string quoted(const std::string& raw) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._:/+-").find(c) != std::string_view::npos;
    };
    if (std::all_of(raw.begin(), raw.end(), is_plain)) return raw;
    std::string out = "'";
    for (const char c : raw) out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
}

/// The numbers that reasons stand on, each once.
std::vector<Sign> numbers_of(const store::DriveRecord& record) {
    std::vector<Sign> out;
    for (const auto& r : record.reasons)
        if (r.sign && std::find(out.begin(), out.end(), *r.sign) == out.end()) out.push_back(*r.sign);
    return out;
}

bool stands_on(const store::DriveRecord& record, std::string_view rule) {
    return std::any_of(record.reasons.begin(), record.reasons.end(),
                       [&](const core::Reason& r) { return r.rule == rule; });
}

void advise_for_failing(std::vector<Advice>& out, const DriveFacts& facts) {
    out.push_back({"Order a new disk now, and do not wait for this one to stop.", ""});
    if (facts.targets.empty()) return;
    out.push_back({"Copy the repository to another disk while this one can still be read; then:",
                   "guardian init " + quoted(facts.targets.front()) + " --replace"});
}

void advise_for_watch(std::vector<Advice>& out, const DriveFacts& facts) {
    const auto id = quoted(facts.record.drive.id);
    out.push_back({"Have a new disk at hand, and keep a second copy of the backups elsewhere.", ""});
    out.push_back({"Let the drive test itself:", "guardian smart test long " + id});
    for (const auto sign : numbers_of(facts.record))
        out.push_back({fmt::format("If it is known and stays as it is, accept it ({}):", core::in_words(sign)),
                       fmt::format("guardian smart ack {} {}", id, core::to_string(sign))});
}

std::vector<Advice> advice(const DriveFacts& facts, const core::Diagnosis& d) {
    std::vector<Advice> out;
    if (d.verdict == Verdict::failing)
        advise_for_failing(out, facts);
    else if (d.verdict == Verdict::watch && d.cause == core::Cause::disk)
        advise_for_watch(out, facts);
    if (d.cause == core::Cause::filesystem)
        out.push_back({"Have the filesystem checked (fsck) while it is not mounted.", ""});
    if (d.cause == core::Cause::connection || stands_on(facts.record, "transfer-errors"))
        out.push_back({"Check the cable: another cable, another port, an enclosure with its own power supply.", ""});
    if (stands_on(facts.record, "heat")) out.push_back({"Give the drive air: it is too hot.", ""});
    if (d.verdict == Verdict::unknown)
        out.push_back({"See that smartmontools is installed, and that the drive's enclosure passes SMART on:",
                       "guardian doctor"});
    return out;
}

// Wear.

double days_between(Time from, Time to) {
    return std::chrono::duration<double, days::period>(to - from).count();
}

/// The rest at the pace from the first point to the last; empty: it did not grow, or for too short.
std::optional<Time> end_at_pace(const std::vector<Point>& points, double rest, Time now) {
    if (points.size() < 2 || points.back().at - points.front().at < least_history) return std::nullopt;
    const auto grown = static_cast<double>(points.back().value) - static_cast<double>(points.front().value);
    if (grown <= 0) return std::nullopt;
    const auto left = rest / grown * days_between(points.front().at, points.back().at);
    const auto most = static_cast<double>(longest_estimate.count());
    return later(now, days{static_cast<int>(std::clamp(left, 0.0, most))});
}

/// What it has written so far took `used` per cent.
std::optional<Time> end_by_written(const std::vector<Point>& written, double used, Time now) {
    if (written.empty() || used < 1) return std::nullopt;
    return end_at_pace(written, static_cast<double>(written.back().value) * (100 - used) / used, now);
}

std::optional<Wear> wear_of(const DriveFacts& facts, Time now) {
    const auto used = points_of(facts.history, Sign::used);
    if (used.empty()) return std::nullopt;
    Wear wear{used.back().value, {}, ""};
    if (*wear.used >= 100) return wear;
    const auto now_used = static_cast<double>(*wear.used);
    wear.ends = end_at_pace(used, 100 - now_used, now);
    if (!wear.ends) wear.ends = end_by_written(points_of(facts.history, Sign::written), now_used, now);
    if (wear.ends) return wear;
    wear.why_not = used.back().at - used.front().at < least_history ? "it is not watched for 30 days yet"
                                                                    : "it did not grow while it was watched";
    return wear;
}

}  // namespace

DriveReport make_drive_report(DriveFacts facts, Time now) {
    DriveReport r;
    core::HealthState health;
    health.drives = {drive_state(facts.record)};
    health.events = facts.recent;
    health.tried_at = facts.record.tried_at;
    r.diagnosis = core::diagnose(health);
    r.why = r.diagnosis.why;
    r.means = meaning(facts, r.diagnosis.verdict, allowed_on(facts, health));
    r.advice = advice(facts, r.diagnosis);
    r.signs = signs_of(facts);
    r.wear = wear_of(facts, now);
    r.asleep = health.drives.front().asleep;
    r.facts = std::move(facts);
    return r;
}

std::string_view why_never_accepted(Sign sign) {
    if (sign == Sign::temperature) return "heat passes, and until it has the drive stays one to watch";
    if (sign == Sign::hours || sign == Sign::written || sign == Sign::command_timeouts)
        return "no verdict stands on it, however much it becomes";
    return "";
}

std::string powered_words(std::uint64_t hours) {
    constexpr std::uint64_t year = 8766, month = 8766 / 12, day = 24;
    if (hours >= year) return fmt::format("{} y {} mo", hours / year, hours % year / month);
    if (hours >= month) return fmt::format("{} mo {} d", hours / month, hours % month / day);
    return hours >= day ? fmt::format("{} d {} h", hours / day, hours % day) : fmt::format("{} h", hours);
}

std::string value_words(Sign sign, std::uint64_t value) {
    switch (sign) {
        case Sign::temperature:
            return fmt::format("{} °C", value);
        case Sign::used:
        case Sign::spare:
            return fmt::format("{} %", value);
        case Sign::written:
            return format_bytes(value);
        default:
            return format_count(value);
    }
}

std::string accepted_words(Sign sign, const core::Accepted& accepted) {
    if (accepted.attributes.empty()) return value_words(sign, accepted.value);
    std::vector<std::string> out;
    for (const auto a : accepted.attributes) out.push_back(std::to_string(a));
    return join(out, ", ");
}

std::string drive_name(const store::DriveIdentity& drive) {
    if (drive.model.empty()) return drive.id;
    return drive.serial.empty() ? drive.model : drive.model + " " + drive.serial;
}

}  // namespace guardian::report
