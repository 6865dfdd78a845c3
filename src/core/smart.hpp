#pragma once
/// What a drive says of itself: one SMART report as plain values, as smartctl (its JSON or its text) or libatasmart
/// gave it. Nothing is judged here and no quirk is decoded: that is signs.hpp and health.hpp. All strings are the
/// drive's own and hostile.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace guardian::core {

enum class DriveKind { unknown, hdd, ssd, nvme, scsi };

/// A normalised value at or below its threshold.
enum class Failed { never, past, now };

struct SmartAttribute {
    unsigned id = 0;
    std::string name;  ///< smartctl's; empty: not told
    std::optional<int> value, worst, threshold;  ///< normalised, 0 to 255
    Failed failed = Failed::never;
    bool prefail = false;  ///< the drive calls it a sign of failure; otherwise of age
    std::optional<std::uint64_t> raw;  ///< all 48 bits, undecoded; empty: it cannot be read
    std::string raw_text;  ///< as smartctl prints it for this model; empty: not told
};

/// How a self-test ended, by the nibble of the ATA log; those of NVMe and SCSI are brought to the same.
/// refused: the drive was asked to begin it and would not; no drive's log says so.
enum class TestResult { passed, aborted, interrupted, unfinished, failed, running, refused };

struct SelfTest {
    bool extended = false;
    TestResult result = TestResult::passed;
    std::optional<std::int64_t> hours;  ///< powered on, when it ended
    std::string text;                   ///< the drive's or smartctl's own words
    bool by_status = false;             ///< by ATA's execution status alone: the log was not read
};

/// An entry of the drive's error log.
struct LoggedError {
    std::optional<std::int64_t> hours;  ///< powered on, when it happened
    bool uncorrectable = false;         ///< a sector could not be read (UNC)
};

/// NVMe's health log (SMART / Health Information, log page 02h).
struct NvmeHealth {
    unsigned critical_warning = 0;
    bool unreadable = false;  ///< the critical warning is there, and is no number
    std::optional<int> spare, spare_threshold, used;  ///< per cent
    std::optional<std::uint64_t> media_errors;
    std::optional<std::uint64_t> units_written;  ///< of 512,000 bytes
    std::optional<std::uint64_t> unsafe_shutdowns;
};

/// Why a SCSI drive warns of itself.
struct ScsiFailure {
    std::optional<unsigned> asc, ascq;  ///< SPC's codes; empty: they cannot be read
    std::string text;                   ///< the same in smartctl's words
};

/// The counters of a SCSI (SAS) drive.
struct ScsiHealth {
    std::optional<std::uint64_t> grown_defects;
    std::optional<std::uint64_t> uncorrected_reads, uncorrected_writes, uncorrected_verifies;
    std::optional<ScsiFailure> failure;  ///< empty: it does not warn, or does not say why
};

struct SmartReport {
    DriveKind kind = DriveKind::unknown;
    std::string model, family, serial, wwn, firmware;
    std::uint64_t bytes = 0;     ///< its size; 0: not told
    std::optional<bool> passed;  ///< its own overall word; empty: none was given, which is not "no"
    unsigned status_bits = 0;    ///< NVMe: the critical warnings that the overall word stands on; 0: not told
    std::optional<int> exit_status;          ///< smartctl's bits
    std::vector<std::string> messages;       ///< smartctl's errors and warnings
    std::optional<std::int64_t> read_at_s;   ///< seconds since 1970, by the clock of the machine that read it
    std::optional<std::int64_t> hours;       ///< powered on
    std::optional<int> temperature;          ///< °C
    std::optional<int> temperature_max;      ///< the drive's own operating limit, °C
    std::vector<SmartAttribute> attributes;  ///< ATA
    std::optional<std::uint64_t> error_count;
    std::vector<LoggedError> errors;  ///< newest first, as far as the log reaches
    bool has_self_test_log = false;  ///< it was read, and may be empty
    bool has_test_status = false;    ///< ATA's execution status was read: how the newest one ended
    std::vector<SelfTest> self_tests;  ///< newest first
    std::optional<int> test_remaining;  ///< per cent of the self-test that is going on
    std::optional<int> test_minutes_short, test_minutes_extended;  ///< how long the drive says they take
    // Of ATA's device statistics, if it keeps them.
    std::optional<std::uint64_t> statistics_reallocated, statistics_uncorrectable, statistics_crc, statistics_pending;
    std::optional<int> used;  ///< per cent of the endurance, by the drive's own estimate (ATA statistics, SCSI)
    std::optional<std::uint64_t> pending_defects;  ///< entries of ATA's pending defects log
    std::optional<NvmeHealth> nvme;
    std::optional<ScsiHealth> scsi;
    bool asleep = false;  ///< it was not woken, and told nothing
    /// What of it must be known before anything good can be said, and is not: "attribute 197 cannot be found". Empty: nothing.
    std::string unclear;

    [[nodiscard]] const SmartAttribute* attribute(unsigned id) const;
};

[[nodiscard]] std::string_view to_string(DriveKind k);
[[nodiscard]] std::optional<DriveKind> drive_kind_from(std::string_view text);

}  // namespace guardian::core
