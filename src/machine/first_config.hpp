#pragma once
/// The first guardian.toml, from what a person answered. Pure.

#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/calendar.hpp"

namespace guardian::machine {

struct FirstConfig {
    std::string target = "usb";
    std::string uuid;
    std::string serial;  ///< of the disk; named in a comment
    std::string mount = "/mnt/backup";
    std::vector<std::string> paths{"/"};
    std::string schedule = "*-*-* 02:00";
    Duration stale_after = std::chrono::hours{30};
    std::string repository;
    std::string passphrase_file;         ///< empty: no encryption
    std::string state_dir, runtime_dir;  ///< empty: the defaults

    [[nodiscard]] std::string plan() const { return "system-" + target; }
};

/// With comments for the person who changes it later.
[[nodiscard]] std::string first_config_text(const FirstConfig& answers);

/// What is left out of the paths: what does not belong into a backup, and the backup itself.
[[nodiscard]] std::vector<std::string> sensible_excludes(const std::vector<std::string>& paths,
                                                         const std::string& mount);

/// A quarter longer than the longest wait between two of the next slots; zero: it comes due once or never.
[[nodiscard]] Duration sensible_stale_after(const core::Schedule& schedule, Time from, const UtcOffset& zone);

}  // namespace guardian::machine
