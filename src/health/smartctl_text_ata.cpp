#include <algorithm>
#include <array>

#include "health/smartctl_parts.hpp"
#include "health/smartctl_raw.hpp"

// The attributes of an ATA drive and the general values around them.
namespace guardian::health {
namespace {

/// A row's normalised number: three digits, or dashes where the drive has none.
struct Normalised {
    bool understood = false;
    std::optional<int> value;
};

Normalised normalised_of(std::string_view word) {
    if (word == "---") return {true, std::nullopt};
    const auto n = whole_number(word);
    if (!n || *n > 255 || word.size() > 3) return {};
    return {true, static_cast<int>(*n)};
}

std::optional<unsigned> id_of(std::string_view word) {
    const auto n = word.starts_with("0x") ? hex_number(word) : whole_number(word);
    if (!n || *n == 0 || *n > 255) return std::nullopt;
    return static_cast<unsigned>(*n);
}

/// "In_the_past", "FAILING_NOW" of the long table; "Past", "NOW" of the brief one.
core::Failed failed_of(std::string_view word) {
    if (word == "FAILING_NOW" || word == "NOW") return core::Failed::now;
    if (word == "In_the_past" || word == "Past") return core::Failed::past;
    return core::Failed::never;
}

struct Row {
    core::SmartAttribute attribute;
    std::string_view rest;  ///< from WHEN_FAILED on
};

/// "0x0033" of the long table, "PO--CK" of the brief one; the lowest bit, or P, is pre-failure.
std::optional<bool> prefail_of(std::string_view flags) {
    if (const auto bits = hex_number(flags)) return (*bits & 1) != 0;
    if (flags.size() < 6 || flags.size() > 7) return std::nullopt;
    if (flags.find_first_not_of("POSRCK-+") != std::string_view::npos) return std::nullopt;
    return flags.front() == 'P';
}

std::optional<Row> row_of(std::string_view text) {
    const auto id = id_of(take_word(text));
    if (!id) return std::nullopt;
    const auto name = take_word(text);
    const auto flags = take_word(text);
    const auto prefail = prefail_of(flags);
    if (!prefail) return std::nullopt;
    const auto value = normalised_of(take_word(text)), worst = normalised_of(take_word(text)),
               threshold = normalised_of(take_word(text));
    if (!value.understood || !worst.understood || !threshold.understood) return std::nullopt;
    if (flags.starts_with("0x")) {
        take_word(text);  // TYPE says what the flag says
        take_word(text);  // UPDATED
    }
    return Row{{*id, kept(name, 64), value.value, worst.value, threshold.value, core::Failed::never, *prefail,
                0, ""},
               text};
}

/// False when the line ends before the raw value: a mail was wrapped, or the report cut.
bool fill_raw(core::SmartAttribute& a, std::string_view rest) {
    const auto when = take_word(rest);
    if (a.threshold) a.failed = failed_of(when);
    rest = stripped(rest);
    a.raw_text = kept(rest, 64);
    a.raw = raw_value(rest, a.name).value_or(0);
    return !rest.empty();
}

bool is_rest_of_row(std::string_view text) {
    const char c = text.empty() ? '\0' : text.front();
    return (c >= '0' && c <= '9') || (c == '-' && text.size() < 40);
}

core::SmartAttribute finished(Row row, Lines& lines) {
    const bool whole = fill_raw(row.attribute, row.rest);
    lines.advance();
    const auto next = lines.current().text;
    if (whole || !is_rest_of_row(next) || row_of(next)) return std::move(row.attribute);
    fill_raw(row.attribute, std::string(row.rest) + " " + std::string(next));
    lines.advance();
    return std::move(row.attribute);
}

/// "37054h+12m+34.567s" are hours, whatever the drive counts in; "1234 (5 6 7)" has other counters above 24
/// bits.
std::optional<std::int64_t> hours_of_attribute(const core::SmartAttribute& a) {
    if (contains(a.raw_text, "h+") || contains(a.raw_text, " (")) return hours_of(leading_number(a.raw_text));
    if (a.raw_text.empty()) return std::nullopt;
    return hours_of(a.raw);
}

void add(Draft& draft, core::SmartAttribute a) {
    auto& all = draft.report.attributes;
    if (a.id == 9 && a.name.starts_with("Power_On_")) set_once(draft.report.hours, hours_of_attribute(a));
    if (all.size() < max_attributes) all.push_back(std::move(a));
}

/// A second table, of the same drive, says nothing new.
bool take_attributes(Lines& lines, Draft& draft) {
    auto row = row_of(lines.current().text);
    if (!row) return false;
    draft.ata = draft.recognised = true;
    const bool first = draft.report.attributes.empty();
    for (; row; row = row_of(lines.current().text)) {
        auto attribute = finished(*row, lines);
        if (first) add(draft, std::move(attribute));
    }
    return true;
}

bool take_table_head(Lines& lines, Draft& draft) {
    auto text = lines.current().text;
    if (take_word(text) != "ID#" || take_word(text) != "ATTRIBUTE_NAME") return false;
    draft.ata = draft.recognised = true;
    lines.advance();
    return true;
}

/// "( 243) Self-test routine in progress..." of ATA: the upper nibble says how it ended, the lower one how
/// many tenths are left. SCSI prints "40% of test remaining" at the same place.
void set_test_status(Draft& draft, std::string_view value) {
    const bool ata = take(value, "(");
    const auto n = leading_number(stripped(value));
    if (!n || *n > 255) return;
    if (ata && *n >> 4 == 15) draft.report.test_remaining = static_cast<int>(*n & 15) * 10;
    if (!ata && contains(value, "% of test remaining")) draft.report.test_remaining = static_cast<int>(*n);
}

/// "( 1082) minutes.", for the test named on the line before.
void set_polling(Draft& draft, std::string_view value) {
    if (draft.polled == nullptr || !take(value, "(")) return;
    const auto minutes = leading_number(stripped(value));
    if (minutes && *minutes <= 0xFFFF) set_once(*draft.polled, minutes);
    draft.polled = nullptr;
}

/// "Short self-test routine", by old versions on one line with its time.
bool take_polled_test(Lines& lines, Draft& draft) {
    auto& r = draft.report;
    const auto text = lines.current().text;
    const bool is_short = begins(text, "Short self-test routine");
    if (!is_short && !begins(text, "Extended self-test routine")) return false;
    draft.polled = is_short ? &r.test_minutes_short : &r.test_minutes_extended;
    const auto at = text.find("polling time:");
    if (at != std::string_view::npos) set_polling(draft, stripped(text.substr(at + 13)));
    lines.advance();
    return true;
}

void set_sct_temperature(Draft& draft, std::string_view value) {
    set_once(draft.sct_temperature, small_number(value));
}

/// "0/60 Celsius": the second is the upper limit.
void set_recommended(Draft& draft, std::string_view value) {
    const auto stroke = value.find('/');
    if (stroke == std::string_view::npos) return;
    const auto limit = small_number(value.substr(stroke + 1));
    if (limit && *limit > 0) draft.report.temperature_max = limit;
}

constexpr std::array<Key, 5> ata_keys{{
    {"Self-test execution status", set_test_status, true},
    {"recommended polling time", set_polling},
    {"Current Temperature", set_sct_temperature},
    {"Min/Max recommended Temperature", set_recommended, true},
    {"SMART Attributes Data Structure revision number", [](Draft& d, std::string_view) { d.ata = true; },
     true},
}};

}  // namespace

bool take_ata(Lines& lines, Draft& draft) {
    return take_attributes(lines, draft) || take_table_head(lines, draft) || take_polled_test(lines, draft) ||
           take_key(ata_keys.data(), ata_keys.size(), lines, draft);
}

}  // namespace guardian::health
