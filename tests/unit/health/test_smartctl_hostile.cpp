/// What people paste and programs print instead of a report: cut, quoted, foreign, endless.

#include "recorded.hpp"

using namespace guardian;
using recorded::attribute;
using recorded::parsed;
using recorded::report;
using recorded::text;

namespace {

const std::string banner = "smartctl 7.3 2022-02-28 r5338 [x86_64-linux-6.1.0] (local build)\n";
const std::string row =
    "  5 Reallocated_Sector_Ct   0x0033   100   100   010    Pre-fail  Always       -       8\n";

std::string replaced(const std::string& all, char from, const std::string& to) {
    std::string out;
    for (const char c : all) out += c == from ? to : std::string(1, c);
    return out;
}

void check_same(const core::SmartReport& a, const core::SmartReport& b) {
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

void check_error(const std::string& text) {
    const auto r = health::parse_smartctl_text(text);
    INFO(text.substr(0, 100));
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().code == ErrorCode::usage);
    CHECK(r.error().remedy.find("smartctl -x") != std::string::npos);
}

}  // namespace

TEST_CASE("text: the same report as mail, forum and Windows hand it on") {
    const auto whole = text("ata-hdd-failed-x.txt");
    const auto expected = parsed(whole);
    check_same(parsed(replaced(whole, '\n', "\r\n")), expected);
    check_same(parsed(replaced(whole, '\n', "\r")), expected);
    check_same(parsed(replaced(whole, '\n', "\n\n")), expected);
    check_same(parsed(replaced(whole, '\n', "\n> > ")), expected);
    check_same(parsed(replaced(whole, '\n', "\n        ")), expected);
    check_same(parsed(replaced(whole, '\n', "\n\xC2\xA0\xC2\xA0")), expected);
    check_same(parsed("\xEF\xBB\xBF" + whole), expected);
}

TEST_CASE("text: UTF-16 of Windows is read as the ASCII in it") {
    std::string wide = "\xFF\xFE";
    for (const char c : text("ata-hdd-failed-x.txt")) wide += {c, '\0'};
    check_same(parsed(wide), report("ata-hdd-failed-x.txt"));
}

TEST_CASE("text: rows that a mail has wrapped before their raw value") {
    const auto r = parsed(
        "  1 Raw_Read_Error_Rate     0x000f   082   064   044    Pre-fail  Always       -\n       148350832\n"
        "190 Airflow_Temperature_Cel 0x0022   062   060   040    Old_age   Always\n       -       38 "
        "(Min/Max 22/40)\n" +
        row);
    CHECK(r.attributes.size() == 3);
    CHECK(attribute(r, 1).raw == 148350832u);
    CHECK(attribute(r, 190).raw_text == "38 (Min/Max 22/40)");
    CHECK(attribute(r, 5).raw == 8u);
}

TEST_CASE("text: a table cut in a row keeps the rows before it") {
    const auto r = parsed(row + "  9 Power_On_Hours          0x0032   099   0");
    CHECK(r.attributes.size() == 1);
    CHECK_FALSE(r.hours);
}

TEST_CASE("text: every beginning of every kind of report can be read") {
    for (const auto* name :
         {"ata-hdd-failed-x.txt", "nvme-tests.txt", "sas-ssd-x.txt", "ata-hdd-testing.txt"}) {
        const auto whole = text(name);
        for (std::size_t size = 0; size < whole.size(); size += 7)
            (void)health::parse_smartctl_text(std::string_view(whole).substr(0, size));
    }
}

TEST_CASE("text: one drive's -a and -x together count once") {
    const auto whole = text("ata-hdd-failed-x.txt");
    check_same(parsed(whole + whole), parsed(whole));
}

TEST_CASE("text: the reports of two drives are not judged as one, nor the second left out") {
    const auto is_refused = [](const std::string& two) {
        const auto r = health::parse_smartctl_text(two);
        return !r && r.error().text().find("more than one drive") != std::string::npos;
    };
    CHECK(is_refused(text("ata-hdd-testing.txt") + "\n" + text("ata-hdd-failed-x.txt")));
    CHECK(is_refused(text("sas-ssd.txt") + text("sas-ssd-x.txt")));
    CHECK(is_refused(text("nvme-tests.txt") + text("nvme-testing.txt")));
}

TEST_CASE("text: a sleeping drive") {
    const auto r = parsed(banner + "\nDevice is in STANDBY mode, exit(2)\n");
    CHECK(r.asleep);
    CHECK(r.exit_status == 2);
    CHECK(parsed("Device is in SLEEP mode, exit(3)\n").exit_status == 3);
    CHECK(parsed("/dev/sda: Device is in STANDBY (OS) mode, exit(2)\n").asleep);
    CHECK_FALSE(parsed(banner).asleep);
}

TEST_CASE("text: why it could not be read is kept") {
    const auto message = [](const std::string& line) {
        const auto r = parsed(line + "\n");
        REQUIRE(r.messages.size() == 1);
        CHECK_FALSE(r.passed);
        return r.messages.front();
    };
    const std::string bridge = "/dev/sdb: Unknown USB bridge [0x152d:0x0578 (0x508)]";
    CHECK(message(bridge) == bridge);
    const std::string denied = "Smartctl open device: /dev/sda failed: Permission denied";
    CHECK(message(denied) == denied);
    message("Smartctl open device: /dev/sdz failed: No such device");
    message("/dev/null: Unable to detect device type");
    message(
        "A mandatory SMART command failed: exiting. To continue, add one or more '-T permissive' options.");
    message("Device does not support SMART");
    CHECK(parsed(banner + "Read SMART Data failed: scsi error aborted command\n").messages.size() == 1);
}

TEST_CASE("text: what is not smartctl's is refused, and says what would be right") {
    check_error("");
    check_error("\n\n> \r\n");
    check_error("bash: smartctl: command not found\n");
    check_error(
        "Serial Number: 12345\nVendor: Somebody\nTemperature: 40 Celsius\nRead failed\nWarning: hot\n");
    check_error("{\"smartctl\": {\"version\": [7, 3]}}");
    check_error(std::string(1000, '\0'));
    check_error(std::string(2'000'000, 'x'));
}

TEST_CASE("text: what lies beyond the first MiB does not count") {
    const std::string filler(std::size_t{1} << 20, '\n');
    check_error(filler + row);
    CHECK(parsed(row + filler + "Device Model: late\n").model.empty());
}

TEST_CASE("text: every list and string has a limit") {
    std::string endless = "SMART Error Log Version: 1\n";
    for (int i = 0; i < 2000; ++i) {
        endless += "Error 1 occurred at disk power-on lifetime: 1 hours\n";
        if (i > 300) endless += "  40 51 00 ff ff ff 0f  Error: UNC at LBA = 0x0fffffff = 268435455\n";
        endless += "Warning: again\n";
    }
    for (int i = 0; i < 2000; ++i)
        endless += "# 1  Short offline       Completed without error       00%     1         -\n";
    for (int i = 0; i < 2000; ++i) endless += row;
    const auto r = parsed(endless + "Device Model: " + std::string(100'000, 'm') + "\n");
    CHECK(r.errors.size() == 256);
    CHECK_FALSE(r.errors.back().uncorrectable);  // a later one was
    CHECK(r.self_tests.size() == 256);
    CHECK(r.attributes.size() == 64);
    CHECK(r.messages.size() == 32);
    CHECK(r.model.size() == 256);
}

TEST_CASE("text: numbers too large and out of range are left out") {
    const auto r = parsed(
        "Power On Hours: 99,999,999,999\nData Units Written: 999,999,999,999,999,999,999\nAvailable Spare: "
        "300%\n"
        "Temperature: 999 Celsius\nUser Capacity: 99999999999999999999999 bytes\n"
        "Local Time is: Sat Foo 99 25:61:61 2021 PDT\nSelf-test execution status: ( 999) what\n");
    CHECK_FALSE(r.hours);
    CHECK_FALSE(r.nvme->units_written);
    CHECK_FALSE(r.nvme->spare);
    CHECK_FALSE(r.temperature);
    CHECK(r.bytes == 0);
    CHECK_FALSE(r.read_at_s);
    CHECK_FALSE(r.test_remaining);
}

TEST_CASE("text: strings are valid UTF-8") {
    CHECK(parsed("Device Model:     caf\xE9 \xC3\xA9\n").model == "caf\xEF\xBF\xBD \xC3\xA9");
}
