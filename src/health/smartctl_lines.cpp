#include "health/smartctl_lines.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "health/plain_text.hpp"

namespace guardian::health {
namespace {

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

/// "> > Device Model: ..." of a mail, and the indentation of a forum.
std::string_view without_marks(std::string_view line) {
    return stripped(line.substr(find(line, is_content)));
}

/// A row, or the number of a self-test.
constexpr auto begins_word = [](char c) { return is_digit(c) || is_letter(c) || c == '#'; };
constexpr auto ends_word = [](char c) { return !is_digit(c) && !is_letter(c) && c != '#' && c != '_'; };

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
        if (!line.empty()) return show(line);
    }
    line_ = {};
    at_end_ = true;
}

std::string_view Lines::pass_word() {
    const auto line = line_.text;
    const auto marks = find(line, begins_word);
    const auto size = marks > 0 ? marks : find(line, ends_word);
    const auto rest = stripped(line.substr(size));
    if (rest.empty()) return {};
    show(rest);
    return line.substr(0, size);
}

void Lines::show(std::string_view line) {
    line_ = line_of(line);
    if (contains(line_.key, "  ")) line_.key = key_ = single_blanks(line_.key);
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

bool has_letter(std::string_view text) {
    return std::any_of(text.begin(), text.end(), is_letter);
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

std::optional<int> percent_of(std::string_view text) {
    const auto n = leading_number(text);
    return n && *n <= 255 && contains(text, "%") ? std::optional(static_cast<int>(*n)) : std::nullopt;
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
