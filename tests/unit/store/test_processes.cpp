/// Several processes with a store of their own on one file: nothing is lost, whatever one of them does.

#include <sys/wait.h>

#include <csignal>
#include <thread>

#include "sample.hpp"
#include "store/database.hpp"

using namespace guardian;
using namespace guardian::test;
using core::Outcome;

namespace {

/// Ends without the test framework's doing.
template <class Work>
pid_t in_a_child(const Work& work) {
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        const bool good = work();
        std::_Exit(good ? 0 : 1);
    }
    return pid;
}

int status_of(pid_t pid) {
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    return status;
}

bool write_runs(const std::string& folder, const std::string& plan, int count) {
    auto store = Store::open_for_writing(folder);
    for (int i = 0; i < count; ++i) {
        auto r = begun(plan, i);
        const auto id = store.begin_run(r);
        if (!id) return false;
        r.run.id = *id;
        r.run.outcome = Outcome::success;
        r.run.ended = at(i + 1);
        if (!store.add_warning(*id, {"", "w"}) || !store.end_run(r)) return false;
    }
    return store.trouble().empty();
}

}  // namespace

TEST_CASE("two processes that write at once lose nothing") {
    const StateFolder folder;
    const auto a = in_a_child([&] { return write_runs(folder.path(), "a", 150); });
    const auto b = in_a_child([&] { return write_runs(folder.path(), "b", 150); });
    CHECK(status_of(a) == 0);
    CHECK(status_of(b) == 0);
    auto store = Store::open_for_writing(folder.path());
    CHECK(store.runs("a", 1000)->size() == 150);
    CHECK(store.runs("b", 1000)->size() == 150);
    CHECK(store.running()->empty());
}

TEST_CASE("eight processes that open a new database at once make one") {
    const StateFolder folder;
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i)
        children.push_back(in_a_child([&] { return write_runs(folder.path(), "p" + std::to_string(i), 5); }));
    for (const auto pid : children) CHECK(status_of(pid) == 0);
    auto store = Store::open_for_writing(folder.path());
    CHECK(store.runs("", 1000)->size() == 40);
    CHECK(folder.names() ==
          std::set<std::string>{"guardian.db", "guardian.db-shm", "guardian.db-wal", "guardian.db.lock"});
}

TEST_CASE("eight processes that find a broken database at once move it aside once") {
    const StateFolder folder;
    folder.write("guardian.db", std::string(8192, 'x'));
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i)
        children.push_back(in_a_child([&] {
            auto store = Store::open_for_writing(folder.path());
            return records(store);
        }));
    for (const auto pid : children) CHECK(status_of(pid) == 0);
    CHECK(folder.has("guardian.db.broken-1"));
    CHECK_FALSE(folder.has("guardian.db.broken-2"));
    auto store = Store::open_for_writing(folder.path());
    CHECK(store.runs("probe", 100)->size() == 8);
}

TEST_CASE("two stores that find the same open database broken move it aside once") {
    const StateFolder folder;
    {
        auto before = Store::open_for_writing(folder.path());
        for (int i = 0; i < 200; ++i) keep_run(before, "p", i, Outcome::success);
    }
    auto a = Store::open_for_writing(folder.path());
    auto b = Store::open_for_writing(folder.path());
    {
        std::fstream file(folder / "guardian.db", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4096);
        file << std::string(40'000, '\xAA');
    }
    CHECK(records(a));
    CHECK(records(b));
    CHECK(a.runs("probe", 10)->size() == 2);
    CHECK(b.runs("probe", 10)->size() == 2);
    CHECK_FALSE(folder.has("guardian.db.broken-2"));
}

TEST_CASE("a broken database that another process has replaced by now is not moved aside again") {
    const StateFolder folder;
    { const auto made = Store::open_for_writing(folder.path()); }
    const auto broken = store::inode_of(folder / "guardian.db");
    const auto first = store::begin_anew(folder.path(), broken, "it is torn");
    const auto second = store::begin_anew(folder.path(), broken, "it is torn");
    CHECK(first.trouble.find("it is torn") != std::string::npos);
    CHECK(second.trouble.empty());
    CHECK(second.path == folder / "guardian.db");
    CHECK(folder.has("guardian.db.broken-1"));
    CHECK_FALSE(folder.has("guardian.db.broken-2"));
}

TEST_CASE("threads with a store of their own lose nothing") {
    const StateFolder folder;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] { (void)write_runs(folder.path(), "t" + std::to_string(t), 40); });
    for (auto& t : threads) t.join();
    auto store = Store::open_for_writing(folder.path());
    CHECK(store.runs("", 1000)->size() == 160);
}

TEST_CASE("a writer killed in the middle leaves a readable database and a run that is running") {
    for (int round = 0; round < 10; ++round) {
        const StateFolder folder;
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        const auto pid = in_a_child([&] {
            auto store = Store::open_for_writing(folder.path());
            for (int i = 0;; ++i) {
                const auto id = store.begin_run(begun("p", i));
                if (!id || ::write(ends[1], "x", 1) != 1) return false;
                for (int n = 0; n < 5; ++n) (void)store.add_warning(*id, {"/x", std::string(3000, 'w')});
            }
        });
        std::string got(static_cast<std::size_t>(1 + round * 3), '\0');
        for (auto& c : got) REQUIRE(::read(ends[0], &c, 1) == 1);
        REQUIRE(::kill(pid, SIGKILL) == 0);
        CHECK(WIFSIGNALED(status_of(pid)));
        ::close(ends[0]);
        ::close(ends[1]);
        const auto reader = Store::open_for_reading(folder.path());
        REQUIRE(reader);
        auto store = Store::open_for_writing(folder.path());
        store.check();
        CHECK(store.trouble().empty());
        CHECK(store.running()->size() >= got.size());
        CHECK(store.plan("p", repository)->running);
        CHECK_FALSE(store.plan("p", repository)->last_success);
    }
}

TEST_CASE("when another process moves the database aside, later writes reach the new one") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    auto r = begun("p", 0);
    r.run.id = *store.begin_run(r);
    for (const auto* name : {"guardian.db", "guardian.db-wal", "guardian.db-shm"})
        REQUIRE(::rename((folder / name).c_str(), (folder / (std::string(name) + ".old")).c_str()) == 0);
    auto other = Store::open_for_writing(folder.path());
    keep_run(other, "other", 5, Outcome::success);
    r.run.outcome = Outcome::success;
    r.run.ended = at(60);
    REQUIRE(store.end_run(r));
    CHECK(other.runs("p", 10)->size() == 1);
    CHECK(other.runs("other", 10)->size() == 1);
    REQUIRE(store.raise_incident({core::IncidentKind::failed, "p", ""}, at(61)));
    keep_run(other, "other", 70, Outcome::success);
    auto third = Store::open_for_writing(folder.path());
    CHECK(third.runs("", 10)->size() == 3);
    CHECK(third.open_incidents()->size() == 1);
}

TEST_CASE("when the database is deleted under us, a new one is made for the next write") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    keep_run(store, "p", 0, Outcome::success);
    for (const auto* name : {"guardian.db", "guardian.db-wal", "guardian.db-shm"})
        ::unlink((folder / name).c_str());
    CHECK(records(store));
    auto other = Store::open_for_writing(folder.path());
    CHECK(other.runs("probe", 10)->size() == 1);
}

TEST_CASE("without its -shm, and even without its -wal, a closed database opens") {
    const StateFolder folder;
    {
        auto store = Store::open_for_writing(folder.path());
        keep_run(store, "p", 0, Outcome::success);
    }
    ::unlink((folder / "guardian.db-shm").c_str());
    ::unlink((folder / "guardian.db-wal").c_str());
    auto store = Store::open_for_writing(folder.path());
    CHECK(store.trouble().empty());
    CHECK(store.runs("p", 10)->size() == 1);
}

TEST_CASE("a run that ends is seen either going or over, never neither") {
    const StateFolder folder;
    auto reader = Store::open_for_writing(folder.path());
    const auto pid = in_a_child([&] { return write_runs(folder.path(), "p", 300); });
    int neither = 0;
    std::size_t over = 0;
    while (over < 300) {
        const auto m = *reader.plan("p", repository);
        over = reader.runs("p", 1000)->size();
        if (over > 0 && !m.last_run && !m.running) ++neither;
    }
    CHECK(status_of(pid) == 0);
    CHECK(neither <= 1);  // the first run may begin between the two readings
}
