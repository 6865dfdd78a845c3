#pragma once
/// What the store remembers of the drives that a target, or a job's sources, are on, as the World holds it.

#include <string>

#include "core/observe.hpp"
#include "store/store.hpp"

namespace guardian::report {

/// As it was last heard of: one that is asked in vain is unknown, unless it was worse than that when it last spoke.
[[nodiscard]] core::DriveState drive_state(const store::DriveRecord& record);

/// How the trouble of a drive begins that was looked for where it was, beside others that were asked, and is not there.
inline constexpr std::string_view not_found_any_more = "it was not found any more";

/// By what the store knows a job's sources beside the targets.
[[nodiscard]] std::string sources_subject(const std::string& job);

/// When one drive was tested last.
[[nodiscard]] Result<core::SelfTestState> recalled_tests(store::Store& store, const std::string& drive);

/// `subject`: a target's name, or sources_subject(). `looked_since`: a look was begun then and is over; what it did not come
/// to tell of a drive, because it died or hung, is noted as asked in vain.
[[nodiscard]] Result<core::Looked> recalled_drives(store::Store& store, const std::string& subject,
                                                   std::optional<Time> looked_since = std::nullopt);

/// What the kernel said in the last days, oldest first.
[[nodiscard]] Result<std::vector<core::KernelEvent>> recalled_events(store::Store& store,
                                                                      const std::string& subject, Time now);
/// What was heard on that plugging-in and is not counted yet, oldest first.
[[nodiscard]] Result<std::vector<core::KernelEvent>> recalled_words(store::Store& store, const std::string& target,
                                                                    const std::string& plug);

/// Both, for a World that knows nothing yet.
[[nodiscard]] Result<core::HealthState> recalled_health(store::Store& store, const std::string& subject, Time now);

}  // namespace guardian::report
