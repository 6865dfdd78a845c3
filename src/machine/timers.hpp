#pragma once
/// The systemd timer of each plan, as text. Pure: systemd's generator writes them, its tests read them.

#include <string>
#include <vector>

#include "core/spec.hpp"

namespace guardian::machine {

struct UnitFile {
    std::string name;
    std::string text;
};

/// A timer for each plan, and for its run the order that a shutdown goes by. `config_path` is named as the
/// units' source.
[[nodiscard]] std::vector<UnitFile> plan_units(const core::Config& config, const std::string& config_path);

}  // namespace guardian::machine
