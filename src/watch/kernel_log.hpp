#pragma once
/// The kernel's log as it grows (/dev/kmsg): only what is said from now on, and only by the kernel itself. Owns the
/// descriptor; never writes, never waits. Used by one thread.

#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "core/kernel_words.hpp"

namespace guardian::watch {

struct KernelLine {
    Time at{};  ///< by the wall clock, as it goes now
    std::string text;
};

struct KernelLines {
    std::vector<KernelLine> lines;
    bool missed = false;  ///< the kernel has written over some before they were read
    bool more = false;    ///< there are more than are taken at once
};

class KernelLog {
  public:
    /// systemd hands the log over as standard input, so that a daemon without capabilities can read it; else it is
    /// opened.
    [[nodiscard]] static Result<KernelLog> open();

    [[nodiscard]] int fd() const { return fd_.get(); }

    /// The lines since the last call, without their heads, and without what the machine's own sleep explains.
    [[nodiscard]] KernelLines drain();

  private:
    explicit KernelLog(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
    core::MachineSleep sleep_;
};

/// One record of /dev/kmsg, with its time since boot; empty: another than the kernel wrote it.
struct KernelRecord {
    Duration since_boot{};
    std::string text;
};
[[nodiscard]] std::optional<KernelRecord> kernel_record(std::string_view record);

}  // namespace guardian::watch
