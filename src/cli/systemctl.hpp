#pragma once
/// Asking systemd, through systemctl(1), with a deadline.

#include <string>
#include <vector>

#include "base/result.hpp"

namespace guardian::cli {

/// What it prints, without the line's end. An exit code other than 0 is an Error.
[[nodiscard]] Result<std::string> systemctl(const std::vector<std::string>& arguments);

/// "active", "failed", "enabled", …: the answer, whatever the exit code is; empty: none.
[[nodiscard]] std::string systemctl_word(const std::vector<std::string>& arguments);

}  // namespace guardian::cli
