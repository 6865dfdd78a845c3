#pragma once
/// The udev rules for the configured disks, as text. Pure.

#include <string>

#include "core/spec.hpp"

namespace guardian::machine {

/// After 60-persistent-storage.rules, which finds the UUIDs, and before 80-udisks2.rules, which reads the
/// marks.
inline constexpr const char* rules_path = "/etc/udev/rules.d/61-guardian.rules";

[[nodiscard]] std::string udev_rules(const core::Config& config, const std::string& config_path);

}  // namespace guardian::machine
