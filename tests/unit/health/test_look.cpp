/// What is remembered of the drive at a place, and whose silence it is.

#include "health/look.hpp"

#include <fmt/format.h>

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
    seen.subject = "usb";
    seen.below = 2;
    for (const bool passes : {true, false}) {
        auto report = SmartctlStandIn::ata();
        if (!passes) report.replace(report.find("\"passed\":true"), 13, "\"passed\":false");
        dock.smartctl.answer("sat", report);
        auto k = known_drive(dock.store, Dock::place());
        (void)look_at_drive(dock.store, k, dock.smartctl.program(), dock.at, seen);
        if (!k.id.empty()) seen.drives.insert(k.id);
    }
    CHECK(seen.unnamed == 1);
    CHECK(seen.unkept.empty());
    REQUIRE(seen.drives.size() == 2);
    CHECK(seen.answered == seen.drives);
    CHECK(dock.store.drive("unnamed:usb:1").value()->verdict == core::Verdict::failing);
    CHECK(dock.store.drive(Dock::identity("WD10", "WD-1")).value()->verdict == core::Verdict::healthy);
}

TEST_CASE("a drive that does not say who it is has a name by what it is below, and no history") {
    Dock dock;
    const auto tell = [&](int pending, const std::string& subject, std::size_t below) {
        auto report = SmartctlStandIn::ata();
        report.replace(report.find("WD-1"), 4, "");
        report.insert(report.find("{\"id\":5"),
                      fmt::format(R"({{"id":197,"name":"Current_Pending_Sector","value":100,"worst":100,"thresh":0,)"
                                  R"("flags":{{"prefailure":false}},"raw":{{"value":{0},"string":"{0}"}}}},)", pending));
        dock.smartctl.answer("sat", report);
        auto place = Dock::place();
        place.serial.clear();
        auto k = known_drive(dock.store, place);
        Seen seen;
        seen.subject = subject;
        seen.below = below;
        CHECK_FALSE(look_at_drive(dock.store, k, dock.smartctl.program(), dock.at, seen));
        dock.at += std::chrono::hours{6};
        CHECK(seen.unnamed == 1);
        CHECK(seen.silent == 0);
        CHECK(seen.unkept.empty());
        CHECK(seen.told.empty());
        return seen.drives;
    };
    CHECK(tell(3, "usb", 1) == std::set<std::string>{"unnamed:usb"});
    CHECK(tell(3, "usb", 2) == std::set<std::string>{"unnamed:usb:1"});
    CHECK(tell(3, "", 1).empty());
    CHECK(dock.store.drive("unnamed:usb").value()->verdict == core::Verdict::watch);
    CHECK(is_unnamed("unnamed:usb"));
    CHECK_FALSE(is_unnamed("WDC_WD10_WD-1"));
    // What it told before may have been another's.
    CHECK(tell(40, "usb", 1).size() == 1);
    CHECK(dock.store.drive("unnamed:usb").value()->reasons.front().text.find("ago") == std::string::npos);
    CHECK(tell(0, "usb", 1).size() == 1);
    CHECK(dock.store.drive("unnamed:usb").value()->verdict == core::Verdict::healthy);
}
