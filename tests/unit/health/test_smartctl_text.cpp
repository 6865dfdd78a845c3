/// smartctl's text: recorded reports whole, and what the words and columns mean.

#include "recorded.hpp"

using namespace guardian;
using core::DriveKind;
using core::Failed;
using core::TestResult;
using recorded::attribute;
using recorded::parsed;
using recorded::report;

namespace {

const std::string banner = "smartctl 7.3 2022-02-28 r5338 [x86_64-linux-6.1.0] (local build)\n";

}  // namespace

TEST_CASE("text: a disk in its self-test") {
    const auto r = report("ata-hdd-testing.txt");
    CHECK(r.kind == DriveKind::hdd);
    CHECK(r.model == "OOS12000G");
    CHECK(r.serial == "00008AXB");
    CHECK(r.wwn == "0x5000c500a4847915");
    CHECK(r.firmware == "OOS1");
    CHECK(r.bytes == 12000138625024u);
    CHECK(r.passed == true);
    CHECK(r.hours == 252);
    CHECK(r.temperature == 38);
    CHECK(r.test_remaining == 30);
    CHECK(r.test_minutes_short == 1);
    CHECK(r.test_minutes_extended == 1082);
    CHECK(r.error_count == 0u);
    CHECK_FALSE(r.exit_status);
    CHECK_FALSE(r.nvme);
    CHECK_FALSE(r.scsi);
}

TEST_CASE("text: the rows of the long table") {
    const auto r = report("ata-hdd-testing.txt");
    REQUIRE(r.attributes.size() == 22);
    const auto a = attribute(r, 194);
    CHECK(a.name == "Temperature_Celsius");
    CHECK(a.value == 38);
    CHECK(a.worst == 40);
    CHECK(a.threshold == 0);
    CHECK_FALSE(a.prefail);
    CHECK(a.raw == 68719476774u);
    CHECK(a.raw_text == "38 (0 16 0 0 0)");
    CHECK(attribute(r, 5).prefail);
    CHECK(attribute(r, 5).failed == Failed::never);
    CHECK(attribute(r, 1).raw == 176373483u);
}

TEST_CASE("text: the self-tests of ATA") {
    const auto r = report("ata-hdd-testing.txt");
    REQUIRE(r.self_tests.size() == 8);
    CHECK(r.self_tests[0].extended);
    CHECK(r.self_tests[0].result == TestResult::running);
    CHECK(r.self_tests[0].hours == 252);
    CHECK_FALSE(r.self_tests[1].extended);
    CHECK(r.self_tests[1].result == TestResult::passed);
    CHECK(r.self_tests[1].text == "Completed without error");
    CHECK(r.self_tests[7].hours == 94);
}

TEST_CASE("text: a failed disk, by -x and without the banner") {
    const auto r = report("ata-hdd-failed-x.txt");
    CHECK(r.kind == DriveKind::hdd);
    CHECK(r.family == "HGST Travelstar 5K1000");
    CHECK(r.bytes == 1000204886016u);
    CHECK(r.wwn.empty());  // its end was taken out
    CHECK(r.passed == false);
    CHECK(r.read_at_s == 1507205667);
    CHECK(r.hours == 9434);
    CHECK(r.temperature == 40);
    CHECK(r.temperature_max == 60);
    CHECK(r.test_minutes_extended == 205);
    CHECK_FALSE(r.statistics_reallocated);
    CHECK_FALSE(r.pending_defects);
}

TEST_CASE("text: the rows of the brief table") {
    const auto r = report("ata-hdd-failed-x.txt");
    CHECK(r.attributes.size() == 19);
    const auto a = attribute(r, 5);
    CHECK(a.failed == Failed::now);
    CHECK(a.prefail);
    CHECK(a.value == 1);
    CHECK(a.threshold == 5);
    CHECK(a.raw_text == "0");
    CHECK_FALSE(attribute(r, 4).prefail);
    CHECK(attribute(r, 194).raw_text == "40 (Min/Max 4/62)");
}

TEST_CASE("text: the error log, and which errors were unreadable sectors") {
    const auto r = report("ata-hdd-failed-x.txt");
    CHECK(r.error_count == 5u);
    REQUIRE(r.errors.size() == 4);
    CHECK(r.errors[0].hours == 7032);
    CHECK(r.errors[0].uncorrectable);
    CHECK_FALSE(r.errors[1].uncorrectable);
    CHECK_FALSE(r.errors[2].uncorrectable);
    CHECK(r.errors[3].hours == 6410);
    CHECK(r.errors[3].uncorrectable);
}

TEST_CASE("text: failed and interrupted self-tests") {
    const auto r = report("ata-hdd-failed-x.txt");
    REQUIRE(r.self_tests.size() == 10);
    CHECK(r.self_tests[0].result == TestResult::interrupted);
    CHECK(r.self_tests[2].result == TestResult::failed);
    CHECK(r.self_tests[2].extended);
    CHECK(r.self_tests[2].hours == 8747);
    CHECK(r.self_tests[2].text == "Completed: read failure");
    CHECK(r.self_tests[9].hours == 8139);
}

TEST_CASE("text: device statistics and pending defects") {
    const auto r = report("ata-hdd-statistics-x.txt");
    CHECK(r.statistics_reallocated == 0u);
    CHECK(r.statistics_uncorrectable == 0u);
    CHECK(r.statistics_crc == 0u);
    CHECK_FALSE(r.statistics_pending);
    CHECK(r.pending_defects == 0u);
    CHECK(r.temperature_max == 60);
    CHECK(r.error_count == 0u);
    CHECK(r.self_tests.empty());
    CHECK(r.has_self_test_log);
    CHECK_FALSE(r.read_at_s);
    CHECK(attribute(r, 3).raw == 26411455u);
}

TEST_CASE("text: statistics of both versions, by their place and not their words") {
    const auto r = parsed(
        "Device Statistics (GP Log 0x04)\n"
        "  1  0x010  4            12345  Power-on Hours\n"
        "  3  0x020  4               17  Number of Reallocated Logical Sectors\n"
        "0x03  0x038  4               3  ---  Number of Realloc. Candidate Logical Sectors\n"
        "  4  0x008  4               5~ Number of Reported Uncorrectable Errors\n"
        "  6  0x018  4               -  Number of Interface CRC Errors\n"
        "0x05  0x058  1              70  ---  Specified Maximum Operating Temperature\n"
        "0x07  0x008  1              12  N--  Percentage Used Endurance Indicator\n");
    CHECK(r.hours == 12345);
    CHECK(r.statistics_reallocated == 17u);
    CHECK(r.statistics_pending == 3u);
    CHECK(r.statistics_uncorrectable == 5u);
    CHECK_FALSE(r.statistics_crc);
    CHECK(r.temperature_max == 70);
    CHECK(r.used == 12);
}

TEST_CASE("text: pending defects, those not shown included") {
    const std::string head = "Pending Defects log (GP Log 0x0c)\nIndex                LBA    Hours\n";
    const std::string rows = "    0        11454997800        -\n    1        11454997801     1234\n";
    CHECK(parsed(head + rows).pending_defects == 2u);
    CHECK(parsed(head + rows + "... (12 entries not shown)\n").pending_defects == 14u);
    CHECK_FALSE(parsed("Pending Defects log (GP Log 0x0c) not supported\n").pending_defects);
}

TEST_CASE("text: an SSD by its rotation rate, whatever attributes it copies from disks") {
    const auto r = report("ata-ssd-spinning-attributes.txt");
    CHECK(r.kind == DriveKind::ssd);
    CHECK(r.model == "LITEONIT LCT-512L9S-11 2.5 7mm 512GB");
    CHECK_FALSE(r.temperature);
}

TEST_CASE("text: a report padded with blanks, with smartctl's warnings") {
    const auto r = report("ata-ssd-padded.txt");
    CHECK(r.family == "Intel 730 and DC S35x0/3610/3700 Series SSDs");
    CHECK(r.wwn == "0x55cd2e404b7ffea4");
    CHECK(r.passed == true);
    CHECK(r.messages ==
          std::vector<std::string>{
              "SMART Status not supported: ATA return descriptor not supported by controller firmware",
              "Warning: This result is based on an Attribute check."});
    CHECK(attribute(r, 175).raw == 1061482074186u);
    CHECK(attribute(r, 234).raw == 0u);
    CHECK(attribute(r, 234).raw_text == "0/0");
}

TEST_CASE("text: other drives that were recorded") {
    CHECK(report("ata-hdd-helium.txt").model == "WDC  WUH721816ALE6L4");  // two blanks, as the drive has it
    CHECK(attribute(report("ata-hdd-helium.txt"), 22).raw == 100u);
    CHECK(report("ata-ssd-apple.txt").family == "Apple SD/SM/TS...E/F/G SSDs");
    CHECK(attribute(report("ata-ssd-apple.txt"), 169).raw == 1744100658944u);
}

TEST_CASE("text: an attribute that failed, now and in the past") {
    const auto r = parsed(
        "  5 Reallocated_Sector_Ct   0x0033   001   001   005    Pre-fail  Always   FAILING_NOW 12\n"
        "190 Airflow_Temperature_Cel 0x0022   062   040   045    Old_age   Always   In_the_past 38 (Min/Max "
        "22/60)\n"
        "  9 Power_On_Hours          0x0032   ---   ---   ---    Old_age   Always       -       "
        "37054h+12m+03.456s\n");
    CHECK(attribute(r, 5).failed == Failed::now);
    CHECK(attribute(r, 190).failed == Failed::past);
    CHECK(attribute(r, 9).failed == Failed::never);
    CHECK_FALSE(attribute(r, 9).value);
    CHECK(r.hours == 37054);
    CHECK(r.temperature == 38);
    CHECK_FALSE(r.passed);
}

TEST_CASE("text: the temperatures, the better source before the other") {
    const std::string rows =
        "190 Airflow_Temperature_Cel 0x0022   062   060   040    Old_age   Always       -       38\n"
        "194 Temperature_Celsius     0x0022   038   040   000    Old_age   Always       -       39 (0 16 0 0 "
        "0)\n";
    CHECK(parsed(rows).temperature == 39);
    CHECK(parsed(rows + "Current Temperature:                    41 Celsius\n").temperature == 41);
    CHECK(parsed(rows + "Current Temperature:                     ? Celsius\n").temperature == 39);
    CHECK(parsed(rows + "Min/Max recommended Temperature:     -5/80 Celsius\n").temperature_max == 80);
    const std::string unnamed =
        "194 Unknown_Attribute       0x0022   038   040   000    Old_age   Always       -       39\n";
    CHECK_FALSE(parsed(unnamed).temperature);
}

TEST_CASE("text: a log that names no hours, and a test that nobody knows") {
    const auto r = parsed(
        "# 1  Extended offline    Unknown status (0x9)          00%     42889         -\n"
        "# 2  Conveyance offline  Aborted by host               90%\n");
    REQUIRE(r.self_tests.size() == 2);
    CHECK(r.self_tests[0].result == TestResult::unfinished);
    CHECK(r.self_tests[0].hours == 42889);
    CHECK(r.self_tests[0].text == "Unknown status (0x9)");
    CHECK(r.self_tests[1].result == TestResult::aborted);
    CHECK_FALSE(r.self_tests[1].hours);
}

TEST_CASE("text: a self-test that the execution status says has failed, where no log was read") {
    const std::string status =
        "Self-test execution status:      ( 121)\tThe previous self-test completed having\n"
        "\t\t\t\t\tthe read element of the test failed.\n";
    const auto r = parsed(status);
    REQUIRE(r.self_tests.size() == 1);
    CHECK(r.self_tests[0].result == TestResult::failed);
    CHECK(r.self_tests[0].text == "Completed: read failure");
    CHECK_FALSE(r.self_tests[0].hours);
    CHECK_FALSE(r.has_self_test_log);
    CHECK(parsed(status + "# 1  Extended offline    Completed without error       00%     42889         -\n")
              .self_tests[0]
              .result == TestResult::passed);
    CHECK(parsed("Self-test execution status:      (  41)\tThe self-test routine was interrupted\n").self_tests.empty());
}

TEST_CASE("text: without a rotation rate the attributes and the name tell the kind") {
    const std::string spin = "  3 Spin_Up_Time            POS---   166   166   033    -    1\n";
    CHECK(parsed(spin).kind == DriveKind::hdd);
    CHECK(parsed("Device Model:     OCZ SSD 2\n" + spin).kind == DriveKind::ssd);
    CHECK(parsed(spin + "177 Wear_Leveling_Count     PO--C-   099   099   000    -    2\n").kind ==
          DriveKind::ssd);
    CHECK(parsed(banner).kind == DriveKind::unknown);
    // Fujitsu's and Samsung's disks, of which smartctl names a few numbers as on SSDs.
    CHECK(parsed(spin + "  7 Seek_Error_Rate         POSR--   100   100   030    -    0\n"
                        "182 Erase_Fail_Count_Total  -O--CK   100   100   000    -    0\n")
              .kind == DriveKind::hdd);
}

TEST_CASE("text: the summary error log, whose causes may be several") {
    const auto r = parsed(
        "SMART Error Log Version: 1\n"
        "ATA Error Count: 23 (device log contains only the most recent five errors)\n"
        "Error 23 occurred at disk power-on lifetime: 1234 hours (51 days + 10 hours)\n"
        "  40 51 08 1f 5c 4b e0  Error: IDNF, UNC 8 sectors at LBA = 0x004b5c1f = 4938783\n"
        "Error 22 occurred at disk power-on lifetime: 1230 hours (51 days + 6 hours)\n"
        "  84 51 00 00 00 00 a0  Error: ICRC, ABRT 8 sectors at LBA = 0x00000000 = 0\n"
        "Error 20 occurred at disk power-on lifetime: 1229 hours (51 days + 5 hours)\n"
        "  50 51 08 1f 5c 4b e0  Error: UNC, IDNF 8 sectors at LBA = 0x004b5c1f = 4938783\n"
        "SMART Self-test log structure revision number 1\n"
        "Error 21 occurred at disk power-on lifetime: 1 hours\n");
    CHECK(r.error_count == 23u);
    REQUIRE(r.errors.size() == 3);
    CHECK(r.errors[0].uncorrectable);
    CHECK_FALSE(r.errors[1].uncorrectable);
    CHECK(r.errors[2].uncorrectable);
}

TEST_CASE("text: an NVMe drive") {
    const auto r = report("nvme-tests.txt");
    CHECK(r.kind == DriveKind::nvme);
    CHECK(r.model == "KBG30ZMV256G TOSHIBA");
    CHECK(r.wwn == "eui.00080d040017b710");
    CHECK(r.bytes == 256060514304u);
    CHECK(r.hours == 10188);
    CHECK(r.temperature == 48);
    CHECK(r.temperature_max == 82);
    CHECK(r.status_bits == 0);
    CHECK_FALSE(r.error_count);
    REQUIRE(r.nvme);
    CHECK(r.nvme->critical_warning == 0);
    CHECK(r.nvme->spare == 100);
    CHECK(r.nvme->spare_threshold == 10);
    CHECK(r.nvme->used == 33);
    CHECK(r.nvme->media_errors == 0u);
    CHECK(r.nvme->units_written == 41930020u);
    CHECK(r.nvme->unsafe_shutdowns == 106u);
    REQUIRE(r.self_tests.size() == 4);
    CHECK(r.self_tests[0].extended);
    CHECK(r.self_tests[0].hours == 8754);
    CHECK(r.self_tests[1].result == TestResult::passed);
}

TEST_CASE("text: an NVMe drive in its self-test") {
    const auto r = report("nvme-testing.txt");
    CHECK(r.test_remaining == 72);
    REQUIRE(r.self_tests.size() == 6);
    CHECK(r.self_tests[4].result == TestResult::aborted);
}

TEST_CASE("text: the thousands of other languages") {
    CHECK(report("nvme-apostrophes.txt").nvme->units_written == 49987853u);
    CHECK(report("nvme-apostrophes.txt").bytes == 2000398934016u);
    CHECK(report("nvme-crlf.txt").nvme->units_written == 4952637u);
    const std::string key = "Data Units Written:                 ";
    CHECK(parsed(key + "1\xC2\xA0"
                       "234\xC2\xA0"
                       "567 [0,6 TB]\n")
              .nvme->units_written == 1234567u);
    CHECK(parsed(key + "1\xA0"
                       "234\xA0"
                       "567 [0,6 TB]\n")
              .nvme->units_written == 1234567u);
    CHECK(parsed(key + "1\xE2\x80\xAF"
                       "234 [0,6 TB]\n")
              .nvme->units_written == 1234u);
    CHECK(parsed(key + "1\xEF\xBF\xBD"
                       "234 [0,6 TB]\n")
              .nvme->units_written == 1234u);
    CHECK(parsed(key + "1 2345\n").nvme->units_written == 1u);
}

TEST_CASE("text: blanks that a web page has run together") {
    const auto r = report("nvme-single-blanks.txt");
    CHECK(r.kind == DriveKind::nvme);
    CHECK(r.temperature_max == 80);
    CHECK(r.nvme->critical_warning == 0);
}

TEST_CASE("text: rows that a terminal has coloured, also where a sequence is torn") {
    const std::string row = "197 Current_Pending_Sector  0x0032   200   200   000    Old_age   Always       -       112";
    for (const auto& text : {"\x1b[01;31m\x1b[K" + row + "\x1b[m\x1b[K\n", "\x1b" + row + "\n\x1b[", row + "\n\x1b[31"}) {
        const auto r = parsed(text);
        REQUIRE(r.attributes.size() == 1);
        CHECK(attribute(r, 197).raw == 112u);
    }
}

TEST_CASE("text: why an NVMe drive failed its own check, with and without the log") {
    const std::string failed =
        "SMART overall-health self-assessment test result: FAILED!\n"
        "- available spare has fallen below threshold\n"
        "- media has been placed in read only mode\n";
    const auto r = parsed(failed);
    CHECK(r.kind == DriveKind::nvme);
    CHECK(r.passed == false);
    CHECK(r.status_bits == 0x09);
    CHECK(parsed("Critical Warning:                   0x04\n").status_bits == 0x04);
}

TEST_CASE("text: SAS") {
    const auto r = report("sas-ssd.txt");
    CHECK(r.kind == DriveKind::scsi);
    CHECK(r.wwn == "0x50025380725029b0");
    CHECK(r.firmware == "CA00");
    CHECK(r.passed == true);
    CHECK(r.temperature == 42);
    CHECK(r.temperature_max == 65);
    CHECK(r.used == 0);
    REQUIRE(r.scsi);
    CHECK(r.scsi->grown_defects == 0u);
    CHECK(r.scsi->uncorrected_reads == 0u);
    CHECK_FALSE(r.scsi->failure);
    REQUIRE(r.self_tests.size() == 1);
    CHECK(r.self_tests[0].hours == 349);
    CHECK(r.self_tests[0].result == TestResult::passed);
    CHECK(r.test_minutes_extended == 60);
}

TEST_CASE("text: SAS with pending defects") {
    CHECK(report("sas-ssd-x.txt").pending_defects == 0u);
    CHECK(parsed(banner + "Transport protocol:   SAS\n  Pending defect count:12 Pending Defects\n").pending_defects == 12u);
}

TEST_CASE("text: SAS by -x, in Russian numbers") {
    const auto r = report("sas-ssd-x.txt");
    CHECK(r.model == "SAMSUNG MZILT7T6HALA/007");
    CHECK(r.serial == "S5DDNE0R801692");
    CHECK(r.bytes == 7681501126656u);
    CHECK(r.hours == 146);
    CHECK(r.temperature == 25);
    CHECK(r.self_tests.size() == 5);
}

TEST_CASE("text: SAS drives with trouble, and old words for the same") {
    const auto r = parsed(
        "Device: SEAGATE  ST3300657SS      Version: 0008\n"
        "SMART Health Status: FAILURE PREDICTION THRESHOLD EXCEEDED [asc=5d, ascq=0]\n"
        "Elements in grown defect list: 312\n"
        "read:   1234567        2         0   1234569    1234569      27805.729           4\n"
        "write:         0        0         0         0          0       9378.908           1\n"
        "verify:        0        0         0         0          0          0.016           2\n"
        "  number of hours powered up = 12345.67\n"
        "# 1  Background long   Failed in segment -->       3     123    0x1234 [0x3 0x11 0x0]\n"
        "# 2  Background short  Completed, segment failed   -     NOW         - [-   -    -]\n"
        "# 3  Foreground long   Aborted (by user command)   -      77         - [-   -    -]\n");
    CHECK(r.kind == DriveKind::scsi);
    CHECK(r.model == "SEAGATE ST3300657SS");
    CHECK(r.firmware == "0008");
    CHECK(r.passed == false);
    CHECK(r.hours == 12345);
    REQUIRE(r.scsi->failure);
    CHECK(r.scsi->failure->text == "FAILURE PREDICTION THRESHOLD EXCEEDED [asc=5d, ascq=0]");
    CHECK(r.scsi->failure->asc == 0x5dU);
    CHECK(r.scsi->failure->ascq == 0U);
    CHECK(r.scsi->grown_defects == 312u);
    CHECK(r.scsi->uncorrected_reads == 4u);
    CHECK(r.scsi->uncorrected_writes == 1u);
    CHECK(r.scsi->uncorrected_verifies == 2u);
    REQUIRE(r.self_tests.size() == 3);
    CHECK(r.self_tests[0].extended);
    CHECK(r.self_tests[0].result == TestResult::failed);
    CHECK(r.self_tests[0].hours == 123);
    CHECK(r.self_tests[1].result == TestResult::failed);
    CHECK_FALSE(r.self_tests[1].hours);
    CHECK(r.self_tests[2].result == TestResult::aborted);
}

TEST_CASE("text: a RAID volume tells who it is and nothing of its health") {
    const auto r = report("raid-volume.txt");
    CHECK(r.kind == DriveKind::scsi);
    CHECK(r.model == "Intel RS3DC080");
    CHECK_FALSE(r.passed);
    CHECK_FALSE(r.temperature);
}
