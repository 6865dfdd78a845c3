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

std::string_view keep_columns_front(std::string_view s, std::size_t n) {
    std::size_t pos = 0;
    while (pos < s.size() && n > 0) {
        pos += std::max<std::size_t>(1, sequence_length(s.substr(pos)));
        --n;
    }
    return s.substr(0, std::min(pos, s.size()));
}

std::string_view keep_columns_back(std::string_view s, std::size_t n) {
    const auto skip = columns(s) - std::min(columns(s), n);
    return s.substr(keep_columns_front(s, skip).size());
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
    for (; !utf8.empty(); ++n) utf8.remove_prefix(std::max<std::size_t>(1, sequence_length(utf8)));
    return n;
}

std::string fit(std::string_view utf8, std::size_t width) {
    const auto n = columns(utf8);
    if (n <= width) return std::string(utf8) + std::string(width - n, ' ');
    if (width == 0) return "";
    return std::string(keep_columns_front(utf8, width - 1)) + "…";
}

std::string fit_path(std::string_view utf8, std::size_t width) {
    const auto n = columns(utf8);
    if (n <= width || width < 5) return fit(utf8, width);
    const auto head = (width - 1) / 3;
    return std::string(keep_columns_front(utf8, head)) + "…" +
           std::string(keep_columns_back(utf8, width - 1 - head));
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
