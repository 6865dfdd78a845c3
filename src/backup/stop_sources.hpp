#pragma once
/// What may stop a run in the middle: a signal (a person's Ctrl-C, systemd's or the daemon's SIGTERM), or the
/// disk going away. Owns a signalfd and a udev subscription; hands both out as Interrupts for run_child().
/// Make one before starting anything, in a process with one thread.

#include <memory>
#include <optional>
#include <vector>

#include "base/child.hpp"
#include "base/result.hpp"
#include "core/world.hpp"
#include "watch/block_devices.hpp"

namespace guardian::backup {

class StopSources {
  public:
    /// Blocks SIGINT, SIGTERM and SIGHUP in this process, and takes them from here on.
    [[nodiscard]] static Result<std::unique_ptr<StopSources>> open();
    ~StopSources();
    StopSources(const StopSources&) = delete;
    StopSources& operator=(const StopSources&) = delete;

    /// From now on, this device losing the target's UUID stops the run.
    void expect(const core::Device& device);

    /// Watched as well, while a child runs.
    void also(Interrupt interrupt);

    [[nodiscard]] const std::vector<Interrupt>& interrupts() const { return interrupts_; }

    /// Every device that carries a filesystem, once udevd is done with what it is at.
    [[nodiscard]] std::vector<core::Device> devices();

    /// Looks without waiting: why the run is to be stopped, if it is.
    [[nodiscard]] std::optional<Error> stopped();

  private:
    StopSources(Fd signals, watch::BlockDevices devices);
    std::optional<Error> take_signal();
    std::optional<Error> look_at_device();

    Fd signals_;
    watch::BlockDevices devices_;
    std::optional<core::Device> expected_;
    std::optional<Error> why_;  ///< the first reason stays, but that the disk is gone comes before a signal
    std::vector<Interrupt> interrupts_;
};

}  // namespace guardian::backup
