#pragma once
/// The proof that what is mounted is the target: its UUID (udev's word and the superblock's own), the mount's
/// device number, and Guardian's marker, all three; and that the repository is the pinned one. Nothing is
/// written without it, and it is made again before anything is deleted.

#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "core/spec.hpp"
#include "core/world.hpp"
#include "store/pins.hpp"

namespace guardian::backup {

/// The one device that is the target's. Codes: absent (there is none), refused (two, or another serial).
[[nodiscard]] Result<core::Device> identify(const core::TargetSpec& target,
                                            const std::vector<core::Device>& all);

/// Reads the superblock itself: udev's database may be older than the disk in the drawer.
[[nodiscard]] Result<> prove_superblock(const core::TargetSpec& target, const core::Device& device);

/// The mount table has it on its mount point. No proof; says only whether there is something to mount.
[[nodiscard]] bool is_mounted_in_place(const core::TargetSpec& target, const core::Device* device);

/// A proven mount. While it lives, its open folder keeps the filesystem from being unmounted under us.
struct ProvenMount {
    Fd root;
    unsigned mount_id = 0;
};

/// The target's filesystem is what is mounted on its mount point, writable. `device` is null for a share.
[[nodiscard]] Result<ProvenMount> prove_mount(const core::TargetSpec& target, const core::Device* device);

/// Its marker carries the pinned token.
[[nodiscard]] Result<> prove_marker(const core::TargetSpec& target, const ProvenMount& mount,
                                    const store::Pin& pin);

/// The plan's repository is the pinned one, has the encryption that the plan asks for, and lies on this mount
/// itself.
[[nodiscard]] Result<> prove_repository(const ProvenMount& mount, const core::PlanSpec& plan,
                                        const store::Pin& pin);
/// As much of the repository's path as is there lies on this mount itself, behind no symbolic link.
[[nodiscard]] Result<> prove_place(const Fd& root, const std::string& repository);
[[nodiscard]] Result<> prove_encryption(const core::PlanSpec& plan, const std::string& is);

/// The id in a repository's config file, read without Borg. Error code absent: there is no repository.
[[nodiscard]] Result<std::string> repository_id(const Fd& root, const std::string& repository);

}  // namespace guardian::backup
