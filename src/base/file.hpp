#pragma once
/// Files of Guardian's own that must never be half there.

#include <string>

#include "base/result.hpp"

namespace guardian {

/// Writes the text in the place of the file, in one step, for its owner alone. Durable when it returns.
[[nodiscard]] Result<> replace_file(const std::string& path, const std::string& text);

}  // namespace guardian
