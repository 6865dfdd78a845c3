/// The clock, the mount table and the block devices, on the kernel's own.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "support/loop_disk.hpp"
#include "support/result.hpp"
#include "watch/block_devices.hpp"
#include "watch/mount_table.hpp"
#include "watch/wall_timer.hpp"

using namespace guardian;
using namespace guardian::watch;
using namespace guardian::test;

namespace {

bool readable(int fd, int wait_ms = 0) {
    pollfd p{fd, POLLIN, 0};
    return ::poll(&p, 1, wait_ms) == 1;
}

/// Takes events until the condition holds; the bound is only there for the test to fail instead of hanging.
template <class Watch, class Condition>
bool comes(Watch& watch, const Condition& condition) {
    while (!condition()) {
        if (!readable(watch.fd(), 20'000)) return false;
        watch.drain();
    }
    return true;
}

const core::Mount* find(const std::vector<core::Mount>& all, const std::string& point) {
    const core::Mount* found = nullptr;
    for (const auto& m : all)
        if (m.point == point) found = &m;
    return found;
}

}  // namespace

TEST_CASE("a timer armed for the past wakes at once, and only once") {
    auto timer = WallTimer::open();
    REQUIRE(timer);
    for (const auto at : {now() - std::chrono::hours{1}, Time{}, Time::min(), Time::min() + Duration{1}}) {
        timer->arm(at);
        REQUIRE(readable(timer->fd(), 20'000));
        CHECK_FALSE(timer->drain());
        CHECK_FALSE(readable(timer->fd()));
    }
}

TEST_CASE("a timer armed for later does not wake yet, and can be armed anew") {
    auto timer = WallTimer::open();
    REQUIRE(timer);
    for (const auto at :
         {std::optional{now() + std::chrono::hours{1}}, std::optional{Time::max()}, std::optional<Time>{}}) {
        timer->arm(at);
        CHECK_FALSE(readable(timer->fd()));
    }
    timer->arm(now() + std::chrono::milliseconds{20});
    CHECK(readable(timer->fd(), 20'000));
    timer->arm(std::nullopt);
    CHECK_FALSE(readable(timer->fd()));
    CHECK_FALSE(timer->drain());
}

TEST_CASE("the mount table holds what the kernel shows") {
    const auto table = MountTable::snapshot();
    REQUIRE(table);
    const auto* proc = find(*table, "/proc");
    REQUIRE(proc != nullptr);
    CHECK(proc->fstype == "proc");
    CHECK_FALSE(proc->device_gone);
    CHECK(find(*table, "/") != nullptr);
}

TEST_CASE("a mount, its going read-only and its going are noticed", "[root]") {
    if (!is_root()) return;
    const Folder folder;
    const auto point = folder / "odd name \\ \n\xff";
    std::filesystem::create_directory(point);
    auto table = MountTable::open();
    REQUIRE(table);
    CHECK_FALSE(table->drain());
    {
        const Mounted mounted("source of it", point, "tmpfs");
        REQUIRE(comes(*table, [&] { return find(table->all(), point) != nullptr; }));
        CHECK(find(table->all(), point)->source == "source of it");
        CHECK(find(table->all(), point)->fstype == "tmpfs");
        CHECK_FALSE(find(table->all(), point)->read_only);
        mounted.make_read_only();
        CHECK(comes(*table, [&] { return find(table->all(), point)->read_only; }));
    }
    CHECK(comes(*table, [&] { return find(table->all(), point) == nullptr; }));
}

TEST_CASE("stacked mounts come in the order in which they hide each other", "[root]") {
    if (!is_root()) return;
    const Folder folder;
    std::filesystem::create_directory(folder / "a");
    std::filesystem::create_directory(folder / "b");
    auto first = std::make_unique<Mounted>("first", folder / "a", "tmpfs");
    const Mounted below("below", folder / "b", "tmpfs");
    first.reset();  // its number is free again, and lower
    const Mounted above("above", folder / "b", "tmpfs");
    const auto table = MountTable::snapshot();
    REQUIRE(table);
    CHECK(find(*table, folder / "b")->source == "above");
}

TEST_CASE("a filesystem on a block device has its number, and is not gone", "[root]") {
    if (!LoopDisk::possible()) return;
    const Folder folder;
    const LoopDisk disk(folder, "5f0c6a0e-0003-4000-8000-000000000001");
    std::filesystem::create_directory(folder / "mnt");
    const Mounted mounted(disk.node().c_str(), folder / "mnt", "ext4", MS_RDONLY);
    const auto table = MountTable::snapshot();
    const auto* m = find(*table, folder / "mnt");
    REQUIRE(m != nullptr);
    CHECK(m->number == disk.device().number);
    CHECK(m->source == disk.node());
    CHECK(m->read_only);
    CHECK_FALSE(m->device_gone);
}

namespace {

/// A udevd: the one that runs, or one of our own for as long as the test takes.
class Udevd {
  public:
    Udevd() {
        if (udevd_runs()) return;
        const char* program = "/lib/systemd/systemd-udevd";
        if (::access(program, X_OK) != 0) return;
        Command c;
        c.argv = {program, "--daemon"};  // returns once it listens
        c.environment = plain_environment();
        started_ = bool(run_tool(c, {}, "udevd"));
    }
    ~Udevd() {
        if (!started_) return;
        (void)tool({"udevadm", "control", "--exit"});
        // Debian 13's returns before udevd is gone, and the next test would take it for one that stays.
        for (int i = 0; i < 2000 && udevd_runs(); ++i) ::poll(nullptr, 0, 10);
    }
    Udevd(const Udevd&) = delete;
    Udevd& operator=(const Udevd&) = delete;

  private:
    bool started_ = false;
};

const core::Device* with(const std::vector<core::Device>& all, const std::string& uuid) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& d) { return d.uuid == uuid; });
    return found == all.end() ? nullptr : &*found;
}

bool shows(BlockDevices& devices, const std::string& uuid, bool there) {
    return comes(devices, [&] { return (with(devices.all(), uuid) != nullptr) == there; });
}

}  // namespace

TEST_CASE("a disk that is plugged in, pulled and plugged in again is noticed", "[root]") {
    if (!LoopDisk::possible()) return;
    const Udevd udevd;
    if (!can(udevd_runs(), "there is no udevd here")) return;
    const Folder folder;
    auto devices = BlockDevices::open();
    REQUIRE(devices);
    const std::string uuid = "5f0c6a0e-0004-4000-8000-000000000001";
    LoopDisk disk(folder, uuid);
    REQUIRE(shows(*devices, uuid, true));
    const auto all = devices->all();
    const auto first = *with(all, uuid);
    CHECK(first.node == disk.node());
    CHECK(first.number == disk.device().number);
    CHECK(first.fstype == "ext4");
    CHECK(first.plug.starts_with(boot_id()));
    disk.detach();
    REQUIRE(shows(*devices, uuid, false));
    disk.attach();
    REQUIRE(shows(*devices, uuid, true));
    const auto again = devices->all();
    CHECK(with(again, uuid)->plug != first.plug);
}

TEST_CASE("what events told and what is enumerated are the same", "[root]") {
    if (!LoopDisk::possible()) return;
    const Udevd udevd;
    if (!can(udevd_runs(), "there is no udevd here")) return;
    const Folder folder;
    const std::string uuid = "5f0c6a0e-0005-4000-8000-000000000001";
    auto devices = BlockDevices::open();
    REQUIRE(devices);
    const LoopDisk disk(folder, uuid);
    REQUIRE(shows(*devices, uuid, true));
    const auto told = devices->all();
    const auto listed = BlockDevices::snapshot();
    REQUIRE(listed);
    REQUIRE(with(*listed, uuid) != nullptr);
    CHECK(*with(*listed, uuid) == *with(told, uuid));
}

TEST_CASE("a disk that is blank of a sudden is there still, until it is pulled", "[root]") {
    if (!LoopDisk::possible()) return;
    const Udevd udevd;
    if (!can(udevd_runs(), "there is no udevd here")) return;
    const Folder folder;
    auto devices = BlockDevices::open();
    REQUIRE(devices);
    const std::string uuid = "5f0c6a0e-0009-4000-8000-000000000001";
    LoopDisk disk(folder, uuid);
    REQUIRE(shows(*devices, uuid, true));
    CHECK(with(devices->blank(), uuid) == nullptr);
    const auto before = devices->all();
    (void)tool({"wipefs", "--all", "--quiet", disk.node()});
    REQUIRE(shows(*devices, uuid, false));
    REQUIRE(with(devices->blank(), uuid) != nullptr);
    const auto blank = devices->blank();
    CHECK(*with(blank, uuid) == *with(before, uuid));
    CHECK(!devices->enumerate());
    CHECK(with(devices->blank(), uuid) != nullptr);
    SECTION("pulled") {
        disk.detach();
        CHECK(comes(*devices, [&] { return with(devices->blank(), uuid) == nullptr; }));
    }
    SECTION("with a filesystem again") {
        (void)tool({"mkfs.ext4", "-q", "-F", "-U", uuid, disk.node()});
        REQUIRE(shows(*devices, uuid, true));
        CHECK(with(devices->blank(), uuid) == nullptr);
    }
}

TEST_CASE("a disk that is in already is there from the beginning", "[root]") {
    if (!LoopDisk::possible()) return;
    const Udevd udevd;
    if (!can(udevd_runs(), "there is no udevd here")) return;
    const Folder folder;
    const std::string uuid = "5f0c6a0e-0006-4000-8000-000000000001";
    auto before = BlockDevices::open();
    const LoopDisk disk(folder, uuid);
    REQUIRE(shows(*before, uuid, true));
    auto devices = BlockDevices::open();
    REQUIRE(devices);
    devices->settle();
    CHECK(with(devices->all(), uuid) != nullptr);
}

TEST_CASE("two disks with one UUID are two", "[root]") {
    if (!LoopDisk::possible()) return;
    const Udevd udevd;
    if (!can(udevd_runs(), "there is no udevd here")) return;
    const Folder folder;
    const std::string uuid = "5f0c6a0e-0007-4000-8000-000000000001";
    auto devices = BlockDevices::open();
    const LoopDisk a(folder, uuid, "a"), b(folder, uuid, "b");
    CHECK(comes(*devices, [&] {
        const auto all = devices->all();
        return std::count_if(all.begin(), all.end(), [&](const auto& d) { return d.uuid == uuid; }) == 2;
    }));
}

TEST_CASE("after an overflow of the socket, the devices are as they are now", "[root]") {
    if (!LoopDisk::possible()) return;
    const Udevd udevd;
    if (!can(udevd_runs(), "there is no udevd here")) return;
    const Folder folder;
    const std::string uuid = "5f0c6a0e-0008-4000-8000-000000000001";
    auto devices = BlockDevices::open();
    auto other = BlockDevices::open();  // with room enough: it says when udevd is through
    REQUIRE(devices);
    const int tiny = 1;
    REQUIRE(::setsockopt(devices->fd(), SOL_SOCKET, SO_RCVBUF, &tiny, sizeof tiny) == 0);
    LoopDisk disk(folder, uuid);
    REQUIRE(shows(*other, uuid, true));
    for (int i = 0; i < 10; ++i) {
        disk.detach();
        REQUIRE(shows(*other, uuid, false));
        disk.attach();
        REQUIRE(shows(*other, uuid, true));
    }
    disk.detach();
    REQUIRE(shows(*other, uuid, false));
    // The arrival is still queued, the departure was lost.
    devices->drain();
    CHECK(with(devices->all(), uuid) == nullptr);
}

TEST_CASE("a label full of control characters is passed on as udev gives it, and is bounded", "[root]") {
    if (!LoopDisk::possible()) return;
    const Udevd udevd;
    if (!can(udevd_runs(), "there is no udevd here")) return;
    const Folder folder;
    const std::string uuid = "5f0c6a0e-0009-4000-8000-000000000001";
    LoopDisk disk(folder, uuid);
    disk.detach();
    (void)tool({"tune2fs", "-L", "a\x1b[31m\"'\n$(x)", disk.image()});
    auto devices = BlockDevices::open();
    REQUIRE(devices);
    disk.attach();
    REQUIRE(shows(*devices, uuid, true));
    const auto all = devices->all();
    CHECK(with(all, uuid)->label.size() <= 512);
}

TEST_CASE("only a udevd that answers runs: its socket's file outlives it") {
    const Folder folder;
    const auto path = folder / "control";
    CHECK_FALSE(udevd_runs(path));
    CHECK_FALSE(udevd_runs(folder.write("file", "")));
    {
        const Fd socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(socket.get(), 5) == 0);
        CHECK(udevd_runs(path));
    }
    REQUIRE(folder.has("control"));
    CHECK_FALSE(udevd_runs(path));
}
