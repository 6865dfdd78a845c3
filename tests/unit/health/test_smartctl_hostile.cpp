/// What people paste and programs print instead of a report: cut, quoted, foreign, endless.

#include "core/health.hpp"
#include "recorded.hpp"

using namespace guardian;
using recorded::attribute;
using recorded::check_same;
using recorded::parsed;
using recorded::replaced;
using recorded::report;
using recorded::text;

namespace {

const std::string banner = "smartctl 7.3 2022-02-28 r5338 [x86_64-linux-6.1.0] (local build)\n";
const std::string row =
    "  5 Reallocated_Sector_Ct   0x0033   100   100   010    Pre-fail  Always       -       8\n";

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
    CHECK(attribute(r, 5).raw == 8u);
    CHECK_FALSE(attribute(r, 9).raw);
    CHECK_FALSE(r.hours);
}

TEST_CASE("text: rows that a mail has wrapped anywhere between their words") {
    const std::string whole =
        "  1 Raw_Read_Error_Rate     0x000f   082   064   044    Pre-fail  Always       -       9\n"
        "197 Current_Pending_Sector  0x0012   001   001   005    Old_age   Always   FAILING_NOW 88\n"
        "190 Airflow_Temperature_Cel 0x0022   062   060   040    Old_age   Always       -       38 (Min/Max "
        "22/40)\n";
    const auto row_at = whole.find("197");
    for (auto at = whole.find("   001", row_at); at < whole.find("88"); at = whole.find("  ", at + 1)) {
        auto broken = whole;
        const auto r = parsed(broken.replace(at, 2, "\n > "));
        INFO(broken);
        CHECK(r.attributes.size() == 3);
        CHECK(attribute(r, 197).raw == 88u);
        CHECK(attribute(r, 197).threshold == 5);
        CHECK(attribute(r, 197).failed == core::Failed::now);
        CHECK(attribute(r, 190).raw_text == "38 (Min/Max 22/40)");
    }
}

TEST_CASE("text: a row broken in a word has no raw value, and is not taken for zero") {
    const std::string status = "SMART overall-health self-assessment test result: PASSED\n";
    const std::string torn =
        "197 Current_Pending_Sector  0x0012   100   100   000    Old_a\nge   Always       -       88\n";
    const std::string whole =
        "197 Current_Pending_Sector  0x0012   100   100   000    Old_age   Always       -       0\n";
    const auto r = parsed(status + row + torn +
                          "199 UDMA_CRC_Error_Count    0x003e   200   200   000    Old_age   "
                          "Always       -       3\n");
    CHECK_FALSE(attribute(r, 197).raw);
    CHECK(attribute(r, 199).raw == 3u);
    CHECK(core::assess({}, r).verdict == core::Verdict::unknown);
    CHECK(core::assess({}, r).reasons.front().text.find("197 cannot be read") != std::string::npos);
    CHECK(core::assess({}, parsed(status + row + whole)).verdict == core::Verdict::healthy);
}

TEST_CASE("text: an endurance below nothing, or of no percent, is unclear and not a number") {
    const std::string sas = "SMART Health Status: OK\nPercentage used endurance indicator: ";
    const std::string nvme =
        "SMART overall-health self-assessment test result: PASSED\nCritical Warning:                   0x00\n"
        "Percentage Used:                    ";
    for (const auto* used : {"-5%", "5", "256%", "many"}) {
        CAPTURE(used);
        const auto s = parsed(sas + used + "\n");
        const auto n = parsed(nvme + used + "\n");
        CHECK_FALSE(s.used);
        CHECK_FALSE(n.nvme->used);
        CHECK(core::assess({}, s).verdict == core::Verdict::unknown);
        CHECK(core::assess({}, n).verdict == core::Verdict::unknown);
    }
    CHECK(parsed(sas + "5%\n").used == 5);
    CHECK(parsed(nvme + "255%\n").nvme->used == 255);
}

TEST_CASE("text: lines that a mail in quoted-printable has broken") {
    const std::string pending =
        "197 Current_Pending_Sector  0x0012   100   100   000    Old_age   Alw=\nays       -=\r\n"
        "       8=\n8\n";
    const auto r = parsed("=== START OF READ SMART DATA SECTION ===\n" + row + pending);
    CHECK(attribute(r, 5).raw == 8u);
    CHECK(attribute(r, 197).raw == 88u);
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

namespace {

std::string with(std::string whole, const std::string& from, const std::string& to) {
    const auto at = whole.find(from);
    REQUIRE(at != std::string::npos);
    return whole.replace(at, from.size(), to);
}

/// What the two, one after the other, are said to differ in; empty: they are taken for one.
std::string difference_of(const std::string& first, const std::string& second) {
    const auto r = health::parse_smartctl_text(first + second);
    if (r) return "";
    const auto text = r.error().text();
    const auto at = text.find("differ in ");
    return at == std::string::npos ? text : text.substr(at + 10, text.find_first_of(":;(", at) - at - 10);
}

/// One way and the other.
void check_differ(const std::string& first, const std::string& second, const std::string& words) {
    INFO(second);
    CHECK(difference_of(first, second).find(words) != std::string::npos);
    CHECK(difference_of(second, first).find(words) != std::string::npos);
}

const std::string words_of_the_drive = "SMART overall-health self-assessment test result: ";
const std::string pending =
    "197 Current_Pending_Sector  0x0012   100   100   000    Old_age   Always       -       0\n";
const std::string warm =
    "194 Temperature_Celsius     0x0022   036   040   000    Old_age   Always       -       36\n"
    "  9 Power_On_Hours          0x0032   099   099   000    Old_age   Always       -       100\n";

}  // namespace

TEST_CASE("text: of two readings of a drive neither is left out") {
    check_differ(pending, with(pending, "       0\n", "       88\n"), "197 Current_Pending_Sector");
    check_differ(row, with(row, "     -  ", "FAILING_NOW"), "5 Reallocated_Sector_Ct");
    const std::string log = "SMART Error Log Version: 1\n";
    check_differ(log + "No Errors Logged\n", log + "ATA Error Count: 3\n", "the error log");
    const std::string passed =
        "# 1  Extended offline    Completed without error       00%     90         -\n";
    check_differ(passed, "# 1  Extended offline    Completed: read failure       90%     100         77\n",
                 "the self-tests");
    check_differ("Media and Data Integrity Errors: 0\n", "Media and Data Integrity Errors: 4\n",
                 "the media errors");
    check_differ("Available Spare: 100%\n", "Available Spare: 4%\n", "the spare blocks");
    check_differ("Elements in grown defect list: 0\n", "Elements in grown defect list: 9\n",
                 "the grown defects");
    check_differ("0x03  0x020  4   0  ---  Reallocated\n", "0x03  0x020  4   9  ---  Reallocated\n",
                 "the device statistics");
    const std::string defects = "Pending Defects log (GP Log 0x0c)\n";
    check_differ(defects + "No Defects Logged\n",
                 defects + "Index                LBA    Hours\n    0   1145499    -\n",
                 "the pending defects");
}

TEST_CASE("text: two readings of a drive that tell the same are one") {
    CHECK(difference_of(pending + warm,
                        pending + with(with(warm, "       36\n", "       38\n"), "100\n", "101\n"))
              .empty());
    CHECK(difference_of("Available Spare: 100%\nData Units Written: 1\nTemperature: 30 Celsius\n",
                        "Available Spare: 100%\nData Units Written: 2\nTemperature: 31 Celsius\n")
              .empty());
    const auto r = parsed(row + "\nsome words of the person\n" + pending + warm);
    CHECK(r.attributes.size() == 4);  // and not only those before the words
    const auto tests = parsed(
        "# 1  Short offline       Completed without error       00%     99         -\nwords\n"
        "# 2  Extended offline    Completed: read failure       90%     98         77\n");
    CHECK(tests.self_tests.size() == 2);
    const auto torn = with(row, "     -       8", "FAILING_NOW");
    for (const auto& both : {torn + "words\n" + row, row + "words\n" + torn}) {
        CHECK(attribute(parsed(both), 5).raw == 8u);
        CHECK(attribute(parsed(both), 5).failed == core::Failed::now);
    }
}

TEST_CASE("text: FAILED counts, before a word that says PASSED and after it") {
    for (const auto& both : {words_of_the_drive + "PASSED\n" + words_of_the_drive + "FAILED!\n",
                             words_of_the_drive + "FAILED!\n" + words_of_the_drive + "PASSED\n"})
        CHECK(parsed(both).passed == false);
    const auto r = parsed(
        "SMART Health Status: OK\nSMART Health Status: FIRMWARE IMPENDING FAILURE [asc=5d, ascq=10]\n");
    CHECK(r.passed == false);
    CHECK(r.scsi->failure->text == "FIRMWARE IMPENDING FAILURE [asc=5d, ascq=10]");
    CHECK(parsed("Critical Warning: 0x04\nCritical Warning: 0x00\n").nvme->critical_warning == 4);
    CHECK_FALSE(
        parsed("Device is in STANDBY mode, exit(2)\n" + words_of_the_drive + "FAILED!\n" + row).asleep);
}

TEST_CASE("text: the extended log of errors comes before the summary, wherever it stands") {
    const std::string summary =
        "SMART Error Log Version: 1\nATA Error Count: 9\n"
        "Error 9 occurred at disk power-on lifetime: 1 hours\n  40 51 00 00 00 00 0f  Error: UNC at LBA = "
        "0x0 = 0\n";
    const std::string extended =
        "SMART Extended Comprehensive Error Log Version: 1 (5 sectors)\nDevice Error Count: 2\n"
        "Error 2 [1] occurred at disk power-on lifetime: 7 hours\nError 1 [0] occurred at disk power-on "
        "lifetime: 6 hours\n";
    for (const auto& both : {summary + extended, extended + summary}) {
        const auto r = parsed(both);
        CHECK(r.error_count == 2u);
        REQUIRE(r.errors.size() == 2);
        CHECK(r.errors[0].hours == 7);
    }
    CHECK(difference_of(
              summary, "SMART Extended Comprehensive Error Log Version: 1 (5 sectors)\nNo Errors Logged\n") ==
          "the error log");
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
        endless += "# " + std::to_string(i) +
                   "  Short offline       Completed without error       00%     1         -\n";
    for (int i = 0; i < 2000; ++i) endless += std::to_string(1 + i % 200) + row.substr(3);
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
