#pragma once
/// What the store remembers of the drives that a target, or a job's sources, are on, as the World holds it.

#include <string>

#include "core/observe.hpp"
#include "store/store.hpp"

namespace guardian::report {

/// By what the store knows a job's sources beside the targets.
[[nodiscard]] std::string sources_subject(const std::string& job);

/// `subject`: a target's name, or sources_subject().
[[nodiscard]] Result<core::Looked> recalled_drives(store::Store& store, const std::string& subject);

/// The same with what the kernel said, for a World that knows nothing yet.
[[nodiscard]] Result<core::HealthState> recalled_health(store::Store& store, const std::string& subject, Time now);

}  // namespace guardian::report
