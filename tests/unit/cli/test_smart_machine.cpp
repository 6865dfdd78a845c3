/// What `guardian smart` asks of the machine: a drive that sleeps is sent no self-test.

#include "cli/smart_machine.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "unit/health/stand_in.hpp"

using namespace guardian;
using namespace guardian::test;

namespace {

struct Sleeper {
    SmartctlStandIn smartctl;
    Folder folder, sysfs;
    store::Store store = store::Store::open_for_writing(folder.path());
    core::Config config;
    health::KnownDrive known;
    health::AtaWays ways;
    Sleeper() {
        config.smartctl = smartctl.program();
        known.id = "wwn-1";
        known.drive.node = "/dev/guardian-test";
        known.drive.transport = health::Transport::ata;
        known.drive.syspath = sysfs.path();
        ways.is_awake = [](const std::string&) { return Result<std::optional<bool>>(true); };
    }
    Result<std::string> begin() { return cli::begin_self_test(store, config, known, true, ways); }
};

}  // namespace

TEST_CASE("a drive that sleeps is sent no self-test, not even one that would not wake it", "[smart]") {
    Sleeper s;
    SECTION("the kernel has suspended it") {
        s.sysfs.write("device/power/runtime_status", "suspended\n");
    }
    SECTION("it says so") {
        s.ways.is_awake = [](const std::string&) { return Result<std::optional<bool>>(false); };
    }
    const auto begun = s.begin();
    REQUIRE(!begun);
    CHECK(begun.error().code == ErrorCode::busy);
    CHECK(begun.error().text() ==
          "cannot start the self-test of /dev/guardian-test: it sleeps, and is not woken for it; try again while "
          "it is in use");
    CHECK(s.smartctl.calls().empty());
}

TEST_CASE("a drive that is awake is sent its self-test, which is told not to wake it", "[smart]") {
    Sleeper s;
    (void)s.begin();
    REQUIRE(s.smartctl.calls().size() == 1);
    const auto call = s.smartctl.calls().front();
    CHECK(call.find("-t long") != std::string::npos);
    CHECK(call.find("-n standby,3") != std::string::npos);
}
