#pragma once
/// The two halves of `guardian setup`: what is wanted (setup_wishes.cpp), which writes nothing, and doing it
/// (setup_steps.cpp). Neither ever formats anything.

#include <vector>

#include "cli/questions.hpp"
#include "cli/verbs.hpp"
#include "machine/disks.hpp"
#include "machine/first_config.hpp"
#include "machine/paths.hpp"

namespace guardian::cli {

struct Wishes {
    machine::FirstConfig answers;
    core::Device disk;
    bool encrypt = false;
    bool fstab = false;
};

/// From the options, and for what they leave open from the person; without `questions`, the defaults.
[[nodiscard]] Result<Wishes> settle_wishes(const SetupOptions& options, const std::string& config_path,
                                           const std::vector<machine::Disk>& disks, Questions* questions);

/// The disk that the words mean: its number in the list, UUID or node. Only one that is offered.
[[nodiscard]] Result<core::Device> chosen_disk(const std::vector<machine::Disk>& disks,
                                               const std::string& words);

/// Writes the configuration and what belongs to it, makes the disk a target, and starts the daemon where
/// systemd is. The exit code.
[[nodiscard]] int carry_out(const Globals& globals, const machine::Paths& paths, const Wishes& wishes);

}  // namespace guardian::cli
