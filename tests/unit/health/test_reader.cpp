#include "health/reader.hpp"

#include "stand_in.hpp"
#include "support/result.hpp"

using namespace guardian;
using namespace guardian::health;
using test::drive_of;
using test::SmartctlStandIn;
using Kind = ReadAnswer::Kind;

namespace {

/// Counts what is asked of the drive beside smartctl.
struct Counted {
    int checks = 0, reads = 0;
    Result<std::optional<bool>> state = std::optional<bool>{true};
    AtaWays ways{[this](const std::string&) { return ++checks, state; },
                 [this](const std::string&) {
                     ++reads;
                     core::SmartReport r;
                     r.model = "by libatasmart";
                     return Result<core::SmartReport>{r};
                 }};
};

const std::optional<bool> sleeping{false}, not_told;
const Drive ata_drive = drive_of(Transport::ata);
const std::string nowhere = "/no/such/program/smartctl";

}  // namespace

TEST_CASE("a drive that sleeps gets no command at all beyond the check whether it does") {
    const SmartctlStandIn smartctl;
    smartctl.answer("sat", SmartctlStandIn::ata());
    smartctl.answer("auto", SmartctlStandIn::ata());
    for (const auto transport : {Transport::ata, Transport::usb}) {
        Counted ata;
        ata.state = sleeping;
        const auto answer = read_drive({drive_of(transport), "", smartctl.program()}, ata.ways);
        CHECK(answer.kind == Kind::asleep);
        CHECK(answer.report.asleep);
        CHECK(answer.json.empty());
        CHECK(ata.checks == 1);
        CHECK(ata.reads == 0);
    }
    CHECK(smartctl.calls().empty());
}

TEST_CASE("a drive that the kernel has suspended is not even opened for the check") {
    const SmartctlStandIn smartctl;
    const test::Folder sysfs;
    sysfs.write("device/power/runtime_status", "suspended\n");
    Counted ata;
    auto drive = ata_drive;
    drive.syspath = sysfs.path();
    CHECK(read_drive({drive, "", smartctl.program()}, ata.ways).kind == Kind::asleep);
    CHECK(ata.checks == 0);
    CHECK(smartctl.calls().empty());
}

TEST_CASE("a drive that is awake is read by smartctl, once") {
    const SmartctlStandIn smartctl;
    smartctl.answer("sat", SmartctlStandIn::ata(64), 64);
    Counted ata;
    const auto answer = read_drive({ata_drive, "", smartctl.program()}, ata.ways);
    CHECK(answer.kind == Kind::report);
    CHECK(answer.reader == "smartctl");
    CHECK(answer.device_type == "sat");
    CHECK(answer.report.serial == "WD-1");
    CHECK(answer.json == SmartctlStandIn::ata(64));
    CHECK(ata.checks == 1);
    CHECK(ata.reads == 0);
    CHECK(smartctl.calls().size() == 1);
}

TEST_CASE("a check that cannot be made, or fails, leaves it to smartctl") {
    const SmartctlStandIn smartctl;
    smartctl.answer("sat", SmartctlStandIn::asleep(), 3);
    Counted ata;
    ata.state = not_told;
    CHECK(read_drive({ata_drive, "", smartctl.program()}, ata.ways).kind == Kind::asleep);
    ata.state = Error{ErrorCode::io, "", "", ""};
    const auto answer = read_drive({ata_drive, "", smartctl.program()}, ata.ways);
    CHECK(answer.kind == Kind::asleep);
    CHECK(answer.reader == "smartctl");
}

TEST_CASE("no ATA command goes to what is known to want others") {
    const SmartctlStandIn smartctl;
    Counted ata;
    (void)read_drive({drive_of(Transport::nvme), "", smartctl.program()}, ata.ways);
    (void)read_drive({drive_of(Transport::sas), "", smartctl.program()}, ata.ways);
    (void)read_drive({drive_of(Transport::other), "", smartctl.program()}, ata.ways);
    (void)read_drive({drive_of(Transport::usb), "sntjmicron", smartctl.program()}, ata.ways);
    (void)read_drive({drive_of(Transport::usb), "usbcypress", smartctl.program()}, ata.ways);
    CHECK(ata.checks == 0);
    (void)read_drive({drive_of(Transport::usb), "sat,12", smartctl.program()}, ata.ways);
    CHECK(ata.checks == 1);
}

TEST_CASE("where smartctl is missing, libatasmart reads ATA drives and no others") {
    Counted ata;
    const auto answer = read_drive({ata_drive, "", nowhere}, ata.ways);
    CHECK(answer.kind == Kind::report);
    CHECK(answer.reader == "libatasmart");
    CHECK(answer.json.empty());
    CHECK(answer.report.model == "by libatasmart");
    CHECK(ata.reads == 1);
    const auto nvme = read_drive({drive_of(Transport::nvme), "", nowhere}, ata.ways);
    CHECK(nvme.kind == Kind::unsupported);
    CHECK(nvme.trouble.find("smartctl is not installed") == 0);
    CHECK(ata.reads == 1);
}

TEST_CASE("a failure comes with its reason and without a report") {
    const SmartctlStandIn smartctl;
    smartctl.answer("sat", "garbage", 0);
    Counted ata;
    const auto answer = read_drive({ata_drive, "", smartctl.program()}, ata.ways);
    CHECK(answer.kind == Kind::failed);
    CHECK(!answer.trouble.empty());
    CHECK(answer.json.empty());
    CHECK(answer.device_type.empty());
}

TEST_CASE("a drive is known by its WWN, else by model and serial") {
    core::SmartReport r;
    CHECK(drive_identity(r).empty());
    r.model = "WDC WD10EFRX-68PJCN0";
    CHECK(drive_identity(r).empty());
    r.serial = "  WD-WCC4J1234567 ";
    CHECK(drive_identity(r) == "WDC_WD10EFRX-68PJCN0_WD-WCC4J1234567");
    for (const auto* wwn :
         {"5000c500a1b2c3d4", "0x5000C500A1B2C3D4", "wwn-0x5000c500a1b2c3d4", "naa.5000c500a1b2c3d4"}) {
        r.wwn = wwn;
        CHECK(drive_identity(r) == "wwn-0x5000c500a1b2c3d4");
    }
    for (const auto* none : {"0000000000000000", "ffffffffffffffff", "5000", "not a wwn at all"}) {
        r.wwn = none;
        CHECK(drive_identity(r) == "WDC_WD10EFRX-68PJCN0_WD-WCC4J1234567");
    }
    r.wwn.clear();
    r.serial = "0000000000";
    CHECK(drive_identity(r).empty());
}

TEST_CASE("an identity is of safe characters and short, whatever the drive writes") {
    core::SmartReport r;
    r.model = "../../etc/\x1b[2J" + std::string(1000, 'm');
    r.serial = "$(reboot)\n\xff'" + std::string(1000, 's');
    const auto id = drive_identity(r);
    CHECK(id.size() <= 120);
    CHECK(id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
          std::string::npos);
}
