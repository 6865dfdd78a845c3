#pragma once
/// Screens that are compared with files below tests/golden, to the byte. GUARDIAN_UPDATE_GOLDEN=1 writes the
/// files anew: look at the difference before keeping it.

#include <string>

namespace guardian::test {

/// Empty when the text is what the file holds; else what differs, for a person.
[[nodiscard]] std::string golden_difference(const std::string& name, const std::string& text);

}  // namespace guardian::test
