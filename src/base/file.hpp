#pragma once
/// Files of Guardian's own that must never be half there.

#include <string>

#include "base/result.hpp"

namespace guardian {

/// Writes the text in the place of the file, in one step, with this mode. Durable when it returns.
[[nodiscard]] Result<> replace_file(const std::string& path, const std::string& text, unsigned mode = 0600);

}  // namespace guardian
