#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace guardian {
namespace {

/// Length in bytes of the valid UTF-8 sequence at the start of `s`, 0 when there is none.
std::size_t sequence_length(std::string_view s) {
    const auto b = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    const auto lead = b(0);
    if (lead < 0x80) return 1;
    const std::size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || s.size() < n) return 0;
    for (std::size_t i = 1; i < n; ++i)
        if ((b(i) & 0xC0) != 0x80) return 0;
    if (lead == 0xE0 && b(1) < 0xA0) return 0;  // overlong
    if (lead == 0xED && b(1) > 0x9F) return 0;  // surrogate
    if (lead == 0xF0 && b(1) < 0x90) return 0;  // overlong
    if (lead == 0xF4 && b(1) > 0x8F) return 0;  // beyond U+10FFFF
    return n;
}

/// Of three bytes, as U+2000 to U+206F have them.
bool is_hidden(unsigned char second, unsigned char third) {
    if (second == 0x80) return (third >= 0x8B && third <= 0x8F) || (third >= 0xA8 && third <= 0xAE);
    return second == 0x81 && third >= 0xA0 && third <= 0xAF;
}

/// C0, DEL, C1, the bidirectional controls, which can reorder what a terminal shows, and what is not seen at all, so that
/// two names that look alike are alike: soft hyphens, zero width, tags.
bool is_control(std::string_view seq) {
    const auto b = [&](std::size_t i) { return static_cast<unsigned char>(seq[i]); };
    if (seq.size() == 1) return b(0) < 0x20 || b(0) == 0x7F;
    if (seq.size() == 2) return (b(0) == 0xC2 && (b(1) < 0xA0 || b(1) == 0xAD)) || (b(0) == 0xD8 && b(1) == 0x9C);
    if (seq.size() == 4) return b(0) == 0xF3 && b(1) == 0xA0 && b(2) <= 0x81;
    if (b(0) == 0xE2) return is_hidden(b(1), b(2));
    if (b(0) == 0xE1) return b(1) == 0xA0 && b(2) == 0x8E;
    return b(0) == 0xEF && ((b(1) == 0xBB && b(2) == 0xBF) || (b(1) == 0xBF && b(2) >= 0xB9 && b(2) <= 0xBB));
}

std::string escaped(std::string_view bytes) {
    if (bytes == "\n") return "\\n";
    std::string out;
    for (const char c : bytes) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    return out;
}

std::uint32_t code_point(std::string_view sequence) {
    const auto lead = static_cast<unsigned char>(sequence[0]);
    std::uint32_t c = sequence.size() == 1 ? lead : lead & (0x7FU >> sequence.size());
    for (const char next : sequence.substr(1)) c = c << 6 | (static_cast<unsigned char>(next) & 0x3FU);
    return c;
}

struct Range {
    std::uint32_t first, last;
};

/// Unicode's East Asian Width, W and F, in whole blocks: the few narrow ones in them only leave room.
constexpr std::array wide{Range{0x1100, 0x115F},   Range{0x231A, 0x231B},   Range{0x23E9, 0x23F3},  Range{0x2614, 0x2615},
                          Range{0x2E80, 0x303E},   Range{0x3041, 0xA4CF},   Range{0xA960, 0xA97F},  Range{0xAC00, 0xD7A3},
                          Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},  Range{0xFFE0, 0xFFE6},
                          Range{0x16FE0, 0x18D08}, Range{0x1B000, 0x1B2FB}, Range{0x1F004, 0x1F004}, Range{0x1F0CF, 0x1F0CF},
                          Range{0x1F18E, 0x1F19A}, Range{0x1F200, 0x1F64F}, Range{0x1F680, 0x1F6FF}, Range{0x1F7E0, 0x1F7F0},
                          Range{0x1F90C, 0x1FAFF}, Range{0x20000, 0x3FFFD}};

/// What stands over another character is counted too: a column too many does no harm.
std::size_t columns_of_one(std::string_view sequence) {
    if (sequence.size() < 3) return 1;
    const auto c = code_point(sequence);
    return std::any_of(wide.begin(), wide.end(), [&](const Range& r) { return r.first <= c && c <= r.last; }) ? 2 : 1;
}

/// Its first character, or invalid byte.
std::string_view first_of(std::string_view s) { return s.substr(0, std::max<std::size_t>(1, sequence_length(s))); }

/// To exactly `n` columns, where half of a wide character was left out.
std::string filled(std::string_view s, std::size_t n) {
    return std::string(s) + std::string(n - columns(s), ' ');
}

std::string keep_front(std::string_view s, std::size_t n) { return filled(first_columns(s, n), n); }

std::string keep_back(std::string_view s, std::size_t n) {
    auto kept = s;
    while (columns(kept) > n) kept.remove_prefix(first_of(kept).size());
    return filled(kept, n);
}

}  // namespace

std::string printable(std::string_view text, std::size_t max_bytes) {
    static constexpr std::string_view cut_mark = "…";
    std::string out;
    std::size_t cut_at = 0;  // how much of `out` leaves room for the mark
    for (std::size_t i = 0; i < text.size();) {
        const auto n = sequence_length(text.substr(i));
        const auto seq = text.substr(i, std::max<std::size_t>(n, 1));
        out += n == 0 || is_control(seq) ? escaped(seq) : std::string(seq);
        if (out.size() > max_bytes)
            return out.substr(0, cut_at) + std::string(max_bytes < cut_mark.size() ? "" : cut_mark);
        if (out.size() + cut_mark.size() <= max_bytes) cut_at = out.size();
        i += seq.size();
    }
    return out;
}

std::string valid_utf8(std::string_view text, std::size_t max_bytes) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const auto n = sequence_length(text.substr(i));
        const auto piece =
            n == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(i, text[i] == '\0' ? 0 : n);
        if (out.size() + piece.size() > max_bytes) break;
        out += piece;
        i += std::max<std::size_t>(n, 1);
    }
    return out;
}

std::string format_bytes(std::uint64_t bytes) {
    static constexpr std::array<std::string_view, 6> names{"kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 1000) return fmt::format("{} B", bytes);
    auto value = static_cast<double>(bytes);
    std::size_t i = 0;
    for (value /= 1000; value >= 999.995 && i + 1 < names.size(); ++i) value /= 1000;
    return fmt::format("{:.2f} {}", value, names[i]);
}

std::string format_count(std::uint64_t n) {
    auto digits = fmt::format("{}", n);
    for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
        digits.insert(static_cast<std::size_t>(i), ",");
    return digits;
}

std::size_t columns(std::string_view utf8) {
    std::size_t n = 0;
    while (!utf8.empty()) {
        const auto one = first_of(utf8);
        n += columns_of_one(one);
        utf8.remove_prefix(one.size());
    }
    return n;
}

std::string_view first_columns(std::string_view utf8, std::size_t n) {
    std::size_t bytes = 0;
    while (bytes < utf8.size()) {
        const auto one = first_of(utf8.substr(bytes));
        const auto needed = columns_of_one(one);
        if (needed > n) break;
        n -= needed;
        bytes += one.size();
    }
    return utf8.substr(0, bytes);
}

std::string fit(std::string_view utf8, std::size_t width) {
    const auto n = columns(utf8);
    if (n <= width) return std::string(utf8) + std::string(width - n, ' ');
    if (width == 0) return "";
    return keep_front(utf8, width - 1) + "…";
}

std::string fit_path(std::string_view utf8, std::size_t width) {
    const auto n = columns(utf8);
    if (n <= width || width < 5) return fit(utf8, width);
    const auto head = (width - 1) / 3;
    return keep_front(utf8, head) + "…" + keep_back(utf8, width - 1 - head);
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

std::string trim(std::string_view text) {
    static constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return "";
    return std::string(text.substr(first, text.find_last_not_of(blank) - first + 1));
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string out;
    for (const auto& p : parts) {
        if (&p != &parts.front()) out += separator;
        out += p;
    }
    return out;
}

std::string to_lower(std::string_view ascii) {
    std::string out(ascii);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

bool is_within(std::string_view path, std::string_view folder) {
    if (path == folder || folder == "/") return true;
    return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

}  // namespace guardian
