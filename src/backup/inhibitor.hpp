#pragma once
/// Keeps the machine awake, and a person's shutdown waiting, while a backup runs: logind's inhibitor lock, for as long
/// as the descriptor is held. Without logind there is none, and nothing to be said about it.

#include <string>

#include "base/fd.hpp"

namespace guardian::backup {

/// `why` is what systemd-inhibit --list and a refused shutdown show. Waits for logind's answer for 2 s at most.
[[nodiscard]] Fd inhibit_sleep(const std::string& why);

}  // namespace guardian::backup
