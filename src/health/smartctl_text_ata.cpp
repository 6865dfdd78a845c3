#include <algorithm>
#include <array>
#include <string>

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
std::optional<core::Failed> failed_of(std::string_view word) {
    if (word.starts_with("FAIL") || word == "NOW") return core::Failed::now;  // "FAILING_N" where a column ended
    if (word.starts_with("In_the") || word == "Past") return core::Failed::past;
    if (word.find_first_not_of('-') == std::string_view::npos) return core::Failed::never;
    return std::nullopt;
}

/// "0x0033" of the long table, "PO--CK" of the brief one; the lowest bit, or P, is pre-failure.
std::optional<bool> prefail_of(std::string_view flags) {
    if (const auto bits = hex_number(flags)) return (*bits & 1) != 0;
    if (flags.size() < 6 || flags.size() > 7) return std::nullopt;
    if (flags.find_first_not_of("POSRCK-+") != std::string_view::npos) return std::nullopt;
    return flags.front() == 'P';
}

/// Its number, name and flags: no other line begins like that.
std::optional<core::SmartAttribute> begun_row(std::string_view& text) {
    const auto id = id_of(take_word(text));
    if (!id) return std::nullopt;
    const auto name = take_word(text);
    if (!has_letter(name) || hex_number(name)) return std::nullopt;
    const auto flags = take_word(text);
    const auto prefail = prefail_of(flags);
    if (!prefail) return std::nullopt;
    core::SmartAttribute a;
    a.id = *id;
    a.name = kept(name, 64);
    a.prefail = *prefail;
    return a;
}

bool begins_row(std::string_view text) {
    return begun_row(text).has_value();
}

/// TYPE says what the flag says.
void pass_type_and_updated(std::string_view& text) {
    for (const auto* word : {"Pre-fail", "Old_age", "Always", "Offline"})
        if (begins(stripped(text), word)) take_word(text);
}

struct Row {
    core::SmartAttribute attribute;
    bool whole = false;  ///< otherwise a mail was wrapped, or the report cut
    bool odd = false;    ///< something stands in it that is not smartctl's
};

/// What of the row cannot be read stays unset.
Row row_of(std::string_view text) {
    Row row{*begun_row(text)};
    auto& a = row.attribute;
    const auto value = normalised_of(take_word(text)), worst = normalised_of(take_word(text)),
               threshold = normalised_of(take_word(text));
    if (!value.understood || !worst.understood || !threshold.understood) return row;
    a.value = value.value;
    a.worst = worst.value;
    a.threshold = threshold.value;
    pass_type_and_updated(text);
    const auto when = take_word(text);
    const auto failed = failed_of(when);
    row.odd = !when.empty() && !failed;
    if (a.threshold) a.failed = failed.value_or(core::Failed::never);
    a.raw_text = kept(stripped(text), 64);
    a.raw = raw_value(stripped(text), a.name);
    row.whole = !a.raw_text.empty();
    return row;
}

/// The words that a row may have been broken before.
bool is_rest_of_row(std::string_view text) {
    if (text.empty() || text.size() > 60 || begins_row(text)) return false;
    if (text.front() >= '0' && text.front() <= '9') return true;
    const auto word = take_word(text);
    constexpr std::array<std::string_view, 10> words{
        "-", "---", "Pre-fail", "Old_age", "Always", "Offline", "FAILING_NOW", "In_the_past", "NOW", "Past"};
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// A row, with the lines on which it goes on.
core::SmartAttribute taken_row(Lines& lines, Draft& draft) {
    std::string text(lines.current().text);
    auto row = row_of(text);
    lines.advance();
    for (int i = 0; i < 3 && !row.whole && is_rest_of_row(lines.current().text); ++i) {
        text.append(" ").append(lines.current().text);
        row = row_of(text);
        lines.advance();
    }
    if (row.odd) draft.is_unclear("attribute " + std::to_string(row.attribute.id) + " cannot be read");
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
    ++draft.rows;
    if (a.id == 9 && a.name.starts_with("Power_On_")) set_once(draft.report.hours, hours_of_attribute(a));
    if (draft.report.attribute(a.id) != nullptr)
        draft.repeated.push_back(std::move(a));
    else if (all.size() < max_attributes)
        all.push_back(std::move(a));
}

bool take_attributes(Lines& lines, Draft& draft) {
    if (!begins_row(lines.current().text)) return false;
    draft.ata = draft.recognised = true;
    while (begins_row(lines.current().text)) add(draft, taken_row(lines, draft));
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
    if (!n || *n > 255) return draft.is_unclear("how the newest self-test ended cannot be read");
    draft.report.has_test_status = draft.report.has_test_status || ata;
    if (ata && !draft.failed_test) draft.failed_test = failed_by_status(*n);
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
    {"recommended polling time", set_polling, true},
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
