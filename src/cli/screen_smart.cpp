#include "cli/screen_smart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "cli/screen_bar.hpp"
#include "cli/screen_status.hpp"

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

// The list.

constexpr std::size_t most_name = 48;

Row list_row(const DriveReport& r, Time now) {
    const auto& record = r.facts.record;
    Row row{{{cut_middle(printable(report::drive_name(record.drive), 400), most_name), Tone::strong},
             {std::string(core::to_string(r.diagnosis.verdict)), tone_of(r.diagnosis.verdict)},
             {sign_words(record, Sign::temperature), Tone::plain},
             {powered(record), Tone::plain},
             {read_words(record, now), Tone::plain},
             {join(r.facts.targets, " "), Tone::plain}},
            {r.why.empty() ? "" : printable(r.why.front(), 500), tone_of(r.diagnosis.verdict)},
            {}};
    if (!r.facts.attached) row.cells[0].tone = Tone::faint;
    return row;
}

// One drive.

void print_head(Screen& screen, const DriveReport& r, const UtcOffset& zone, Time now) {
    const auto& record = r.facts.record;
    const auto& d = record.drive;
    std::vector<std::string> what{std::string(core::to_string(d.kind))};
    if (d.bytes > 0) what.push_back(format_bytes(d.bytes));
    if (!d.firmware.empty()) what.push_back("firmware " + printable(d.firmware, 100));
    what.push_back(printable(d.id, 300));
    screen.line({{report::drive_name(d), Tone::strong},
                 {": ", Tone::plain},
                 {std::string(core::to_string(r.diagnosis.verdict)), tone_of(r.diagnosis.verdict)}});
    for (const auto& why : r.why) screen.paragraph(printable(why, 3000), 2, tone_of(r.diagnosis.verdict));
    screen.paragraph(r.means, 2);
    screen.blank();
    screen.paragraph(join(what, ", "), 2, Tone::faint);
    screen.paragraph(record.read_at ? fmt::format("read {} ago, at {}", age_words(*record.read_at, now),
                                                  format_minute(*record.read_at, zone))
                                    : "never read",
                     2, Tone::faint);
    if (!r.facts.targets.empty())
        screen.paragraph("targets on it: " + printable(join(r.facts.targets, ", "), 1000), 2, Tone::faint);
}

void print_advice(Screen& screen, const DriveReport& r) {
    if (r.advice.empty()) return;
    screen.blank();
    screen.line({{"WHAT TO DO", Tone::strong}});
    for (const auto& text : r.advice) screen.labelled("  -", printable(text, 1000), 4, Tone::plain);
}

std::string sign_remark(const report::SignHistory& s) {
    if (s.sign == Sign::hours) return report::powered_words(s.points.back().value);
    return s.accepted ? fmt::format("accepted up to {}", report::value_words(s.sign, *s.accepted)) : "";
}

void print_signs(Screen& screen, const DriveReport& r, const SmartScreen& how) {
    if (r.signs.empty()) return;
    screen.blank();
    const std::size_t spark = how.width >= wide_from ? 72 : 20;
    std::vector<Row> rows;
    for (const auto& s : r.signs)
        rows.push_back({{{std::string(core::in_words(s.sign)), Tone::plain},
                         {report::value_words(s.sign, s.points.front().value), Tone::faint},
                         {report::value_words(s.sign, s.points.back().value),
                          s.verdict == core::Verdict::healthy ? Tone::plain : tone_of(s.verdict)},
                         {sparkline(s.points, spark, how.utf8), Tone::plain}},
                        {sign_remark(s), Tone::faint},
                        {}});
    table(screen, {{"NUMBER", 12}, {"FIRST", 5, true}, {"NOW", 5, true}, {"SINCE THEN", 10}}, rows);
}

void print_wear(Screen& screen, const DriveReport& r, const UtcOffset& zone) {
    if (!r.wear) return;
    const auto text = r.wear->ends ? "at this pace its endurance is used up around " +
                                         format_minute(*r.wear->ends, zone).substr(0, 7)
                                   : "when its endurance is used up is not known: " + r.wear->why_not;
    screen.blank();
    screen.paragraph("Wear: " + text, 2);
}

std::string used_ago(const std::optional<std::int64_t>& then, const std::optional<std::int64_t>& now) {
    if (!then) return "";
    if (!now || *then < 0 || *now < *then) return fmt::format("at hour {}", *then);
    return report::powered_words(static_cast<std::uint64_t>(*now - *then)) + " of use ago";
}

void print_tests(Screen& screen, const DriveReport& r, const UtcOffset& zone) {
    constexpr std::size_t most = 5;
    std::vector<Row> rows;
    for (const auto& t : r.facts.tests)
        if (!t.ended && rows.size() < most)
            rows.push_back({{{t.extended ? "extended" : "short", Tone::plain},
                             {"begun " + format_minute(t.started, zone), Tone::plain},
                             {"not seen to end yet", Tone::plain}},
                            {},
                            {}});
    if (r.facts.newest)
        for (const auto& t : r.facts.newest->self_tests)
            if (rows.size() < most)
                rows.push_back({{{t.extended ? "extended" : "short", Tone::plain},
                                 {used_ago(t.hours, r.facts.newest->hours), Tone::plain},
                                 {t.text.empty() ? std::string(store::to_string(t.result)) : t.text,
                                  t.result == core::TestResult::failed ? Tone::bad : Tone::plain}},
                                {},
                                {}});
    if (rows.empty()) return;
    screen.blank();
    table(screen, {{"SELF-TEST", 9}, {"WHEN", 10}, {"RESULT", 10}}, rows);
}

void print_errors(Screen& screen, const DriveReport& r, const UtcOffset& zone) {
    constexpr std::size_t most = 5;
    std::vector<Row> rows;
    if (r.facts.newest)
        for (const auto& e : r.facts.newest->errors)
            if (rows.size() < most)
                rows.push_back(
                    {{{used_ago(e.hours, r.facts.newest->hours), Tone::plain},
                      {"drive's log", Tone::faint},
                      {e.uncorrectable ? "a sector could not be read" : "a command failed", Tone::plain}},
                     {},
                     {}});
    for (const auto& e : r.facts.events)
        if (rows.size() < 2 * most)
            rows.push_back({{{format_minute(e.at, zone), Tone::plain},
                             {"kernel", Tone::faint},
                             {printable(e.text, 300), Tone::plain}},
                            {},
                            {}});
    if (rows.empty()) return;
    screen.blank();
    table(screen, {{"ERROR", 10}, {"FROM", 6}, {"WHAT", 10}}, rows);
}

std::string number(const std::optional<int>& n) {
    return n ? fmt::format("{}", *n) : "";
}

void print_attributes(Screen& screen, const DriveReport& r) {
    if (!r.facts.newest || r.facts.newest->attributes.empty()) return;
    std::vector<Row> rows;
    for (const auto& a : r.facts.newest->attributes)
        rows.push_back({{{fmt::format("{}", a.id), Tone::plain},
                         {a.name, a.failed == core::Failed::now ? Tone::bad : Tone::plain},
                         {number(a.value), Tone::plain},
                         {number(a.worst), Tone::plain},
                         {number(a.threshold), Tone::plain},
                         {a.raw_text.empty() && a.raw ? fmt::format("{}", *a.raw) : a.raw_text, Tone::plain}},
                        {},
                        {}});
    screen.blank();
    table(screen,
          {{"ID", 3, true},
           {"ATTRIBUTE", 10},
           {"VALUE", 5, true},
           {"WORST", 5, true},
           {"THRESHOLD", 9, true},
           {"RAW", 8}},
          rows);
}

/// The greatest value of each stretch; before the first reading there is none.
std::vector<std::uint64_t> stretches(const std::vector<Point>& points, std::size_t width) {
    const auto from = points.front().at;
    const auto span = static_cast<double>((points.back().at - from).count());
    std::vector<std::optional<std::uint64_t>> found(width);
    for (const auto& p : points) {
        const auto part = span <= 0 ? 0.0 : static_cast<double>((p.at - from).count()) / span;
        const auto i =
            std::min(static_cast<std::size_t>(std::max(part, 0.0) * static_cast<double>(width)), width - 1);
        found[i] = std::max(found[i].value_or(0), p.value);
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

std::string sparkline(const std::vector<Point>& points, std::size_t width, bool utf8) {
    static constexpr std::array<std::string_view, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static constexpr std::array<std::string_view, 8> ascii{"_", ".", ":", "-", "=", "+", "*", "#"};
    if (points.empty() || width == 0) return "";
    const auto values = stretches(points, width);
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
    table(screen,
          {{"DRIVE", 16},
           {"VERDICT", 7},
           {"TEMP", 5, true},
           {"POWERED ON", 9, true},
           {"READ", 6},
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
    print_tests(screen, r, zone);
    print_errors(screen, r, zone);
    if (how.all) print_attributes(screen, r);
    return finished(screen, how.utf8);
}

}  // namespace guardian::cli
