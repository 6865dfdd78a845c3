#include "core/signs.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace guardian::core {
namespace {

struct Naming {
    Sign sign;
    std::string_view name, words;
    unsigned attribute;  ///< of ATA; 0: none
};
constexpr std::array<Naming, sign_count> namings{{
    {Sign::temperature, "temperature", "temperature", 194},
    {Sign::hours, "hours", "hours powered on", 9},
    {Sign::reallocated, "reallocated", "reallocated sectors", 5},
    {Sign::pending, "pending", "unreadable sectors", 197},
    {Sign::reported_uncorrectable, "reported_uncorrectable", "reads that failed for good", 187},
    {Sign::command_timeouts, "command_timeouts", "commands that timed out", 188},
    {Sign::spin_retries, "spin_retries", "spin-up retries", 10},
    {Sign::end_to_end, "end_to_end", "end-to-end errors", 184},
    {Sign::write_errors, "write_errors", "write errors", 200},
    {Sign::crc_errors, "crc_errors", "transfer errors (CRC)", 199},
    {Sign::logged_errors, "logged_errors", "errors in the drive's log", 0},
    {Sign::used, "used", "endurance used", 0},
    {Sign::spare, "spare", "spare blocks left", 0},
    {Sign::media_errors, "media_errors", "media errors", 0},
    {Sign::grown_defects, "grown_defects", "grown defects", 0},
    {Sign::uncorrected, "uncorrected", "uncorrected errors", 0},
    {Sign::written, "written", "bytes written", 241},
    {Sign::at_threshold, "at_threshold", "attributes at their threshold", 0},
}};

using Count = std::optional<std::uint64_t>;

constexpr std::uint64_t low_word = 0xFFFF;

/// The number that smartctl, which knows the model's layout, prints first: "0 (2000, 0)", "33 (Min/Max 20/45)".
Count first_number(const std::string& text) {
    std::uint64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    return error == std::errc{} ? Count{n} : std::nullopt;
}

/// Four, five or all six bytes of one value, as in 0x64646464, are a fill and not a count.
bool is_filled(std::uint64_t raw) {
    const auto byte = raw & 0xFF;
    return byte != 0 && (raw == byte * 0x0101'0101ULL || raw == byte * 0x01'0101'0101ULL ||
                         raw == byte * 0x0101'0101'0101ULL);
}

/// The attribute, if its raw value can be read.
const SmartAttribute* counted(const SmartReport& r, unsigned id) {
    const auto* a = r.attribute(id);
    return a != nullptr && a->raw ? a : nullptr;
}

/// Three counters of 16 bits each in one; the lowest is the newest sum.
Count low_count(const SmartAttribute* a) {
    if (a == nullptr || is_filled(*a->raw)) return std::nullopt;
    return *a->raw & low_word;
}

/// Such a counter never reaches 65,536 on a drive that lives. What is beyond is packed (Hitachi keeps 10, 184 and 187
/// in the upper words) or junk (old Samsung drives' 187): nothing can be said.
Count small_count(const SmartAttribute* a) {
    if (a == nullptr || *a->raw > low_word) return std::nullopt;
    return *a->raw;
}

/// As many sectors as a disk was ever seen to count. Beyond are wraps below zero and counters in the upper words.
constexpr std::uint64_t sectors_max = 1U << 24;

/// Hitachi, under all its names (HGST, HTS541075A9E680), and Fujitsu put other counters into the upper words: 0x2B002B is
/// 43. Of others a count that went so high has brought the normalised value down.
bool is_packed(const SmartReport& r, const SmartAttribute& a) {
    return *a.raw > sectors_max || r.model.starts_with('H') || a.value.value_or(100) >= 100;
}

Count reallocated(const SmartReport& r) {
    const auto* a = counted(r, 5);
    if (r.kind == DriveKind::ssd) return small_count(a);
    if (a == nullptr || is_filled(*a->raw)) return r.statistics_reallocated;
    const auto n = is_packed(r, *a) ? *a->raw & low_word : *a->raw;
    return std::max(n, r.statistics_reallocated.value_or(0));
}

/// SandForce's controllers tell all ones for a counter that they do not keep. ATA's statistics are not asked instead: it
/// flagged more clean disks, and warned of no failure.
Count reported_uncorrectable(const SmartReport& r) {
    const auto n = small_count(counted(r, 187));
    return r.kind == DriveKind::ssd && n == low_word ? std::nullopt : n;
}

/// A disk that is lost counts hundreds of thousands. SSDs put other things there (Kingston: "0/6910365").
Count pending_count(const SmartReport& r, const SmartAttribute& a) {
    if (r.kind == DriveKind::ssd) return small_count(&a);
    return *a.raw <= sectors_max ? Count{*a.raw} : std::nullopt;
}

/// 197 and 198 wrap below zero on some Seagate drives (4294967295), and Fujitsu's are junk. On SSDs 198 counts other things,
/// to 50 and more on healthy ones.
Count pending(const SmartReport& r) {
    Count most = r.pending_defects;
    for (const unsigned id : {197U, 198U}) {
        // Micron's counts corrections, and comes and goes on healthy drives.
        const auto* a = counted(r, id);
        if (a == nullptr || a->name.find("ECC") != std::string::npos) continue;
        if (id == 198 && r.kind == DriveKind::ssd) continue;
        if (const auto n = pending_count(r, *a)) most = std::max(most.value_or(0), *n);
    }
    if (!most && r.statistics_pending.value_or(0) <= sectors_max) return r.statistics_pending;
    return most;
}

/// smartctl calls Western Digital's write error rate Multi_Zone_Error_Rate, as everyone's; elsewhere it counts what
/// happens on healthy drives.
Count write_errors(const SmartReport& r) {
    return r.model.starts_with("WDC") || r.model.starts_with("WD ") ? small_count(counted(r, 200)) : std::nullopt;
}

Count crc_errors(const SmartReport& r) {
    const auto* a = counted(r, 199);
    if (a == nullptr || *a->raw > 0xFFFF'FFFF) return r.statistics_crc;
    return *a->raw;
}

/// What a drive whose number of hours is above that says of them is junk.
constexpr std::int64_t hours_max = 30LL * 8766;

Count hours(const SmartReport& r) {
    const auto* a = counted(r, 9);
    const auto known = r.hours ? r.hours : a != nullptr ? std::optional{static_cast<std::int64_t>(*a->raw)} : std::nullopt;
    if (!known || *known < 0 || *known > hours_max) return std::nullopt;
    return static_cast<std::uint64_t>(*known);
}

Count temperature(const SmartReport& r) {
    std::optional<std::int64_t> t = r.temperature;
    for (const unsigned id : {194U, 190U})
        if (const auto* a = counted(r, id); !t && a != nullptr && r.kind != DriveKind::nvme)
            t = static_cast<std::int64_t>(first_number(a->raw_text).value_or(*a->raw & 0xFF));
    return t && *t > 0 && *t < 128 ? Count{static_cast<std::uint64_t>(*t)} : std::nullopt;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The normalised value counts down from 100; where a name says "remaining" or "used" of the life, and only there.
Count worn(const SmartAttribute& a) {
    // Zero is the end where the maker drew a line above it; elsewhere it is a drive that does not count.
    const int least = a.threshold.value_or(0) > 0 ? 0 : 1;
    if (!a.value || *a.value < least || *a.value > 100) return std::nullopt;
    for (const auto* name : {"Wear_Leveling", "Media_Wearout", "Percent_Life", "Percent_Lifetime", "SSD_Life_Left",
                             "Remaining_Lifetime", "Lifetime_Remaining", "Wear_Indicator"})
        if (contains(a.name, name)) return static_cast<std::uint64_t>(100 - *a.value);
    return std::nullopt;
}

Count used(const SmartReport& r) {
    if (r.nvme && r.nvme->used) return static_cast<std::uint64_t>(std::max(0, *r.nvme->used));
    // SandForce's controllers tell all ones here too.
    if (r.used) return *r.used >= 0 && *r.used < 255 ? Count{static_cast<std::uint64_t>(*r.used)} : std::nullopt;
    if (r.kind != DriveKind::ssd) return std::nullopt;
    for (const auto& a : r.attributes)
        if (const auto w = worn(a)) return w;
    return std::nullopt;
}

Count uncorrected(const SmartReport& r) {
    if (!r.scsi) return std::nullopt;
    Count sum;
    for (const auto& part : {r.scsi->uncorrected_reads, r.scsi->uncorrected_writes, r.scsi->uncorrected_verifies})
        if (part) sum = sum.value_or(0) + std::min<std::uint64_t>(*part, 1'000'000'000'000);
    return sum;
}

Count spare(const SmartReport& r) {
    if (!r.nvme || !r.nvme->spare || *r.nvme->spare < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*r.nvme->spare);
}

Count written(const SmartReport& r) {
    constexpr std::uint64_t most = 1ULL << 44;
    if (r.nvme && r.nvme->units_written && *r.nvme->units_written < most) return *r.nvme->units_written * 512'000;
    const auto* a = counted(r, 241);
    if (a == nullptr || a->name != "Total_LBAs_Written" || *a->raw >= most) return std::nullopt;
    return *a->raw * 512;
}

/// Empty where nothing is told, or no thresholds were read.
Count at_threshold(const SmartReport& r) {
    const auto tells = [](const SmartAttribute& a) { return a.threshold && (a.raw || a.failed != Failed::never); };
    if (std::none_of(r.attributes.begin(), r.attributes.end(), tells)) return std::nullopt;
    return static_cast<std::uint64_t>(
        std::count_if(r.attributes.begin(), r.attributes.end(),
                      [&](const SmartAttribute& a) { return is_aged(a) || (spins(r) && has_nearly_failed(a)); }));
}

}  // namespace

bool is_temperature(const SmartAttribute& a) { return a.id == 190 || a.id == 194; }

bool is_usage(const SmartAttribute& a) { return a.id == 4 || a.id == 12; }

bool is_aged(const SmartAttribute& a) {
    return a.failed == Failed::now && !a.prefail && !is_temperature(a) && !is_usage(a) && a.id != 9;
}

bool has_nearly_failed(const SmartAttribute& a) {
    return a.failed == Failed::past && a.prefail && !is_temperature(a) && !is_usage(a);
}

bool is_off_threshold(const SmartReport& r, unsigned attribute) {
    const auto* a = r.attribute(attribute);
    return a != nullptr && a->threshold && !is_aged(*a) && !has_nearly_failed(*a);
}

bool spins(const SmartReport& r) { return r.kind == DriveKind::hdd || r.kind == DriveKind::unknown; }

bool Signs::empty() const {
    return std::none_of(values_.begin(), values_.end(), [](const auto& v) { return v.has_value(); });
}

Signs signs_of(const SmartReport& r) {
    Signs s;
    s.set(Sign::temperature, temperature(r));
    s.set(Sign::hours, hours(r));
    s.set(Sign::reallocated, reallocated(r));
    s.set(Sign::pending, pending(r));
    s.set(Sign::reported_uncorrectable, reported_uncorrectable(r));
    s.set(Sign::command_timeouts, low_count(counted(r, 188)));
    s.set(Sign::spin_retries, small_count(counted(r, 10)));
    s.set(Sign::end_to_end, small_count(counted(r, 184)));
    s.set(Sign::write_errors, write_errors(r));
    s.set(Sign::crc_errors, crc_errors(r));
    s.set(Sign::logged_errors, r.error_count);
    s.set(Sign::used, used(r));
    s.set(Sign::spare, spare(r));
    if (r.nvme) s.set(Sign::media_errors, r.nvme->media_errors);
    if (r.scsi) s.set(Sign::grown_defects, r.scsi->grown_defects);
    s.set(Sign::uncorrected, uncorrected(r));
    s.set(Sign::written, written(r));
    s.set(Sign::at_threshold, at_threshold(r));
    return s;
}

std::string_view to_string(Sign s) {
    for (const auto& n : namings)
        if (n.sign == s) return n.name;
    return "unknown";
}

std::optional<Sign> sign_from(std::string_view text) {
    for (const auto& n : namings)
        if (n.name == text || (n.attribute != 0 && std::to_string(n.attribute) == text)) return n.sign;
    return text == "198" ? std::optional{Sign::pending} : std::nullopt;
}

std::string_view in_words(Sign s) {
    for (const auto& n : namings)
        if (n.sign == s) return n.words;
    return "unknown";
}

}  // namespace guardian::core
