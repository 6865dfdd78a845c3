#pragma once
/// What looks at drives tell while the store cannot be written: said by a probe to guardiand and to the run
/// that waits for it, and kept by guardiand in a file of its runtime folder until the drive says otherwise.
/// As text: a line of JSON for each drive, and one before them for the look.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "core/drive_health.hpp"
#include "core/spec.hpp"

namespace guardian::report {

/// One look at the drives of a target, or of a job's sources.
struct ToldLook {
    /// ToldDrives something that could not be kept; or, with verdict unknown, were asked in vain, which could
    /// not be kept either.
    std::vector<core::DriveState> drives;
    std::set<std::string> answered;  ///< ids of all that told something, kept or not
    std::set<std::string>
        counting;  ///< ids of all that count for the subject now, also of those that were not met
    bool came_to_its_end = false;  ///< else the text is no whole look's
};

/// No text of a look is longer, in bytes: guardiand takes no more.
inline constexpr std::size_t told_max = 30'000;

/// The worst first, as far as there is room.
[[nodiscard]] std::string told_text(const ToldLook& look);
/// Any text: what is no such line is passed over. `at` stands for the moments that are missing.
[[nodiscard]] ToldLook told_look(const std::string& text, Time at);

/// The newest look is added to what is known by earlier ones: of a drive that told nothing now, the last word
/// stays.
void add_look(std::vector<core::DriveState>& told, const ToldLook& look);
/// To what the store knows of the same drives; the later word counts, but for one that comes from the future:
/// the clock was set back.
void add_told(std::vector<core::DriveState>& drives, const std::vector<core::DriveState>& told, Time now);

/// By subject, as the store names it.
using ToldDrives = std::map<std::string, std::vector<core::DriveState>>;

/// In which file guardiand keeps it.
[[nodiscard]] std::string told_file(const core::Config& config);
/// A file that is missing or damaged tells nothing.
[[nodiscard]] ToldDrives read_told(const core::Config& config, Time at);
[[nodiscard]] Result<> keep_told(const core::Config& config, const ToldDrives& told);

}  // namespace guardian::report
