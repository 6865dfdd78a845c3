#pragma once
/// Mounting and unmounting a target, through mount(8) and umount(8) in children with a deadline: either may
/// hang for ever on a dying disk. Never forces an unmount of a living device.

#include <string>
#include <vector>

#include "base/child.hpp"
#include "base/result.hpp"
#include "core/world.hpp"

namespace guardian::backup {

/// Mounts the device on the target's mount point, with the options of an fstab entry for that mount point
/// where there is one, and always nosuid,nodev,noexec. Refuses when something else is mounted there, files
/// lie underneath, or the mount point is not a real path.
[[nodiscard]] Result<> mount_disk(const core::TargetSpec& target, const core::Device& device,
                                  const std::vector<Interrupt>& interrupts);
[[nodiscard]] Result<> mount_share(const core::TargetSpec& target, const std::vector<Interrupt>& interrupts);

/// Error code busy: someone holds it; the reason names the processes.
[[nodiscard]] Result<> unmount(const std::string& point);

/// Takes the mount of a device that is gone out of the tree (MNT_DETACH).
[[nodiscard]] Result<> detach(const std::string& point);

/// Unplugging takes the whole drive: none of it is mounted, swapped to, or held by a device above it. Error
/// code busy: it is.
[[nodiscard]] Result<> rest_of_drive_is_unused(const core::Device& device,
                                               const std::vector<core::Mount>& mounts,
                                               const std::string& sysfs = "/sys",
                                               const std::string& swaps = "/proc/swaps");

/// Cuts the power of the drive behind the device, or at least tells the kernel to let go of it. Error code
/// busy: another part of what would be switched off is mounted, swapped to, or held by a device above it.
/// `sysfs` and `swaps` are other files in tests. Source: Documentation/ABI/testing/sysfs-bus-usb,
/// sysfs-block-device.
[[nodiscard]] Result<> power_off(const core::Device& device, const std::vector<core::Mount>& mounts,
                                 const std::string& sysfs = "/sys", const std::string& swaps = "/proc/swaps");

/// The processes that have something below the mount point open, as "bash (pid 4711), vim (pid 4712)". Reads
/// links in /proc only, never the disk.
[[nodiscard]] std::string holders_of(const std::string& point);
/// The processes in whose own mount namespace the device is mounted, one of each namespace; empty: none is
/// found.
[[nodiscard]] std::string holders_elsewhere(core::DeviceNumber number);

/// The newest mount on exactly this point, if any.
[[nodiscard]] std::optional<core::Mount> top_mount(const std::vector<core::Mount>& all,
                                                   const std::string& point);

/// Unmounting goes by the mount point, and takes what lies on top there away. Error code busy: that is
/// another mount than this one.
[[nodiscard]] Result<> must_lie_on_top(const std::vector<core::Mount>& all, const core::Mount& mount);

}  // namespace guardian::backup
