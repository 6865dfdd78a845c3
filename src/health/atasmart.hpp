#pragma once
/// libatasmart: whether a drive sleeps, and its SMART data where smartctl is missing. ATA only, also behind
/// USB bridges that speak SAT, SunPlus or JMicron; no NVMe, SAS, error log or self-test log. In a probe:
/// opening a node can hang with a dying disk. Opening sends IDENTIFY DEVICE, which leaves a drive in standby
/// as it is.
///
/// What libatasmart does: its source, 0.19. It can abort() on a misuse by its caller only, not on what a
/// drive says (its asserts are on pointers, the kind of disk and the length of IDENTIFY's data, which it
/// checks itself).

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/smart.hpp"

namespace guardian::health {

/// False: it is in standby or sleep. Empty: there is no way to ask this drive. Fails when the node cannot be
/// opened.
[[nodiscard]] Result<std::optional<bool>> awake(const std::string& node);

/// Wakes a sleeping drive: ask awake() first.
[[nodiscard]] Result<core::SmartReport> read_atasmart(const std::string& node);

/// The same of a recorded one (skdump --save). Any bytes may come in. Attributes' names are libatasmart's
/// own.
[[nodiscard]] Result<core::SmartReport> report_from_blob(std::string_view blob);

}  // namespace guardian::health
