#pragma once
/// fstab(5) as text: the line for a backup disk, and what stands there already. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace guardian::machine {

struct FstabEntry {
    std::string source, mount, fstype, options;  ///< unescaped
    std::size_t line = 0;                        ///< from 1
};

[[nodiscard]] std::vector<FstabEntry> fstab_entries(std::string_view text);

/// The newest entry of the mount point; the later one is on top.
[[nodiscard]] std::optional<FstabEntry> fstab_entry_of(std::string_view text, const std::string& mount);

/// The entry names the filesystem: by UUID= (in quotes or not), or by its link in /dev/disk/by-uuid. Empty:
/// it names it by something else, as a label or a node.
[[nodiscard]] std::optional<bool> names_filesystem(const FstabEntry& entry, const std::string& uuid);

/// One line with its end. The machine starts without the disk (nofail), and does not mount it by itself
/// (noauto).
[[nodiscard]] std::string fstab_line(const std::string& uuid, const std::string& mount,
                                     const std::string& fstype);

/// The text with the line at its end, which it may lack a line's end at.
[[nodiscard]] std::string with_fstab_line(std::string text, const std::string& line);

}  // namespace guardian::machine
