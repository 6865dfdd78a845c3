#pragma once
/// JSON that goes out: to a terminal as often as to a program.

#include <string>
#include <string_view>

namespace guardian {

/// The same JSON with DEL, C1, the bidirectional controls and what has no width as \uXXXX: its strings mean
/// the same, and a terminal that shows them does nothing but that.
[[nodiscard]] std::string shown_json(std::string_view json);

/// Text as a JSON string; what is no valid UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace guardian
