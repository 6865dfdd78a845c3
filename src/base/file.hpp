#pragma once
/// Small files, read and written whole.

#include <string>

#include "base/result.hpp"

namespace guardian {

/// A plain file of at most 1 MiB. Error code absent: there is none. Never waits, whatever it
/// is: a pipe without a writer would have it.
[[nodiscard]] Result<std::string> read_file(const std::string& path);

/// Writes the text in the place of the file, in one step, with this mode. Durable when it returns.
[[nodiscard]] Result<> replace_file(const std::string& path, const std::string& text, unsigned mode = 0600);

}  // namespace guardian
