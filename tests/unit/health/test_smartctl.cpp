#include "health/smartctl.hpp"

#include <algorithm>

#include "health/smartctl_answer.hpp"
#include "health/smartctl_json.hpp"
#include "stand_in.hpp"
#include "support/result.hpp"

using namespace guardian;
using namespace guardian::health;
using test::drive_of;
using test::SmartctlStandIn;
using Kind = SmartctlAnswer::Kind;

namespace {

SmartctlAnswer ask(const SmartctlStandIn& smartctl, const Drive& drive, const std::string& type = "") {
    return ask_smartctl({drive, smartctl.program(), type});
}

std::string tried(const SmartctlStandIn& smartctl) {
    std::string out;
    for (const auto& call : smartctl.calls()) {
        const auto at = call.find("-d ");
        out += at == std::string::npos ? "none " : call.substr(at + 3, call.rfind(' ') - at - 3) + " ";
    }
    return out;
}

const Drive ata_drive = drive_of(Transport::ata);

}  // namespace

TEST_CASE("a drive at SATA is asked once, without waking it") {
    const SmartctlStandIn smartctl;
    smartctl.answer("sat", SmartctlStandIn::ata());
    const auto answer = ask(smartctl, ata_drive);
    CHECK(answer.kind == Kind::report);
    CHECK(answer.device_type == "sat");
    CHECK(answer.trouble.empty());
    CHECK(answer.json == SmartctlStandIn::ata());
    CHECK(smartctl.calls() == std::vector<std::string>{"--json=c -x -n standby,3 -d sat /dev/sdz"});
}

TEST_CASE("NVMe knows no standby") {
    const SmartctlStandIn smartctl;
    smartctl.answer("nvme", SmartctlStandIn::nvme());
    CHECK(ask(smartctl, drive_of(Transport::nvme)).kind == Kind::report);
    CHECK(smartctl.calls() == std::vector<std::string>{"--json=c -x -d nvme /dev/sdz"});
}

TEST_CASE("bits of health in the exit status, and commands that failed, do not hide the report") {
    const SmartctlStandIn smartctl;
    for (const int exit : {4, 8, 16, 32, 64, 128, 68, 252}) {
        smartctl.answer("sat", SmartctlStandIn::ata(exit), exit);
        const auto answer = ask(smartctl, ata_drive);
        CHECK(answer.kind == Kind::report);
        CHECK(answer.exit_status == exit);
    }
}

TEST_CASE("left asleep is told by the message, not by the exit status 3") {
    const SmartctlStandIn smartctl;
    for (const auto* mode : {"STANDBY", "STANDBY (OS)", "STANDBY BY TIMER"}) {
        smartctl.answer("sat", SmartctlStandIn::asleep(mode), 3);
        CHECK(ask(smartctl, ata_drive).kind == Kind::asleep);
    }
    smartctl.answer("sat", SmartctlStandIn::says("Smartctl open device: /dev/sdz failed: No such device", 3),
                    3);
    const auto answer = ask(smartctl, ata_drive);
    CHECK(answer.kind == Kind::failed);
    CHECK(answer.trouble == "smartctl says: Smartctl open device: /dev/sdz failed: No such device");
}

TEST_CASE("a drive that sleeps is not asked a second time") {
    const SmartctlStandIn smartctl;
    smartctl.answer("auto", SmartctlStandIn::asleep(), 3);
    CHECK(ask(smartctl, drive_of(Transport::usb, "1234:5678")).kind == Kind::asleep);
    CHECK(smartctl.calls().size() == 1);
}

TEST_CASE("SLEEP is what smartctl says when the question fails: no sleep, and a guess that missed") {
    const SmartctlStandIn smartctl;
    smartctl.answer("sat", SmartctlStandIn::asleep("SLEEP"), 3);
    const auto answer = ask(smartctl, ata_drive);
    CHECK(answer.kind == Kind::failed);
    CHECK(answer.trouble.find("does not answer whether it sleeps") != std::string::npos);

    smartctl.answer("sntasmedia", SmartctlStandIn::nvme());
    CHECK(ask(smartctl, drive_of(Transport::usb, "174c:1234")).device_type == "sntasmedia");
}

TEST_CASE("a drive behind a type that worked before, and that is mute now, is left alone") {
    const SmartctlStandIn smartctl;
    smartctl.answer("sat", SmartctlStandIn::asleep("SLEEP"), 3);
    CHECK(ask(smartctl, drive_of(Transport::usb, "174c:1234"), "sat").kind == Kind::failed);
    CHECK(smartctl.calls().size() == 1);
}

TEST_CASE("a drive that can't be identified has failed; one that keeps no such data is not supported") {
    const SmartctlStandIn smartctl;
    smartctl.answer("sat", SmartctlStandIn::says("Read Device Identity failed: Input/output error", 2), 2);
    CHECK(ask(smartctl, ata_drive).kind == Kind::failed);
    smartctl.answer("sat", SmartctlStandIn::with(R"("smart_support":{"available":false})", 4), 4);
    CHECK(ask(smartctl, ata_drive).kind == Kind::unsupported);
    smartctl.answer("sat", SmartctlStandIn::with(R"("smart_support":{"available":true,"enabled":false})", 4),
                    4);
    CHECK(ask(smartctl, ata_drive).kind == Kind::unsupported);
    CHECK(ask(smartctl, ata_drive).trouble.find("switched off") != std::string::npos);
}

TEST_CASE("what is no drive is left to smartctl, which opens none of them") {
    const SmartctlStandIn smartctl;
    smartctl.answer("none", SmartctlStandIn::says("/dev/loop0: Unable to detect device type", 1), 1);
    const auto answer = ask(smartctl, drive_of(Transport::other));
    CHECK(answer.kind == Kind::unsupported);
    CHECK(answer.trouble == "smartctl says: /dev/loop0: Unable to detect device type");
    CHECK(smartctl.calls() == std::vector<std::string>{"--json=c -x -n standby,3 /dev/sdz"});
}

TEST_CASE("what is no answer is a failure with its reason") {
    const SmartctlStandIn smartctl;
    const auto whole = SmartctlStandIn::ata();
    for (const auto& text : {std::string(), std::string("Segmentation fault"),
                             whole.substr(0, whole.size() / 2), std::string(50000, '['), std::string("[1,2]"),
                             std::string("{\"smartctl\":7}"), std::string("\0\xff\xfe", 3)}) {
        smartctl.answer("sat", text, 0);
        const auto answer = ask(smartctl, ata_drive);
        CHECK(answer.kind == Kind::failed);
        CHECK(answer.trouble == "smartctl wrote nothing that can be read (exit code 0)");
    }
    smartctl.answer("sat", std::string(1100 * 1024, ' ') + whole);
    CHECK(ask(smartctl, ata_drive).trouble == "smartctl wrote more than 1 MiB");
    CHECK(ask_smartctl({ata_drive, "/no/such/smartctl", "sat"}).kind == Kind::failed);
}

TEST_CASE("noise on stderr and bytes that are no UTF-8 do not hurt a report") {
    const SmartctlStandIn smartctl;
    auto text = SmartctlStandIn::ata();
    text.replace(text.find("WD10"), 2, "\xff\xc3");
    smartctl.answer("sat", text);
    smartctl.make_noise("sat", std::string(200000, 'x') + "\n\x1b[2J");
    const auto answer = ask(smartctl, ata_drive);
    CHECK(answer.kind == Kind::report);
    CHECK(answer.json == valid_utf8(text, text.size() * 3));
}

TEST_CASE("one that hangs is ended, and no other type is tried on it") {
    const SmartctlStandIn smartctl;
    smartctl.hang("auto");
    const auto answer =
        ask_smartctl({drive_of(Transport::usb), smartctl.program(), "", std::chrono::milliseconds{300}});
    CHECK(answer.kind == Kind::failed);
    CHECK(answer.trouble == "smartctl did not answer within 1 s");
    CHECK(smartctl.calls().size() == 1);
}

TEST_CASE("behind USB, smartctl's database comes first, then sat, then the maker's own command") {
    const SmartctlStandIn smartctl;
    smartctl.answer("auto", SmartctlStandIn::says("/dev/sdz: Unknown USB bridge [0x174c:0x1234]", 1), 1);
    smartctl.answer("sat", SmartctlStandIn::says("Read Device Identity failed", 2), 2);
    smartctl.answer("sntasmedia", SmartctlStandIn::nvme());
    SECTION("of the maker") {
        const auto answer = ask(smartctl, drive_of(Transport::usb, "174c:1234"));
        CHECK(answer.kind == Kind::report);
        CHECK(answer.device_type == "sntasmedia");
        CHECK(tried(smartctl) == "auto sat sntasmedia ");
    }
    SECTION("of another maker, whose bridges it could mean anything to") {
        const auto answer = ask(smartctl, drive_of(Transport::usb, "abcd:1234"));
        CHECK(answer.kind == Kind::unsupported);
        CHECK(answer.device_type.empty());
        CHECK(tried(smartctl) == "auto sat ");
    }
}

TEST_CASE("a bridge of the database: auto stands for ATA, its own type for NVMe") {
    const SmartctlStandIn smartctl;
    SECTION("ATA") {
        smartctl.answer("auto", SmartctlStandIn::ata());
        CHECK(ask(smartctl, drive_of(Transport::usb, "abcd:1234")).device_type == "auto");
        CHECK(tried(smartctl) == "auto auto ");
    }
    SECTION("NVMe") {
        smartctl.answer("auto", SmartctlStandIn::with(R"("device":{"type":"sntjmicron","protocol":"NVMe"})"));
        smartctl.answer("sntjmicron", SmartctlStandIn::nvme());
        CHECK(ask(smartctl, drive_of(Transport::usb, "152d:9999")).device_type == "sntjmicron");
        CHECK(tried(smartctl) == "auto sntjmicron ");
    }
}

TEST_CASE("a type that is known is used at once, and found anew when it works no longer") {
    const SmartctlStandIn smartctl;
    smartctl.answer("sat,12", SmartctlStandIn::ata());
    smartctl.answer("sat", SmartctlStandIn::ata());
    const auto usb = drive_of(Transport::usb, "abcd:1234");
    CHECK(ask(smartctl, usb, "sat,12").device_type == "sat,12");
    CHECK(tried(smartctl) == "sat,12 ");
    CHECK(ask(smartctl, usb, "usbjmicron").device_type == "sat");
    CHECK(tried(smartctl) == "sat,12 usbjmicron auto sat ");
}

TEST_CASE("an overall word that a bridge makes up is no report") {
    const SmartctlStandIn smartctl;
    smartctl.answer("scsi", SmartctlStandIn::with(R"("smart_status":{"passed":true})"));
    CHECK(ask(smartctl, drive_of(Transport::usb), "scsi").kind == Kind::unsupported);
    CHECK(ask(smartctl, drive_of(Transport::sas)).kind == Kind::report);
}

TEST_CASE("that a disk is failing is believed with nothing beside it, over USB too") {
    const SmartctlStandIn smartctl;
    const auto failed_test =
        R"("ata_smart_self_test_log":{"standard":{"count":1,"table":[{"type":{"value":1,"string":"Short offline"},)"
        R"("status":{"value":112,"string":"Completed: read failure","passed":false},"lifetime_hours":9000}]}})";
    for (const auto& drive : {drive_of(Transport::usb), ata_drive}) {
        smartctl.answer("sat", SmartctlStandIn::with(R"("smart_status":{"passed":false})", 12), 12);
        CHECK(ask(smartctl, drive, "sat").kind == Kind::report);
        smartctl.answer("sat", SmartctlStandIn::with(failed_test, 4), 4);
        CHECK(ask(smartctl, drive, "sat").kind == Kind::report);
    }
}

TEST_CASE("an answer that is torn leaves the word of the exit status, unless that is none of a drive's") {
    const SmartctlStandIn smartctl;
    const auto torn = SmartctlStandIn::ata().substr(0, 100);
    smartctl.answer("sat", torn, 8);
    const auto answer = ask(smartctl, ata_drive);
    CHECK(answer.kind == Kind::report);
    CHECK(parse_smartctl_json(answer.json)->passed == false);
    // 127 is what a shell and the loader give where a program cannot be started.
    for (const int code : {1, 2, 4, 10, 64, 124, 127, 136, 140, 255}) {
        smartctl.answer("sat", torn, code);
        CHECK(ask(smartctl, ata_drive).kind == Kind::failed);
    }
    for (const auto* none : {"", "Segmentation fault"}) {
        smartctl.answer("sat", none, 8);
        CHECK(ask(smartctl, ata_drive).kind == Kind::failed);
    }
}

TEST_CASE("a bridge that resets at it is not asked for the log of self-tests") {
    const SmartctlStandIn smartctl;
    smartctl.answer("auto", SmartctlStandIn::nvme());
    smartctl.answer("sntjmicron", SmartctlStandIn::nvme());
    (void)ask(smartctl, drive_of(Transport::usb, "152d:0583"));
    (void)ask(smartctl, drive_of(Transport::usb, "152d:0583"), "auto");
    (void)ask(smartctl, drive_of(Transport::usb, "abcd:0001"), "sntjmicron");
    for (const auto& call : smartctl.calls()) CHECK(call.find("-x") == std::string::npos);
}

TEST_CASE("every call says not to wake the drive") {
    const SmartctlStandIn smartctl;
    for (const auto t : {Transport::ata, Transport::usb, Transport::sas, Transport::scsi, Transport::other})
        (void)ask(smartctl, drive_of(t, "152d:0583"));
    (void)start_self_test({ata_drive, smartctl.program(), ""}, SelfTestKind::extended);
    (void)abort_self_test({ata_drive, smartctl.program(), ""});
    CHECK(smartctl.calls().size() >= 8);
    for (const auto& call : smartctl.calls()) CHECK(call.find("-n standby,3") != std::string::npos);
}

TEST_CASE("a self-test is started when smartctl says that it has begun") {
    const SmartctlStandIn smartctl;
    const SmartctlCall call{ata_drive, smartctl.program(), "sat"};
    const auto words = [&](const std::string& output, int exit) {
        smartctl.answer("sat",
                        R"({"smartctl":{"output":["","=== START ===",")" + output + R"("],"exit_status":)" +
                            std::to_string(exit) + "}}",
                        exit);
    };
    words("Testing has begun.", 64);
    CHECK(start_self_test(call, SelfTestKind::extended));
    CHECK(smartctl.calls().back() == "--json=co -t long -n standby,3 -d sat /dev/sdz");
    CHECK(start_self_test(call, SelfTestKind::short_test));
    CHECK(smartctl.calls().back() == "--json=co -t short -n standby,3 -d sat /dev/sdz");

    words("Nothing of the kind", 0);
    CHECK(start_self_test(call, SelfTestKind::short_test).error().reason == "Nothing of the kind");

    smartctl.answer(
        "sat",
        SmartctlStandIn::says("Can't start self-test without aborting current test (90% remaining)", 4), 4);
    CHECK(start_self_test(call, SelfTestKind::short_test).error().code == ErrorCode::busy);
    smartctl.answer("sat", SmartctlStandIn::asleep(), 3);
    CHECK(start_self_test(call, SelfTestKind::short_test).error().reason == "the drive is asleep");
    smartctl.answer("sat", "garbage");
    CHECK(start_self_test(call, SelfTestKind::short_test).error().code == ErrorCode::external);
}

TEST_CASE("a self-test is ended, or why not") {
    const SmartctlStandIn smartctl;
    const SmartctlCall call{ata_drive, smartctl.program(), ""};
    smartctl.answer("sat", R"({"smartctl":{"output":["Self-testing aborted!"],"exit_status":32}})", 32);
    CHECK(abort_self_test(call));
    CHECK(smartctl.calls().back() == "--json=co -X -n standby,3 -d sat /dev/sdz");
    smartctl.answer("sat", SmartctlStandIn::says("Self-test functions not supported", 4), 4);
    CHECK(abort_self_test(call).error().reason == "Self-test functions not supported");
}

TEST_CASE("messages are cut and made fit to show") {
    std::string many = R"({"smartctl":{"exit_status":2,"messages":[)";
    for (int i = 0; i < 1000; ++i)
        many += R"({"severity":"error","string":"\u001b[2J)" + std::string(500, 'x') + R"("},)";
    const auto o = outcome_of(many + R"({}]}})");
    CHECK(o.readable);
    CHECK(o.messages.size() < 8 * 310);
    CHECK(o.messages.find('\x1b') == std::string::npos);
}
