#pragma once
/// Talking to the daemon: one JSON request a line, one JSON answer a line, over a UNIX socket. Blocking, with
/// a deadline; for the command and the runner.

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace guardian::control {

[[nodiscard]] std::string socket_path(const std::string& runtime_dir);

/// Sends the line and returns the answer's line. Error code absent: no daemon is there; denied: it is there
/// and this user may not ask it.
[[nodiscard]] Result<std::string> request(const std::string& runtime_dir, const std::string& line,
                                          Duration deadline = std::chrono::seconds{10});

/// Whether the daemon is there and answered that it has done it.
[[nodiscard]] bool request_done(const std::string& runtime_dir, const std::string& line,
                                Duration deadline = std::chrono::seconds{10});

}  // namespace guardian::control
