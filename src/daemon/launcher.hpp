#pragma once
/// Starting the programs that may block in the daemon's stead: runs, releases, probes.

#include <memory>
#include <string>

#include "base/child.hpp"
#include "core/run.hpp"

namespace guardian::daemon {

/// A helper's process, and where its words can be read once it has ended.
struct Helper {
    Spawned process;
    Fd words;
};

class Launcher {
  public:
    virtual ~Launcher() = default;
    /// `guardian run PLAN`, in a session of its own: it outlives the daemon.
    [[nodiscard]] virtual Result<Spawned> start_run(const std::string& plan, core::Trigger trigger) = 0;
    [[nodiscard]] virtual Result<Helper> start_release(const std::string& target) = 0;
    [[nodiscard]] virtual Result<Helper> start_probe(const std::string& target) = 0;
};

/// Spawns the command `guardian` that lies beside the daemon itself: for machines without systemd.
[[nodiscard]] Result<std::unique_ptr<Launcher>> spawn_launcher(const std::string& config_path);

}  // namespace guardian::daemon
