#pragma once
/// What the command and the probes ask guardiand.

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "core/spec.hpp"

namespace guardian::cli {

/// Its answer; an Error also when it says no. Error codes: absent (no daemon is there), denied, external.
[[nodiscard]] Result<boost::json::object> ask(const core::Config& config, const boost::json::object& request,
                                              Duration deadline = std::chrono::seconds{1});
/// By the name of the operation alone.
[[nodiscard]] Result<boost::json::object> ask(const core::Config& config, std::string_view operation);

/// Empty: there is no such text.
[[nodiscard]] std::string text_of(const boost::json::object& answer, std::string_view key);

}  // namespace guardian::cli
