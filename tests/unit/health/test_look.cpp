/// What is remembered of the drive at a place, and whose silence it is.

#include "health/look.hpp"

#include "stand_in.hpp"
#include "support/folder.hpp"
#include "support/result.hpp"

using namespace guardian;
using namespace guardian::health;
using test::SmartctlStandIn;

namespace {

/// A dock whose serial is all that is seen from outside, and drives in it.
struct Dock {
    test::Folder folder;
    store::Store store = store::Store::open_for_writing(folder.path());
    SmartctlStandIn smartctl;
    Time at{std::chrono::seconds{1'700'000'000}};

    Seen look() {
        at += std::chrono::hours{6};
        auto k = known_drive(store, place());
        Seen seen;
        REQUIRE(look_at_drive(store, k, smartctl.program(), at, seen));
        if (!k.id.empty()) seen.drives.insert(k.id);
        return seen;
    }
    void put_in(const std::string& serial) {
        auto report = SmartctlStandIn::ata();
        report.replace(report.find("WD-1"), 4, serial);
        smartctl.answer("sat", report);
        REQUIRE(look().drives == std::set<std::string>{identity("WD10", serial)});
    }
    void fall_asleep() { smartctl.answer("sat", SmartctlStandIn::asleep(), 2); }

    static Drive place() {
        auto d = test::drive_of(Transport::usb, "152d:0583");
        d.model = "Dock";
        d.serial = "DOCK-4711";
        return d;
    }
    static std::string identity(const std::string& model, const std::string& serial) {
        core::SmartReport r;
        r.model = "WDC " + model;
        r.serial = serial;
        return drive_identity(r);
    }
};

}  // namespace

TEST_CASE("a drive that sleeps is the one that was met at its place") {
    Dock dock;
    dock.put_in("WD-1");
    dock.fall_asleep();
    CHECK(dock.look().drives == std::set<std::string>{Dock::identity("WD10", "WD-1")});
}

TEST_CASE("where several drives were met at one place, none of them is taken for the one that sleeps there") {
    Dock dock;
    dock.put_in("WD-1");
    dock.put_in("WD-2");
    dock.put_in("WD-2");
    dock.fall_asleep();
    const auto seen = dock.look();
    CHECK(seen.drives.empty());
    CHECK(seen.unnamed == 1);
    CHECK(seen.asleep);
    CHECK(dock.store.drives().value().size() == 2);
    for (const auto& d : dock.store.drives().value()) CHECK(d.trouble.empty());
}

TEST_CASE("of two drives that give one serial number, the second is not taken for the first") {
    Dock dock;
    Seen seen;
    for (const bool passes : {true, false}) {
        auto report = SmartctlStandIn::ata();
        if (!passes) report.replace(report.find("\"passed\":true"), 13, "\"passed\":false");
        dock.smartctl.answer("sat", report);
        auto k = known_drive(dock.store, Dock::place());
        (void)look_at_drive(dock.store, k, dock.smartctl.program(), dock.at, seen);
        if (!k.id.empty()) seen.drives.insert(k.id);
    }
    CHECK(seen.unnamed == 1);
    REQUIRE(seen.unkept.size() == 1);
    CHECK(seen.unkept.front().assessment.verdict == core::Verdict::failing);
    CHECK(dock.store.drives().value().front().verdict == core::Verdict::healthy);
}

TEST_CASE("a drive that does not say who it is, and shows signs of failing, is told of all the same") {
    Dock dock;
    auto report = SmartctlStandIn::ata();
    report.replace(report.find("WD-1"), 4, "");
    const auto row = report.find("{\"id\":5");
    report.insert(row, R"({"id":197,"name":"Current_Pending_Sector","value":100,"worst":100,"thresh":0,)"
                       R"("flags":{"prefailure":false},"raw":{"value":3,"string":"3"}},)");
    dock.smartctl.answer("sat", report);
    auto place = Dock::place();
    place.serial.clear();
    auto k = known_drive(dock.store, place);
    Seen seen;
    CHECK_FALSE(look_at_drive(dock.store, k, dock.smartctl.program(), dock.at, seen));
    REQUIRE(seen.unkept.size() == 1);
    CHECK(seen.unkept.front().assessment.verdict == core::Verdict::watch);
}
