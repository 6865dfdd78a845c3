#pragma once
/// The sections of the file, one function each: keys -> core types, with every mistake that shows in the
/// section alone. What only shows between sections is in rules.hpp.

#include "config/section.hpp"
#include "core/spec.hpp"

namespace guardian::config {

inline constexpr std::size_t sections_max = 200;  ///< targets, jobs, plans: of each
inline constexpr std::size_t list_max = 1000;     ///< paths, exclude: of each

/// Sets what [guardian] sets.
void read_guardian(Section section, core::Config& config);

[[nodiscard]] core::TargetSpec read_target(Section section);
[[nodiscard]] core::JobSpec read_job(Section section);

/// What is wrong is left empty, so that rules.hpp does not complain about it a second time.
[[nodiscard]] core::PlanSpec read_plan(Section section);

}  // namespace guardian::config
