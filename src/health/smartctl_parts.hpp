#pragma once
/// The parts of smartctl's text and what they share while one report is read. Each part looks at the current
/// line; what it knows it takes, moves on past it, and says so.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/smart.hpp"
#include "health/self_test_codes.hpp"
#include "health/smartctl_lines.hpp"

namespace guardian::health {

/// The log that is being read: the one that counts, another one (`-a` and `-x` pasted together), or none.
enum class ReadingLog { none, first, another };
enum class ErrorLog { unnamed, summary, extended };

struct Draft {
    core::SmartReport report;
    bool recognised = false;   ///< something was smartctl's beyond doubt
    bool other_drive = false;  ///< here begins the report of another drive
    bool after_words = false;  ///< other words stand before what is read of the line: only smartctl's own count
    std::size_t rows = 0;      ///< of attributes, those included that were told again
    bool ends_in_table = false;  ///< nothing came after the attributes
    bool counts_no_errors = false;  ///< SCSI: the drive has no counters of errors
    bool has_warning = false;       ///< NVMe: its critical warning was told
    bool ata = false, nvme = false, scsi = false;
    std::optional<bool> rotating;
    std::optional<int>* polled = nullptr;  ///< the field of the test whose polling time comes next
    ReadingLog reading_errors = ReadingLog::none;
    std::optional<ErrorLog> error_log;  ///< the one that counts
    std::optional<std::uint64_t>
        summary_errors;  ///< as the summary counts them, when the extended log came after it
    std::vector<core::SmartAttribute> repeated;  ///< rows of which the table has one of the same number
    std::vector<std::vector<core::SelfTest>> test_logs;
    std::optional<core::SelfTest> failed_test;  ///< by the execution status
    std::uint64_t test_number = 0;              ///< of the self-test that was read last
    std::string
        difference;  ///< what two readings of this drive tell differently; empty: they are as good as one
    std::optional<int> sct_temperature;  ///< better than an attribute's
    std::uint64_t controller_bytes = 0;  ///< NVMe: where the size of a namespace is not told
    std::string scsi_vendor;
    bool pending_log = false;  ///< the next lines are of ATA's pending defects log

    void differs(std::string_view what);
    /// Of more than one the first is told.
    void is_unclear(std::string_view what);
    core::NvmeHealth& nvme_health();
    core::ScsiHealth& scsi_health();
};

inline constexpr std::size_t max_rows = 256;  ///< of any log
inline constexpr std::size_t max_attributes = 64;

/// What to do with the value of a key.
struct Key {
    std::string_view name;
    void (*set)(Draft&, std::string_view value);
    bool own = false;  ///< only smartctl prints it
};

/// Calls the setter of the line's key, if the table has it.
bool take_key(const Key* table, std::size_t size, Lines& lines, Draft& draft);

/// Takes all rows that `row_of` knows, one after the other.
bool take_self_tests(Lines& lines, Draft& draft,
                     std::optional<core::SelfTest> (*row_of)(std::string_view line));

/// What stands behind the number of a self-test's row, "# 1" or "#10"; nothing on another line.
[[nodiscard]] std::optional<std::string_view> numbered(std::string_view text);

/// A line that nothing was made of, though smartctl says what counts in such words.
void note_unread(Draft& draft, std::string_view line);

bool take_identity(Lines& lines, Draft& draft);
bool take_message(Lines& lines, Draft& draft);
bool take_ata(Lines& lines, Draft& draft);             ///< the attributes and the general values
bool take_ata_logs(Lines& lines, Draft& draft);        ///< errors and self-tests
bool take_ata_statistics(Lines& lines, Draft& draft);  ///< device statistics and pending defects
bool take_nvme(Lines& lines, Draft& draft);
bool take_scsi(Lines& lines, Draft& draft);

/// The row of a SCSI self-test: what its text begins with.
[[nodiscard]] bool is_scsi_test(std::string_view text);

/// What follows only from all parts together: the kind, the temperature.
void finish(Draft& draft);

/// A text may have more than one report of the drive: what of them is not the same is a difference.
void compare_readings(Draft& draft);

/// What was told, and cannot be read; nothing else of that line.
template <class T>
std::optional<T> or_unclear(Draft& draft, std::optional<T> value, std::string_view what) {
    if (!value) draft.is_unclear(std::string(what) + " cannot be read");
    return value;
}

/// Sets what is not set yet: of two values in a text the first one counts. For what changes all the time.
template <class T, class U>
void set_once(std::optional<T>& field, const std::optional<U>& value) {
    if (!field && value) field = static_cast<T>(*value);
}

/// The same for what is judged, of which two values are two readings.
template <class T, class U>
void set_judged(Draft& draft, std::optional<T>& field, const std::optional<U>& value, std::string_view what) {
    if (field && value && *field != static_cast<T>(*value)) draft.differs(what);
    set_once(field, value);
}

}  // namespace guardian::health
