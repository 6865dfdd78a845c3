#include <array>

#include "health/smartctl_parts.hpp"

// SCSI, which is SAS: who it is, its counters and its self-tests.
namespace guardian::health {
namespace {

void is_scsi(Draft& d, std::string_view) {
    d.scsi = true;
}

void set_vendor(Draft& d, std::string_view value) {
    d.scsi_vendor = kept(value, 64);
}

void set_product(Draft& d, std::string_view value) {
    auto model = d.scsi_vendor.empty() ? kept(value) : d.scsi_vendor + " " + kept(value);
    if (!d.report.model.empty() && d.report.model != model) d.other_drive = true;
    if (d.report.model.empty()) d.report.model = std::move(model);
}

/// "SEAGATE  ST3300657SS      Version: 0008" of versions before 6.
void set_old_device(Draft& d, std::string_view value) {
    const auto at = value.find("Version:");
    if (at == std::string_view::npos) return;
    auto names = value.substr(0, at);
    d.scsi = true;
    set_vendor(d, take_word(names));
    set_product(d, stripped(names));
    d.report.firmware = kept(stripped(value.substr(at + 8)));
}

/// Of "[asc=5d, ascq=0]" the number after that name.
std::optional<unsigned> code_of(std::string_view text, std::string_view name) {
    const auto at = text.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    const auto digits = text.substr(at + name.size());
    const auto n = hex_number("0x" + std::string(digits.substr(0, digits.find_first_of(",]"))));
    return n && *n <= 0xFF ? std::optional(static_cast<unsigned>(*n)) : std::nullopt;
}

/// "OK", or why it warns: "FAILURE PREDICTION THRESHOLD EXCEEDED [asc=5d, ascq=0]".
void set_health(Draft& d, std::string_view value) {
    d.scsi = true;
    if (value == "OK") set_once(d.report.passed, std::optional(true));
    if (!contains(value, "asc=")) {
        if (value != "OK") d.is_unclear("the drive's own verdict cannot be read");
        return;
    }
    d.report.passed = false;
    d.scsi_health().failure = {code_of(value, "asc="), code_of(value, "ascq="), kept(value)};
}

void set_unit_id(Draft& d, std::string_view value) {
    if (!take(value, "0x") || !d.report.wwn.empty()) return;
    if (auto digits = joined_hex(value); !digits.empty()) d.report.wwn = "0x" + digits;
}

void set_temperature(Draft& d, std::string_view value) {
    const auto t = small_number(value);
    if (t && *t > 0) set_once(d.report.temperature, t);
}

void set_trip_temperature(Draft& d, std::string_view value) {
    const auto t = small_number(value);
    if (t && *t > 0) set_once(d.report.temperature_max, t);
}

/// "3600 seconds [60.0 minutes]"
void set_duration(Draft& d, std::string_view value) {
    const auto seconds = leading_number(value);
    if (seconds && *seconds <= 0xFFFFFF && contains(value, "seconds"))
        set_once(d.report.test_minutes_extended, std::optional((*seconds + 59) / 60));
}

/// "minutes 146:02 [8762 minutes]", the key having ended at the first colon.
void set_power_on(Draft& d, std::string_view value) {
    if (take(value, "minutes ")) set_once(d.report.hours, hours_of(leading_number(stripped(value))));
}

constexpr std::array<Key, 16> scsi_keys{{
    {"Vendor", set_vendor},
    {"Product", set_product},
    {"Revision", [](Draft& d, std::string_view v) { d.report.firmware = kept(v); }},
    {"Compliance", is_scsi},
    {"Device", set_old_device},
    {"Transport protocol", is_scsi, true},
    {"Logical Unit id", set_unit_id, true},
    {"SMART Health Status", set_health, true},
    {"Current Drive Temperature", set_temperature, true},
    {"Drive Trip Temperature", set_trip_temperature, true},
    {"Percentage used endurance indicator",
     [](Draft& d, std::string_view v) {
         set_judged(d, d.report.used, or_unclear(d, percent_of(v), "the endurance used"), "the endurance used");
     },
     true},
    {"Elements in grown defect list",
     [](Draft& d, std::string_view v) {
         set_judged(d, d.scsi_health().grown_defects, or_unclear(d, whole_number(v), "the grown defects"), "the grown defects");
     },
     true},
    {"Pending defect count",
     [](Draft& d, std::string_view v) {
         set_judged(d, d.report.pending_defects, or_unclear(d, leading_number(v), "the pending defects"), "the pending defects");
     },
     true},
    {"Accumulated power on time, hours", set_power_on, true},
    {"Non-medium error count", is_scsi, true},
    {"Long (extended) Self-test duration", set_duration, true},
}};

/// The same said with "=", by the drives whose temperature or hours come from other log pages.
bool take_equation(Lines& lines, Draft& draft) {
    auto text = lines.current().text;
    const bool temperature = take(text, "Current temperature =");
    if (!temperature && !take(text, "number of hours powered up =")) return false;
    draft.scsi = draft.recognised = true;
    text = stripped(text);
    if (temperature) set_temperature(draft, text);
    if (!temperature) set_once(draft.report.hours, hours_of(leading_number(text)));
    lines.advance();
    return true;
}

/// The words of such a row: six counters, of which the sixth is in gigabytes with a fraction, and then the uncorrected
/// errors.
constexpr int counters = 7;

int numbers_in(std::string_view text) {
    int n = 0;
    while (leading_number(take_word(text))) ++n;
    return n;
}

std::optional<std::uint64_t> uncorrected(std::string_view text) {
    if (numbers_in(text) != counters) return std::nullopt;
    for (int i = 1; i < counters; ++i) take_word(text);
    const auto last = whole_number(take_word(text));
    return stripped(text).empty() ? last : std::nullopt;
}

/// The rest of a row that a mail has wrapped.
std::string taken_rest(Lines& lines, std::string_view row) {
    std::string text(row);
    lines.advance();
    while (numbers_in(text) < counters && numbers_in(lines.current().text) > 0) {
        text.append(" ").append(lines.current().text);
        lines.advance();
    }
    return text;
}

/// "read:          0        0         0         0          0      27805.729           0"
bool take_error_counters(Lines& lines, Draft& draft) {
    using Health = core::ScsiHealth;
    auto text = lines.current().text;
    const auto field = take(text, "read:")     ? &Health::uncorrected_reads
                       : take(text, "write:")  ? &Health::uncorrected_writes
                       : take(text, "verify:") ? &Health::uncorrected_verifies
                                               : nullptr;
    if (field == nullptr || (numbers_in(text) == 0 && !stripped(text).empty())) return false;
    const auto row = taken_rest(lines, text);
    if (numbers_in(row) == 0) return true;
    // What cannot be read stays unset, and is missed.
    set_judged(draft, draft.scsi_health().*field, uncorrected(row), "the uncorrected errors");
    draft.recognised = true;
    return true;
}

bool take_no_counters(Lines& lines, Draft& draft) {
    const auto text = lines.current().text;
    if (!contains(text, "Error Counter logging") || !contains(text, "not support")) return false;
    draft.counts_no_errors = draft.recognised = true;
    lines.advance();
    return true;
}

/// What SPC keeps for later: it says nothing.
constexpr unsigned reserved = 8;

Ending ending_in(std::string_view text) {
    for (const auto& e : scsi_endings())
        if (contains(text, e.words)) return e;
    return {"", reserved};
}

std::string_view take_last_word(std::string_view& text) {
    text = text.substr(0, text.find_last_not_of(' ') + 1);
    const auto blank = text.find_last_of(' ');
    const auto from = blank == std::string_view::npos ? 0 : blank + 1;
    const auto word = text.substr(from);
    text = text.substr(0, from);
    return word;
}

/// "# 1  Background short  Completed                   -     134                 - [-   -    -]"
std::optional<core::SelfTest> test_of(std::string_view line) {
    const auto numbered_text = numbered(line);
    if (!numbered_text || !is_scsi_test(*numbered_text)) return std::nullopt;
    auto before = numbered_text->substr(0, numbered_text->find('['));
    const auto ending = ending_in(before);
    take_last_word(before);  // the address of the first error
    const auto hours = hours_of(whole_number(take_last_word(before)));
    const bool extended = numbered_text->substr(0, 15).ends_with("long");
    return core::SelfTest{extended, scsi_test_result(ending.code), hours, std::string(ending.words)};
}

bool take_tests(Lines& lines, Draft& draft) {
    if (!take_self_tests(lines, draft, test_of)) return false;
    draft.scsi = true;
    return true;
}

}  // namespace

bool is_scsi_test(std::string_view text) {
    return begins(text, "Background") || begins(text, "Foreground") || begins(text, "Default") ||
           begins(text, "Reserved(") || begins(text, "Abort background");
}

bool take_scsi(Lines& lines, Draft& draft) {
    return take_key(scsi_keys.data(), scsi_keys.size(), lines, draft) || take_equation(lines, draft) ||
           take_error_counters(lines, draft) || take_no_counters(lines, draft) || take_tests(lines, draft);
}

}  // namespace guardian::health
