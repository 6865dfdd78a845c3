#pragma once
/// A short question or order to Borg, beside the steps of a run: what it prints is wanted whole, and nobody
/// watches.

#include <string>
#include <vector>

#include "base/child.hpp"

namespace guardian::backup {

/// What it printed; a warning is no failure. The error says what Borg's means and what to do. `error_id`:
/// Borg's message id of the error, as "Archive.AlreadyExists".
[[nodiscard]] Result<std::string> ask_borg(const Command& command, const std::string& context,
                                           const std::string& repository,
                                           const std::vector<Interrupt>& interrupts,
                                           std::string* error_id = nullptr);

}  // namespace guardian::backup
