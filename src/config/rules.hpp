#pragma once
/// What must hold between the sections: names that exist, targets that differ, repositories that plans can
/// share without pruning each other's archives. And what is no mistake, but worth knowing.

#include "config/report.hpp"
#include "core/spec.hpp"

namespace guardian::config {

/// Where a key stands, or the deepest part of it that exists.
[[nodiscard]] Place place_of(const Value& root, std::initializer_list<std::string_view> path);

/// `root` tells where things stand. What a section's own check left empty is passed over.
void check_rules(const Value& root, const core::Config& config, Report& report);

/// Only for a configuration without problems.
void add_notes(const Value& root, const core::Config& config, Report& report);

}  // namespace guardian::config
