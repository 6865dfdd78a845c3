#pragma once
/// What a backup has in it: the sources that are not empty, and the filesystems mounted within the sources. A
/// filesystem that was part of the last backup and is not mounted now leaves an empty folder and no error at
/// all.

#include <set>
#include <string>
#include <vector>

#include "core/spec.hpp"
#include "core/world.hpp"
#include "store/store.hpp"

namespace guardian::backup {

/// `mounts`: the mount table. `devices`: all that carry a filesystem, to know which is which. Reads the
/// sources' folders.
[[nodiscard]] std::set<store::Place> places_of(const core::Config& config, const core::JobSpec& job,
                                               const std::vector<core::Mount>& mounts,
                                               const std::vector<core::Device>& devices);

/// What was in the last backup, is within the job's sources, and is not there now: a sentence for each.
[[nodiscard]] std::vector<std::string> lost_places(const core::JobSpec& job,
                                                   const std::set<store::Place>& before,
                                                   const std::set<store::Place>& now);

}  // namespace guardian::backup
