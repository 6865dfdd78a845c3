#pragma once
/// One Borg command within a run: its progress, warnings and errors as they come, and what its end means.

#include <optional>
#include <string>

#include "backup/borg.hpp"
#include "backup/recorder.hpp"
#include "base/child.hpp"

namespace guardian::backup {

struct BorgResult {
    int exit_code = 0;
    std::string out;             ///< stdout, where `borg create --json` names the archive
    std::uint64_t warnings = 0;  ///< that this command gave
    std::optional<Error> error;  ///< why it is no success
    std::string error_id;        ///< of the first error: "Archive.AlreadyExists"
};

/// Runs the command. `repository` is named in errors; a warning about a path inside it is an error, because
/// up to Borg 1.4.4 a failure to write the repository can look like one about a file.
[[nodiscard]] BorgResult run_borg(const Command& command, Duration silence_max, const std::string& repository,
                                  Recorder& recorder, const std::vector<Interrupt>& interrupts);

}  // namespace guardian::backup
