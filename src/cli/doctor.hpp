#pragma once
/// The checks of `guardian doctor`, by what they look at. None changes anything, opens a disk, or waits for
/// one without a deadline.

#include "cli/check.hpp"
#include "core/spec.hpp"
#include "core/world.hpp"
#include "machine/paths.hpp"

namespace guardian::cli {

struct Patient {
    const core::Config& config;
    const std::string& config_path;
    const machine::Paths& paths;
    const std::vector<core::Mount>& mounts;    ///< each source a real node
    const std::vector<core::Device>& devices;  ///< those with a filesystem
};

/// Who may read and write the configuration and the passphrases.
[[nodiscard]] Check config_file_check(const std::string& config_path);
[[nodiscard]] Checks passphrase_checks(const Patient& patient);

/// The programs, udevd, the clock.
[[nodiscard]] Checks program_checks(const Patient& patient);
[[nodiscard]] Checks clock_checks(const machine::Paths& paths);

/// guardiand, and what systemd has of Guardian's.
[[nodiscard]] Checks daemon_checks(const Patient& patient);

[[nodiscard]] Checks folder_checks(const Patient& patient);
[[nodiscard]] Checks target_checks(const Patient& patient);
[[nodiscard]] Checks plan_checks(const Patient& patient);

}  // namespace guardian::cli
