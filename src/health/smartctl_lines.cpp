#include "health/smartctl_lines.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace guardian::health {
namespace {

constexpr std::size_t max_text = 1 << 20;
constexpr std::size_t max_key = 60;

// By hand instead of find_first_of(), which is several times slower: every line passes here often.
constexpr auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\f' || c == '\v'; };
constexpr auto is_word = [](char c) { return !is_blank(c); };
constexpr auto is_content = [](char c) { return !is_blank(c) && c != '>'; };

/// Where such a character is first found; the size when there is none.
template <class Is>
std::size_t find(std::string_view text, Is is) {
    std::size_t i = 0;
    while (i < text.size() && !is(text[i])) ++i;
    return i;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

struct Plain {
    std::string_view odd;
    std::string_view ascii;
};

/// The blanks and apostrophes of other alphabets, as they stand between thousands or before a pasted line.
constexpr std::array<Plain, 6> plains{{{"\xC2\xA0", " "},
                                       {"\xE2\x80\x89", " "},
                                       {"\xE2\x80\xAF", " "},
                                       {"\xE2\x80\x99", "'"},
                                       {"\xEF\xBB\xBF", ""},
                                       {"\xA0", " "}}};

/// Appends what begins here and says how many bytes that was.
std::size_t append_plain(std::string_view rest, std::string& out) {
    for (const auto& p : plains)
        if (rest.starts_with(p.odd)) {
            out += p.ascii;
            return p.odd.size();
        }
    out += rest.front();
    return 1;
}

constexpr char escape = '\x1B';

/// The colours of a terminal, as in "ESC [ 31 m": how many bytes begin here.
std::size_t escape_size(std::string_view rest) {
    if (!rest.starts_with("\x1B[")) return 1;
    std::size_t i = 2;
    while (i < rest.size() && (is_digit(rest[i]) || rest[i] == ';' || rest[i] == '?')) ++i;
    return std::min(i + 1, rest.size());
}

bool stays(char c) {
    return static_cast<signed char>(c) > 0 && c != '\r' && c != '=' && c != escape;
}

/// A mail in quoted-printable breaks long lines after "=": how many bytes that is. smartctl's own heads end
/// with "===".
std::size_t soft_break_size(std::string_view rest, std::string_view before) {
    if (before.ends_with('=')) return 0;
    return rest.starts_with("=\r\n") ? 3 : rest.starts_with("=\n") ? 2 : 0;
}

std::size_t left_out_size(std::string_view rest, std::string_view before) {
    return rest.front() == escape ? escape_size(rest) : soft_break_size(rest, before);
}

/// A CR alone ends a line as well: empty lines do not count, so that CR LF needs no more than this.
std::string plain_text(std::string_view text) {
    text = text.substr(0, max_text);
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        std::size_t run = 0;
        while (run < text.size() && stays(text[run])) ++run;
        out += text.substr(0, run);
        text.remove_prefix(run);
        if (text.empty()) break;
        if (const auto size = left_out_size(text, out); size > 0) {
            text.remove_prefix(size);
            continue;
        }
        if (text.front() == '\r') out += '\n';
        const bool ascii = text.front() == '\r' || text.front() == '\0';
        text.remove_prefix(ascii ? 1 : append_plain(text, out));
    }
    return out;
}

/// "> > Device Model: ..." of a mail, and the indentation of a forum.
std::string_view without_marks(std::string_view line) {
    return stripped(line.substr(find(line, is_content)));
}

Line line_of(std::string_view text) {
    const auto colon = text.substr(0, max_key + 1).find(':');
    if (colon == std::string_view::npos || !is_letter(text.front())) return {text, {}, {}};
    return {text, stripped(text.substr(0, colon)), stripped(text.substr(colon + 1))};
}

/// "Warning  Comp. Temp. Threshold" and the like; a paste from a web page has single blanks.
std::string single_blanks(std::string_view key) {
    std::string out(take_word(key));
    for (auto word = take_word(key); !word.empty(); word = take_word(key)) {
        out += ' ';
        out += word;
    }
    return out;
}

/// Some digits after a separator: how many bytes the separator has; 0 when three digits do not follow.
std::size_t separator_size(std::string_view rest) {
    const std::size_t size = rest.starts_with("\xEF\xBF\xBD") ? 3 : 1;
    if (size == 1 && (rest.empty() || std::string_view(",.' ").find(rest.front()) == std::string_view::npos))
        return 0;
    const auto digits = rest.substr(size, 4);
    const bool three =
        digits.size() >= 3 && is_digit(digits[0]) && is_digit(digits[1]) && is_digit(digits[2]);
    return three && (digits.size() == 3 || !is_digit(digits[3])) ? size : 0;
}

std::optional<std::uint64_t> number(std::string_view text, int base) {
    std::uint64_t n = 0;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, n, base);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return n;
}

std::size_t digits_at_start(std::string_view text) {
    std::size_t n = 0;
    while (n < text.size() && is_digit(text[n])) ++n;
    return n;
}

}  // namespace

Lines::Lines(std::string_view text) : text_(plain_text(text)) {
    advance();
}

void Lines::advance() {
    while (next_ < text_.size()) {
        const auto end = std::min(text_.find('\n', next_), text_.size());
        const auto line = without_marks(std::string_view(text_).substr(next_, end - next_));
        next_ = end + 1;
        if (line.empty()) continue;
        line_ = line_of(line);
        if (contains(line_.key, "  ")) line_.key = key_ = single_blanks(line_.key);
        return;
    }
    line_ = {};
    at_end_ = true;
}

std::string_view take_word(std::string_view& text) {
    text.remove_prefix(find(text, is_word));
    const auto word = text.substr(0, find(text, is_blank));
    text.remove_prefix(word.size());
    return word;
}

bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

std::string_view stripped(std::string_view text) {
    text.remove_prefix(find(text, is_word));
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
    if (text.empty() || !is_digit(text.front())) return std::nullopt;  // most often
    return number(text, 10);
}

std::optional<std::uint64_t> hex_number(std::string_view text) {
    if (!take(text, "0x")) return std::nullopt;
    return number(text, 16);
}

std::optional<std::uint64_t> leading_number(std::string_view text) {
    return number(text.substr(0, digits_at_start(text)), 10);
}

std::optional<std::uint64_t> grouped_number(std::string_view text) {
    std::string digits(text.substr(0, digits_at_start(text)));
    if (digits.empty()) return std::nullopt;
    text.remove_prefix(digits.size());
    while (const auto size = separator_size(text)) {
        digits += text.substr(size, 3);
        text.remove_prefix(size + 3);
    }
    return number(digits, 10);
}

std::optional<std::int64_t> hours_of(std::optional<std::uint64_t> number) {
    if (!number || *number > 0xFFFFFF) return std::nullopt;
    return static_cast<std::int64_t>(*number);
}

std::optional<int> small_number(std::string_view text) {
    const bool negative = take(text, "-");
    const auto n = leading_number(text);
    if (!n || *n > 255) return std::nullopt;
    return negative ? -static_cast<int>(*n) : static_cast<int>(*n);
}

std::string joined_hex(std::string_view text) {
    std::string digits;
    for (auto word = take_word(text); !word.empty() && digits.size() + word.size() <= 32;
         word = take_word(text)) {
        if (word.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) break;
        digits += word;
    }
    return to_lower(digits);
}

std::string kept(std::string_view text, std::size_t max_bytes) {
    return valid_utf8(text, max_bytes);
}

}  // namespace guardian::health
