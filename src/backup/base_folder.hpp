#pragma once
/// Where Borg keeps its cache, its security notes and its key files: below the state folder; for one run
/// below the runtime folder where the state folder cannot be written, so that a full or read-only `/var`
/// costs no backup.

#include <string>

#include "core/spec.hpp"

namespace guardian::backup {

struct BaseFolder {
    std::string path;
    std::string trouble;  ///< why it is not the usual one; empty: it is
};

/// Tries to write; touches no target.
[[nodiscard]] BaseFolder usable_base_folder(const core::Config& config);

}  // namespace guardian::backup
