#pragma once
/// What a line of the kernel's log says of a disk. Pure. The words are those of Linux 5.10 to 6.12: block layer, NVMe,
/// md, ext4, XFS, Btrfs, F2FS, FAT, exFAT and USB core. A line that cannot be placed says nothing.

#include <optional>
#include <string>
#include <string_view>

#include "core/world.hpp"

namespace guardian::core {

struct KernelWords {
    KernelSign sign = KernelSign::io_error;
    std::string device;  ///< "sdb", "sdb1", "dm-0", the NVMe controller "nvme0", or the USB port "2-1"
};

[[nodiscard]] std::optional<KernelWords> kernel_words(std::string_view line);

/// Follows the machine into its sleep and out of it: on the way out, USB devices are reset, and nothing is wrong with them.
class MachineSleep {
  public:
    /// To be given each line in order. True: it says of a device what the sleep alone is the cause of.
    [[nodiscard]] bool explains(std::string_view line);
    /// Lines were missed: whether it sleeps is not known.
    void forget() { sleeps_ = false; }

  private:
    bool sleeps_ = false;
};

/// It is about the device, the disk that it is a partition of, what it stands on, the NVMe controller that leads to
/// that, or the USB port at which it is plugged in.
[[nodiscard]] bool is_about(const KernelWords& words, const Device& device);

}  // namespace guardian::core
