#pragma once
/// Locks between Guardian's own processes: one run at a time on the machine, one user of a target at a time.
/// flock() on files in the runtime folder: gone with the process that held them, however it ended.

#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace guardian::backup {

/// Held while it lives.
struct Lock {
    Fd fd;
};

/// `what` is written into it, for whoever finds it held. Error code busy names the holder.
[[nodiscard]] Result<Lock> lock_machine(const std::string& runtime_dir, const std::string& what);
[[nodiscard]] Result<Lock> lock_target(const std::string& runtime_dir, const std::string& target,
                                       const std::string& what);

}  // namespace guardian::backup
