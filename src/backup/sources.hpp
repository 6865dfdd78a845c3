#pragma once
/// Whether a job's source can be saved at all, looked at before Borg is.

#include <string>

#include "core/spec.hpp"

namespace guardian::backup {

/// For a person; empty: it can be saved. Borg saves of a source that is a symbolic link only the link, so one
/// is right only where the job saves its destination too (/bin with /usr).
[[nodiscard]] std::string why_not_saved(const core::JobSpec& job, const std::string& path);

}  // namespace guardian::backup
