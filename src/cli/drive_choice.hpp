#pragma once
/// Which drive a person means. Pure.

#include <string>
#include <vector>

#include "base/result.hpp"
#include "core/world.hpp"
#include "store/drives.hpp"

namespace guardian::cli {

/// By its id, serial, a target on it, a device node, or the beginning of its id or model where that is one
/// drive's alone. `devices`: what is plugged in; a drive behind a bridge is known there only as the bridge
/// shows it.
[[nodiscard]] Result<std::string> choose_drive(const std::vector<store::DriveRecord>& drives,
                                               const store::TargetDrives& targets,
                                               const std::vector<core::Device>& devices,
                                               const std::string& name);

}  // namespace guardian::cli
