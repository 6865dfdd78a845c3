#pragma once
/// What the command's screens are built from: lines of a given width with a few tones, paragraphs and tables.
/// Pure: text in, text out. No line is ever longer than the width, and nothing that could steer a terminal
/// gets through, whatever the text: every piece passes through printable() here.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "core/run.hpp"

namespace guardian::cli {

enum class Tone { plain, strong, faint, good, warn, bad };

struct Cell {
    std::string text;
    Tone tone = Tone::plain;
};
using Cells = std::vector<Cell>;

class Screen {
  public:
    Screen(std::size_t width, bool color) : width_(width), color_(color) {}

    /// The cells one after the other. What does not fit is cut with "…"; blanks at the end are dropped.
    void line(const Cells& cells);
    /// The text in as many lines as it takes, each indented; more than `most` are cut with "…".
    void paragraph(std::string_view text, std::size_t indent, Tone tone = Tone::plain,
                   std::size_t most = 100);
    /// As paragraph(), with `label` at the start of the first line.
    void labelled(std::string_view label, std::string_view text, std::size_t indent, Tone label_tone,
                  Tone tone = Tone::plain);
    void blank() { text_ += '\n'; }

    [[nodiscard]] std::size_t width() const { return width_; }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::size_t width_;
    bool color_;
    std::string text_;
};

struct Column {
    std::string title;
    std::size_t least = 6;  ///< it is not made narrower than that, but for a title that is shorter
    bool right = false;
};

/// A line of a table, and what is said to it: beside it where there is room, else in lines below it.
struct Row {
    Cells cells;  ///< one for each column
    Cell note;
    std::vector<Cells> below;
};

/// Titles and rows, each column as wide as its content; the widest columns give way when the screen is
/// narrow. An empty note takes no room.
void table(Screen& screen, const std::vector<Column>& columns, const std::vector<Row>& rows);

/// At most `width` columns in each line, broken at spaces where there are any.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// Cut in the middle to at most `width` columns: names that differ at the end stay different. No padding.
[[nodiscard]] std::string cut_middle(std::string_view text, std::size_t width);

/// How long ago, as far as a person cares: no seconds beyond a minute, no minutes beyond a day.
[[nodiscard]] std::string age_words(Time then, Time now);

/// How long something took: tenths do not matter beyond a second.
[[nodiscard]] std::string duration_words(Duration d);

/// "1 file", "1,234 files".
[[nodiscard]] std::string count_words(std::uint64_t n, std::string_view one, std::string_view many);

/// A bar of `width` columns, frame included.
[[nodiscard]] std::string percent_bar(int percent, std::size_t width);

[[nodiscard]] Tone tone_of(core::Outcome outcome);

/// The first `rows` lines; when there are more, the last of them says how many are not shown.
[[nodiscard]] std::string first_lines(const std::string& text, std::size_t rows);

/// Columns and rows of the terminal behind the descriptor; else $COLUMNS, else 80; 24 rows.
struct TerminalSize {
    std::size_t columns = 80, rows = 24;
};
[[nodiscard]] TerminalSize terminal_size(int fd);

}  // namespace guardian::cli
