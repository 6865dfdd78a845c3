#pragma once
/// The rules by which a drive is judged, as a table: each has a name, what is known of it, and where that comes from.
/// docs/disk-health.md says the same for people, with what was measured.

#include <span>

#include "core/health.hpp"

namespace guardian::core {

/// A report to be judged, with everything that the rules ask for.
struct HealthCase {
    const SmartReport& report;
    const History& history;
    Signs now;  ///< of the report
};

struct HealthRule {
    std::string_view name;
    std::string_view evidence;  ///< how much more often it was seen on drives that failed later; or why it is a rule
    std::string_view source;
    std::optional<Reason> (*judge)(const HealthCase&);  ///< leaves the reason's name to the caller
};

[[nodiscard]] std::span<const HealthRule> health_rules();

/// The newest self-test that failed and that no passed extended one has outdated; null: there is none. Short tests do not
/// read everything, so they outdate nothing.
[[nodiscard]] const SelfTest* failed_test(const SmartReport& r);

}  // namespace guardian::core
