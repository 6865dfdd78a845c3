/// The logs in smartctl's JSON: which of them counts, and what its entries become.

#include "core/health.hpp"
#include "health/smartctl_json.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::core;

namespace {

SmartReport report_of(const std::string& json) {
    const auto r = health::parse_smartctl_json(json);
    INFO(json);
    REQUIRE(r.has_value());
    return *r;
}

DriveKind kind_of(const std::string& members) {
    return report_of("{" + members + "}").kind;
}

std::string table(const std::string& row) {
    return R"("ata_smart_attributes":{"table":[)" + row + "]}";
}

}  // namespace

TEST_CASE("smartctl: what kind of drive it is", "[smartctl]") {
    CHECK(kind_of(R"("rotation_rate":7200)") == DriveKind::hdd);
    CHECK(kind_of(R"("rotation_rate":0)") == DriveKind::ssd);
    CHECK(kind_of(R"("trim":{"supported":true})") == DriveKind::ssd);
    CHECK(kind_of(R"("model_name":"Samsung SSD 860")") == DriveKind::ssd);
    CHECK(kind_of(table(R"({"id":3,"name":"Spin_Up_Time"})")) == DriveKind::hdd);
    CHECK(kind_of(table(R"({"id":3,"name":"Unknown_Attribute"})")) == DriveKind::unknown);
    CHECK(kind_of(R"("device":{"protocol":"NVMe"})") == DriveKind::nvme);
    CHECK(kind_of(R"("device":{"protocol":"SCSI"})") == DriveKind::scsi);
    CHECK(kind_of(R"("device":{"protocol":"SCSI"},"rotation_rate":7200,)" + table(R"({"id":5})")) ==
          DriveKind::hdd);
    CHECK(kind_of("") == DriveKind::unknown);
}

TEST_CASE("smartctl: the extended log of errors comes before the summary", "[smartctl]") {
    const std::string summary =
        R"("summary":{"count":9,"table":[{"lifetime_hours":1,"error_description":"Error: UNC"}]})";
    const std::string extended =
        R"("extended":{"count":2,"table":[{"lifetime_hours":7},{"lifetime_hours":6}]})";
    auto r = report_of(R"({"ata_smart_error_log":{)" + summary + "," + extended + "}}");
    CHECK(r.error_count == 2);
    REQUIRE(r.errors.size() == 2);
    CHECK(r.errors[0].hours == 7);
    CHECK(!r.errors[0].uncorrectable);
    r = report_of(R"({"ata_smart_error_log":{)" + summary + "}}");
    CHECK(r.error_count == 9);
    REQUIRE(r.errors.size() == 1);
    CHECK(r.errors[0].uncorrectable);
}

TEST_CASE("smartctl: the standard log of self-tests is read where the extended one is empty", "[smartctl]") {
    const std::string standard =
        R"("standard":{"table":[{"type":{"string":"Short offline"},"status":{"value":121,"string":"Completed: read failure"},)"
        R"("lifetime_hours":40}]})";
    auto r = report_of(R"({"ata_smart_self_test_log":{"extended":{"table":[]},)" + standard + "}}");
    REQUIRE(r.self_tests.size() == 1);
    CHECK(r.self_tests[0].result == TestResult::failed);
    CHECK(r.self_tests[0].hours == 40);
    CHECK(r.self_tests[0].text == "Completed: read failure");
    r = report_of(R"({"ata_smart_self_test_log":{"extended":{"table":[{"status":{"value":0}}]},)" + standard +
                  "}}");
    REQUIRE(r.self_tests.size() == 1);
    CHECK(r.self_tests[0].result == TestResult::passed);
}

TEST_CASE("smartctl: a test that is going on, and how long they take", "[smartctl]") {
    const auto r =
        report_of(R"({"ata_smart_data":{"self_test":{"status":{"value":249,"remaining_percent":90},)"
                  R"("polling_minutes":{"short":2,"extended":255}}}})");
    CHECK(r.test_remaining == 90);
    CHECK(r.test_minutes_short == 2);
    CHECK(r.test_minutes_extended == 255);
}

TEST_CASE("smartctl: a self-test that the execution status says has failed, where no log was read",
          "[smartctl]") {
    const std::string status = R"("ata_smart_data":{"self_test":{"status":{"value":121,"passed":false}}})";
    const auto r = report_of("{" + status + "}");
    REQUIRE(r.self_tests.size() == 1);
    CHECK(r.self_tests[0].result == TestResult::failed);
    CHECK(r.self_tests[0].text == "Completed: read failure");
    CHECK(!r.self_tests[0].hours);
    CHECK(assess({}, r).verdict == Verdict::failing);
    const std::string log =
        R"("ata_smart_self_test_log":{"standard":{"table":[{"type":{"string":"Extended offline"},"status":{"value":0}}]}})";
    CHECK(report_of("{" + status + "," + log + "}").self_tests[0].result == TestResult::passed);
    for (const auto* other : {"0", "25", "41", "144", "249", "999"})
        CHECK(report_of(R"({"ata_smart_data":{"self_test":{"status":{"value":)" + std::string(other) + "}}}}")
                  .self_tests.empty());
}

TEST_CASE("smartctl: ATA's statistics, by page and offset, if they are valid", "[smartctl]") {
    const auto row = [](int page, int offset, const std::string& rest) {
        return R"({"number":)" + std::to_string(page) + R"(,"table":[{"offset":)" + std::to_string(offset) +
               "," + rest + "}]}";
    };
    const auto r =
        report_of(R"({"ata_device_statistics":{"pages":[)" + row(3, 32, R"("value":16)") + "," +
                  row(4, 8, R"("value":3)") + "," + row(6, 24, R"("value":5)") + "," +
                  row(7, 8, R"("value":44,"flags":{"valid":true})") + "," + row(5, 88, R"("value":60)") +
                  "," + row(3, 40, R"("value":999)") + R"(]},"ata_pending_defects_log":{"count":6}})");
    CHECK(r.statistics_reallocated == 16);
    CHECK(r.statistics_uncorrectable == 3);
    CHECK(r.statistics_crc == 5);
    CHECK(r.used == 44);
    CHECK(r.temperature_max == 60);
    CHECK(r.pending_defects == 6);
    const auto invalid = report_of(R"({"ata_device_statistics":{"pages":[)" +
                                   row(3, 32, R"("value":16,"flags":{"valid":false})") + "," +
                                   row(7, 8, R"("value":256)") + "," + row(5, 88, R"("value":128)") + "]}}");
    CHECK(!invalid.statistics_reallocated);
    CHECK(!invalid.used);
    CHECK(!invalid.temperature_max);
}

TEST_CASE("smartctl: NVMe's self-tests", "[smartctl]") {
    const auto r = report_of(
        R"({"nvme_smart_health_information_log":{"critical_warning":4},"nvme_self_test_log":{)"
        R"("current_self_test_operation":{"value":2},"current_self_test_completion_percent":30,"table":[)"
        R"({"self_test_code":{"value":2},"self_test_result":{"value":7,"string":"Completed: failed segments"},"power_on_hours":9},)"
        R"({"self_test_code":{"value":1},"self_test_result":{"value":0}},)"
        R"({"self_test_code":{"value":1},"self_test_result":{"value":2}},)"
        R"({"self_test_code":{"value":1},"self_test_result":{"value":1}}]}})");
    CHECK(r.kind == DriveKind::nvme);
    CHECK(r.nvme->critical_warning == 4);
    CHECK(r.test_remaining == 70);
    REQUIRE(r.self_tests.size() == 4);
    CHECK(r.self_tests[0].result == TestResult::failed);
    CHECK(r.self_tests[0].extended);
    CHECK(r.self_tests[0].hours == 9);
    CHECK(r.self_tests[1].result == TestResult::passed);
    CHECK(!r.self_tests[1].extended);
    CHECK(r.self_tests[2].result == TestResult::interrupted);
    CHECK(r.self_tests[3].result == TestResult::aborted);
    CHECK(assess({}, r).verdict == Verdict::failing);
}

TEST_CASE("smartctl: NVMe's overall word stands on heat alone", "[smartctl]") {
    const auto r =
        report_of(R"({"device":{"protocol":"NVMe"},"smart_status":{"passed":false,"nvme":{"value":2}}})");
    CHECK(r.status_bits == 2);
    CHECK(assess({}, r).verdict == Verdict::watch);
}

TEST_CASE("smartctl: a SCSI drive that predicts its failure", "[smartctl]") {
    const auto r = report_of(
        R"({"device":{"protocol":"SCSI"},"vendor":"SEAGATE","product":"ST1","logical_unit_id":"0x5000c5",)"
        R"("smart_status":{"passed":false,"scsi":{"asc":93,"ascq":50,"ie_string":"DATA CHANNEL IMPENDING FAILURE"}},)"
        R"("scsi_grown_defect_list":7,"scsi_error_counter_log":{"read":{"total_uncorrected_errors":2},)"
        R"("write":{"total_uncorrected_errors":3}},"scsi_self_test_0":{"code":{"string":"Background long"},)"
        R"("result":{"value":5,"string":"Failed in segment"},"power_on_time":{"hours":8}},)"
        R"("scsi_self_test_2":{"result":{"value":0}}})");
    CHECK(r.model == "SEAGATE ST1");
    CHECK(r.wwn == "0x5000c5");
    REQUIRE(r.scsi);
    REQUIRE(r.scsi->failure);
    CHECK(r.scsi->failure->text == "DATA CHANNEL IMPENDING FAILURE");
    CHECK(r.scsi->failure->asc == 93U);
    CHECK(r.scsi->failure->ascq == 50U);
    CHECK(r.scsi->grown_defects == 7);
    CHECK(r.scsi->uncorrected_reads == 2);
    CHECK(r.scsi->uncorrected_writes == 3);
    CHECK(!r.scsi->uncorrected_verifies);
    REQUIRE(r.self_tests.size() == 1);  // their numbers have no gaps
    CHECK(r.self_tests[0].result == TestResult::failed);
    CHECK(r.self_tests[0].extended);
    CHECK(r.self_tests[0].hours == 8);
    CHECK(assess({}, r).verdict == Verdict::failing);
}
