/// smartctl's JSON as values: real reports, and whatever else comes.

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "core/health.hpp"
#include "health/smartctl_json.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::core;
using health::parse_smartctl_json;

namespace {

std::string recorded(const std::string& name) {
    std::ifstream file(std::string(GUARDIAN_SOURCE_DIR) + "/tests/data/smart/" + name, std::ios::binary);
    REQUIRE(file);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

SmartReport report_of(const std::string& json) {
    const auto r = parse_smartctl_json(json);
    INFO(json.substr(0, 500));
    REQUIRE(r.has_value());
    return *r;
}
SmartReport report_in(const std::string& name) {
    return report_of(recorded(name));
}

bool is_refused(std::string_view text) {
    const auto r = parse_smartctl_json(text);
    if (r.has_value()) return false;
    CHECK(r.error().code == ErrorCode::usage);
    return !r.error().text().empty();
}

std::string attribute_json(const std::string& members) {
    return R"({"ata_smart_attributes":{"table":[{"id":5,)" + members + "}]}}";
}
SmartAttribute attribute_of(const std::string& members) {
    const auto r = report_of(attribute_json(members));
    REQUIRE(r.attributes.size() == 1);
    return r.attributes[0];
}

SelfTest ata_test(int status, const std::string& type = "Extended offline") {
    const auto r = report_of(fmt::format(
        R"({{"ata_smart_self_test_log":{{"standard":{{"table":[{{"type":{{"string":"{}"}},"status":{{"value":{}}}}}]}}}}}})",
        type, status));
    REQUIRE(r.self_tests.size() == 1);
    return r.self_tests[0];
}

LoggedError ata_error(const std::string& members) {
    const auto r = report_of(R"({"ata_smart_error_log":{"summary":{"count":1,"table":[{"lifetime_hours":7,)" +
                             members + "}]}}}");
    REQUIRE(r.errors.size() == 1);
    return r.errors[0];
}

}  // namespace

// ---- real reports

TEST_CASE("smartctl: an NVMe drive", "[smartctl]") {
    const auto r = report_in("nvme.json");
    CHECK(r.kind == DriveKind::nvme);
    CHECK(r.model == "Micron_7400_MTFDKCB1T6TFC");
    CHECK(r.passed == true);
    CHECK(r.hours == 13108);
    CHECK(r.temperature == 35);
    CHECK(r.read_at_s == 1234567890);
    CHECK(r.exit_status == 0);
    REQUIRE(r.nvme);
    CHECK(r.nvme->critical_warning == 0);
    CHECK(r.nvme->spare == 100);
    CHECK(r.nvme->spare_threshold == 10);
    CHECK(r.nvme->used == 4);
    CHECK(r.nvme->media_errors == 0);
    CHECK(r.nvme->units_written == 1'136'100'893);
    CHECK(r.nvme->unsafe_shutdowns == 40);
    CHECK(assess({}, r).verdict == Verdict::healthy);
}

TEST_CASE("smartctl: an attribute that is told twice is as bad as the worse", "[smartctl][hostile]") {
    const std::string none = R"({"id":197,"raw":{"value":0}})", many = R"({"id":197,"raw":{"value":500}})",
                      now = R"({"id":197,"raw":{"value":0},"when_failed":"now"})", torn = R"({"id":197})";
    for (const auto& rows : {none + "," + many, many + "," + none, many + "," + torn, torn + "," + many}) {
        INFO(rows);
        const auto r = report_of(R"({"ata_smart_attributes":{"table":[)" + rows + "]}}");
        REQUIRE(r.attributes.size() == 1);
        CHECK(r.attributes[0].raw == 500U);
    }
    for (const auto& rows : {none + "," + now, now + "," + none, now + "," + many, many + "," + now})
        CHECK(report_of(R"({"ata_smart_attributes":{"table":[)" + rows + "]}}").attributes[0].failed == Failed::now);
}

TEST_CASE("smartctl: an NVMe log that says nothing is unknown", "[smartctl][hostile]") {
    const auto log = [](const std::string& members) {
        return assess({}, report_of(R"({"device":{"protocol":"NVMe"},"smart_status":{"passed":true},)"
                                    R"("nvme_smart_health_information_log":{)" +
                                    members + "}}"))
            .verdict;
    };
    const std::string rest =
        R"("available_spare":100,"percentage_used":3,"power_on_hours":700,"temperature":30,"media_errors":0)";
    CHECK(log("") == Verdict::unknown);
    CHECK(log(R"("critical_warning":0,"temperature":0,"available_spare":0,"available_spare_threshold":0,)"
              R"("percentage_used":0,"data_units_written":0,"power_on_hours":0,"media_errors":0)") ==
          Verdict::unknown);
    for (const auto* odd : {R"("0")", "null", "[]", "{}", "true", "-1", "0.5", "256"})
        CHECK(log(fmt::format(R"("critical_warning":{},{})", odd, rest)) == Verdict::unknown);
    CHECK(log(R"("critical_warning":0,)" + rest) == Verdict::healthy);
    CHECK(log(R"("critical_warning":4,)" + rest) == Verdict::failing);
    CHECK(log(rest) == Verdict::unknown);
    CHECK(log(R"("critical_warning":0,"available_spare":100)") == Verdict::unknown);
}

TEST_CASE("smartctl: the drive's word in the exit status, where the report has not got it", "[smartctl]") {
    const std::string rest =
        R"("device":{"protocol":"ATA"},"power_on_time":{"hours":700},"temperature":{"current":30},)"
        R"("ata_smart_attributes":{"table":[{"id":197,"name":"Current_Pending_Sector",)"
        R"("value":100,"worst":100,"thresh":0,"when_failed":"","raw":{"value":0}}]})";
    const auto verdict = [&](const std::string& more) {
        return assess({}, report_of("{" + more + rest + "}")).verdict;
    };
    CHECK(verdict(R"("smartctl":{"exit_status":8},)") == Verdict::failing);
    CHECK(verdict(R"("smartctl":{"exit_status":4},)") == Verdict::healthy);
    CHECK(verdict(R"("smartctl":{"exit_status":8},"smart_status":{"passed":true},)") == Verdict::healthy);
}

TEST_CASE("smartctl: a self-test log that was read and is empty is not one that was not read", "[smartctl]") {
    const auto read = [](const std::string& members) {
        return report_of("{" + members + "}").has_self_test_log;
    };
    CHECK(read(R"("ata_smart_self_test_log":{"standard":{"revision":1,"count":0}})"));
    CHECK(read(R"("ata_smart_self_test_log":{"extended":{"revision":1,"sectors":1,"count":0}})"));
    CHECK(read(
        R"("nvme_smart_health_information_log":{},"nvme_self_test_log":{"current_self_test_operation":{"value":0}})"));
    CHECK(
        read(R"("scsi_grown_defect_list":0,"scsi_self_test_0":{"result":{"value":0,"string":"Completed"}})"));
    CHECK(!read(R"("ata_smart_self_test_log":{})"));
    CHECK(!read(R"("nvme_smart_health_information_log":{})"));
    CHECK(!read(R"("scsi_grown_defect_list":0)"));
    CHECK(!read(R"("ata_smart_self_test_log":{"standard":null})"));
    CHECK(!read(R"("ata_smart_attributes":{"table":[]})"));
}

TEST_CASE("smartctl: a SAS drive, by the names of smartctl 7.3", "[smartctl]") {
    const auto r = report_in("sas.json");
    CHECK(r.kind == DriveKind::scsi);
    CHECK(r.model == "TOSHIBA AL15SEB18EQY");
    CHECK(r.firmware == "EF06");
    CHECK(r.serial == "Y9S012345678");
    CHECK(r.wwn == "0x5000039ccaccacca");
    CHECK(r.bytes == 1'800'360'124'416);
    CHECK(r.temperature == 25);
    CHECK(r.temperature_max == 65);
    REQUIRE(r.scsi);
    CHECK(r.scsi->grown_defects == 0);
    CHECK(r.scsi->uncorrected_reads == 0);
    CHECK(r.scsi->uncorrected_verifies == 0);
    REQUIRE(r.self_tests.size() == 2);
    CHECK(r.self_tests[1].result == TestResult::passed);
    CHECK(r.self_tests[1].hours == 1);
    CHECK(!r.self_tests[1].extended);
    CHECK(assess({}, r).verdict == Verdict::healthy);
}

TEST_CASE("smartctl: pending defects of SCSI, and pending sectors of ATA's statistics", "[smartctl]") {
    CHECK(report_of(R"({"scsi_grown_defect_list":0,"scsi_pending_defects":{"count":3}})").pending_defects ==
          3U);
    CHECK(!report_of(R"({"scsi_grown_defect_list":0,"scsi_pending_defects":{"count":"3"}})").pending_defects);
    const auto r =
        report_of(R"({"ata_device_statistics":{"pages":[{"number":3,"table":[{"offset":56,"value":4}]}]}})");
    CHECK(r.statistics_pending == 4U);
}

TEST_CASE("smartctl: a SAS drive that tells its temperature elsewhere", "[smartctl]") {
    const auto r = report_in("sas-environment.json");
    CHECK(r.temperature == 38);
    CHECK(r.firmware == "C232");
    CHECK(r.model == "WDC WUH721818AL5204");
    CHECK(assess({}, r).verdict == Verdict::healthy);
}

TEST_CASE("smartctl: a drive that could not be opened is unknown, with smartctl's words", "[smartctl]") {
    const auto r = report_in("open-failed.json");
    CHECK(r.exit_status == 2);
    CHECK(!r.passed);
    const auto a = assess({}, r);
    CHECK(a.verdict == Verdict::unknown);
    REQUIRE(a.reasons.size() == 1);
    CHECK(a.reasons[0].text ==
          R"(Smartctl open device: /dev/sda failed: \\.\PhysicalDrive0: Open failed, Error=5)");
}

TEST_CASE("smartctl: a drive behind a bridge that lets nothing through", "[smartctl]") {
    const auto r = report_in("bridge-without-data.json");
    CHECK(r.kind == DriveKind::hdd);
    CHECK(r.model == "WDC WD40EFRX-68N32N0");
    CHECK(r.family == "Western Digital Red");
    CHECK(r.wwn == "0x5000cca189c2a400");
    CHECK(assess({}, r).verdict == Verdict::unknown);
}

// ---- parts

TEST_CASE("smartctl: a WWN is of one form, or none", "[smartctl]") {
    const auto wwn = [](const std::string& v) { return report_of(R"({"wwn":)" + v + "}").wwn; };
    CHECK(wwn(R"({"naa":5,"oui":1,"id":2})") == "0x5000001000000002");
    CHECK(wwn(R"({"naa":15,"oui":16777215,"id":68719476735})") == "0xffffffffffffffff");
    for (const auto* bad : {R"({"naa":16,"oui":1,"id":2})", R"({"naa":5,"oui":16777216,"id":2})",
                            R"({"naa":5,"oui":1,"id":68719476736})", R"({"naa":5,"oui":1})",
                            R"({"naa":-5,"oui":1,"id":2})", R"("0x5000")", "7"})
        CHECK(wwn(bad).empty());
}

TEST_CASE("smartctl: a raw value has 48 bits", "[smartctl]") {
    CHECK(attribute_of(R"("raw":{"value":8590065666,"string":"2 2 2"})").raw == 8'590'065'666);
    CHECK(attribute_of(R"("raw":{"value":18446744073709551615})").raw == 0xFFFF'FFFF'FFFF);
    CHECK(attribute_of(R"("raw":{"value":12.0})").raw == 12);
}

TEST_CASE("smartctl: a raw value that is no number is absent and not zero; the rest of its row counts",
          "[smartctl]") {
    for (const auto* bad :
         {R"("raw":{"value":-1})", R"("raw":{"value":"12"})", R"("raw":12)", R"("raw":{"value":12.5})",
          R"("raw":{"value":1e30})", R"("raw":{})", R"("raw":null)"}) {
        const auto a = attribute_of(std::string(bad) + R"(,"when_failed":"now")");
        INFO(bad);
        CHECK(!a.raw);
        CHECK(a.failed == Failed::now);
    }
}

TEST_CASE("smartctl: at its threshold, by smartctl's word or by the numbers", "[smartctl]") {
    CHECK(attribute_of(R"("when_failed":"now")").failed == Failed::now);
    CHECK(attribute_of(R"("when_failed":"past")").failed == Failed::past);
    CHECK(attribute_of(R"("when_failed":"","value":1,"thresh":10)").failed == Failed::never);
    CHECK(attribute_of(R"("value":10,"worst":10,"thresh":10)").failed == Failed::now);
    CHECK(attribute_of(R"("value":11,"worst":10,"thresh":10)").failed == Failed::past);
    CHECK(attribute_of(R"("value":11,"worst":11,"thresh":10)").failed == Failed::never);
    CHECK(attribute_of(R"("value":0,"worst":0,"thresh":0)").failed == Failed::never);
    CHECK(attribute_of(R"("flags":{"prefailure":true})").prefail);
    CHECK(!attribute_of(R"("flags":{"prefailure":1})").prefail);
}

TEST_CASE("smartctl: a missing or odd overall word is none", "[smartctl]") {
    CHECK(report_of(R"({"smart_status":{"passed":false}})").passed == false);
    for (const auto* status :
         {"{}", R"({"passed":null})", R"({"passed":0})", R"({"passed":"false"})", "false", "[]"}) {
        INFO(status);
        CHECK(!report_of(fmt::format(R"({{"smart_status":{}}})", status)).passed);
    }
}

TEST_CASE("smartctl: how a self-test ended", "[smartctl]") {
    CHECK(ata_test(0x00).result == TestResult::passed);
    CHECK(ata_test(0x19).result == TestResult::aborted);
    CHECK(ata_test(0x25).result == TestResult::interrupted);
    for (const int failed : {0x30, 0x40, 0x50, 0x60, 0x79, 0x8F})
        CHECK(ata_test(failed).result == TestResult::failed);
    for (const int reserved : {0x90, 0xE0}) CHECK(ata_test(reserved).result == TestResult::unfinished);
    CHECK(ata_test(0xF5).result == TestResult::running);
    CHECK(ata_test(0).extended);
    CHECK(ata_test(0, "Extended captive").extended);
    CHECK(!ata_test(0, "Short offline").extended);
}

TEST_CASE("smartctl: a sector that could not be read, by the words or by the register", "[smartctl]") {
    CHECK(ata_error(R"("error_description":"Error: UNC at LBA = 0x0fffffff = 268435455")").uncorrectable);
    CHECK(!ata_error(R"("error_description":"Error: ICRC, ABRT 8 sectors")").uncorrectable);
    CHECK(ata_error(R"("completion_registers":{"error":64})").uncorrectable);
    CHECK(!ata_error(R"("completion_registers":{"error":132})").uncorrectable);
    CHECK(ata_error(R"("x":1)").hours == 7);
}

TEST_CASE("smartctl: a drive that sleeps was not asked", "[smartctl]") {
    const auto r = report_of(
        R"-({"smartctl":{"messages":[{"string":"Device is in STANDBY mode, exit(3)"}],"exit_status":3}})-");
    CHECK(r.asleep);
    CHECK(assess({}, r).verdict == Verdict::unknown);
    CHECK(!report_of("{}").asleep);
}

// ---- hostile

TEST_CASE("smartctl: what is no object is refused, with a reason", "[smartctl][hostile]") {
    for (const auto* text :
         {"", " ", "null", "[]", "7", "\"x\"", "{", "}", "{\"a\":}", "{\"a\":1}}", "{'a':1}", "\xEF\xBB\xBF",
          "smartctl 7.3 2022-02-28", "{\"a\":1e999}", "{\"a\":tru}"})
        CHECK(is_refused(text));
    CHECK(is_refused(std::string_view("\0\0\0\0", 4)));
    CHECK(is_refused(std::string(100'000, '[')));
    CHECK(is_refused(std::string(100'000, '{')));
}

TEST_CASE("smartctl: nesting beyond all reason is refused", "[smartctl][hostile]") {
    std::string deep = R"({"a":)";
    for (int i = 0; i < 5000; ++i) deep += R"({"a":)";
    deep += "1" + std::string(5001, '}');
    CHECK(is_refused(deep));
}

TEST_CASE("smartctl: a document of more than 4 MiB is refused, and the next one is read",
          "[smartctl][hostile]") {
    const auto padded = [](std::size_t bytes) { return "{" + std::string(bytes - 2, ' ') + "}"; };
    CHECK(!is_refused(padded(health::report_bytes_max)));
    CHECK(is_refused(padded(health::report_bytes_max + 1)));
    CHECK(report_in("nvme.json").nvme);
}

TEST_CASE("smartctl: members of another type are absent", "[smartctl][hostile]") {
    for (const auto* v :
         {"null", "true", "-1", "1.5", "\"x\"", "[]", "{}", "[[[{}]]]", R"({"table":7})", R"([{"table":{}}])",
          R"({"table":[1,"x",null,[],{}]})", R"({"summary":[]})", R"({"count":"many"})"}) {
        std::string json = "{";
        for (const auto* name : {"smartctl",
                                 "device",
                                 "model_name",
                                 "serial_number",
                                 "wwn",
                                 "user_capacity",
                                 "rotation_rate",
                                 "trim",
                                 "smart_status",
                                 "power_on_time",
                                 "temperature",
                                 "endurance_used",
                                 "local_time",
                                 "ata_smart_attributes",
                                 "ata_smart_error_log",
                                 "ata_smart_self_test_log",
                                 "ata_smart_data",
                                 "ata_device_statistics",
                                 "ata_pending_defects_log",
                                 "nvme_smart_health_information_log",
                                 "nvme_self_test_log",
                                 "scsi_error_counter_log",
                                 "scsi_grown_defect_list",
                                 "scsi_self_test_0",
                                 "scsi_environmental_reports"})
            json += fmt::format("\"{}\":{},", name, v);
        const auto r = report_of(json + "\"last\":0}");
        CHECK(r.attributes.empty());
        CHECK(!r.passed);
        CHECK(!r.hours);
        CHECK(assess({}, r).verdict != Verdict::failing);
    }
}

TEST_CASE("smartctl: rows of another shape are left out, and the others are kept", "[smartctl][hostile]") {
    const auto r = report_of(
        R"({"ata_smart_attributes":{"table":[null,7,[],{"id":"5"},{"id":0},{"id":256},{"id":-5},{"name":"x"},{"id":5}]}})");
    REQUIRE(r.attributes.size() == 1);
    CHECK(r.attributes[0].id == 5);
}

TEST_CASE("smartctl: lists and texts have an end", "[smartctl][hostile]") {
    const auto list = [](int n, const std::string& row) {
        std::string rows = row;
        for (int i = 1; i < n; ++i) rows += "," + row;
        return "[" + rows + "]";
    };
    const auto r = report_of(
        R"({"ata_smart_attributes":{"table":)" + list(5000, R"({"id":5})") +
        R"(},"ata_smart_error_log":{"summary":{"table":)" + list(5000, R"({"lifetime_hours":1})") +
        R"(}},"ata_smart_self_test_log":{"standard":{"table":)" + list(5000, R"({"status":{"value":0}})") +
        R"(}},"smartctl":{"messages":)" + list(5000, R"({"string":"x"})") + R"(},"model_name":")" +
        std::string(100'000, 'm') + R"("})");
    CHECK(r.attributes.size() == 1);
    CHECK(r.errors.size() == 256);
    CHECK(r.self_tests.size() == 64);
    CHECK(r.messages.size() == 16);
    CHECK(r.model.size() == 200);
}

TEST_CASE("smartctl: numbers beyond all reason are absent", "[smartctl][hostile]") {
    const auto r = report_of(
        R"({"temperature":{"current":9223372036854775807},"smartctl":{"exit_status":-9223372036854775808},)"
        R"("power_on_time":{"hours":1e300},"endurance_used":{"current_percent":100001},)"
        R"("ata_smart_attributes":{"table":[{"id":5,"value":1e18,"worst":-1e18,"thresh":1.5}]}})");
    CHECK(!r.temperature);
    CHECK(!r.exit_status);
    CHECK(!r.hours);
    CHECK(!r.used);
    REQUIRE(r.attributes.size() == 1);
    CHECK(!r.attributes[0].value);
    CHECK(!r.attributes[0].worst);
    CHECK(!r.attributes[0].threshold);
}

TEST_CASE("smartctl: a counter of more than 64 bits does not cost the report", "[smartctl][hostile]") {
    const auto r = report_of(
        R"({"model_name":"a \"340282366920938463463374607431768211455\" \\","nvme_smart_health_information_log":)"
        R"({"media_errors":340282366920938463463374607431768211455,"data_units_written":18446744073709551616,)"
        R"("percentage_used":3},"odd":-340282366920938463463374607431768211455})");
    CHECK(r.model == R"(a "340282366920938463463374607431768211455" \)");
    REQUIRE(r.nvme);
    CHECK(r.nvme->media_errors == 18'446'744'073'709'551'615ULL);
    CHECK(r.nvme->used == 3);
    CHECK(!signs_of(r)[Sign::written]);
}

TEST_CASE("smartctl: bytes that are no UTF-8 do not cost the report", "[smartctl][hostile]") {
    const auto r = report_of(
        "{\"serial_number\":\"A\xFF\xC3(\",\"smart_status\":{\"passed\":true},\"big\":99999999999999999999}");
    CHECK(r.serial.starts_with("A"));
    CHECK(r.passed == true);
    CHECK(report_of(R"({"serial_number":"a\u0000b"})").serial.starts_with("a"));
}

TEST_CASE("smartctl: of two members of one name, one and the same is taken", "[smartctl][hostile]") {
    const auto r =
        report_of(R"({"smart_status":{"passed":true,"passed":false},"model_name":"a","model_name":"b"})");
    CHECK(r.passed == true);
    CHECK(r.model == "a");
}

TEST_CASE("smartctl: a report cut anywhere is refused", "[smartctl][hostile]") {
    const auto whole = recorded("sas.json");
    const auto end = whole.rfind('}');
    for (std::size_t n = 0; n <= end; n += 7) CHECK(is_refused(std::string_view(whole).substr(0, n)));
    CHECK(!is_refused(std::string_view(whole).substr(0, end + 1)));
}

TEST_CASE("smartctl: any byte changed in a report gives an answer or an error", "[smartctl][hostile]") {
    const auto whole = recorded("nvme.json");
    for (std::size_t i = 0; i < whole.size(); ++i)
        for (const char c : {'\0', '"', '}', '9', '-', '\xFF'}) {
            auto changed = whole;
            changed[i] = c;
            if (const auto r = parse_smartctl_json(changed); r.has_value()) (void)assess({}, *r);
        }
    CHECK(report_in("nvme.json").nvme);
}
