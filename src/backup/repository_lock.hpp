#pragma once
/// A lock that an earlier Borg left behind. One that is provably ours and dead is broken; one that is alive,
/// or another machine's, ends the run with its name in the reason: users lost months to a lock nobody told
/// them of. Layout: lock.exclusive/HOSTID.PID-THREAD and lock.roster (JSON) below
/// the repository (Borg 1.2 to 1.4).

#include <string>

#include "backup/borg.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace guardian::backup {

enum class LockState { free, dead, alive, foreign };  // from harmless to worst

struct LockHolder {
    LockState state = LockState::free;
    std::string name;  ///< the file's name, as it stands there
    pid_t pid = 0;
};

/// The one that matters most, of those who hold it exclusively and those who only read: breaking the lock
/// takes it from all of them.
[[nodiscard]] LockHolder find_lock(const Fd& root, const std::string& repository, const BorgContext& context);

/// The name's parts; empty when it is not a lock's name.
[[nodiscard]] std::optional<std::pair<std::string, pid_t>> parse_lock_name(std::string_view name);

[[nodiscard]] Result<> settle_repository_lock(const BorgContext& context, const Fd& root,
                                              const std::string& repository);

}  // namespace guardian::backup
