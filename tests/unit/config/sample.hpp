#pragma once
/// A small right configuration, whose lines the tests replace to make it wrong.

#include <string>
#include <string_view>

#include "config/config.hpp"

namespace guardian::config::sample {

inline constexpr const char* uuid = "5f0c6a0e-1111-4222-8333-444455556666";

/// Loads without a problem or a note. Line 1 is [guardian], 2 its name; targets are at 3 and 7, the job
/// at 11, the plan at 14; keep is the last line, 20.
[[nodiscard]] std::string text();

/// The sample with one line (from 1) replaced; "" leaves it blank.
[[nodiscard]] std::string with_line(unsigned line, std::string_view replacement);

/// The sample and more after it; the first line of `more` is line 21.
[[nodiscard]] std::string with(std::string_view more);

[[nodiscard]] Loaded load(const std::string& toml);

/// A problem at that line and key whose text holds the words.
[[nodiscard]] bool has_problem(const Loaded& loaded, unsigned line, std::string_view key,
                               std::string_view words);
[[nodiscard]] bool has_note(const Loaded& loaded, std::string_view words);

/// All problems, one a line: what a failing test shows.
[[nodiscard]] std::string all_text(const Loaded& loaded);

}  // namespace guardian::config::sample
