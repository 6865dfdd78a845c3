#pragma once
/// One recorded report, whatever it is: smartctl's JSON or its text, as a file or as people paste it.

#include <string_view>

#include "base/result.hpp"
#include "core/smart.hpp"

namespace guardian::health {

/// The error says what is wrong with what it seems to be.
[[nodiscard]] Result<core::SmartReport> parse_pasted(std::string_view text);

}  // namespace guardian::health
