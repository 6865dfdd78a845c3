#pragma once
/// The way back from the documented JSON to the values of a screen: for a person who may ask the daemon but
/// not read the store. What is missing or has the wrong type is left empty; nothing in it is trusted.

#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "report/status.hpp"

namespace guardian::cli {

/// `zone`: in which the times are to be shown.
[[nodiscard]] Result<report::Status> status_from_json(std::string_view text, const UtcOffset& zone);

/// 2026-03-30T02:00:00+02:00, as rfc3339() writes it.
[[nodiscard]] std::optional<Time> time_from_rfc3339(std::string_view text);

}  // namespace guardian::cli
