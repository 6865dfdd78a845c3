#pragma once
/// Situations for the screens, made up, at a fixed moment in UTC.

#include <string>

#include "report/status.hpp"

namespace guardian::test {

/// 2026-11-23 03:12:00 UTC.
[[nodiscard]] Time sample_now();
[[nodiscard]] UtcOffset utc();

[[nodiscard]] store::RunRecord success_run(std::int64_t id, const std::string& plan, Duration ago,
                                           Duration took);
[[nodiscard]] store::RunRecord failed_run(std::int64_t id, const std::string& plan, Duration ago);
[[nodiscard]] store::RunRecord running_run(std::int64_t id, const std::string& plan);

/// All is well: the disk is in and released, the share asleep.
[[nodiscard]] report::Status quiet_status();
/// The daemon is dead, the disk refused, a plan failed and another stale, a run was interrupted.
[[nodiscard]] report::Status trouble_status();
/// One plan in create, another in prune.
[[nodiscard]] report::Status running_status();
/// Configured a minute ago.
[[nodiscard]] report::Status first_status();

}  // namespace guardian::test
