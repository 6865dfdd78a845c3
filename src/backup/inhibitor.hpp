#pragma once
/// Keeps the machine awake, and a person's shutdown waiting, while a backup runs: logind's inhibitor lock,
/// for as long as the descriptor is held.

#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace guardian::backup {

/// `why` is what systemd-inhibit --list and a refused shutdown show. Waits for logind's answer for 10 s at
/// most. Error code absent: there is no logind.
[[nodiscard]] Result<Fd> inhibit_sleep(const std::string& why);

}  // namespace guardian::backup
