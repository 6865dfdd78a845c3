#pragma once
/// Text from outside, made fit to be shown. Labels, serials, paths and other programs' words are hostile:
/// they pass through printable() before a terminal or a log sees them.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace guardian {

/// One line of valid UTF-8 without control characters: each offending byte becomes \xNN, a newline \n.
/// At most `max_bytes`; a cut text ends in "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes = 1024);

/// Valid UTF-8 of at most `max_bytes` with every invalid byte replaced by U+FFFD and NUL left out; newlines
/// and tabs stay. For the store and JSON.
[[nodiscard]] std::string valid_utf8(std::string_view text, std::size_t max_bytes = 65536);

/// Decimal, as Borg shows it: "1.27 GB".
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

/// With thin grouping: 1234567 -> "1,234,567".
[[nodiscard]] std::string format_count(std::uint64_t n);

/// Columns a string takes on a terminal at most: two for the wide characters of East Asia and for emoji, one for each other
/// code point and for each invalid byte.
[[nodiscard]] std::size_t columns(std::string_view utf8);
/// As many whole characters as fit into `n` columns.
[[nodiscard]] std::string_view first_columns(std::string_view utf8, std::size_t n);

/// Cut or padded with spaces to exactly `width` columns; a cut text ends in "…".
[[nodiscard]] std::string fit(std::string_view utf8, std::size_t width);

/// As fit(), but cutting in the middle keeps the end of a path visible.
[[nodiscard]] std::string fit_path(std::string_view utf8, std::size_t width);

[[nodiscard]] std::vector<std::string> split_lines(std::string_view text);
[[nodiscard]] std::string trim(std::string_view text);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// The path is the folder, or lies below it. Both without "." and "..", and without a "/" at the end.
[[nodiscard]] bool is_within(std::string_view path, std::string_view folder);
[[nodiscard]] std::string to_lower(std::string_view ascii);

}  // namespace guardian
