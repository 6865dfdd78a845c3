#include "health/plain_text.hpp"

#include <algorithm>
#include <array>

namespace guardian::health {
namespace {

constexpr std::size_t text_bytes_max = 1 << 20, tag_bytes_max = 200;
constexpr char escape = '\x1B';

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

struct Plain {
    std::string_view odd, ascii;
};

/// As they stand between thousands, before a pasted line, or where a web page typesets "--".
constexpr std::array<Plain, 33> plains{{
    {"\xC2\xA0", " "},      {"\xE2\x80\x80", " "},   {"\xE2\x80\x81", " "}, {"\xE2\x80\x82", " "},
    {"\xE2\x80\x83", " "},  {"\xE2\x80\x84", " "},   {"\xE2\x80\x85", " "}, {"\xE2\x80\x86", " "},
    {"\xE2\x80\x87", " "},  {"\xE2\x80\x88", " "},   {"\xE2\x80\x89", " "}, {"\xE2\x80\x8A", " "},
    {"\xE2\x80\xAF", " "},  {"\xE2\x81\x9F", " "},   {"\xE3\x80\x80", " "}, {"\xE2\x80\x8B", ""},
    {"\xE2\x80\x8C", ""},   {"\xE2\x80\x8D", ""},    {"\xE2\x81\xA0", ""},  {"\xEF\xBB\xBF", ""},
    {"\xE2\x80\x93", "--"}, {"\xE2\x80\x94", "---"}, {"\xE2\x80\x99", "'"}, {"\xA0", " "},
    {"&nbsp;", " "},        {"\xE2\x80\x90", "-"},   {"\xE2\x80\x91", "-"}, {"\xE2\x88\x92", "-"},
    {"\xEF\xBC\x9A", ":"},  {"&#160;", " "},         {"&gt;", ">"},         {"&lt;", "<"},
    {"&amp;", "&"},
}};

/// The tags of forums. Others stay: smartctl has brackets of its own, as in "[asc=5d, ascq=0]".
constexpr std::array<std::string_view, 17> forum_tags{
    "b",     "i",   "u",    "s",  "color", "colour",  "size",   "font",     "code",
    "quote", "pre", "mark", "hl", "url",   "spoiler", "center", "highlight"};

/// "ESC [ 31 m": how many bytes begin here.
std::size_t escape_size(std::string_view rest) {
    if (!rest.starts_with("\x1B[")) return 1;
    std::size_t i = 2;
    while (i < rest.size() && (is_digit(rest[i]) || rest[i] == ';' || rest[i] == '?')) ++i;
    return std::min(i + 1, rest.size());
}

/// A mail in quoted-printable breaks long lines after "=". smartctl's own heads end with "===".
std::size_t soft_break_size(std::string_view rest, std::string_view before) {
    if (before.ends_with('=')) return 0;
    return rest.starts_with("=\r\n") ? 3 : rest.starts_with("=\n") ? 2 : 0;
}

/// From here to the closing bracket on the same line; 0: there is none.
std::size_t bracketed_size(std::string_view rest, char close) {
    const auto end = rest.substr(0, tag_bytes_max).find_first_of(std::string{close, '\n'});
    return end == std::string_view::npos || rest[end] != close ? 0 : end + 1;
}

/// The letters after "<" or "[", or after "/" behind it.
std::string tag_name(std::string_view rest) {
    std::string name;
    for (std::size_t i = rest.substr(1).starts_with('/') ? 2 : 1;
         i < rest.size() && is_letter(rest[i]) && name.size() < 10; ++i)
        name += lower(rest[i]);
    return name;
}

bool is_forum_tag(std::string_view rest) {
    const auto name = tag_name(rest);
    const auto after = rest.substr(1 + (rest[1] == '/' ? 1 : 0) + name.size()).substr(0, 1);
    return (after == "]" || after == "=") &&
           std::find(forum_tags.begin(), forum_tags.end(), name) != forum_tags.end();
}

/// "<span class=x>", "[/COLOR]", "**", "`": how many bytes of such begin here.
std::size_t markup_size(std::string_view rest) {
    switch (rest.front()) {
        case '*':
            return std::min(rest.find_first_not_of('*'), rest.size());
        case '`':
            return 1;
        case '<':
            return tag_name(rest).empty() ? 0 : bracketed_size(rest, '>');
        case '[':
            return rest.size() > 2 && is_forum_tag(rest) ? bracketed_size(rest, ']') : 0;
        default:
            return 0;
    }
}

/// A cell or a line of a web page ends a word; what only makes it bold does not.
bool ends_word(std::string_view rest) {
    constexpr std::array<std::string_view, 7> inside{"b", "i", "u", "em", "strong", "span", "font"};
    return rest.front() == '<' && std::find(inside.begin(), inside.end(), tag_name(rest)) == inside.end();
}

bool stays(char c) {
    return static_cast<signed char>(c) > 0 &&
           std::string_view("\r=\x1B*`<[&").find(c) == std::string_view::npos;
}

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

/// An empty line does not count, so that CR LF needs no more than this.
std::size_t append_one(std::string_view rest, std::string& out) {
    if (rest.front() == '\0') return 1;
    if (rest.front() == escape) return escape_size(rest);
    if (const auto size = soft_break_size(rest, out); size > 0) return size;
    if (const auto size = markup_size(rest); size > 0) {
        if (ends_word(rest)) out += ' ';
        return size;
    }
    if (rest.front() != '\r') return append_plain(rest, out);
    out += '\n';
    return 1;
}

}  // namespace

std::string plain_text(std::string_view text) {
    text = text.substr(0, text_bytes_max);
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        std::size_t run = 0;
        while (run < text.size() && stays(text[run])) ++run;
        out += text.substr(0, run);
        text.remove_prefix(run);
        if (!text.empty()) text.remove_prefix(append_one(text, out));
    }
    return out;
}

}  // namespace guardian::health
