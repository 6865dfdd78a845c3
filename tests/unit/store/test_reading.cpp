/// The command's way in: it reads, and leaves no trace.

#include <sys/wait.h>

#include <csignal>

#include "sample.hpp"
#include "support/root.hpp"

using namespace guardian;
using namespace guardian::test;
using core::Outcome;

namespace {

/// Every name with its size, times and inode; the folder's own too.
std::map<std::string, std::string> picture(const Folder& folder) {
    std::map<std::string, std::string> out;
    auto names = folder.names();
    names.insert(".");
    for (const auto& name : names) {
        struct stat st {};
        REQUIRE(::stat((folder / name).c_str(), &st) == 0);
        out[name] = fmt::format("{} {} {} {}.{}", st.st_ino, st.st_size, st.st_mode, st.st_mtim.tv_sec,
                                st.st_mtim.tv_nsec);
    }
    return out;
}

void read_everything(Store& store) {
    CHECK(store.runs("", 100));
    CHECK(store.plan("p", repository));
    CHECK(store.target("usb"));
    CHECK(store.open_incidents());
    CHECK(store.running());
    CHECK(store.steps(1));
    CHECK(store.warnings(1));
    CHECK(store.last_whole("p", repository));
    CHECK(store.trouble().empty());
    CHECK_FALSE(store.in_memory());
}

}  // namespace

TEST_CASE("reading where there is no database says so, and makes none") {
    const StateFolder folder;
    const auto store = Store::open_for_reading(folder.path());
    REQUIRE_FALSE(store);
    CHECK(store.error().code == ErrorCode::absent);
    CHECK(folder.names().empty());
    CHECK_FALSE(Store::open_for_reading(folder / "nowhere"));
    CHECK_FALSE(folder.has("nowhere"));
}

TEST_CASE("reading a database that nobody has open changes nothing at all") {
    const StateFolder folder;
    {
        auto writer = Store::open_for_writing(folder.path());
        keep_run(writer, "p", 0, Outcome::success);
    }
    const auto before = picture(folder);
    {
        auto store = Store::open_for_reading(folder.path());
        REQUIRE(store);
        read_everything(*store);
        CHECK(store->runs("p", 10)->size() == 1);
        CHECK(picture(folder) == before);
    }
    CHECK(picture(folder) == before);
}

TEST_CASE("reading a database whose writer died sees its last runs, and changes nothing") {
    const StateFolder folder;
    const pid_t pid = ::fork();
    if (pid == 0) {
        auto writer = Store::open_for_writing(folder.path());
        (void)writer.begin_run(begun("p", 0));
        ::raise(SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    REQUIRE(folder.has("guardian.db-wal"));
    const auto names = folder.names();
    const auto before = picture(folder).at("guardian.db");
    auto store = Store::open_for_reading(folder.path());
    REQUIRE(store);
    CHECK(store->running()->size() == 1);
    CHECK(folder.names() == names);
    CHECK(picture(folder).at("guardian.db") == before);
}

TEST_CASE("a reader sees what a writer writes meanwhile") {
    const StateFolder folder;
    auto writer = Store::open_for_writing(folder.path());
    auto reader = Store::open_for_reading(folder.path());
    REQUIRE(reader);
    for (int i = 0; i < 50; ++i) {
        keep_run(writer, "p", i, Outcome::success);
        CHECK(reader->runs("p", 1000)->size() == static_cast<std::size_t>(i + 1));
    }
}

TEST_CASE("a reader that was there first keeps up with a writer that comes later and goes again") {
    const StateFolder folder;
    { auto writer = Store::open_for_writing(folder.path()); }
    auto reader = Store::open_for_reading(folder.path());
    REQUIRE(reader);
    CHECK(reader->runs("p", 10)->empty());
    for (int i = 0; i < 5; ++i) {
        auto writer = Store::open_for_writing(folder.path());
        keep_run(writer, "p", i, Outcome::success);
        CHECK(reader->runs("p", 10)->size() == static_cast<std::size_t>(i + 1));
    }
    CHECK(reader->runs("p", 10)->size() == 5);
}

TEST_CASE("a reader follows a database that was moved aside") {
    const StateFolder folder;
    auto writer = Store::open_for_writing(folder.path());
    keep_run(writer, "p", 0, Outcome::success);
    auto reader = Store::open_for_reading(folder.path());
    REQUIRE(reader);
    CHECK(reader->runs("p", 10)->size() == 1);
    for (const auto* name : {"guardian.db", "guardian.db-wal", "guardian.db-shm"})
        REQUIRE(::rename((folder / name).c_str(), (folder / (std::string(name) + ".old")).c_str()) == 0);
    const auto gone = reader->runs("p", 10);
    REQUIRE_FALSE(gone);
    CHECK(gone.error().code == ErrorCode::absent);
    auto other = Store::open_for_writing(folder.path());
    CHECK(reader->runs("p", 10)->empty());
}

TEST_CASE("reading while another process writes never fails") {
    const StateFolder folder;
    { auto writer = Store::open_for_writing(folder.path()); }
    const pid_t pid = ::fork();
    if (pid == 0) {
        for (int i = 0; i < 40; ++i) {  // opened and closed each time: the companions come and go
            auto writer = Store::open_for_writing(folder.path());
            auto r = begun("p", i);
            r.run.id = writer.begin_run(r).value();
            r.run.outcome = Outcome::success;
            (void)writer.end_run(r);
        }
        std::_Exit(0);
    }
    int status = 0;
    while (::waitpid(pid, &status, WNOHANG) == 0) {
        auto reader = Store::open_for_reading(folder.path());
        REQUIRE(reader);
        REQUIRE(reader->runs("p", 100));
        REQUIRE(reader->plan("p", repository));
    }
    CHECK(status == 0);
    CHECK(Store::open_for_reading(folder.path())->runs("p", 100)->size() == 40);
}

TEST_CASE("a reader cannot write") {
    const StateFolder folder;
    { auto writer = Store::open_for_writing(folder.path()); }
    auto reader = Store::open_for_reading(folder.path());
    REQUIRE(reader);
    CHECK_FALSE(reader->begin_run(begun("p", 0)));
    CHECK_FALSE(reader->set_target("usb", {}));
    CHECK_FALSE(reader->raise_incident({}, at(0)));
    CHECK(Store::open_for_reading(folder.path())->runs("", 10)->empty());
}

TEST_CASE("a broken database is no reason for a reader to touch it") {
    for (const auto& bytes :
         {std::string(9000, 'x'), std::string(), std::string("SQLite format 3\0half", 20)}) {
        const StateFolder folder;
        folder.write("guardian.db", bytes);
        const auto before = picture(folder);
        const auto store = Store::open_for_reading(folder.path());
        REQUIRE_FALSE(store);
        CHECK_FALSE(store.error().text().empty());
        CHECK(picture(folder) == before);
    }
}

TEST_CASE("a reader refuses another schema") {
    const StateFolder folder;
    { const auto made = Store::open_for_writing(folder.path()); }
    sql(folder, "PRAGMA user_version = 99");
    const auto store = Store::open_for_reading(folder.path());
    REQUIRE_FALSE(store);
    CHECK(store.error().reason.find("schema is 99") != std::string::npos);
}

TEST_CASE("a path with spaces, question marks and percent signs can be read") {
    const StateFolder folder;
    const auto odd = folder / "a b?c#d%41";
    {
        auto writer = Store::open_for_writing(odd);
        keep_run(writer, "p", 0, Outcome::success);
    }
    auto store = Store::open_for_reading(odd);
    REQUIRE(store);
    CHECK(store->runs("p", 10)->size() == 1);
}

TEST_CASE("a database on a read-only filesystem can be read", "[root]") {
    if (!is_root()) return;
    const StateFolder folder;
    {
        auto writer = Store::open_for_writing(folder.path());
        keep_run(writer, "p", 0, Outcome::success);
    }
    const Mounted bind(folder.path().c_str(), folder.path(), nullptr, MS_BIND);
    bind.make_read_only();
    auto store = Store::open_for_reading(folder.path());
    REQUIRE(store);
    read_everything(*store);
}
