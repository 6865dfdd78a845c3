#pragma once
/// The files that `guardian setup` writes. Each is whole or not there.

#include <string>

#include "base/result.hpp"

namespace guardian::cli {

/// Root's, and the group guardian's to read, where there is such a group.
[[nodiscard]] Result<> write_config_file(const std::string& path, const std::string& text);

/// The old file goes on under another name: its name, ".old-" and the first number that is free. Which it is.
[[nodiscard]] Result<std::string> keep_old_file(const std::string& path);

/// A random one; false: a file is there already, and stays.
[[nodiscard]] Result<bool> write_passphrase(const std::string& path);

/// Six groups of five letters and digits: 150 bits, and a person can copy it from paper.
[[nodiscard]] Result<std::string> random_passphrase();

enum class FstabOutcome { added, there_already, other_entry };

/// Adds the line, once. A copy of the file as it was stays beside it, its name with ".before-guardian".
[[nodiscard]] Result<FstabOutcome> add_to_fstab(const std::string& path, const std::string& uuid,
                                                const std::string& mount, const std::string& fstype);

}  // namespace guardian::cli
