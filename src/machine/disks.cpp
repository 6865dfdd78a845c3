#include "machine/disks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace guardian::machine {
namespace {

/// Btrfs has no device number of its own in the mount table: there the source tells.
bool is_mount_of(const core::Mount& mount, const core::Device& device) {
    return mount.source == device.node || (mount.number == device.number && device.number.major != 0);
}

bool is_used(const core::Device& device, const std::vector<core::Mount>& mounts,
             const std::vector<std::string>& swaps) {
    return std::find(swaps.begin(), swaps.end(), device.node) != swaps.end() ||
           std::any_of(mounts.begin(), mounts.end(), [&](const auto& m) { return is_mount_of(m, device); });
}

/// Of all devices with its UUID: a btrfs of several is mounted by one of them.
std::vector<std::string> uses_of(const std::string& uuid, const std::vector<core::Device>& devices,
                                 const std::vector<core::Mount>& mounts,
                                 const std::vector<std::string>& swaps) {
    std::vector<std::string> out;
    for (const auto& d : devices) {
        if (d.uuid != uuid) continue;
        for (const auto& m : mounts)
            if (is_mount_of(m, d) && std::find(out.begin(), out.end(), m.point) == out.end())
                out.push_back(m.point);
        if (std::find(swaps.begin(), swaps.end(), d.node) != swaps.end()) out.emplace_back("swap");
    }
    return out;
}

/// Borg wants a filesystem with owners, modes and a journal or something like it.
bool is_fit(const std::string& fstype) {
    static constexpr std::array fit{"ext2", "ext3", "ext4",     "xfs",   "btrfs",
                                    "f2fs", "jfs",  "bcachefs", "nilfs2"};
    return std::any_of(fit.begin(), fit.end(), [&](const char* f) { return fstype == f; });
}

/// Another filesystem, or another copy of it, under the same name. Members of one btrfs differ in uuid_sub.
bool is_twice(const core::Device& device, const std::vector<core::Device>& devices) {
    return std::any_of(devices.begin(), devices.end(), [&](const core::Device& d) {
        return d.uuid == device.uuid && d.node != device.node &&
               (device.fstype != "btrfs" || d.uuid_sub == device.uuid_sub || d.uuid_sub.empty());
    });
}

DiskUse use_of(const Disk& disk, const std::vector<core::Device>& devices) {
    if (std::any_of(disk.mounts.begin(), disk.mounts.end(), is_systems)) return DiskUse::system;
    if (!is_fit(disk.device.fstype)) return DiskUse::unfit;
    return is_twice(disk.device, devices) ? DiskUse::twice : DiskUse::free;
}

/// /sys/…/sda of /sys/…/sda/sda1; a whole disk's own.
std::string drive_of(const std::string& syspath) {
    const auto name = syspath.rfind('/');
    if (name == std::string::npos || name == 0) return syspath;
    const auto above = syspath.substr(0, name);
    const auto drive = above.substr(above.rfind('/') + 1);
    return !drive.empty() && syspath.substr(name + 1).starts_with(drive) ? above : syspath;
}

void mark_those_beside_the_system(std::vector<Disk>& disks) {
    for (auto& d : disks)
        d.beside_system = std::any_of(disks.begin(), disks.end(), [&](const Disk& other) {
            return other.use == DiskUse::system && !other.device.syspath.empty() &&
                   drive_of(other.device.syspath) == drive_of(d.device.syspath);
        });
}

bool is_further_member(const core::Device& device, const std::vector<Disk>& before) {
    return device.fstype == "btrfs" && std::any_of(before.begin(), before.end(), [&](const Disk& d) {
               return d.device.uuid == device.uuid && d.device.uuid_sub != device.uuid_sub;
           });
}

}  // namespace

bool is_systems(const std::string& point) {
    static constexpr std::array folders{"/boot", "/usr", "/var", "/etc", "/opt",
                                        "/root", "/srv", "/efi", "/nix"};
    if (point == "/" || point == "swap" || point == "[SWAP]" || is_within(point, "/home")) return true;
    return std::any_of(folders.begin(), folders.end(), [&](const char* f) { return is_within(point, f); });
}

std::vector<Disk> disks_of(const std::vector<core::Device>& devices, const std::vector<core::Device>& blank,
                           const std::vector<core::Mount>& mounts, const std::vector<std::string>& swaps) {
    std::vector<Disk> out;
    for (const auto& d : devices) {
        if (is_further_member(d, out)) continue;
        Disk disk{d, 0, "unknown", uses_of(d.uuid, devices, mounts, swaps), DiskUse::free};
        disk.use = use_of(disk, devices);
        out.push_back(std::move(disk));
    }
    mark_those_beside_the_system(out);
    for (const auto& d : blank)
        if (!is_used(d, mounts, swaps)) out.push_back({d, 0, "unknown", {}, DiskUse::no_files});
    return out;
}

std::string format_command(const Disk& disk) {
    return "mkfs.ext4 -L backup " + disk.device.node;
}

std::string remark_on(const Disk& disk) {
    switch (disk.use) {
        case DiskUse::free:
            return disk.beside_system ? "on the same drive as the system: they would be lost together" : "";
        case DiskUse::system:
            return "the system's own: not offered";
        case DiskUse::unfit:
            return fmt::format("not offered: a repository wants ext4, xfs or btrfs, not {}",
                               disk.device.fstype);
        case DiskUse::twice:
            return "not offered: another disk that is plugged in has the same UUID";
        case DiskUse::no_files:
            return "udev finds no filesystem on it, as on an empty disk or one that fails. If nothing on it "
                   "is needed: " +
                   format_command(disk);
    }
    return "";
}

std::string_view to_string(DiskUse use) {
    switch (use) {
        case DiskUse::free:
            return "free";
        case DiskUse::system:
            return "system";
        case DiskUse::unfit:
            return "unfit";
        case DiskUse::twice:
            return "twice";
        case DiskUse::no_files:
            return "no-filesystem";
    }
    return "";
}

}  // namespace guardian::machine
