#pragma once
/// A guard in front of the TOML library. It bounds how deep values nest in brackets, but not how many parts
/// a dotted key has: "a.a.a.…" of a mebibyte makes a tree whose destructor overflows the stack.

#include <cstddef>
#include <string_view>

namespace guardian::config {

inline constexpr std::size_t dots_max = 16;

/// The line of the first key with more than dots_max dots; 0: there is none. Pure.
[[nodiscard]] unsigned line_of_too_many_dots(std::string_view toml);

}  // namespace guardian::config
