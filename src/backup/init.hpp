#pragma once
/// `guardian init`: the one thing that makes a disk a target. Mounts it, writes the marker, creates or adopts
/// the plans' repositories and pins their ids. Nothing else ever creates a repository.

#include <functional>
#include <string>

#include "backup/stop_sources.hpp"
#include "base/result.hpp"
#include "core/spec.hpp"

namespace guardian::backup {

struct InitRequest {
    const core::Config& config;
    const core::TargetSpec& target;
    bool adopt = false;           ///< take the marker and the repositories that are there as they are
    bool take_over = false;       ///< with adopt: also the archives, whosever they were
    bool replace = false;         ///< this is a new disk, or a new repository, in the place of an old one
    std::int64_t newest_run = 0;  ///< on record
    std::function<void(const std::string&)> say;  ///< what was done, a sentence at a time
};

[[nodiscard]] Result<> init_target(const InitRequest& request, StopSources& stops);

}  // namespace guardian::backup
