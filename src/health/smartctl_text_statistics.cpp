#include <array>

#include "health/smartctl_parts.hpp"

// ATA's device statistics and its log of pending defects.
namespace guardian::health {
namespace {

struct Statistic {
    std::uint64_t page, offset;
    void (*set)(Draft&, std::uint64_t value);
};

void set_used(Draft& d, std::uint64_t value) {
    if (value <= 255) set_judged(d, d.report.used, std::optional(value), "the endurance used");
}

void set_max_temperature(Draft& d, std::uint64_t value) {
    if (value > 0 && value < 128) set_once(d.report.temperature_max, std::optional(value));
}

template <std::optional<std::uint64_t> core::SmartReport::*Field>
void set_statistic(Draft& d, std::uint64_t value) {
    set_judged(d, d.report.*Field, std::optional(value), "the device statistics");
}

/// By the numbers of the standard (ACS-4, 9.5), because the words differ between versions.
constexpr std::array<Statistic, 7> statistics{{
    {0x01, 0x010, [](Draft& d, std::uint64_t v) { set_once(d.report.hours, hours_of(v)); }},
    {0x03, 0x020, set_statistic<&core::SmartReport::statistics_reallocated>},
    {0x03, 0x038, set_statistic<&core::SmartReport::statistics_pending>},
    {0x04, 0x008, set_statistic<&core::SmartReport::statistics_uncorrectable>},
    {0x05, 0x058, set_max_temperature},
    {0x06, 0x018, set_statistic<&core::SmartReport::statistics_crc>},
    {0x07, 0x008, set_used},
}};

/// "0x03" of version 7, "3" of version 6.
std::optional<std::uint64_t> page_of(std::string_view word) {
    if (word.size() == 4) return hex_number(word);
    return word.size() <= 2 ? whole_number(word) : std::nullopt;
}

/// "0x03  0x020  4               0  ---  Number of Reallocated Logical Sectors". A value that the drive does
/// not vouch for is printed as "-", an odd one with a "~".
bool take_statistic(Lines& lines, Draft& draft) {
    auto text = lines.current().text;
    const auto page = page_of(take_word(text));
    const auto offset_word = take_word(text);
    const auto offset = offset_word.size() == 5 ? hex_number(offset_word) : std::nullopt;
    if (!page || !offset || take_word(text).size() != 1) return false;
    auto value_word = take_word(text);
    if (value_word.ends_with('~')) value_word.remove_suffix(1);
    const auto value = whole_number(value_word);
    for (const auto& s : statistics)
        if (value && s.page == *page && s.offset == *offset) s.set(draft, *value);
    draft.recognised = true;
    lines.advance();
    return true;
}

bool take_pending_head(Lines& lines, Draft& draft) {
    if (!begins(lines.current().text, "Pending Defects log (GP Log 0x0c)")) return false;
    draft.pending_log = true;
    draft.recognised = true;
    lines.advance();
    return true;
}

/// "0        11454997800        -": index, LBA, hours.
bool is_defect(std::string_view text) {
    const bool numbers = whole_number(take_word(text)) && whole_number(take_word(text));
    const auto hours = take_word(text);
    return numbers && (hours == "-" || whole_number(hours)) && stripped(text).empty();
}

/// "... (12 entries not shown)"
std::uint64_t not_shown(std::string_view text) {
    return take(text, "... (") ? leading_number(text).value_or(0) : 0;
}

/// The rows, those included that smartctl only counts.
std::uint64_t take_defect_rows(Lines& lines) {
    std::uint64_t count = 0;
    for (; is_defect(lines.current().text); lines.advance()) ++count;
    const auto more = count > 0 ? not_shown(lines.current().text) : 0;
    if (more > 0) lines.advance();
    return count + more;
}

void set_pending(Draft& draft, std::uint64_t count) {
    set_judged(draft, draft.report.pending_defects, std::optional(count), "the pending defects");
}

bool take_defects(Lines& lines, Draft& draft) {
    const auto text = lines.current().text;
    if (!draft.pending_log) return false;
    draft.pending_log = begins(text, "Index ");  // the rows come after it
    const bool none = begins(text, "No Defects Logged");
    if (none) set_pending(draft, 0);
    if (none || draft.pending_log) {
        lines.advance();
        return true;
    }
    const auto count = take_defect_rows(lines);
    if (count > 0) set_pending(draft, count);
    return count > 0;
}

}  // namespace

bool take_ata_statistics(Lines& lines, Draft& draft) {
    return take_defects(lines, draft) || take_pending_head(lines, draft) || take_statistic(lines, draft);
}

}  // namespace guardian::health
