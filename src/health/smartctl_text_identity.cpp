#include <algorithm>
#include <array>
#include <chrono>

#include "health/smartctl_parts.hpp"

// What every kind of drive says of itself, smartctl's own messages, and the kind that follows from all of it.
namespace guardian::health {
namespace {

constexpr std::size_t max_messages = 32;

/// The same again is a second report of one drive; something else is another drive.
void set_name(Draft& draft, std::string& field, std::string_view value) {
    const auto name = kept(value);
    if (field.empty()) field = name;
    if (field != name) draft.other_drive = true;
}

void set_if_empty(std::string& field, std::string value) {
    if (field.empty()) field = std::move(value);
}

/// It stands before the model: after one it is another drive's.
void set_family(Draft& draft, std::string_view value) {
    if (draft.report.model.empty()) set_if_empty(draft.report.family, kept(value));
}

void set_bytes(Draft& draft, std::string_view value) {
    if (draft.report.bytes == 0) draft.report.bytes = grouped_number(value).value_or(0);
}

void set_wwn(Draft& draft, std::string_view prefix, std::string_view value) {
    const auto digits = joined_hex(value);
    if (digits.size() >= 16) set_if_empty(draft.report.wwn, std::string(prefix) + digits);
}

/// "7200 rpm" or "Solid State Device".
void set_rotation(Draft& draft, std::string_view value) {
    if (value.starts_with("Solid State")) draft.rotating = false;
    if (leading_number(value).value_or(0) > 0 && contains(value, "rpm")) draft.rotating = true;
}

std::optional<unsigned> month_of(std::string_view name) {
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const auto at = name.size() == 3 ? months.find(name) : std::string_view::npos;
    if (at == std::string_view::npos || at % 3 != 0) return std::nullopt;
    return static_cast<unsigned>(at / 3 + 1);
}

/// "16:19:15"
std::optional<std::chrono::seconds> clock_of(std::string_view text) {
    if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
    const auto h = whole_number(text.substr(0, 2)), m = whole_number(text.substr(3, 2)),
               s = whole_number(text.substr(6, 2));
    if (!h || !m || !s || *h > 23 || *m > 59 || *s > 60) return std::nullopt;
    return std::chrono::seconds(*h * 3600 + *m * 60 + *s);
}

/// "Sat Jul 24 16:19:15 2021 PDT". The name of a zone says too little, so that the clock is taken for UTC: at
/// most 14 hours wrong, which is enough to tell days.
void set_time(Draft& draft, std::string_view value) {
    take_word(value);
    const auto month = month_of(take_word(value));
    const auto day = whole_number(take_word(value));
    const auto clock = clock_of(take_word(value));
    const auto year = whole_number(take_word(value));
    if (!month || !day || *day > 31 || !clock || !year || *year < 1970 || *year > 9999) return;
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                           std::chrono::month(*month),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok() || draft.report.read_at_s) return;
    draft.report.read_at_s = (std::chrono::sys_days(date).time_since_epoch() + *clock).count();
}

/// Of two words the one that says FAILED counts.
void set_passed(Draft& draft, std::string_view value) {
    if (contains(value, "FAIL")) {
        draft.report.passed = false;
        return;
    }
    if (contains(value, "PASSED")) set_once(draft.report.passed, std::optional(true));
    if (!draft.report.passed) draft.is_unclear("the drive's own verdict cannot be read");
}

constexpr std::array<Key, 15> identity_keys{{
    {"Model Family", set_family, true},
    {"Device Model",
     [](Draft& d, std::string_view v) {
         d.ata = true;
         set_name(d, d.report.model, v);
     },
     true},
    {"Model Number", [](Draft& d, std::string_view v) { set_name(d, d.report.model, v); }},
    {"Serial Number", [](Draft& d, std::string_view v) { set_name(d, d.report.serial, v); }},
    {"Serial number", [](Draft& d, std::string_view v) { set_name(d, d.report.serial, v); }},
    {"LU WWN Device Id", [](Draft& d, std::string_view v) { set_wwn(d, "0x", v); }, true},
    {"Namespace 1 IEEE EUI-64", [](Draft& d, std::string_view v) { set_wwn(d, "eui.", v); }, true},
    {"Firmware Version", [](Draft& d, std::string_view v) { set_if_empty(d.report.firmware, kept(v)); }},
    {"User Capacity", set_bytes, true},
    {"Rotation Rate", set_rotation, true},
    {"ATA Version is", [](Draft& d, std::string_view) { d.ata = true; }, true},
    {"SATA Version is", [](Draft& d, std::string_view) { d.ata = true; }, true},
    {"Local Time is", set_time, true},
    {"SMART support is", [](Draft&, std::string_view) {}, true},
    {"SMART overall-health self-assessment test result", set_passed, true},
}};

bool is_banner(std::string_view text) {
    if (text.starts_with("=== START OF ")) return true;
    if (!take(text, "smartctl ")) return false;
    take(text, "version ");
    return leading_number(text).has_value();
}

constexpr std::array<std::string_view, 4> own_heads{"SMART Status ", "A mandatory SMART ", "Smartctl open ",
                                                    "Smartctl: "};

/// How messages begin that only smartctl prints, some of them after "/dev/sda: ".
constexpr std::array<std::string_view, 11> complaints{"Unknown USB bridge",
                                                      "Unsupported USB bridge",
                                                      "Unable to detect device type",
                                                      "Please specify device type with the -d option",
                                                      "Device does not support SMART",
                                                      "SMART Disabled. Use option -s",
                                                      "SMART Status not supported",
                                                      "Probable ATA device behind a SAT layer",
                                                      "Device Read Identity Failed",
                                                      "=======> INVALID ARGUMENT TO -",
                                                      "Standard Inquiry ("};

/// What follows the device in "/dev/sda: ..."; all of another line.
std::string_view without_device(std::string_view text) {
    const auto colon = text.find(": ");
    return colon == std::string_view::npos ? text : text.substr(colon + 2);
}

bool is_failure(std::string_view text) {
    return contains(text, "fail") || contains(text, "Fail");
}

bool is_own_failure(std::string_view text) {
    const auto is_head = [text](std::string_view head) { return begins(text, head); };
    return std::any_of(own_heads.begin(), own_heads.end(), is_head) && is_failure(text);
}

/// Words that another program could use as well.
bool is_warning(std::string_view text) {
    if (text.starts_with("Warning: ") || text.starts_with("Warning! ")) return true;
    return (text.starts_with("Read ") || text.starts_with("Error ")) && is_failure(text);
}

bool is_complaint(std::string_view text) {
    const auto rest = without_device(text);
    return std::any_of(complaints.begin(), complaints.end(),
                       [&](auto head) { return begins(text, head) || begins(rest, head); });
}

void keep_message(Draft& draft, std::string_view text) {
    auto& messages = draft.report.messages;
    if (messages.size() < max_messages) messages.push_back(kept(text));
}

/// "Device is in STANDBY mode, exit(2)", and SLEEP, STANDBY (OS), with the number that the user chose.
bool take_standby(Lines& lines, Draft& draft) {
    constexpr std::string_view exit_word = " mode, exit(";
    auto text = without_device(lines.current().text);
    if (!text.starts_with("Device is in ")) return false;
    const auto at = text.find(exit_word);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + exit_word.size());
    set_once(draft.report.exit_status, small_number(text));
    draft.report.asleep = draft.recognised = true;
    lines.advance();
    return true;
}

using Attributes = std::vector<core::SmartAttribute>;

bool any_name(const Attributes& attributes, std::initializer_list<std::string_view> parts) {
    return std::any_of(attributes.begin(), attributes.end(), [&](const auto& a) {
        return std::any_of(parts.begin(), parts.end(), [&](auto part) { return contains(a.name, part); });
    });
}

bool is_named_ssd(const core::SmartReport& r) {
    return contains(r.model, "SSD") || contains(r.family, "SSD") || contains(r.family, "Solid State");
}

/// Without a rotation rate (old drives, `-A` alone) the name and the attributes tell. Some SSDs list how a
/// disk spins up, and smartctl gives a few numbers of old disks (Fujitsu, Samsung) the names they have on
/// SSDs; but only heads seek.
core::DriveKind guessed(const core::SmartReport& r) {
    const bool flash =
        any_name(r.attributes, {"Wear", "SSD_", "Erase_", "Program_Fail", "NAND", "Flash", "Media_Life"});
    if (is_named_ssd(r) || (flash && !any_name(r.attributes, {"Seek_Error"}))) return core::DriveKind::ssd;
    if (any_name(r.attributes, {"Spin_Up_", "Spin_Retry_", "Seek_", "Head_Fly", "Load_Cycle", "Load_Retry"}))
        return core::DriveKind::hdd;
    return core::DriveKind::unknown;
}

core::DriveKind kind_of(const Draft& d) {
    if (d.nvme) return core::DriveKind::nvme;
    if (d.scsi && !d.ata) return core::DriveKind::scsi;
    if (d.rotating) return *d.rotating ? core::DriveKind::hdd : core::DriveKind::ssd;
    return guessed(d.report);
}

std::optional<int> attribute_temperature(const core::SmartReport& r, unsigned id) {
    const auto a = std::find_if(r.attributes.begin(), r.attributes.end(), [id](const auto& each) {
        return each.id == id && contains(each.name, "Temp");
    });
    if (a == r.attributes.end()) return std::nullopt;
    const auto t = leading_number(a->raw_text);
    if (!t || *t == 0 || *t > 127) return std::nullopt;
    return static_cast<int>(*t);
}

/// What a drive of this kind always tells. That a table ends without it may be the drive's way, if more follows.
std::string missing(const Draft& d) {
    const auto& r = d.report;
    const auto has = [&r](unsigned id) { return r.attribute(id) != nullptr; };
    const bool disk = r.kind == core::DriveKind::hdd || r.kind == core::DriveKind::unknown;
    if (disk && d.ends_in_table && !has(5)) return "attribute 5";
    if (disk && d.ends_in_table && !has(197) && !has(198)) return "attribute 197";
    if (r.nvme && !d.has_warning) return "the critical warning";
    if (r.nvme && !r.nvme->media_errors) return "the count of media errors";
    if (r.kind != core::DriveKind::scsi || !r.passed || d.counts_no_errors) return "";
    if (!r.scsi || !r.scsi->uncorrected_reads) return "the count of failed reads";
    return r.scsi->uncorrected_writes ? "" : "the count of failed writes";
}

}  // namespace

bool take_identity(Lines& lines, Draft& draft) {
    if (take_key(identity_keys.data(), identity_keys.size(), lines, draft)) return true;
    if (!is_banner(lines.current().text)) return false;
    draft.recognised = true;
    lines.advance();
    return true;
}

bool take_message(Lines& lines, Draft& draft) {
    if (take_standby(lines, draft)) return true;
    const auto text = lines.current().text;
    const bool own = is_own_failure(text) || is_complaint(text);
    if (!own && (draft.after_words || !is_warning(text))) return false;
    keep_message(draft, text);
    draft.recognised = draft.recognised || own;
    lines.advance();
    return true;
}

void finish(Draft& draft) {
    auto& r = draft.report;
    r.kind = kind_of(draft);
    compare_readings(draft);
    if (r.self_tests.empty() && draft.failed_test) r.self_tests.push_back(*draft.failed_test);
    r.asleep = r.asleep && r.attributes.empty() && !r.nvme && !r.scsi && !r.passed;
    if (draft.sct_temperature) r.temperature = draft.sct_temperature;
    if (draft.ata) {
        set_once(r.temperature, attribute_temperature(r, 194));
        set_once(r.temperature, attribute_temperature(r, 190));
    }
    if (r.bytes == 0) r.bytes = draft.controller_bytes;
    if (r.nvme && r.status_bits == 0) r.status_bits = r.nvme->critical_warning;
    if (const auto what = missing(draft); !what.empty()) draft.is_unclear(what + " cannot be found");
}

}  // namespace guardian::health
