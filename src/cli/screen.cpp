#include "cli/screen.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "base/text.hpp"

namespace guardian::cli {
namespace {

constexpr std::size_t row_indent = 2, note_indent = 6, gap = 2;
constexpr std::size_t most_note_lines = 4, least_note_room = 50;

std::string_view code_of(Tone tone) {
    switch (tone) {
        case Tone::plain:
            return "";
        case Tone::strong:
            return "\x1b[1m";
        case Tone::faint:
            return "\x1b[2m";
        case Tone::good:
            return "\x1b[32m";
        case Tone::warn:
            return "\x1b[33m";
        case Tone::bad:
            return "\x1b[1;31m";
    }
    return "";
}

/// No more than any screen is wide; what is longer is cut in any case.
std::string clean(std::string_view text) {
    return printable(text, 8192);
}

std::string drop_last_blanks(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

std::string marked_as_cut(const std::string& line, std::size_t width) {
    return columns(line) + 2 <= width ? line + " …" : fit(line + "  ", width);
}

std::vector<std::string> wrap_at_most(std::string_view text, std::size_t width, std::size_t most) {
    auto lines = wrap(text, width);
    if (lines.size() <= most) return lines;
    lines.resize(most);
    lines.back() = marked_as_cut(lines.back(), width);
    return lines;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
    const auto cut = cut_middle(text, width);
    const std::string blanks(width - std::min(columns(cut), width), ' ');
    return right ? blanks + cut : cut + blanks;
}

std::size_t table_width(const std::vector<std::size_t>& widths) {
    return std::accumulate(widths.begin(), widths.end(), row_indent) + gap * (widths.size() - 1);
}

std::size_t least_width(const Column& column) {
    return std::max(column.least, columns(column.title));
}

std::vector<std::size_t> natural_widths(const std::vector<Column>& titles, const std::vector<Row>& rows) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < titles.size(); ++i) {
        auto width = columns(titles[i].title);
        for (const auto& row : rows) width = std::max(width, columns(clean(row.cells.at(i).text)));
        widths.push_back(width);
    }
    return widths;
}

/// Takes columns off the widest until it fits, or nothing more can be taken.
std::vector<std::size_t> fitting_widths(const std::vector<Column>& titles, const std::vector<Row>& rows,
                                        std::size_t width) {
    auto widths = natural_widths(titles, rows);
    for (auto& w : widths) w = std::min(w, width);
    while (table_width(widths) > width) {
        std::size_t widest = titles.size();
        for (std::size_t i = 0; i < titles.size(); ++i)
            if (widths[i] > least_width(titles[i]) && (widest == titles.size() || widths[i] > widths[widest]))
                widest = i;
        if (widest == titles.size()) break;
        --widths[widest];
    }
    return widths;
}

Cells row_cells(const std::vector<Column>& titles, const std::vector<std::size_t>& widths,
                const Cells& cells) {
    Cells line;
    for (std::size_t i = 0; i < titles.size(); ++i) {
        line.push_back({std::string(i == 0 ? row_indent : gap, ' '), Tone::plain});
        line.push_back({padded(clean(cells[i].text), widths[i], titles[i].right), cells[i].tone});
    }
    return line;
}

/// The note's lines beside the row, as far as there is room for it; empty: there is not.
std::vector<std::string> lines_beside(const std::string& note, std::size_t room) {
    if (columns(note) <= room) return {note};
    if (room < least_note_room) return {};
    return wrap_at_most(note, room, most_note_lines);
}

void print_row(Screen& screen, const std::vector<Column>& titles, const std::vector<std::size_t>& widths,
               const Row& row) {
    const auto note = clean(row.note.text);
    const auto before = table_width(widths) + gap;
    const auto beside = lines_beside(note, screen.width() > before ? screen.width() - before : 0);
    auto line = row_cells(titles, widths, row.cells);
    if (!beside.empty() && !note.empty()) {
        line.push_back({std::string(gap, ' '), Tone::plain});
        line.push_back({beside.front(), row.note.tone});
    }
    screen.line(line);
    for (std::size_t i = 1; i < beside.size(); ++i)
        screen.line({{std::string(before, ' '), Tone::plain}, {beside[i], row.note.tone}});
    for (const auto& below : row.below) screen.line(below);
    if (beside.empty()) screen.paragraph(note, note_indent, row.note.tone, most_note_lines);
}

}  // namespace

void Screen::line(const Cells& cells) {
    auto left = width_;
    std::string line;
    for (const auto& cell : cells) {
        auto text = clean(cell.text);
        const auto taken = columns(text);
        if (taken > left) text = fit(text, left);
        left -= std::min(taken, left);
        const bool painted = color_ && cell.tone != Tone::plain && !text.empty();
        line += painted ? fmt::format("{}{}\x1b[0m", code_of(cell.tone), text) : text;
        if (left == 0) break;
    }
    text_ += drop_last_blanks(std::move(line)) + '\n';
}

void Screen::paragraph(std::string_view text, std::size_t indent, Tone tone, std::size_t most) {
    if (width_ < indent + 10) indent = 0;
    for (const auto& l : wrap_at_most(clean(text), width_ - indent, most))
        line({{std::string(indent, ' '), Tone::plain}, {l, tone}});
}

void Screen::labelled(std::string_view label, std::string_view text, std::size_t indent, Tone label_tone,
                      Tone tone) {
    const bool narrow = width_ < indent + 20;
    if (narrow) indent = 0;
    const auto lines = wrap(clean(text), width_ - indent);
    if (narrow || lines.empty()) line({{std::string(label), label_tone}});
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const bool with_label = i == 0 && !narrow;
        line({{with_label ? fit(label, indent) : std::string(indent, ' '), label_tone}, {lines[i], tone}});
    }
}

void table(Screen& screen, const std::vector<Column>& titles, const std::vector<Row>& rows) {
    const auto widths = fitting_widths(titles, rows, screen.width());
    Cells head;
    for (const auto& column : titles) head.push_back({column.title, Tone::faint});
    screen.line(row_cells(titles, widths, head));
    for (const auto& row : rows) print_row(screen, titles, widths, row);
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    width = std::max<std::size_t>(width, 1);
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        if (text.empty()) return lines;
        auto end = first_columns(text, width).size();
        if (end == 0) end = first_columns(text, 2).size();  // a wide character in a column of one
        if (end < text.size() && text[end] != ' ') {
            const auto blank = text.substr(0, end).rfind(' ');
            if (blank != std::string_view::npos) end = blank;
        }
        lines.push_back(drop_last_blanks(std::string(text.substr(0, end))));
        text.remove_prefix(end);
    }
}

std::string cut_middle(std::string_view text, std::size_t width) {
    return columns(text) <= width ? std::string(text) : fit_path(text, width);
}

std::string age_words(Time then, Time now) {
    using namespace std::chrono;
    const auto age = now - then;
    if (age < -minutes{1}) return "in future";
    if (age < minutes{1}) return format_span(floor<seconds>(std::max(age, Duration::zero())));
    if (age < hours{24}) return format_span(floor<minutes>(age));
    return format_span(floor<hours>(age));
}

std::string duration_words(Duration d) {
    using namespace std::chrono;
    if (d < Duration::zero()) return "0 s";
    return format_span(d < seconds{1} ? floor<milliseconds>(d) : floor<seconds>(d));
}

std::string count_words(std::uint64_t n, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", format_count(n), n == 1 ? one : many);
}

std::string percent_bar(int percent, std::size_t width) {
    if (width < 3) return "";
    const auto inside = width - 2;
    const auto filled = inside * static_cast<std::size_t>(std::clamp(percent, 0, 100)) / 100;
    return "[" + std::string(filled, '#') + std::string(inside - filled, '.') + "]";
}

Tone tone_of(core::Outcome outcome) {
    switch (outcome) {
        case core::Outcome::running:
            return Tone::strong;
        case core::Outcome::success:
            return Tone::good;
        case core::Outcome::warning:
            return Tone::warn;
        case core::Outcome::failed:
        case core::Outcome::refused:
        case core::Outcome::aborted:
        case core::Outcome::vanished:
            return Tone::bad;
        case core::Outcome::cancelled:
        case core::Outcome::absent:
            return Tone::warn;
    }
    return Tone::plain;
}

std::string first_lines(const std::string& text, std::size_t rows) {
    const auto lines = split_lines(text);
    if (lines.size() <= rows || rows == 0) return text;
    std::string out;
    for (std::size_t i = 0; i + 1 < rows; ++i) out += lines[i] + "\n";
    return out + fmt::format("({} more lines: make the window higher)\n", lines.size() - rows + 1);
}

TerminalSize terminal_size(int fd) {
    TerminalSize size;
    winsize w{};
    if (::ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0) {
        size = {w.ws_col, w.ws_row > 0 ? w.ws_row : size.rows};
    } else if (const char* text = std::getenv("COLUMNS")) {
        const auto n = std::strtoul(text, nullptr, 10);
        if (n > 0) size.columns = n;
    }
    size.columns = std::clamp<std::size_t>(size.columns, 20, 500);
    return size;
}

}  // namespace guardian::cli
