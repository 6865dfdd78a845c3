#pragma once
/// Disks and partitions on which udev finds nothing at all: no filesystem, no partitions, no part of a RAID,
/// of LVM or of an encrypted disk. Knows them through udev's database and sysfs: it never opens one. Any
/// thread.

#include <vector>

#include "base/result.hpp"
#include "core/world.hpp"

namespace guardian::watch {

/// Those that are large enough for a backup.
[[nodiscard]] Result<std::vector<core::Device>> blank_disks();

/// In bytes, from sysfs; 0: not known.
[[nodiscard]] std::uint64_t size_of(const core::Device& device);

}  // namespace guardian::watch
