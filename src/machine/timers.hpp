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

/// `config_path` is named as the units' source.
[[nodiscard]] std::vector<UnitFile> timers(const core::Config& config, const std::string& config_path);

}  // namespace guardian::machine
