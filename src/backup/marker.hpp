#pragma once
/// Guardian's marker on a target: a small file in its root with a random token. A disk is only written to
/// when its token is the one that `guardian init` pinned. Read and written relative to an open folder, so
/// that it is surely that of the mount that was proven.

#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace guardian::backup {

inline constexpr const char* marker_name = ".guardian-target.json";

struct Marker {
    std::string token;    ///< 64 hexadecimal digits
    std::string target;   ///< its name where it was initialised
    std::string host;     ///< Guardian's name there
    std::string created;  ///< RFC 3339
};

/// Error code absent: there is none. A symbolic link, a file that is too large or not a marker is `refused`.
[[nodiscard]] Result<Marker> read_marker(const Fd& folder);
/// Never overwrites one that is there. Durable when it returns.
[[nodiscard]] Result<> write_marker(const Fd& folder, const Marker& marker);
[[nodiscard]] Result<std::string> random_token();

}  // namespace guardian::backup
