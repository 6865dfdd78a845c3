#pragma once
/// The attached disks as a person chooses among them: which one is the system's own, which one can hold a
/// backup. Pure: what there is, is handed in.

#include <cstdint>
#include <string>
#include <vector>

#include "core/world.hpp"

namespace guardian::machine {

enum class DiskUse {
    free,      ///< it can be a target
    system,    ///< the machine lives on it
    unfit,     ///< its filesystem is not one for a repository
    twice,     ///< another disk carries the same UUID
    no_files,  ///< nothing is on it: the person has to make a filesystem first
};

struct Disk {
    core::Device device;
    std::uint64_t bytes = 0;
    std::string health = "unknown";   ///< good | failing | asleep | unknown
    std::vector<std::string> mounts;  ///< where it is mounted; "swap" where it is swapped to
    DiskUse use = DiskUse::free;
    bool beside_system = false;  ///< another part of the same drive is the system's
};

/// What they are used for. `mounts`: the mount table, each source a real device node; `swaps`: nodes that are
/// swapped to. Several devices of one btrfs are one disk: the first of them stands for all.
[[nodiscard]] std::vector<Disk> disks_of(const std::vector<core::Device>& devices,
                                         const std::vector<core::Device>& blank,
                                         const std::vector<core::Mount>& mounts,
                                         const std::vector<std::string>& swaps);

/// The system itself lives at the mount point, or a part of what it needs to start.
[[nodiscard]] bool is_systems(const std::string& mount_point);

/// What to type to make a filesystem on a disk that has none.
[[nodiscard]] std::string format_command(const Disk& disk);

/// Why it is not offered, or what is to be thought of first; empty: it is.
[[nodiscard]] std::string remark_on(const Disk& disk);

[[nodiscard]] std::string_view to_string(DiskUse use);

}  // namespace guardian::machine
