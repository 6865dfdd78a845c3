/// A database that is torn, replaced or from another time: a store is always given, what was broken is moved
/// aside and never deleted, and it is said loudly.

#include <chrono>
#include <random>

#include "sample.hpp"

using namespace guardian;
using namespace guardian::test;
using core::Outcome;

namespace {

/// A closed database with some pages in it, as bytes.
std::string sound_database() {
    const StateFolder folder;
    {
        auto store = Store::open_for_writing(folder.path());
        for (int i = 0; i < 40; ++i) {
            const auto r = keep_run(store, "p", i, Outcome::success);
            REQUIRE(store.add_warning(r.run.id, {"/x", std::string(500, 'w')}));
        }
        REQUIRE(store.raise_incident({core::IncidentKind::failed, "p", "text"}, at(1)));
    }
    return folder.read("guardian.db");
}

std::string aside(const Folder& folder) {
    for (const auto& name : folder.names())
        if (name.starts_with("guardian.db.broken-") && !name.ends_with("-wal") && !name.ends_with("-shm"))
            return name;
    return "";
}

/// Whatever the file holds: the store works, and the bytes are still there when it was given up.
void survives(const std::string& bytes, const std::string& what) {
    INFO(what);
    const StateFolder folder;
    folder.write("guardian.db", bytes);
    auto store = Store::open_for_writing(folder.path());
    store.check();
    CHECK(records(store));
    CHECK_FALSE(store.in_memory());
    const auto old = aside(folder);
    CHECK(old.empty() == store.trouble().empty());
    if (!old.empty()) CHECK(folder.read(old).size() >= std::min<std::size_t>(bytes.size(), 1));
}

void is_moved_aside(const Folder& folder, const std::string& bytes) {
    auto store = Store::open_for_writing(folder.path());
    CHECK(records(store));
    REQUIRE(aside(folder) == "guardian.db.broken-1");
    CHECK(folder.read("guardian.db.broken-1") == bytes);
    CHECK(store.trouble().find(folder / "guardian.db.broken-1") != std::string::npos);
    CHECK(store.trouble().find("backups go on") != std::string::npos);
}

}  // namespace

TEST_CASE("a database cut short anywhere never stops the store") {
    const auto whole = sound_database();
    REQUIRE(whole.size() > 20'000);
    for (std::size_t size = 0; size < 200; size += 7)
        survives(whole.substr(0, size), "cut at " + std::to_string(size));
    for (std::size_t size = 200; size < whole.size(); size += 977)
        survives(whole.substr(0, size), "cut at " + std::to_string(size));
}

TEST_CASE("a database cut short behind its header is found out, moved aside and named") {
    const StateFolder folder;
    const auto bytes = folder.read(
        folder.write("guardian.db", sound_database().substr(0, 6000)).substr(folder.path().size() + 1));
    is_moved_aside(folder, bytes);
}

TEST_CASE("flipped bytes never stop the store") {
    const auto whole = sound_database();
    for (std::size_t i = 0; i < 100; ++i) {
        auto bytes = whole;
        bytes[i] = static_cast<char>(bytes[i] ^ 0xff);
        survives(bytes, "header byte " + std::to_string(i));
    }
    std::mt19937 random(42);
    for (int round = 0; round < 60; ++round) {
        auto bytes = whole;
        for (int n = 0; n < 20; ++n) bytes[random() % bytes.size()] = static_cast<char>(random());
        survives(bytes, "round " + std::to_string(round));
    }
}

TEST_CASE("random bytes instead of a database are moved aside") {
    std::mt19937 random(7);
    std::string bytes(10'000, '\0');
    for (auto& b : bytes) b = static_cast<char>(random());
    const StateFolder folder;
    folder.write("guardian.db", bytes);
    is_moved_aside(folder, bytes);
}

TEST_CASE("an empty file becomes a database, without any trouble") {
    const StateFolder folder;
    folder.write("guardian.db", "");
    auto store = Store::open_for_writing(folder.path());
    CHECK(store.trouble().empty());
    CHECK(records(store));
    CHECK(aside(folder).empty());
}

TEST_CASE("a folder in the database's place is moved aside with what is in it") {
    const StateFolder folder;
    folder.write("guardian.db/inside", "precious");
    auto store = Store::open_for_writing(folder.path());
    CHECK_FALSE(store.in_memory());
    CHECK(records(store));
    CHECK(folder.read("guardian.db.broken-1/inside") == "precious");
    CHECK(store.trouble().find("not a regular file") != std::string::npos);
}

TEST_CASE("a FIFO in the database's place hangs neither a writer nor a reader") {
    const StateFolder folder;
    REQUIRE(::mkfifo((folder / "guardian.db").c_str(), 0600) == 0);
    CHECK_FALSE(Store::open_for_reading(folder.path()));
    auto store = Store::open_for_writing(folder.path());
    CHECK(records(store));
    CHECK_FALSE(store.trouble().empty());
}

TEST_CASE("a database of a newer Guardian is kept aside, and said to be one") {
    const StateFolder folder;
    { const auto made = Store::open_for_writing(folder.path()); }
    sql(folder, "PRAGMA user_version = 99");
    auto store = Store::open_for_writing(folder.path());
    CHECK_FALSE(store.in_memory());
    CHECK(records(store));
    CHECK(store.trouble().find("newer Guardian (schema 99") != std::string::npos);
    CHECK(folder.has("guardian.db.broken-1"));
}

TEST_CASE("a negative schema version is no reason to read outside of the migrations") {
    const StateFolder folder;
    { const auto made = Store::open_for_writing(folder.path()); }
    sql(folder, "PRAGMA user_version = -2000000000");
    auto store = Store::open_for_writing(folder.path());
    CHECK(records(store));
    CHECK(folder.has("guardian.db.broken-1"));
}

TEST_CASE("a table or a column that is missing shows itself at the opening") {
    for (const auto* statement :
         {"DROP TABLE steps", "DROP TABLE warnings", "DROP TABLE targets", "DROP TABLE plans",
          "DROP TABLE incidents", "DROP TABLE runs", "ALTER TABLE runs DROP COLUMN log_tail",
          "ALTER TABLE steps DROP COLUMN detail"}) {
        INFO(statement);
        const StateFolder folder;
        { const auto made = Store::open_for_writing(folder.path()); }
        sql(folder, statement);
        auto store = Store::open_for_writing(folder.path());
        CHECK(records(store));
        CHECK(store.set_target("usb", {}));
        CHECK(folder.has("guardian.db.broken-1"));
    }
}

TEST_CASE("another database's file is not written into") {
    const StateFolder folder;
    {
        SQLite::Database(folder / "guardian.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
            .exec("CREATE TABLE runs (x)");
    }
    auto store = Store::open_for_writing(folder.path());
    CHECK(records(store));
    CHECK(folder.has("guardian.db.broken-1"));
}

TEST_CASE("each broken database is kept under a number of its own") {
    const StateFolder folder;
    for (int i = 1; i <= 3; ++i) {
        folder.write("guardian.db", "garbage " + std::to_string(i) + std::string(2000, 'x'));
        const auto store = Store::open_for_writing(folder.path());
        CHECK_FALSE(store.trouble().empty());
        CHECK(folder.read("guardian.db.broken-" + std::to_string(i))
                  .starts_with("garbage " + std::to_string(i)));
    }
}

TEST_CASE("run ids go on growing over every lost database, however soon it is lost again") {
    const StateFolder folder;
    std::int64_t last = 0;
    for (int i = 0; i < 4; ++i) {
        {
            auto store = Store::open_for_writing(folder.path());
            CHECK(*store.begin_run(begun("p", i)) > last);
            last = *store.begin_run(begun("p", i));
        }
        // More than one run a millisecond there never is, outside of this test.
        const auto then = std::chrono::system_clock::now() + std::chrono::milliseconds{2};
        while (std::chrono::system_clock::now() < then) {}
        folder.write("guardian.db", std::string(5000, 'x'));
    }
}

TEST_CASE("run ids go on growing over a database that was removed, and one in memory") {
    const StateFolder folder;
    std::int64_t last = 0;
    {
        auto store = Store::open_for_writing(folder / "store");
        last = *store.begin_run(begun("p", 1));
        CHECK(last == 1);
    }
    folder.write("pins.json", "{}");
    auto held = Store::open_for_writing(folder / "store");
    for (const auto* name : {"store/guardian.db", "store/guardian.db-wal", "store/guardian.db-shm"})
        ::unlink((folder / name).c_str());
    CHECK(*Store::open_for_writing(folder / "store").begin_run(begun("p", 2)) > 1'000'000'000);
    CHECK(*held.begin_run(begun("p", 3)) > 1'000'000'000);
    auto memory = Store::empty_in_memory();
    CHECK(*memory.begin_run(begun("p", 4)) > 1'000'000'000);
}

TEST_CASE("the second opening after a mishap has no trouble any more") {
    const StateFolder folder;
    folder.write("guardian.db", std::string(3000, 'x'));
    { const auto store = Store::open_for_writing(folder.path()); }
    const auto store = Store::open_for_writing(folder.path());
    CHECK(store.trouble().empty());
}

TEST_CASE("a database that breaks while it is open is moved aside, and the write is made again") {
    const StateFolder folder;
    {
        auto before = Store::open_for_writing(folder.path());
        for (int i = 0; i < 200; ++i) keep_run(before, "p", i, Outcome::success);
    }
    auto store = Store::open_for_writing(folder.path());
    {
        std::fstream file(folder / "guardian.db", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(0, std::ios::end);
        const auto size = file.tellp();
        file.seekp(4096);
        file << std::string(static_cast<std::size_t>(size) - 4096, '\xAA');
    }
    CHECK(records(store));
    CHECK(store.trouble().find("moved to") != std::string::npos);
    CHECK(folder.has("guardian.db.broken-1"));
    CHECK_FALSE(store.in_memory());
}

TEST_CASE("check() finds a damaged page that nobody has asked for yet") {
    const StateFolder folder;
    auto bytes = sound_database();
    {
        // A page in the middle of the warnings: neither the opening nor the newest runs read it.
        const auto warnings = bytes.rfind(std::string(100, 'w'));
        REQUIRE(warnings != std::string::npos);
        const auto page = warnings / 4096 * 4096;
        for (std::size_t i = page; i < page + 4096; ++i) bytes[i] = '\x55';
    }
    folder.write("guardian.db", bytes);
    auto store = Store::open_for_writing(folder.path());
    REQUIRE(store.trouble().empty());
    store.check();
    CHECK(store.trouble().find("damaged") != std::string::npos);
    CHECK(folder.read("guardian.db.broken-1").size() == bytes.size());
    CHECK(records(store));
}

TEST_CASE("check() leaves a sound database and its rows alone") {
    const StateFolder folder;
    folder.write("guardian.db", sound_database());
    auto store = Store::open_for_writing(folder.path());
    store.check();
    CHECK(store.trouble().empty());
    CHECK(store.runs("p", 100)->size() == 40);
}

TEST_CASE("a log that was not checkpointed is moved aside with its database") {
    const StateFolder folder;
    folder.write("guardian.db", std::string(4096, 'x'));
    folder.write("guardian.db-wal", "the log");
    const auto store = Store::open_for_writing(folder.path());
    CHECK(folder.read("guardian.db.broken-1-wal") == "the log");
}
