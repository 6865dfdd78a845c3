#pragma once
/// The block devices that carry a filesystem, as udev describes them. Owns a udev context, a monitor
/// (subscribed before the first enumeration, so that nothing in between is lost) and the newest description
/// of every device. Knows devices only through udev's database and sysfs: it never opens one. One thread.
/// Wait for fd() to become readable, then call drain().

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "core/world.hpp"

namespace guardian::watch {

class BlockDevices {
  public:
    /// Subscribes and enumerates. Fails when udev cannot be reached at all.
    [[nodiscard]] static Result<BlockDevices> open();
    /// Enumerates once, without a subscription, when udevd is done with what it is at (half a second at most): for
    /// the command.
    [[nodiscard]] static Result<std::vector<core::Device>> snapshot();

    BlockDevices(BlockDevices&&) noexcept;
    BlockDevices& operator=(BlockDevices&&) noexcept;
    ~BlockDevices();

    [[nodiscard]] int fd() const;

    /// Takes every event that is waiting. True when a device appeared, went or changed. When the socket
    /// overflowed, events were lost: everything is enumerated again.
    bool drain();

    /// Waits until udevd is done with what it is at, half a second at most; then as drain(). For the runner.
    bool settle();

    /// Enumerates again. True when something is different from what was known.
    bool enumerate();

    [[nodiscard]] std::vector<core::Device> all() const;

    /// Those that carried a filesystem, are plugged in as they were, and on which udev finds none any more: wiped, or
    /// dead. As they were before.
    [[nodiscard]] std::vector<core::Device> blank() const;

  private:
    struct Impl;
    explicit BlockDevices(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// False when no udevd runs on this machine: then no disk can be noticed.
[[nodiscard]] bool udevd_runs(const std::string& control_socket = "/run/udev/control");

}  // namespace guardian::watch
