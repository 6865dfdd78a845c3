#pragma once
/// What the store remembers of drives: who they are, what they told last, their history, what a person
/// accepted, and what the kernel said of them. Everything is bounded, whatever a drive calls itself and
/// however often it is read: the numbers below. Texts are the drive's own and hostile; they are kept as valid
/// UTF-8 and cut.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/drive_health.hpp"
#include "core/health.hpp"
#include "core/signs.hpp"
#include "core/smart.hpp"

namespace guardian::store {

inline constexpr std::size_t most_drives =
    1000;  ///< a new one beyond is refused: the known ones keep their past
inline constexpr std::size_t most_attachments = 1000;
inline constexpr std::size_t most_recent_readings = 2000;    ///< of the last seven days, of one drive
inline constexpr std::size_t most_weekly_readings = 9 * 53;  ///< with the year of daily ones: ten years
inline constexpr std::size_t newest_reports = 20;
inline constexpr std::size_t most_monthly_reports = 120;
inline constexpr std::size_t most_events_of_a_kind = 250;                  ///< of one drive or target
inline constexpr std::size_t most_events = 4 * most_events_of_a_kind;
inline constexpr std::size_t most_self_tests = 500;
inline constexpr std::size_t most_report_bytes = 1024 * 1024;  ///< not compressed

struct DriveIdentity {
    std::string id;  ///< "wwn-0x5000c500…" or "MODEL_SERIAL"
    core::DriveKind kind = core::DriveKind::unknown;
    std::string model, serial, firmware;
    std::uint64_t bytes = 0;  ///< 0: not known
    friend bool operator==(const DriveIdentity&, const DriveIdentity&) = default;
};

/// A drive was asked and told its numbers.
struct DriveReading {
    DriveIdentity drive;
    Time at{};
    core::Signs signs;
    core::Verdict verdict = core::Verdict::unknown;
    std::vector<core::Reason> reasons;
    std::string report;  ///< smartctl's JSON; empty, or longer than most_report_bytes: none is kept
};

/// A drive was asked and told nothing.
struct DriveAttempt {
    DriveIdentity drive;  ///< what is empty stays as it is known
    Time at{};
    std::string trouble;  ///< why
    bool asleep = false;  ///< it was not to be woken: no reason for concern
};

struct DriveRecord {
    DriveIdentity drive;
    Time first_seen{};
    std::optional<Time> read_at;        ///< the newest reading; empty: there never was one
    std::optional<Time> tried_at;       ///< the newest attempt, whatever came of it
    std::string trouble;                ///< why that told nothing; empty: it did
    std::optional<Time> unknown_since;  ///< since when it is asked in vain; being asleep does not count
    core::Verdict verdict = core::Verdict::unknown;  ///< of the newest reading
    std::vector<core::Reason> reasons;
    core::Signs signs;  ///< of the newest reading
};

/// How a drive is asked where it is plugged in: a USB bridge and a drive that sleeps cannot be told again.
struct Attachment {
    std::string device_type;  ///< smartctl's -d; empty: it finds out itself
    std::string drive;        ///< its id; empty: several were met there
    friend bool operator==(const Attachment&, const Attachment&) = default;
};

/// A self-test that Guardian started; those of others are in the drive's own log.
struct SelfTestRecord {
    std::int64_t id = 0;
    bool extended = false;
    Time started{};
    std::optional<Time> ended;               ///< empty: it was not seen to end
    std::optional<core::TestResult> result;  ///< empty: not known
    std::optional<std::uint64_t> hours;      ///< powered on, when it began
    friend bool operator==(const SelfTestRecord&, const SelfTestRecord&) = default;
};

using TargetDrives = std::map<std::string, std::set<std::string>>;  ///< by target

/// "passed", as in the store and in JSON.
[[nodiscard]] std::string_view to_string(core::TestResult r);
[[nodiscard]] std::optional<core::TestResult> test_result_from(std::string_view text);

}  // namespace guardian::store
