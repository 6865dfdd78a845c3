#pragma once
/// Starting the programs that may block in the daemon's stead: runs, releases, probes. What they have to say
/// they tell on the control socket and in the store; a launcher knows only that they have ended. Used in the
/// loop's thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "core/run.hpp"
#include "daemon/loop.hpp"

namespace guardian::daemon {

struct End {
    std::optional<int> exit_code;  ///< empty: not known
    std::string trouble;           ///< why it was never begun; empty: it was, as far as is known
};
/// Called once, from the loop, never from within the call that started it. A unit that is stopped may be
/// called over while its process still ends.
using Ended = std::function<void(const End& end)>;

class Launcher {
  public:
    Launcher() = default;
    virtual ~Launcher() = default;
    Launcher(const Launcher&) = delete;
    Launcher& operator=(const Launcher&) = delete;

    /// `guardian run PLAN`; it outlives the daemon.
    [[nodiscard]] virtual Result<> start_run(const std::string& plan, core::Trigger trigger, Ended ended) = 0;
    /// Tells the run to stop, whoever started it; `pid` is its runner's, or -1 when that is not known yet.
    virtual void stop_run(const std::string& plan, pid_t pid) = 0;
    [[nodiscard]] virtual Result<> start_release(const std::string& target, Ended ended) = 0;
    [[nodiscard]] virtual Result<> start_probe(const std::string& target, Ended ended) = 0;
    /// `guardian probe health SUBJECT`.
    [[nodiscard]] virtual Result<> start_health_probe(const std::string& subject, Ended ended) = 0;
    /// Where timers keep the plans' schedules too: what is wrong with the plan's; empty: nothing. Where there
    /// are none, `told` is never called.
    virtual void look_at_timer(const std::string& plan, std::function<void(std::string wrong)> told) = 0;
};

/// Spawns the command `guardian` that lies beside the daemon itself, with the configuration in force: for
/// machines without systemd.
[[nodiscard]] Result<std::unique_ptr<Launcher>> spawn_launcher(Loop& loop, const std::string& config_path);

/// Starts the units guardian-run@PLAN.service and guardian-release@TARGET.service over D-Bus; probes are
/// spawned. Those units go by the machine's own configuration file. `lost` is called when the connection
/// breaks: what has ended since cannot be known then, and the daemon is to begin anew.
[[nodiscard]] Result<std::unique_ptr<Launcher>> systemd_launcher(Loop& loop, const std::string& config_path,
                                                                 std::function<void()> lost);

}  // namespace guardian::daemon
