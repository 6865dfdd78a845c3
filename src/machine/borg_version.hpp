#pragma once
/// Which Borg can be trusted with backups. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace guardian::machine {

struct BorgVersion {
    int major = 0, minor = 0, patch = 0;
    friend auto operator<=>(const BorgVersion&, const BorgVersion&) = default;
};

/// From what `borg --version` prints: "borg 1.2.4", also "borg 1.4.0b2".
[[nodiscard]] std::optional<BorgVersion> borg_version_in(std::string_view text);

/// What is wrong with it; empty: nothing.
[[nodiscard]] std::string trouble_of(const BorgVersion& version);

}  // namespace guardian::machine
