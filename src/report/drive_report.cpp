#include "report/drive_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

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
            s.accepted = it->second.value;
        out.push_back(std::move(s));
    }
    return out;
}

// What it means, and what to do.

std::string meaning(Verdict verdict, const std::vector<std::string>& targets) {
    if (targets.empty()) return "No target is known to be on it.";
    switch (verdict) {
        case Verdict::healthy:
            return "Backups on it go on as planned.";
        case Verdict::watch:
            return "Backups on it go on, nothing is pruned there, and archives are verified more often.";
        case Verdict::failing:
            return "No run starts on it, unless a person says so: guardian run PLAN --anyway.";
        case Verdict::unknown:
            return "Backups on it go on, and each says that nobody knows how the drive is.";
    }
    return "";
}

bool stands_on(const store::DriveRecord& record, Sign sign) {
    return std::any_of(record.reasons.begin(), record.reasons.end(),
                       [&](const core::Reason& r) { return r.sign == sign; });
}

/// Not the drive itself, as far as one can tell.
bool only_around_it(const store::DriveRecord& record) {
    return !record.reasons.empty() &&
           std::all_of(record.reasons.begin(), record.reasons.end(), [](const core::Reason& r) {
               return r.sign == Sign::crc_errors || r.sign == Sign::temperature;
           });
}

void advise_for_worse(std::vector<std::string>& out, const DriveFacts& facts, Verdict verdict) {
    const auto& id = facts.record.drive.id;
    if (verdict == Verdict::failing) {
        out.push_back("Order a new disk now, and do not wait for this one to stop.");
        if (!facts.targets.empty())
            out.push_back(
                "Copy the repository to another disk while this one can still be read; then: guardian init " +
                facts.targets.front() + " --replace");
    } else if (!only_around_it(facts.record)) {
        out.push_back("Have a new disk at hand, and keep a second copy of the backups elsewhere.");
        out.push_back("Let the drive test itself: guardian smart test long " + id);
        out.push_back("If the numbers are known and stay as they are: guardian smart ack " + id + " SIGN");
    }
}

std::vector<std::string> advice(const DriveFacts& facts, Verdict verdict) {
    std::vector<std::string> out;
    if (verdict == Verdict::watch || verdict == Verdict::failing) advise_for_worse(out, facts, verdict);
    if (stands_on(facts.record, Sign::crc_errors))
        out.push_back(
            "Check the cable: another cable, another port, an enclosure with its own power supply.");
    if (stands_on(facts.record, Sign::temperature)) out.push_back("Give the drive air: it is too hot.");
    if (verdict == Verdict::unknown)
        out.push_back(
            "See that smartmontools is installed, and that the drive's enclosure passes SMART on: guardian "
            "doctor");
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
    if (*wear.used >= 100) {
        wear.why_not = "the endurance that the maker promises is used up";
        return wear;
    }
    const auto now_used = static_cast<double>(*wear.used);
    wear.ends = end_at_pace(used, 100 - now_used, now);
    if (!wear.ends) wear.ends = end_by_written(points_of(facts.history, Sign::written), now_used, now);
    if (wear.ends) return wear;
    wear.why_not = used.back().at - used.front().at < least_history ? "it is not watched for 30 days yet"
                                                                    : "it did not grow while it was watched";
    return wear;
}

}  // namespace

Verdict verdict_now(const store::DriveRecord& record) {
    if (!record.read_at) return Verdict::unknown;
    const bool in_vain = record.unknown_since.has_value();
    const bool worse = record.verdict == Verdict::watch || record.verdict == Verdict::failing;
    return in_vain && !worse ? Verdict::unknown : record.verdict;
}

std::vector<std::string> why_now(const store::DriveRecord& record) {
    std::vector<std::string> out;
    for (const auto& r : record.reasons) out.push_back(r.text);
    if (record.unknown_since || !record.read_at) {
        const auto& why = record.trouble;
        out.push_back(why.empty() ? "It has not told anything yet." : "It tells nothing: " + why);
    }
    return out;
}

DriveReport make_drive_report(DriveFacts facts, Time now) {
    DriveReport r;
    r.verdict = verdict_now(facts.record);
    r.why = why_now(facts.record);
    r.means = meaning(r.verdict, facts.targets);
    r.advice = advice(facts, r.verdict);
    r.signs = signs_of(facts);
    r.wear = wear_of(facts, now);
    r.facts = std::move(facts);
    return r;
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

std::string drive_name(const store::DriveIdentity& drive) {
    if (drive.model.empty()) return drive.id;
    return drive.serial.empty() ? drive.model : drive.model + " " + drive.serial;
}

}  // namespace guardian::report
