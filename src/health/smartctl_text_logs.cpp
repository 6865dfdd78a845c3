#include <algorithm>
#include <utility>

#include "health/smartctl_parts.hpp"

// The error log and the self-test log of an ATA drive.
namespace guardian::health {
namespace {

/// The extended log reaches farther back than the summary; of two of a kind the first one counts.
void begin_error_log(Draft& draft, ErrorLog kind) {
    const bool better = !draft.error_log || *draft.error_log < kind;
    const bool same = draft.error_log == kind;
    draft.reading_errors = better ? ReadingLog::first : same ? ReadingLog::another : ReadingLog::none;
    if (!better) return;
    draft.error_log = kind;
    draft.summary_errors = std::exchange(draft.report.error_count, std::nullopt);
    draft.report.errors.clear();
}

/// "Error 26 [1] occurred at disk power-on lifetime: 12345 hours (514 days + 9 hours)"
bool take_error(Lines& lines, Draft& draft) {
    auto text = lines.current().text;
    if (!take(text, "Error ") || !leading_number(text)) return false;
    const auto at = text.find("power-on lifetime:");
    if (at == std::string_view::npos) return false;
    draft.recognised = true;
    auto& errors = draft.report.errors;
    if (!draft.error_log) begin_error_log(draft, ErrorLog::unnamed);
    if (errors.size() == max_rows) draft.reading_errors = ReadingLog::none;
    if (draft.reading_errors == ReadingLog::first)
        errors.push_back({hours_of(leading_number(stripped(text.substr(at + 18)))), false});
    lines.advance();
    return true;
}

/// Among the causes, as "UNC", "UNC 8 sectors", "IDNF, UNC".
bool names_unc(std::string_view causes) {
    for (auto word = take_word(causes); !word.empty() && word != "at"; word = take_word(causes))
        if (word == "UNC" || word == "UNC,") return true;
    return false;
}

/// "40 51 00 ff ff ff 0f  Error: UNC at LBA = 0x0fffffff = 268435455", after the head of its error.
bool take_cause(Lines& lines, Draft& draft) {
    const auto text = lines.current().text;
    const auto at = text.find("Error: ");
    if (draft.reading_errors != ReadingLog::first || draft.report.errors.empty() || at == 0 ||
        at == std::string_view::npos)
        return false;
    if (names_unc(text.substr(at + 7))) draft.report.errors.back().uncorrectable = true;
    lines.advance();
    return true;
}

bool take_error_head(Lines& lines, Draft& draft) {
    const auto text = lines.current().text;
    const bool extended = begins(text, "SMART Extended Comprehensive Error Log Version:");
    if (!extended && !begins(text, "SMART Error Log Version:")) return false;
    begin_error_log(draft, extended ? ErrorLog::extended : ErrorLog::summary);
    draft.recognised = true;
    lines.advance();
    return true;
}

bool take_error_count(Lines& lines, Draft& draft) {
    auto text = lines.current().text;
    const bool none = begins(text, "No Errors Logged") && draft.reading_errors != ReadingLog::none;
    if (!none && !take(text, "ATA Error Count:") && !take(text, "Device Error Count:")) return false;
    if (draft.reading_errors != ReadingLog::none || !draft.error_log)
        set_judged(draft, draft.report.error_count,
                   none ? std::optional<std::uint64_t>(0) : leading_number(stripped(text)), "the error log");
    draft.recognised = true;
    lines.advance();
    return true;
}

/// The heads of what follows the error log.
bool ends_error_log(std::string_view text) {
    return begins(text, "SMART Self-test") || begins(text, "SMART Extended Self-test") ||
           begins(text, "SMART Selective") || begins(text, "SCT ") || begins(text, "NVMe") ||
           begins(text, "Device Statistics") || begins(text, "Error Information (NVMe");
}

/// Its words, and what follows them on the line.
struct Found {
    std::string_view words, after;
    core::TestResult result;
};

/// Of an ending that is not known only the code, or nothing, is said: it decides nothing.
Found ending_in(std::string_view text) {
    for (const auto& e : ata_endings())
        if (const auto at = text.find(e.words); at != std::string_view::npos)
            return {e.words, text.substr(at + e.words.size()), ata_test_result(e.code)};
    const auto at = std::min(text.find("Unknown"), text.size());
    const auto unknown = text.substr(at);
    const auto end = std::min(unknown.find("  "), unknown.size());
    return {unknown.substr(0, end), unknown.substr(end), core::TestResult::unfinished};
}

/// "00%     42889         -": the hours follow the percentage.
std::optional<std::int64_t> hours_after_percent(std::string_view text) {
    const auto percent = text.find('%');
    if (percent == std::string_view::npos) return std::nullopt;
    return hours_of(leading_number(stripped(text.substr(percent + 1))));
}

/// "# 1  Short offline       Completed without error       00%     42889         -"
std::optional<core::SelfTest> test_of(std::string_view line) {
    const auto text = numbered(line);
    if (!text || !contains(*text, "%") || is_scsi_test(*text)) return std::nullopt;
    const auto found = ending_in(*text);
    return core::SelfTest{text->starts_with("Extended"), found.result, hours_after_percent(found.after),
                          kept(found.words, 100)};
}

bool take_tests(Lines& lines, Draft& draft) {
    if (!take_self_tests(lines, draft, test_of)) return false;
    draft.ata = true;
    return true;
}

bool take_test_head(Lines& lines, Draft& draft) {
    const auto text = lines.current().text;
    if (!begins(text, "SMART Self-test log structure") &&
        !begins(text, "SMART Extended Self-test Log Version"))
        return false;
    draft.recognised = draft.ata = draft.report.has_self_test_log = true;
    lines.advance();
    return true;
}

}  // namespace

bool take_ata_logs(Lines& lines, Draft& draft) {
    if (ends_error_log(lines.current().text)) draft.reading_errors = ReadingLog::none;
    return take_error(lines, draft) || take_cause(lines, draft) || take_error_head(lines, draft) ||
           take_error_count(lines, draft) || take_test_head(lines, draft) || take_tests(lines, draft);
}

}  // namespace guardian::health
