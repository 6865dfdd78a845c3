#pragma once
/// What the JSON of status and drives have in common. A field is never left out: what is not known is null.

#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "base/time.hpp"

namespace guardian::report {

[[nodiscard]] inline boost::json::value time_value(const std::optional<Time>& t, const UtcOffset& zone) {
    if (!t) return nullptr;
    return boost::json::value(rfc3339(*t, zone));
}

[[nodiscard]] inline boost::json::value text_or_null(const std::string& text) {
    if (text.empty()) return nullptr;
    return boost::json::value(valid_utf8(text));
}

}  // namespace guardian::report
