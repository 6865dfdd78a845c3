#pragma once
/// What sysfs says of how block devices stand on one another. Reads small files of sysfs alone: no device is opened.
/// Never throws: devices go while it looks.

#include <filesystem>
#include <vector>

namespace guardian::watch {

/// What a mapped device (LUKS, LVM, md, bcache) stands on directly, as canonical paths, sorted; at most 256.
[[nodiscard]] std::vector<std::filesystem::path> slaves_of(const std::filesystem::path& device);

}  // namespace guardian::watch
