#pragma once
/// The kernel's log as it grows (/dev/kmsg): only what is said from now on, and only by the kernel itself. Owns the
/// descriptor; never writes, never waits. Used by one thread.

#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace guardian::watch {

class KernelLog {
  public:
    /// systemd hands the log over as standard input, so that a daemon without capabilities can read it; else it is
    /// opened.
    [[nodiscard]] static Result<KernelLog> open();

    [[nodiscard]] int fd() const { return fd_.get(); }

    /// Every line since the last call, without its head. Lines that the kernel has overwritten meanwhile are lost.
    [[nodiscard]] std::vector<std::string> drain();

  private:
    explicit KernelLog(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

/// The words of one record of /dev/kmsg; empty: another than the kernel wrote it.
[[nodiscard]] std::string kernel_line(std::string_view record);

}  // namespace guardian::watch
