#pragma once
/// From device numbers to the physical drives below them, by sysfs and udev's database alone: no device is
/// opened, so nothing wakes or hangs. Partitions, LUKS, LVM, md, bcache and multipath are followed down to
/// the devices that stand on no other. What is no drive but stands on no other either (loop, zram) is an
/// answer too, of transport `other`; the file behind a loop device is not followed.
///
/// All strings are the drive's or its bridge's own: printable, and capped.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "core/world.hpp"

namespace guardian::health {

/// What carries the commands. `ata` is also a SATA drive at a SAS adapter, `scsi` also a virtual or RAID
/// volume.
enum class Transport { ata, usb, nvme, sas, scsi, virtio, other };

struct Drive {
    std::string node;  ///< /dev/sdb
    std::string name;  ///< the kernel's: sdb
    core::DeviceNumber number;
    Transport transport = Transport::other;
    std::string usb_id;              ///< "152d:0583"; empty: not at USB
    std::string model, serial, wwn;  ///< as sysfs and udev know them: may be the bridge's
    std::uint64_t bytes = 0;
    bool rotational = false;  ///< as the kernel takes it; USB bridges often say so of an SSD
    std::string syspath;      ///< /sys/devices/…/block/sdb
};

/// Each drive once, sorted by node. A number that is not there is left out: a btrfs may lack a device. Fails
/// with `absent` when none of them is there.
[[nodiscard]] Result<std::vector<Drive>> drives_below(const std::vector<core::DeviceNumber>& devices,
                                                      const std::string& sysfs = "/sys");

/// Of every disk of the machine, mapped ones too; partitions are left out.
[[nodiscard]] std::vector<core::DeviceNumber> all_disks();

/// The kernel has put it to sleep itself (runtime power management): opening its node would wake it.
[[nodiscard]] bool is_suspended(const Drive& drive);

/// By what a drive that sleeps and tells nothing is known again: its transport, bridge, size, and what sysfs
/// and udev know of its model and serial. Empty when nothing tells it from another of its kind (no WWN, and
/// no serial or one that bridges make up). Two equal drives that take turns in a dock with a serial of its
/// own have the same key.
[[nodiscard]] std::string attachment_key(const Drive& drive);

/// Digits that a bridge's maker wrote in place of a serial.
[[nodiscard]] bool is_made_up(const std::string& serial);

[[nodiscard]] std::string_view to_string(Transport transport);

}  // namespace guardian::health
