#pragma once
/// Writing the udev rules, for `guardian rules --install` and `guardian setup`.

#include "base/result.hpp"
#include "core/spec.hpp"
#include "machine/paths.hpp"

namespace guardian::cli {

/// udevd looks at the disks that are there already too, so that the marks do not wait for the next
/// plugging-in.
[[nodiscard]] Result<> install_rules(const core::Config& config, const std::string& config_path,
                                     const machine::Paths& paths);

}  // namespace guardian::cli
