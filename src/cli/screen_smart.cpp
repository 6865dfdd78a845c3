#include "cli/screen_smart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "cli/screen_bar.hpp"
#include "cli/screen_status.hpp"
#include "report/drive_words.hpp"

namespace guardian::cli {
namespace {

using core::Sign;
using report::DriveReport;
using report::Point;

std::string read_words(const store::DriveRecord& record, Time now) {
    return record.read_at ? age_words(*record.read_at, now) : "never";
}

std::string sign_words(const store::DriveRecord& record, Sign sign) {
    const auto value = record.signs[sign];
    return value ? report::value_words(sign, *value) : "";
}

std::string powered(const store::DriveRecord& record) {
    const auto hours = record.signs[Sign::hours];
    return hours ? report::powered_words(*hours) : "";
}

std::string finished(const Screen& screen, bool utf8) {
    return utf8 ? screen.text() : [&] {
        std::string out;
        for (const auto& line : split_lines(screen.text())) out += to_ascii(line) + "\n";
        return out;
    }();
}

// Tables. A number cut in its middle is another number, so columns of numbers never give way.

constexpr std::size_t stacked_below = 60;

/// Each row as a line with its first `heads` cells, and the others below it with their titles.
void stack(Screen& screen, const std::vector<Column>& columns, const std::vector<Row>& rows, std::size_t heads) {
    for (const auto& row : rows) {
        Cells head{{" ", Tone::plain}};
        std::vector<std::string> rest;
        for (std::size_t i = 0; i < row.cells.size(); ++i) {
            if (i < heads)
                head.insert(head.end(), {{" ", Tone::plain}, row.cells[i]});
            else if (!row.cells[i].text.empty())
                rest.push_back(to_lower(columns[i].title) + " " + row.cells[i].text);
        }
        screen.line(head);
        screen.paragraph(join(rest, ", "), 6);
        screen.paragraph(row.note.text, 6, row.note.tone);
    }
}

void show(Screen& screen, std::vector<Column> columns, const std::vector<Row>& rows, std::size_t heads = 1) {
    if (screen.width() < stacked_below) return stack(screen, columns, rows, heads);
    for (std::size_t i = 0; i < columns.size(); ++i)
        for (const auto& row : rows)
            if (columns[i].right) columns[i].least = std::max(columns[i].least, guardian::columns(row.cells[i].text));
    table(screen, columns, rows);
}

// The list.

constexpr std::size_t most_name = 48;

Cell state_of(const DriveReport& r) {
    if (!r.facts.attached) return {"absent", Tone::faint};
    return {r.asleep ? "asleep" : "there", Tone::plain};
}

Row list_row(const DriveReport& r, Time now) {
    const auto& record = r.facts.record;
    Row row{{{cut_middle(printable(report::drive_name(record.drive), 400), most_name), Tone::strong},
             {std::string(core::to_string(r.diagnosis.verdict)), tone_of(r.diagnosis.verdict)},
             {sign_words(record, Sign::temperature), Tone::plain},
             {powered(record), Tone::plain},
             {read_words(record, now), Tone::plain},
             state_of(r),
             {join(r.facts.targets, " "), Tone::plain}},
            {r.why.empty() ? "" : printable(r.why.front(), 500), tone_of(r.diagnosis.verdict)},
            {}};
    if (!r.facts.attached) row.cells[0].tone = Tone::faint;
    return row;
}

// One drive.

std::string reading_words(const DriveReport& r, const UtcOffset& zone, Time now) {
    const auto& read_at = r.facts.record.read_at;
    const auto presence = report::presence_words(r);
    return (presence.empty() ? "" : presence + "; ") +
           (read_at ? fmt::format("read {} ago, at {}", age_words(*read_at, now), format_minute(*read_at, zone))
                    : "never read");
}

void print_head(Screen& screen, const DriveReport& r, const UtcOffset& zone, Time now) {
    const auto& d = r.facts.record.drive;
    const std::string verdict(core::to_string(r.diagnosis.verdict));
    // Of a long name the middle gives way, and not the verdict behind it.
    const auto room = std::max<std::size_t>(screen.width(), verdict.size() + 12) - verdict.size() - 2;
    screen.line({{cut_middle(printable(report::drive_name(d), 400), room), Tone::strong},
                 {": ", Tone::plain},
                 {verdict, tone_of(r.diagnosis.verdict)}});
    for (const auto& why : r.why) screen.paragraph(printable(why, 3000), 2, tone_of(r.diagnosis.verdict));
    screen.paragraph(r.means, 2);
    screen.blank();
    screen.paragraph(printable(join(report::identity_words(d), ", "), 600), 2, Tone::faint);
    screen.paragraph(reading_words(r, zone, now), 2, Tone::faint);
    if (!r.facts.targets.empty())
        screen.paragraph("targets on it: " + printable(join(r.facts.targets, ", "), 1000), 2, Tone::faint);
}

/// A command has its own line, to be copied; one that is too long goes on in the next, as a shell reads it.
void print_command(Screen& screen, const std::string& command) {
    constexpr std::size_t indent = 6;
    const auto room = screen.width() - indent;
    if (columns(command) <= room) return screen.line({{std::string(indent, ' '), Tone::plain}, {command, Tone::strong}});
    auto lines = wrap(printable(command, 1000), room - 2);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i + 1 < lines.size()) lines[i] += " \\";
        screen.line({{std::string(indent, ' '), Tone::plain}, {lines[i], Tone::strong}});
    }
}

void print_advice(Screen& screen, const DriveReport& r) {
    if (r.advice.empty()) return;
    screen.blank();
    screen.line({{"WHAT TO DO", Tone::strong}});
    for (const auto& a : r.advice) {
        screen.labelled("  -", printable(a.text, 1000), 4, Tone::plain);
        if (!a.command.empty()) print_command(screen, a.command);
    }
}

std::string sign_remark(const report::SignHistory& s) {
    if (s.sign == Sign::hours) return report::powered_words(s.points.back().value);
    if (!s.accepted) return "";
    return fmt::format("accepted{} {}", s.accepted->attributes.empty() ? " up to" : ":",
                       report::accepted_words(s.sign, *s.accepted));
}

Row sign_row(const report::SignHistory& s, std::size_t spark, const SmartScreen& how) {
    const auto worse = s.sign == Sign::spare ? Worse::when_less : Worse::when_more;
    Row row{{{std::string(core::in_words(s.sign)), Tone::plain},
             {report::value_words(s.sign, s.points.front().value), Tone::faint},
             {report::value_words(s.sign, s.points.back().value),
              s.verdict == core::Verdict::healthy ? Tone::plain : tone_of(s.verdict)},
             {sparkline(s.points, spark, how.utf8, worse), Tone::plain}},
            {sign_remark(s), Tone::faint},
            {}};
    if (how.width >= wide_from) {
        const bool is_accepted_never = !report::why_never_accepted(s.sign).empty();
        row.cells.push_back({is_accepted_never ? "" : std::string(core::to_string(s.sign)), Tone::faint});
    }
    return row;
}

void print_signs(Screen& screen, const DriveReport& r, const SmartScreen& how) {
    if (r.signs.empty()) return;
    screen.blank();
    const std::size_t spark = how.width >= wide_from ? 72 : 20;
    std::vector<Row> rows;
    for (const auto& s : r.signs) rows.push_back(sign_row(s, spark, how));
    std::vector<Column> titles{{"NUMBER", 12}, {"FIRST", 5, true}, {"NOW", 5, true}, {"SINCE THEN", 10}};
    if (how.width >= wide_from) titles.push_back({"ATTRIBUTE", 9});
    show(screen, titles, rows);
}

void print_wear(Screen& screen, const DriveReport& r, const UtcOffset& zone) {
    if (!r.wear) return;
    screen.blank();
    screen.paragraph("Wear: " + report::wear_words(*r.wear, zone) + ".", 2);
}

/// Of a log's lines.
std::size_t most_of(const SmartScreen& how) { return how.all ? 100 : 5; }

void print_tests(Screen& screen, const DriveReport& r, const UtcOffset& zone, const SmartScreen& how) {
    std::vector<Row> rows;
    for (const auto& t : report::test_lines(r, zone))
        if (rows.size() < most_of(how))
            rows.push_back({{{t.kind, Tone::plain}, {t.when, Tone::plain}, {t.result, t.failed ? Tone::bad : Tone::plain}},
                            {},
                            {}});
    if (rows.empty()) return;
    screen.blank();
    show(screen, {{"SELF-TEST", 9}, {"WHEN", 24}, {"RESULT", 10}}, rows);
}

void print_errors(Screen& screen, const DriveReport& r, const UtcOffset& zone, const SmartScreen& how) {
    std::vector<Row> rows;
    for (const auto& e : report::error_lines(r))
        if (rows.size() < most_of(how))
            rows.push_back({{{e.when, Tone::plain}, {"drive's log", Tone::faint}, {e.what, Tone::plain}}, {}, {}});
    const auto most = rows.size() + most_of(how);
    for (const auto& e : r.facts.events)
        if (rows.size() < most)
            rows.push_back({{{format_minute(e.at, zone), Tone::plain},
                             {"kernel", Tone::faint},
                             {printable(e.text, 300), Tone::plain}},
                            {},
                            {}});
    if (rows.empty()) return;
    screen.blank();
    show(screen, {{"ERROR", 24}, {"FROM", 6}, {"WHAT", 10}}, rows);
}

std::string number(const std::optional<int>& n) {
    return n ? fmt::format("{}", *n) : "";
}

Row attribute_row(const core::SmartAttribute& a) {
    const auto tone = a.failed == core::Failed::now ? Tone::bad : a.failed == core::Failed::past ? Tone::warn : Tone::plain;
    return {{{fmt::format("{}", a.id), Tone::plain},
             {a.name, tone},
             {std::string(report::failed_words(a.failed)), tone},
             {number(a.value), Tone::plain},
             {number(a.worst), Tone::plain},
             {number(a.threshold), Tone::plain},
             {a.raw_text.empty() && a.raw ? fmt::format("{}", *a.raw) : a.raw_text, Tone::plain}},
            {},
            {}};
}

/// Those that failed in any case: a reason names the first of them alone.
void print_attributes(Screen& screen, const DriveReport& r, const SmartScreen& how) {
    if (!r.facts.newest) return;
    std::vector<Row> rows;
    for (const auto& a : r.facts.newest->attributes)
        if (how.all || a.failed != core::Failed::never) rows.push_back(attribute_row(a));
    if (rows.empty()) return;
    screen.blank();
    show(screen,
         {{"ID", 3, true},
          {"ATTRIBUTE", 10},
          {"FAILED", 6},
          {"VALUE", 5, true},
          {"WORST", 5, true},
          {"THRESHOLD", 9, true},
          {"RAW", 12}},
         rows, 2);
}

void print_counters(Screen& screen, const DriveReport& r, const SmartScreen& how) {
    if (!how.all || r.facts.counters.empty()) return;
    std::vector<Row> rows;
    for (const auto& c : r.facts.counters) rows.push_back({{{c.name, Tone::plain}, {c.value, Tone::plain}}, {}, {}});
    screen.blank();
    show(screen, {{"COUNTER", 20}, {"VALUE", 5, true}}, rows);
}

/// The worst value of each stretch; before the first reading there is none.
std::vector<std::uint64_t> stretches(const std::vector<Point>& points, std::size_t width, Worse worse) {
    const auto from = points.front().at;
    const auto span = static_cast<double>((points.back().at - from).count());
    std::vector<std::optional<std::uint64_t>> found(width);
    for (const auto& p : points) {
        const auto part = span <= 0 ? 0.0 : static_cast<double>((p.at - from).count()) / span;
        const auto i =
            std::min(static_cast<std::size_t>(std::max(part, 0.0) * static_cast<double>(width)), width - 1);
        const auto before = found[i].value_or(p.value);
        found[i] = worse == Worse::when_more ? std::max(before, p.value) : std::min(before, p.value);
    }
    std::vector<std::uint64_t> out;
    auto last = points.front().value;
    for (const auto& value : found) out.push_back(last = value.value_or(last));
    return out;
}

}  // namespace

Tone tone_of(core::Verdict verdict) {
    switch (verdict) {
        case core::Verdict::unknown:
            return Tone::warn;
        case core::Verdict::healthy:
            return Tone::good;
        case core::Verdict::watch:
            return Tone::warn;
        case core::Verdict::failing:
            return Tone::bad;
    }
    return Tone::plain;
}

std::string sparkline(const std::vector<Point>& points, std::size_t width, bool utf8, Worse worse) {
    static constexpr std::array<std::string_view, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static constexpr std::array<std::string_view, 8> ascii{"_", ".", ":", "-", "=", "+", "*", "#"};
    if (points.empty() || width == 0) return "";
    const auto values = stretches(points, width, worse);
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    const auto range = static_cast<double>(*most - *least);
    std::string out;
    for (const auto v : values) {
        const auto level =
            range <= 0 ? 0 : static_cast<std::size_t>(static_cast<double>(v - *least) / range * 7.0);
        out += utf8 ? blocks.at(std::min<std::size_t>(level, 7)) : ascii.at(std::min<std::size_t>(level, 7));
    }
    return out;
}

std::string render_drives(const std::vector<DriveReport>& drives, Time now, const SmartScreen& how) {
    Screen screen{how.width, how.color};
    if (drives.empty()) {
        screen.paragraph(
            "No drive is known yet: guardiand asks those of the targets when they are plugged in.", 0);
        return finished(screen, how.utf8);
    }
    std::vector<Row> rows;
    for (const auto& r : drives) rows.push_back(list_row(r, now));
    show(screen,
         {{"DRIVE", 16},
          {"VERDICT", 7},
          {"TEMP", 5, true},
          {"ON FOR", 6, true},
          {"READ", 6},
          {"STATE", 6},
          {"TARGETS", 7}},
         rows);
    return finished(screen, how.utf8);
}

std::string render_drive(const DriveReport& r, const UtcOffset& zone, Time now, const SmartScreen& how) {
    Screen screen{how.width, how.color};
    print_head(screen, r, zone, now);
    print_advice(screen, r);
    print_signs(screen, r, how);
    print_wear(screen, r, zone);
    print_tests(screen, r, zone, how);
    print_errors(screen, r, zone, how);
    print_attributes(screen, r, how);
    print_counters(screen, r, how);
    return finished(screen, how.utf8);
}

}  // namespace guardian::cli
