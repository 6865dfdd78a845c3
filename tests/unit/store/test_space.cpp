/// A state folder that cannot be written: backups go on, in memory if need be, and it is said.

#include <sys/statvfs.h>

#include "sample.hpp"
#include "support/root.hpp"

using namespace guardian;
using namespace guardian::test;
using core::Outcome;

namespace {

void works_in_memory(Store& store) {
    CHECK(store.in_memory());
    CHECK(store.trouble().find("nothing is being recorded") != std::string::npos);
    const auto r = keep_run(store, "m", 0, Outcome::success);
    CHECK((*store.run(r.run.id))->run == r.run);
    CHECK(store.raise_incident({core::IncidentKind::failed, "m", ""}, at(1)));
    CHECK(store.open_incidents()->size() == 1);
    store.check();
    CHECK(store.in_memory());
}

/// Not a byte of room is left on it.
void fill_up(const Folder& folder) {
    std::ofstream file(folder / "filler", std::ios::binary);
    const std::string block(4096, 'f');
    while (file.write(block.data(), 4096).flush()) {
    }
}

}  // namespace

TEST_CASE("a state folder that cannot be made gives a store in memory") {
    const StateFolder folder;
    folder.write("file", "");
    auto store = Store::open_for_writing(folder / "file/state");
    works_in_memory(store);
}

TEST_CASE("a store made in memory has no trouble") {
    auto store = Store::empty_in_memory();
    CHECK(store.trouble().empty());
    CHECK(store.in_memory());
    CHECK(records(store));
}

TEST_CASE("a read-only state folder gives a store in memory, with and without a database in it", "[root]") {
    if (!is_root()) return;
    for (const bool with_database : {false, true}) {
        const StateFolder folder;
        if (with_database) {
            auto before = Store::open_for_writing(folder.path());
            keep_run(before, "p", 0, Outcome::success);
        }
        const Mounted bind(folder.path().c_str(), folder.path(), nullptr, MS_BIND);
        bind.make_read_only();
        const auto names = folder.names();
        auto store = Store::open_for_writing(folder.path());
        works_in_memory(store);
        CHECK(folder.names() == names);
    }
}

TEST_CASE("a read-only database that another process has open is not taken for a writable one", "[root]") {
    if (!is_root()) return;
    const StateFolder folder;
    auto other = Store::open_for_writing(folder.path());
    keep_run(other, "p", 0, Outcome::success);
    const Mounted bind(folder.path().c_str(), folder.path(), nullptr, MS_BIND);
    bind.make_read_only();
    auto store = Store::open_for_writing(folder.path());
    works_in_memory(store);
}

TEST_CASE("a broken database in a read-only folder gives a store in memory", "[root]") {
    if (!is_root()) return;
    const StateFolder folder;
    folder.write("guardian.db", std::string(5000, 'x'));
    const Mounted bind(folder.path().c_str(), folder.path(), nullptr, MS_BIND);
    bind.make_read_only();
    auto store = Store::open_for_writing(folder.path());
    works_in_memory(store);
}

TEST_CASE("a full state folder gives a store in memory, and the database in it stays as it is", "[root]") {
    if (!is_root()) return;
    for (const bool with_database : {false, true}) {
        const StateFolder folder;
        const Mounted small("tmpfs", folder.path(), "tmpfs", 0, "size=1m");
        if (with_database) {
            auto before = Store::open_for_writing(folder.path());
            keep_run(before, "p", 0, Outcome::success);
        }
        fill_up(folder);
        {
            auto store = Store::open_for_writing(folder.path());
            works_in_memory(store);
        }
        REQUIRE(::unlink((folder / "filler").c_str()) == 0);
        auto after = Store::open_for_writing(folder.path());
        CHECK_FALSE(after.in_memory());
        CHECK(after.trouble().empty());
        CHECK(after.runs("p", 10)->size() == (with_database ? 1 : 0));
    }
}

namespace {

constexpr auto failing_drive = "wwn-0x5000c500a1b2c3d4";

void keep_failing_drive(Store& store) {
    store::DriveReading r;
    r.drive.id = failing_drive;
    r.at = at(1);
    r.verdict = core::Verdict::failing;
    REQUIRE(store.keep_reading(r));
    REQUIRE(store.set_target_drives("usb", {failing_drive}));
    REQUIRE(store.add_drive_event("usb", {at(2), core::KernelSign::io_error, "sector 5"}));
}

void knows_failing_drive_in_memory(const Folder& folder) {
    auto store = Store::open_for_writing(folder.path());
    works_in_memory(store);
    const auto record = store.drive(failing_drive);
    REQUIRE((record && *record));
    CHECK((*record)->verdict == core::Verdict::failing);
    CHECK(store.target_drives()->at("usb").contains(failing_drive));
    CHECK(store.drive_events("usb")->size() == 1);
}

}  // namespace

TEST_CASE("what is known of the drives is known to a store in memory too: in a full folder", "[root]") {
    if (!is_root()) return;
    const StateFolder folder;
    const Mounted small("tmpfs", folder.path(), "tmpfs", 0, "size=1m");
    {
        auto before = Store::open_for_writing(folder.path());
        keep_failing_drive(before);
    }
    fill_up(folder);
    knows_failing_drive_in_memory(folder);
}

TEST_CASE("what is known of the drives is known to a store in memory too: in a read-only folder", "[root]") {
    if (!is_root()) return;
    for (const bool is_open : {false, true}) {
        const StateFolder folder;
        std::optional<Store> before = Store::open_for_writing(folder.path());
        keep_failing_drive(*before);
        if (!is_open) before.reset();
        const Mounted bind(folder.path().c_str(), folder.path(), nullptr, MS_BIND);
        bind.make_read_only();
        const auto names = folder.names();
        knows_failing_drive_in_memory(folder);
        CHECK(folder.names() == names);
    }
}

TEST_CASE("a folder that fills up while the store is open is said, and is well again when there is room",
          "[root]") {
    if (!is_root()) return;
    const StateFolder folder;
    const Mounted small("tmpfs", folder.path(), "tmpfs", 0, "size=512k");
    auto store = Store::open_for_writing(folder.path());
    fill_up(folder);
    Result<> done;
    const core::Incident incident{core::IncidentKind::failed, "p", std::string(20'000, 'x')};
    for (int i = 0; i < 100 && done; ++i)
        done = store.raise_incident({incident.kind, std::to_string(i), incident.text}, at(i));
    REQUIRE_FALSE(done);
    CHECK(store.trouble().find("cannot be written") != std::string::npos);
    REQUIRE(::unlink((folder / "filler").c_str()) == 0);
    CHECK(store.raise_incident(incident, at(1)));
    CHECK(store.trouble().empty());
    CHECK_FALSE(folder.has("guardian.db.broken-1"));
}
