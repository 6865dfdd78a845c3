/// How a self-test ended: the same by smartctl's text and by its JSON, for every code.

#include <fmt/format.h>

#include "health/self_test_codes.hpp"
#include "health/smartctl_json.hpp"
#include "health/smartctl_text.hpp"
#include "support/catch.hpp"

using namespace guardian;
using core::TestResult;

namespace {

TestResult only_result(const Result<core::SmartReport>& r) {
    REQUIRE(r.has_value());
    REQUIRE(r->self_tests.size() == 1);
    return r->self_tests[0].result;
}

TestResult by_json(const std::string& members) {
    return only_result(health::parse_smartctl_json("{" + members + "}"));
}
TestResult by_text(const std::string& line) {
    INFO(line);
    return only_result(health::parse_smartctl_text(line + "\n"));
}

TestResult ata_json(unsigned code) {
    return by_json(fmt::format(
        R"("ata_smart_self_test_log":{{"standard":{{"table":[{{"status":{{"value":{}}}}}]}}}})", code << 4));
}
TestResult nvme_json(unsigned code) {
    return by_json(fmt::format(R"("nvme_smart_health_information_log":{{}},)"
                               R"("nvme_self_test_log":{{"table":[{{"self_test_result":{{"value":{}}}}}]}})",
                               code));
}
TestResult scsi_json(unsigned code) {
    return by_json(fmt::format(
        R"("device":{{"protocol":"SCSI"}},"scsi_self_test_0":{{"result":{{"value":{}}}}})", code));
}

}  // namespace

TEST_CASE("self-tests: smartctl's words mean what its numbers mean") {
    for (const auto& e : health::ata_endings())
        CHECK(by_text(fmt::format("# 1  Extended offline    {}       00%     42889         -", e.words)) ==
              ata_json(e.code));
    for (const auto& e : health::nvme_endings())
        CHECK(by_text(
                  fmt::format(" 0   Extended          {}                8754            -     -   -   -    -",
                              e.words)) == nvme_json(e.code));
    for (const auto& e : health::scsi_endings())
        CHECK(by_text(fmt::format("# 1  Background long   {}   -     134                 - [-   -    -]",
                                  e.words)) == scsi_json(e.code));
}

TEST_CASE("self-tests: one that could not be ended for an error has failed, of every kind of drive") {
    CHECK(by_text("# 1  Short offline       Fatal or unknown error        90%     12         -") ==
          TestResult::failed);
    CHECK(by_text(" 0   Short             Fatal or unknown test error     8754     -     -   -   -    -") ==
          TestResult::failed);
    CHECK(by_text("# 1  Background short  Unknown error, incomplete   -     134         - [-   -    -]") ==
          TestResult::failed);
}

TEST_CASE("self-tests: a code that the standards keep for later is no failure") {
    for (unsigned code = 9; code <= 14; ++code) CHECK(ata_json(code) == TestResult::unfinished);
    for (unsigned code = 10; code <= 14; ++code) CHECK(nvme_json(code) == TestResult::unfinished);
    for (unsigned code = 8; code <= 14; ++code) CHECK(scsi_json(code) == TestResult::unfinished);
    CHECK(by_text("# 1  Background long   Reserved(9)   -     134         - [-   -    -]") ==
          TestResult::unfinished);
    CHECK(by_text(" 0   Short             Unknown result (0xb)     8754     -     -   -   -    -") ==
          TestResult::unfinished);
    CHECK(by_text("# 1  Abort background  Aborted (by user command)   -     134         - [-   -    -]") ==
          TestResult::aborted);
}
