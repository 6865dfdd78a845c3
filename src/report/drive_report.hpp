#pragma once
/// Everything `guardian smart` shows of a drive, as values: made once from what the store has, and turned
/// into JSON and a page (drive_html.hpp) here and into a screen by cli/. Pure. Texts of the drive stay as
/// hostile as they are.

#include <optional>
#include <string>
#include <vector>

#include "core/drive_health.hpp"
#include "report/drive_counters.hpp"
#include "store/drives.hpp"

namespace guardian::report {

/// What it is made from.
struct DriveFacts {
    store::DriveRecord record;
    core::History history;  ///< with the newest reading
    std::optional<core::SmartReport> newest;
    std::vector<Counter> counters;  ///< of the newest report
    core::Acknowledged acknowledged;
    std::vector<std::string> targets;
    std::vector<std::string> plans;  ///< that back up to those
    core::OnVerdict lets = core::OnVerdict::backup;  ///< what its targets' other drives let a backup do
    std::vector<core::HealthSpec> policies;  ///< what is asked of the disks of those that are configured
    std::vector<store::SelfTestRecord> tests;  ///< that Guardian started
    std::vector<core::KernelEvent> events;  ///< all that is kept, newest first
    std::vector<core::KernelEvent> recent;  ///< those that count now, and are of this drive; oldest first
    bool attached = false;
};

struct Point {
    Time at{};
    std::uint64_t value = 0;
};

/// One sign over the stored history.
struct SignHistory {
    core::Sign sign = core::Sign::temperature;
    std::vector<Point> points;  ///< oldest first, never empty
    std::optional<core::Accepted> accepted;
    core::Verdict verdict = core::Verdict::healthy;  ///< the worst that stands on it
};

/// When its endurance will be used up, if it goes on as it went.
struct Wear {
    std::optional<std::uint64_t> used;  ///< per cent
    std::optional<Time> ends;
    std::string why_not;  ///< why there is no estimate
};

/// What to do.
struct Advice {
    std::string text;     ///< with a command it ends in ":"
    std::string command;  ///< to be copied and run as it is; empty: there is none

    [[nodiscard]] std::string sentence() const { return command.empty() ? text : text + " " + command; }
};

struct DriveReport {
    DriveFacts facts;
    core::Diagnosis diagnosis;     ///< as it stands now, by the drive and by the kernel
    std::vector<std::string> why;  ///< in whole sentences
    std::string means;             ///< for the backups on it
    std::vector<Advice> advice;
    std::vector<SignHistory> signs;
    std::optional<Wear> wear;  ///< empty: it has no endurance
    bool asleep = false;       ///< the newest look found it asleep, and did not wake it
};

[[nodiscard]] DriveReport make_drive_report(DriveFacts facts, Time now);

/// Why the number can never be accepted; empty: it can.
[[nodiscard]] std::string_view why_never_accepted(core::Sign sign);

/// "3 y 2 mo", from hours powered on.
[[nodiscard]] std::string powered_words(std::uint64_t hours);
/// With its unit: "34 °C", "1.20 TB".
[[nodiscard]] std::string value_words(core::Sign sign, std::uint64_t value);
/// The number, or which attributes they are: "193, 202".
[[nodiscard]] std::string accepted_words(core::Sign sign, const core::Accepted& accepted);
/// The model, and what tells it from others of it; never empty.
[[nodiscard]] std::string drive_name(const store::DriveIdentity& drive);

/// {"drives": […]}; with the history, self-tests, events and attributes of each when `whole`. One line.
[[nodiscard]] std::string drives_to_json(const std::vector<DriveReport>& drives, const UtcOffset& zone,
                                         bool whole);

}  // namespace guardian::report
