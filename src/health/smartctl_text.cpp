#include "health/smartctl_text.hpp"

#include "health/smartctl_parts.hpp"

namespace guardian::health {
namespace {

/// The rows of tables, most of which nobody wants, begin with a number; words do not.
bool take_row(Lines& lines, Draft& draft) {
    return take_ata(lines, draft) || take_ata_logs(lines, draft) || take_ata_statistics(lines, draft) ||
           take_nvme(lines, draft);
}

bool take_whole_line(Lines& lines, Draft& draft) {
    const char first = lines.current().text.front();
    if (first >= '0' && first <= '9') return take_row(lines, draft);
    return take_identity(lines, draft) || take_row(lines, draft) || take_scsi(lines, draft) ||
           take_message(lines, draft);
}

/// A number, a bullet, a journal's head, or whatever else was put before a line must not make it unheard.
bool take_marked_line(Lines& lines, Draft& draft) {
    constexpr int words_max = 16;
    bool taken = false;
    for (int i = 0; i < words_max && !taken; ++i) {
        const auto passed = lines.pass_word();
        if (passed.empty()) break;
        draft.after_words = draft.after_words || has_letter(passed);
        taken = take_whole_line(lines, draft);
    }
    draft.after_words = false;
    return taken;
}

/// Else the line says nothing.
bool take_line(Lines& lines, Draft& draft) {
    const auto rows = draft.rows;
    if (!take_whole_line(lines, draft) && !take_marked_line(lines, draft)) return false;
    draft.ends_in_table = draft.rows > rows;
    return true;
}

const Key* find_key(const Key* table, std::size_t size, std::string_view name) {
    for (std::size_t i = 0; i < size; ++i)
        if (table[i].name == name) return table + i;
    return nullptr;
}

/// The numbers of one log grow: a smaller one begins another.
void add_test(Draft& draft, std::uint64_t number, core::SelfTest test) {
    if (draft.test_logs.empty() || number <= draft.test_number) draft.test_logs.emplace_back();
    draft.test_number = number;
    auto& log = draft.test_logs.back();
    if (log.size() < max_rows) log.push_back(std::move(test));
}

std::uint64_t row_number(std::string_view text) {
    take(text, "#");
    return leading_number(stripped(text)).value_or(0);
}

}  // namespace

void Draft::is_unclear(std::string_view what) {
    if (report.unclear.empty()) report.unclear = kept(what);
}

void Draft::differs(std::string_view what) {
    if (difference.empty()) difference = what;
}

core::NvmeHealth& Draft::nvme_health() {
    nvme = true;
    if (!report.nvme) report.nvme.emplace();
    return *report.nvme;
}

core::ScsiHealth& Draft::scsi_health() {
    scsi = true;
    if (!report.scsi) report.scsi.emplace();
    return *report.scsi;
}

namespace {

/// A mail may have wrapped the line after the colon.
std::string_view taken_value(Lines& lines) {
    constexpr std::size_t rest_max = 40;  // rows are longer
    auto value = lines.current().value;
    lines.advance();
    const auto& next = lines.current();
    if (!value.empty() || !next.key.empty() || next.text.size() > rest_max || begins(next.text, "===")) return value;
    value = next.text;
    lines.advance();
    return value;
}

}  // namespace

bool take_key(const Key* table, std::size_t size, Lines& lines, Draft& draft) {
    const auto key = lines.current().key;
    if (key.empty()) return false;
    const auto* const found = find_key(table, size, key);
    if (found == nullptr || (draft.after_words && !found->own)) return false;
    if (found->own) draft.recognised = true;
    if (const auto value = taken_value(lines); !value.empty()) found->set(draft, value);
    return true;
}

std::optional<std::string_view> numbered(std::string_view text) {
    if (!take(text, "#")) return std::nullopt;
    text = stripped(text);
    if (!leading_number(text)) return std::nullopt;
    take_word(text);
    return stripped(text);
}

bool take_self_tests(Lines& lines, Draft& draft,
                     std::optional<core::SelfTest> (*row_of)(std::string_view line)) {
    auto test = row_of(lines.current().text);
    if (!test) return false;
    draft.recognised = draft.report.has_self_test_log = true;
    for (; test; test = row_of(lines.current().text)) {
        if (test->text.empty()) draft.is_unclear("how a self-test ended cannot be read");
        add_test(draft, row_number(lines.current().text), std::move(*test));
        lines.advance();
    }
    return true;
}

Result<core::SmartReport> parse_smartctl_text(std::string_view text) {
    Lines lines(text);
    Draft draft;
    while (!lines.at_end() && !draft.other_drive) {
        const auto line = lines.current().text;
        if (take_line(lines, draft)) continue;
        note_unread(draft, line);
        lines.advance();
    }
    if (!draft.recognised)
        return Error{ErrorCode::usage, "cannot read the SMART report", "nothing in it is smartctl's",
                     "give what `smartctl -x DEVICE` prints, as text or with --json"};
    if (draft.other_drive)
        return Error{ErrorCode::usage, "cannot judge the SMART report", "it is of more than one drive",
                     "give the report of one drive at a time"};
    finish(draft);
    if (!draft.difference.empty())
        return Error{ErrorCode::usage, "cannot judge the SMART report",
                     "it has more than one reading, and they differ in " + draft.difference,
                     "give one reading at a time: the newest tells how the drive is now"};
    return std::move(draft.report);
}

}  // namespace guardian::health
