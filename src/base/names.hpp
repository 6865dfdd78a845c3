#pragma once
/// The words of an enumeration as one table, read both ways.

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace guardian {

template <class Value, std::size_t N>
using Names = std::array<std::pair<Value, std::string_view>, N>;

/// Empty: it is not in the table.
template <class Value, std::size_t N>
[[nodiscard]] constexpr std::string_view name_of(const Names<Value, N>& names, Value value) {
    for (const auto& [v, name] : names)
        if (v == value) return name;
    return "";
}

template <class Value, std::size_t N>
[[nodiscard]] constexpr std::optional<Value> named(const Names<Value, N>& names, std::string_view text) {
    for (const auto& [value, name] : names)
        if (name == text) return value;
    return std::nullopt;
}

}  // namespace guardian
