#pragma once
/// The disks that are plugged in, gathered and shown: for `guardian setup`.

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/screen.hpp"
#include "health/reader.hpp"
#include "machine/disks.hpp"

namespace guardian::cli {

/// From udev, sysfs, the mount table and smartctl. A disk that does not answer smartctl in time is "unknown".
[[nodiscard]] Result<std::vector<machine::Disk>> attached_disks();

/// The mount table, its sources as the nodes that udev knows.
[[nodiscard]] Result<std::vector<core::Mount>> mounts_by_node();

/// What the drive says of itself, as health_in(); one that sleeps is not woken. `smartctl`: its path.
[[nodiscard]] std::string ask_health(const std::string& smartctl, const health::Drive& drive,
                                     const health::AtaWays& ata = {});

/// From what `smartctl --health --json=c` prints: good | failing | asleep | unknown.
[[nodiscard]] std::string health_in(const std::string& json);

/// The position in the list is the number to choose it by; only disks that are offered have one.
void print_disks(Screen& screen, const std::vector<machine::Disk>& disks);

[[nodiscard]] std::string disks_json(const std::vector<machine::Disk>& disks);

}  // namespace guardian::cli
