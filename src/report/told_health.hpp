#pragma once
/// What looks at drives tell besides the store, because it cannot be written or because nobody knows which drive it was: said
/// by a probe to guardiand and to the run that waits for it, and kept by guardiand until a later look knows better.
/// As text: a line of JSON for each drive, and one before them for the look.

#include <set>
#include <string>
#include <vector>

#include "core/drive_health.hpp"

namespace guardian::report {

/// One look at the drives of a target, or of a job's sources.
struct ToldLook {
    /// Told something that could not be kept; or, with verdict unknown, were asked in vain, which could not be kept either.
    /// The id is the drive's, or the node of one that does not say who it is.
    std::vector<core::DriveState> drives;
    std::set<std::string> answered;  ///< ids and nodes of all that told something, kept or not
    bool all_answered = false;       ///< and there is no other
    bool came_to_its_end = false;    ///< else the text is no whole look's
};

/// No text of a look is longer, in bytes: guardiand takes no more.
inline constexpr std::size_t told_max = 30'000;

/// The worst first, as far as there is room.
[[nodiscard]] std::string told_text(const ToldLook& look);
/// Any text: what is no such line is passed over. `at` stands for the moments that are missing.
[[nodiscard]] ToldLook told_look(const std::string& text, Time at);

/// The newest look is added to what is known by earlier ones: of a drive that told nothing now, the last word stays.
void add_look(std::vector<core::DriveState>& told, const ToldLook& look);
/// To what the store knows of the same drives; the later word counts.
void add_told(std::vector<core::DriveState>& drives, const std::vector<core::DriveState>& told);

}  // namespace guardian::report
