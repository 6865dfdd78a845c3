#pragma once
/// The screen of `guardian status`. Pure: the same values give the same text.

#include <string>

#include "report/status.hpp"

namespace guardian::cli {

/// From this width on, plans and runs have columns for everything, and more runs are shown.
inline constexpr std::size_t wide_from = 130;

/// What the owner of the disk wants to know, the most pressing first. No line is longer than `width`; control
/// sequences only for colour, and only when `color`.
[[nodiscard]] std::string render_status(const report::Status& status, std::size_t width, bool color);

}  // namespace guardian::cli
