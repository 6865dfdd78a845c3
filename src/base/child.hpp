#pragma once
/// Running another program: an absolute path, an argument vector, an environment of its own, stdin from
/// /dev/null. Never a shell. Every child has a cap on its output, a deadline and the stop ladder: SIGINT,
/// a while, SIGTERM, a while, SIGKILL; one that even SIGKILL does not end (stuck in the kernel on a dying
/// disk) is left behind and reported as such, so that the caller never hangs with it.
///
/// run_child() blocks its thread; it is for the runner and the probes. The daemon uses spawn().

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace guardian {

struct Command {
    std::vector<std::string> argv;         ///< argv[0] is an absolute path
    std::vector<std::string> environment;  ///< the whole environment, "NAME=value"
    std::optional<std::string> secret;     ///< readable by the child on a descriptor of its own
    std::string secret_fd_variable;        ///< the variable that tells the child which descriptor
    std::string directory = "/";
    bool at_idle_priority = false;  ///< SCHED_IDLE-like: nice 10 and the idle I/O class
};

struct Limits {
    // Time that the machine sleeps does not count in any of these: the child sleeps with it.
    Duration deadline = Duration::zero();                ///< from the start; zero: none
    Duration silence = Duration::zero();                 ///< without a byte of output; zero: none
    Duration interrupt_wait = std::chrono::seconds{30};  ///< SIGINT to SIGTERM
    Duration terminate_wait = std::chrono::seconds{20};  ///< SIGTERM to SIGKILL
    Duration kill_wait = std::chrono::seconds{5};        ///< SIGKILL to giving the child up
    std::size_t line_bytes = 64 * 1024;                  ///< a longer line is cut, and said to be
    std::size_t capture_bytes = 1024 * 1024;             ///< of stdout kept
};

/// A descriptor to watch while the child runs. `ready` returns an Error when the child is to be stopped.
struct Interrupt {
    int fd = -1;
    std::function<std::optional<Error>()> ready;
};

using LineSink = std::function<void(std::string_view line, bool cut)>;

struct Exit {
    int code = -1;                 ///< exit code, or 128 + signal; -1: someone else reaped it
    int signal = 0;                ///< the signal that ended it, or 0
    bool left_behind = false;      ///< not even SIGKILL ended it
    bool output_cut = false;       ///< stdout was longer than the cap
    std::string out;               ///< stdout, up to the cap
    std::optional<Error> stopped;  ///< why we stopped it; empty when it ended by itself

    [[nodiscard]] bool ok() const { return code == 0 && !stopped; }
};

/// Runs the command to its end. Every line of stderr goes to `on_line`. Fails only when it cannot be started.
[[nodiscard]] Result<Exit> run_child(const Command& command, const Limits& limits,
                                     const std::vector<Interrupt>& interrupts = {},
                                     const LineSink& on_line = {});

/// A short program whose words matter only when it fails: its stderr is collected, and becomes the reason.
/// On success, what it wrote to stdout.
[[nodiscard]] Result<std::string> run_tool(const Command& command, const Limits& limits, std::string context,
                                           const std::vector<Interrupt>& interrupts = {});

struct Spawned {
    pid_t pid = -1;
    Fd pidfd;  ///< readable once it has ended
};

/// Starts a program that outlives the caller, in a session of its own. Both its outputs go to `output_fd`.
[[nodiscard]] Result<Spawned> spawn(const Command& command, int output_fd = 2);

/// Takes the exit of an own child whose pidfd is readable: its exit code, or 128 + signal; empty when it is
/// not our child or has not ended.
[[nodiscard]] std::optional<int> reap(const Spawned& child);

/// A descriptor that becomes readable when the process ends. Error code absent: it has ended already.
[[nodiscard]] Result<Fd> watch_process(pid_t pid);

/// The caller's own environment, for a child that is the same program.
[[nodiscard]] std::vector<std::string> own_environment();

/// When the process was started, in clock ticks since boot (field 22 of /proc/PID/stat); with the pid it
/// names a process beyond doubt within one boot. Empty when there is none.
[[nodiscard]] std::optional<std::uint64_t> process_start(pid_t pid);

/// Names this boot (/proc/sys/kernel/random/boot_id).
[[nodiscard]] std::string boot_id();

/// The absolute path of a program found in the standard folders.
[[nodiscard]] Result<std::string> find_program(std::string_view name);

/// PATH, a UTF-8 locale, HOME and TZ: what a child gets before its own variables are added.
[[nodiscard]] std::vector<std::string> plain_environment();

/// A program, given by its absolute path, with these arguments and the plain environment.
[[nodiscard]] Command plain_command(std::string program, const std::vector<std::string>& arguments);

/// The same for a program that is looked for in the standard folders.
[[nodiscard]] Result<Command> find_command(std::string_view name, const std::vector<std::string>& arguments);

}  // namespace guardian
