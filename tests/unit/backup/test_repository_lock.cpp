/// A lock that an earlier Borg left behind: ours and dead is no obstacle, anything else is named.

#include <sys/wait.h>

#include <csignal>

#include "backup/repository_lock.hpp"
#include "sample.hpp"

using namespace guardian;
using namespace guardian::backup;
using namespace guardian::test;

namespace {

const std::string ours = "john.lan@guardian-1";

/// A living process with "borg" on its command line, or without.
class Living {
  public:
    explicit Living(const std::string& name) {
        Command c;
        // Nothing is executed in its place any more: while that goes on, a process has no command line. Once it says a word,
        // it has.
        c.argv = {"/bin/sh", "-c", "echo; while :; do sleep 1000; done", name};
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        const Fd reads{ends[0]};
        Fd writes{ends[1]};
        auto spawned = spawn(c, writes.get());
        REQUIRE(spawned);
        process_ = std::move(*spawned);
        char word = 0;
        REQUIRE(::read(reads.get(), &word, 1) == 1);
    }
    ~Living() {
        ::kill(-process_.pid, SIGKILL);
        ::waitpid(process_.pid, nullptr, 0);
    }
    [[nodiscard]] std::string pid() const { return std::to_string(process_.pid); }

  private:
    Spawned process_;
};

/// The pid of a process that is surely over.
std::string dead_pid() {
    const pid_t pid = ::fork();
    if (pid == 0) std::_Exit(0);
    REQUIRE(::waitpid(pid, nullptr, 0) == pid);
    return std::to_string(pid);
}

BorgContext our_context() {
    BorgContext c;
    c.program = "/usr/bin/borg";
    c.host_id = ours;
    return c;
}

struct Repository {
    MemoryFolder folder;
    Fd root;
    Repository() {
        std::filesystem::create_directory(folder / "repo");
        root.reset(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
    void lock(const std::string& name) const { folder.write("repo/lock.exclusive/" + name, ""); }
    void roster(const std::string& text) const { folder.write("repo/lock.roster", text); }
    [[nodiscard]] LockHolder find() const { return find_lock(root, "repo", our_context()); }
};

}  // namespace

TEST_CASE("a lock's name is a host id, a process and a thread") {
    using Parts = std::pair<std::string, pid_t>;
    CHECK(parse_lock_name("host@123.4711-0") == Parts{"host@123", 4711});
    CHECK(parse_lock_name("john.lan@guardian-1.4711-140000") == Parts{"john.lan@guardian-1", 4711});
    CHECK(parse_lock_name("a-b.c-d.1-2") == Parts{"a-b.c-d", 1});
    for (const auto* name :
         {"", "-", ".", ".-", "host", "host.4711", "host-0", "host.-0", "host.0-0", "host.-5-0", "host.x-0",
          "host.4711x-0", "host.99999999999999-0", "host. 7-0", "host.+7-0"}) {
        INFO(name);
        CHECK_FALSE(parse_lock_name(name));
    }
}

TEST_CASE("no lock is free") {
    const Repository r;
    CHECK(r.find().state == LockState::free);
    std::filesystem::create_directory(r.folder / "repo/lock.exclusive");
    CHECK(r.find().state == LockState::free);
    r.roster("{}");
    CHECK(r.find().state == LockState::free);
    CHECK(find_lock(r.root, "nowhere", our_context()).state == LockState::free);
}

TEST_CASE("a lock of ours whose process is gone is dead") {
    const Repository r;
    const auto pid = dead_pid();
    r.lock(ours + "." + pid + "-0");
    CHECK(r.find().state == LockState::dead);
    CHECK(std::to_string(r.find().pid) == pid);
}

TEST_CASE("a lock of ours whose process id is another program's now is dead") {
    const Repository r;
    const Living sleeper("harmless");
    r.lock(ours + "." + sleeper.pid() + "-0");
    CHECK(r.find().state == LockState::dead);
}

TEST_CASE("a lock of ours that a Borg holds is alive, however old it seems") {
    const Repository r;
    const Living borg("/usr/bin/borg");
    r.lock(ours + "." + borg.pid() + "-0");
    CHECK(r.find().state == LockState::alive);
    // The clock was wrong when the machine came up: the lock looks older than the boot.
    const std::array<timespec, 2> long_ago{};
    REQUIRE(::utimensat(AT_FDCWD, (r.folder / "repo/lock.exclusive").c_str(), long_ago.data(), 0) == 0);
    CHECK(r.find().state == LockState::alive);
}

TEST_CASE("another host's lock is foreign, and so is what is no lock's name") {
    for (const auto& name : {std::string("other@guardian-2.") + dead_pid() + "-0",
                             ours + "x." + dead_pid() + "-0", std::string("odd name")}) {
        INFO(name);
        const Repository r;
        r.lock(name);
        CHECK(r.find().state == LockState::foreign);
        CHECK(r.find().name == name);
    }
}

TEST_CASE("of several holders the one that matters most counts") {
    const Repository r;
    r.lock(ours + "." + dead_pid() + "-0");
    r.lock("other@x.1-0");
    CHECK(r.find().state == LockState::foreign);
}

TEST_CASE("a reader that is only in the roster is seen: breaking the lock would take its lock too") {
    const Repository r;
    const Living borg("/usr/bin/borg");
    r.lock(ours + "." + dead_pid() + "-0");
    r.roster("{\"shared\": [[\"" + ours + "\", " + borg.pid() + ", 0]]}");
    CHECK(r.find().state == LockState::alive);
    r.roster("{\"shared\": [[\"laptop@77\", 4711, 0]], \"exclusive\": []}");
    CHECK(r.find().state == LockState::foreign);
    CHECK(r.find().name == "laptop@77.4711");
    r.roster("{\"shared\": [[\"" + ours + "\", " + dead_pid() + ", 0]]}");
    CHECK(r.find().state == LockState::dead);
}

TEST_CASE("a roster that is none is none") {
    const Repository r;
    for (const auto& text :
         {std::string("[]"), std::string("{\"shared\": 7}"),
          std::string("{\"shared\": [7, [], [1,2,3], [\"a\",\"b\",3]]}"),
          std::string("{\"shared\": [[\"a\", 1"), std::string(100'000, '['), std::string("\xff")}) {
        r.roster(text);
        CHECK(r.find().state == LockState::free);
    }
    r.roster("{\"shared\": [[\"" + ours + "\", -1, 0]]}");
    CHECK(r.find().state != LockState::alive);
}

namespace {

/// The real Borg, and a lock that it left behind when it was killed, under this host id.
void leave_a_lock(const RealBorg& borg, const Folder& folder, const std::string& host_id) {
    auto command = borg.command(
        {"with-lock", "{REPO}", "/bin/sh", "-c", "echo $PPID > " + (folder / "pid") + "; kill -9 $PPID"});
    for (auto& v : command.environment)
        if (v.starts_with("BORG_HOST_ID=")) v = "BORG_HOST_ID=" + host_id;
    CHECK(borg.run(command).signal == SIGKILL);
    REQUIRE(folder.has("repo/lock.exclusive"));
}

}  // namespace

TEST_CASE("a lock left by a Borg of ours that was killed is no obstacle", "[borg]") {
    if (!RealBorg::is_there()) return;
    const Repository r;
    std::filesystem::remove(r.folder / "repo");
    const RealBorg borg(r.folder);
    borg.init(plan("p"));
    leave_a_lock(borg, r.folder, borg.context.host_id);
    CHECK(find_lock(r.root, "repo", borg.context).state == LockState::dead);
    CHECK(settle_repository_lock(borg.context, r.root, "repo"));
    CHECK_FALSE(r.folder.has("repo/lock.exclusive"));
    r.folder.write("src/a", "a");
    CHECK(borg.create(plan("p"), {r.folder / "src"}).code == 0);
}

TEST_CASE("a foreign lock is named and left alone", "[borg]") {
    if (!RealBorg::is_there()) return;
    const Repository r;
    std::filesystem::remove(r.folder / "repo");
    const RealBorg borg(r.folder);
    borg.init(plan("p"));
    leave_a_lock(borg, r.folder, "laptop@77");
    const auto settled = settle_repository_lock(borg.context, r.root, "repo");
    REQUIRE_FALSE(settled);
    CHECK(settled.error().code == ErrorCode::busy);
    CHECK(settled.error().text().find("laptop@77.") != std::string::npos);
    CHECK(settled.error().remedy.find("break-lock") != std::string::npos);
    CHECK(r.folder.has("repo/lock.exclusive"));
}

TEST_CASE("a lock that a living Borg holds is named with its process and left alone", "[borg]") {
    if (!RealBorg::is_there()) return;
    const Repository r;
    std::filesystem::remove(r.folder / "repo");
    const RealBorg borg(r.folder);
    borg.init(plan("p"));
    const auto during =
        borg.command({"with-lock", "{REPO}", "/bin/sh", "-c", "echo locked >&2; exec sleep 1000"});
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const Interrupt stop{ends[0], [&]() -> std::optional<Error> {
                             return Error{ErrorCode::cancelled, "", "seen", ""};
                         }};
    Result<> settled;
    LockHolder holder;
    Limits limits;
    limits.interrupt_wait = limits.terminate_wait = 2s;
    const auto exit = run_child(during, limits, {stop}, [&](std::string_view line, bool) {
        if (line != "locked") return;
        holder = find_lock(r.root, "repo", borg.context);
        settled = settle_repository_lock(borg.context, r.root, "repo");
        REQUIRE(::write(ends[1], "!", 1) == 1);
    });
    ::close(ends[0]);
    ::close(ends[1]);
    CHECK(holder.state == LockState::alive);
    REQUIRE_FALSE(settled);
    CHECK(settled.error().code == ErrorCode::busy);
    CHECK(settled.error().text().find("pid " + std::to_string(holder.pid)) != std::string::npos);
}
