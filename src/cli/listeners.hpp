#pragma once
/// How a run shows itself: a bar on a terminal, or a few lines in a journal.

#include <memory>

#include "backup/recorder.hpp"

namespace guardian::cli {

/// A bar on stderr that is redrawn in place, with bytes, files, rate, time and the path being read; each step
/// leaves a line. For a terminal.
[[nodiscard]] std::unique_ptr<backup::Listener> terminal_listener(const std::string& plan,
                                                                  const std::string& target);

/// A line for each step, each warning (at most 20) and the end, and one line of progress every five minutes.
/// For a journal: no control characters, and a priority prefix (<4>) as sd-daemon(3) has it where
/// JOURNAL_STREAM is set.
[[nodiscard]] std::unique_ptr<backup::Listener> journal_listener(const std::string& plan,
                                                                 const std::string& target);

}  // namespace guardian::cli
