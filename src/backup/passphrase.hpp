#pragma once
/// A plan's passphrase, from a file, a command or a systemd credential. It is handed to Borg on a descriptor,
/// never on a command line or in an environment, and never logged.

#include <optional>
#include <string>

#include "base/result.hpp"
#include "core/spec.hpp"

namespace guardian::backup {

/// Nothing for a plan without encryption.
[[nodiscard]] Result<std::optional<std::string>> passphrase_of(const core::PlanSpec& plan);

}  // namespace guardian::backup
