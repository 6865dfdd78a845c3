#pragma once
/// The version, as CMakeLists.txt has it.
#include <string_view>

namespace guardian {
[[nodiscard]] std::string_view version();
}
