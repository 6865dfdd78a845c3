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

inline std::string replaced(const std::string& all, char from, const std::string& to) {
    std::string out;
    for (const char c : all) out += c == from ? to : std::string(1, c);
    return out;
}

inline void check_same(const guardian::core::SmartReport& a, const guardian::core::SmartReport& b) {
    CHECK(a.kind == b.kind);
    CHECK(a.model == b.model);
    CHECK(a.hours == b.hours);
    CHECK(a.temperature == b.temperature);
    CHECK(a.error_count == b.error_count);
    CHECK(a.errors.size() == b.errors.size());
    CHECK(a.self_tests.size() == b.self_tests.size());
    CHECK(a.test_minutes_short == b.test_minutes_short);
    REQUIRE(a.attributes.size() == b.attributes.size());
    for (std::size_t i = 0; i < a.attributes.size(); ++i)
        CHECK(a.attributes[i].raw_text == b.attributes[i].raw_text);
}

}  // namespace recorded
