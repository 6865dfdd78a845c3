#pragma once
/// The lines, words and numbers of smartctl's text. Nothing here knows what they mean.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace guardian::health {

/// One of smartctl's lines without the blanks and quotation marks around it.
struct Line {
    std::string_view text;
    /// Of "Key:   value", the key with single blanks between its words; both empty on other lines.
    std::string_view key, value;
};

/// Walks through the lines of plain_text() that are not empty.
class Lines {
  public:
    explicit Lines(std::string_view text);

    [[nodiscard]] bool at_end() const { return at_end_; }
    [[nodiscard]] const Line& current() const { return line_; }
    void advance();
    /// Leaves of the current line only what follows its first word, or the marks before that, and says what was passed;
    /// empty: nothing follows.
    std::string_view pass_word();

  private:
    void show(std::string_view line);

    std::string text_;
    std::size_t next_ = 0;
    bool at_end_ = false;
    std::string key_;  ///< of the current line, if the text has more blanks in it
    Line line_;
};

/// Takes the next word off the text; empty at its end.
std::string_view take_word(std::string_view& text);

/// Takes the prefix off the text, if it is there.
bool take(std::string_view& text, std::string_view prefix);

[[nodiscard]] bool has_letter(std::string_view text);

[[nodiscard]] std::string_view stripped(std::string_view text);

/// As starts_with(), of a head that is not empty, and quicker where it is not there, which is most often.
[[nodiscard]] inline bool begins(std::string_view text, std::string_view head) {
    return !text.empty() && text.front() == head.front() && text.starts_with(head);
}

[[nodiscard]] bool contains(std::string_view text, std::string_view part);

/// All of the text in decimal; nothing if it is anything else or too large.
[[nodiscard]] std::optional<std::uint64_t> whole_number(std::string_view text);

/// All of the text as "0x1f".
[[nodiscard]] std::optional<std::uint64_t> hex_number(std::string_view text);

/// The digits that the text begins with.
[[nodiscard]] std::optional<std::uint64_t> leading_number(std::string_view text);

/// As leading_number(), with the separators of thousands of any language: "12,000,138,625,024 bytes".
[[nodiscard]] std::optional<std::uint64_t> grouped_number(std::string_view text);

/// Hours powered on; more than 24 bits of them (1900 years) are not believed.
[[nodiscard]] std::optional<std::int64_t> hours_of(std::optional<std::uint64_t> number);

/// A percentage, as the byte that it is in the drive's log: "5%", "100 %".
[[nodiscard]] std::optional<int> percent_of(std::string_view text);

/// A temperature: "-5", "42".
[[nodiscard]] std::optional<int> small_number(std::string_view text);

/// The hexadecimal words that the text begins with, as one number in lower case: "5 000c50 0A1B2C3D4". At
/// most 32 digits.
[[nodiscard]] std::string joined_hex(std::string_view text);

/// For the report: valid UTF-8 and not longer than that.
[[nodiscard]] std::string kept(std::string_view text, std::size_t max_bytes = 256);

}  // namespace guardian::health
