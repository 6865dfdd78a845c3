#include "health/smartctl_raw.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "health/smartctl_lines.hpp"

namespace guardian::health {
namespace {

constexpr std::size_t max_shape = 64;

/// A print with every number replaced by "#": "33 (0 16 0 0 0)" is "# (# # # # #)".
struct Shape {
    std::string text;
    std::array<std::uint64_t, 6> numbers{};
    std::array<std::size_t, 6> widths{};  ///< of digits
    std::size_t count = 0;

    [[nodiscard]] std::uint64_t most(std::size_t from = 0) const {
        return *std::max_element(numbers.begin() + static_cast<std::ptrdiff_t>(from), numbers.end());
    }
};

/// Nothing when it is unlike anything smartctl prints: longer, or with a number beyond 64 bits.
std::optional<Shape> shape_of(std::string_view printed) {
    Shape s;
    if (printed.size() > max_shape || contains(printed, "#")) return std::nullopt;
    while (!printed.empty()) {
        const auto width = std::min(printed.find_first_not_of("0123456789"), printed.size());
        if (width == 0) {
            s.text += printed.front();
            printed.remove_prefix(1);
            continue;
        }
        const auto n = whole_number(printed.substr(0, width));
        if (!n || s.count == s.numbers.size()) return std::nullopt;
        s.text += '#';
        s.widths[s.count] = width;
        s.numbers[s.count++] = *n;
        printed.remove_prefix(width);
    }
    return s;
}

/// The numbers from there on as bytes, the highest first, and the first number below them.
std::uint64_t bytes_over(const Shape& s, std::size_t from) {
    std::uint64_t all = 0;
    for (auto i = from; i < s.count; ++i) all = all << 8 | s.numbers[i];
    return from == 0 ? all : all << 8 | s.numbers[0];
}

/// raw8, raw16 and their mixtures: words and bytes side by side.
std::optional<std::uint64_t> packed(const Shape& s) {
    const auto& n = s.numbers;
    if (s.text == "# # #" && s.most() <= 0xFFFF) return n[0] << 32 | n[1] << 16 | n[2];
    if (s.text == "# # # # # #" && s.most() <= 0xFF) return bytes_over(s, 0);
    if (s.text == "# (# #)" && s.most() <= 0xFFFF) return n[1] << 32 | n[2] << 16 | n[0];
    if (s.text == "# (# # #)" && s.most(1) <= 0xFF && n[0] <= 0xFFFFFF)
        return n[1] << 40 | n[2] << 32 | n[3] << 24 | n[0];
    if (s.text == "# (# # # # #)" && s.most() <= 0xFF) return bytes_over(s, 1);
    if (s.text == "# (Average #)" && s.most() <= 0xFFFF) return n[1] << 16 | n[0];
    return std::nullopt;
}

/// The drive counts seconds, minutes, or hours with milliseconds above them, and smartctl prints hours.
std::optional<std::uint64_t> time_of(const Shape& s) {
    const auto& n = s.numbers;
    if (s.text == "#h+#m+#.#s" && s.widths[3] == 3) return ((n[1] * 60 + n[2]) * 1000 + n[3]) << 32 | n[0];
    if (s.text == "#h+#m+#s") return n[0] * 3600 + n[1] * 60 + n[2];
    if (s.text == "#h+#m") return n[0] * 60 + n[1];
    if (s.text == "#h+#m (#)") return (n[0] * 60 + n[1]) | n[2] << 32;
    return std::nullopt;
}

/// Of two numbers with a stroke the lower one has 32 bits, save in attributes of two 24 bit counters.
std::uint64_t pair_of(const Shape& s, std::string_view name) {
    const bool equal_halves =
        contains(name, "/") || name.starts_with("Spare_Blocks") || name.starts_with("Soft_Errors_and");
    return s.numbers[0] << (equal_halves ? 24 : 32) | s.numbers[1];
}

std::optional<std::uint64_t> temperature_of(const Shape& s) {
    if (s.text == "#.#" && s.widths[1] == 1) return s.numbers[0] * 10 + s.numbers[1];
    if (s.text.starts_with("# (Min/Max ")) return s.numbers[0] & 0xFF;
    if (s.text.starts_with("-# (Min/Max ")) return (0 - s.numbers[0]) & 0xFF;
    return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> raw_value(std::string_view printed, std::string_view attribute_name) {
    if (const auto n = whole_number(printed)) return n;
    if (const auto n = hex_number(printed)) return n;
    const auto shape = shape_of(printed);
    if (!shape) return leading_number(printed);
    if (const auto n = packed(*shape)) return n;
    if (const auto n = time_of(*shape)) return n;
    if (shape->text == "#/#") return pair_of(*shape, attribute_name);
    if (const auto n = temperature_of(*shape)) return n;
    return leading_number(printed);
}

}  // namespace guardian::health
