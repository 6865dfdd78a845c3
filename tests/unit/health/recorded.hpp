#pragma once
/// The recorded reports of tests/data/smart.

#include <fstream>
#include <sstream>

#include "health/smartctl_text.hpp"
#include "support/catch.hpp"

namespace recorded {

inline std::string text(const std::string& name) {
    std::ifstream file(std::string(GUARDIAN_SOURCE_DIR "/tests/data/smart/") + name, std::ios::binary);
    REQUIRE(file);
    std::stringstream all;
    all << file.rdbuf();
    return all.str();
}

inline guardian::core::SmartReport parsed(const std::string& text) {
    const auto report = guardian::health::parse_smartctl_text(text);
    REQUIRE(report.has_value());
    return *report;
}

inline guardian::core::SmartReport report(const std::string& name) {
    return parsed(text(name));
}

/// The attribute of this number; fails the test when there is none.
inline guardian::core::SmartAttribute attribute(const guardian::core::SmartReport& r, unsigned id) {
    for (const auto& a : r.attributes)
        if (a.id == id) return a;
    FAIL("no attribute " << id);
    return {};
}

}  // namespace recorded
