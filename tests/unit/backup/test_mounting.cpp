/// Mounting and unmounting, on real loop devices where that is possible.

#include <sys/wait.h>

#include <csignal>

#include "backup/mounting.hpp"
#include "base/text.hpp"
#include "sample.hpp"
#include "support/loop_disk.hpp"
#include "watch/mount_table.hpp"

using namespace guardian;
using namespace guardian::backup;
using namespace guardian::test;

namespace {

const std::string uuid = "5f0c6a0e-0002-4000-8000-000000000001";

struct Disk {
    Folder folder;
    LoopDisk loop{folder, uuid};
    core::TargetSpec target;
    Disk() {
        target.name = "usb";
        target.uuid = uuid;
        target.mount = folder / "mnt";
        ::setenv("LIBMOUNT_FSTAB", (folder / "fstab").c_str(), 1);
    }
    ~Disk() {
        ::unsetenv("LIBMOUNT_FSTAB");
        while (::umount2(target.mount.c_str(), MNT_DETACH) == 0) {
        }
    }
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    [[nodiscard]] Result<> mount() const { return mount_disk(target, loop.device(), {}); }
    /// The options that the kernel shows for it; empty: it is not mounted.
    [[nodiscard]] std::string options() const {
        std::ifstream file("/proc/self/mounts");
        for (std::string source, point, type, words, rest;
             file >> source >> point >> type >> words && std::getline(file, rest);)
            if (point == target.mount) return "," + words + ",";
        return "";
    }
    [[nodiscard]] bool has_option(const std::string& word) const {
        return options().find("," + word + ",") != std::string::npos;
    }
};

/// A child that has this file open and says so.
class Holder {
  public:
    explicit Holder(const std::string& path) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            const int fd = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
            (void)!::write(ends[1], fd >= 0 ? "y" : "n", 1);
            while (true) ::pause();
        }
        char byte = 0;
        REQUIRE(::read(ends[0], &byte, 1) == 1);
        CHECK(byte == 'y');
        ::close(ends[0]);
        ::close(ends[1]);
    }
    ~Holder() { end(); }
    void end() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    [[nodiscard]] std::string pid() const { return std::to_string(pid_); }

  private:
    pid_t pid_ = 0;
};

}  // namespace

TEST_CASE("a disk is mounted, hardened, on a mount point that is made for it", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    const auto done = disk.mount();
    REQUIRE(done);
    for (const auto* word : {"rw", "nosuid", "nodev", "noexec"}) CHECK(disk.has_option(word));
    CHECK(unmount(disk.target.mount));
    CHECK(disk.options().empty());
}

TEST_CASE("fstab's options for the mount point are used, but not against the hardening", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    disk.folder.write(
        "fstab", "UUID=" + uuid + " " + disk.target.mount +
                     " auto noauto,user,nofail,exec,suid,dev,ro,x-systemd.automount,noatime,commit=30 0 0\n");
    REQUIRE(disk.mount());
    for (const auto* word : {"rw", "nosuid", "nodev", "noexec", "noatime", "commit=30"}) {
        INFO(word);
        CHECK(disk.has_option(word));
    }
    CHECK(unmount(disk.target.mount));
}

TEST_CASE("an fstab entry for another mount point, or a broken fstab, changes nothing", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    disk.folder.write("fstab", "UUID=" + uuid + " /elsewhere ext4 noatime 0 0\ngarbage\n\xff\xfe\n");
    REQUIRE(disk.mount());
    CHECK_FALSE(disk.has_option("noatime"));
    CHECK(unmount(disk.target.mount));
}

TEST_CASE("a mount point with files underneath is refused, and they stay", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    disk.folder.write("mnt/forgotten", "text");
    const auto done = disk.mount();
    REQUIRE_FALSE(done);
    CHECK(done.error().text().find("files lie underneath") != std::string::npos);
    CHECK(disk.options().empty());
    CHECK(disk.folder.read("mnt/forgotten") == "text");
}

TEST_CASE("a mount point that is taken is refused, and says by what", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    std::filesystem::create_directory(disk.target.mount);
    const Mounted other("stranger", disk.target.mount, "tmpfs");
    const auto done = disk.mount();
    REQUIRE_FALSE(done);
    CHECK(done.error().text().find("stranger (tmpfs) is mounted there already") != std::string::npos);
}

TEST_CASE("a mount point that is, or lies behind, a symbolic link is refused, with the real path") {
    const Folder folder;
    std::filesystem::create_directories(folder / "real/mnt");
    std::filesystem::create_directory_symlink(folder / "real", folder / "link");
    std::filesystem::create_directory_symlink(folder / "real/mnt", folder / "mnt");
    core::TargetSpec share;
    share.name = "nas";
    share.type = core::TargetType::share;
    share.source = "stranger:/x";
    for (const auto& [point, real] : {std::pair{"mnt", "real/mnt"}, std::pair{"link/mnt", "real/mnt"},
                                      std::pair{"link/new", "real/new"}}) {
        INFO(point);
        share.mount = folder / point;
        for (const auto& done : {mount_share(share, {}), mount_disk(share, {}, {})}) {
            REQUIRE_FALSE(done);
            CHECK(done.error().code == ErrorCode::refused);
            CHECK(done.error().remedy.find("mount = \"" + (folder / real) + "\"") != std::string::npos);
        }
    }
    CHECK_FALSE(std::filesystem::exists(folder / "real/new"));
}

TEST_CASE("a mount point that cannot be made is an error", "[root]") {
    if (!LoopDisk::possible()) return;
    Disk disk;
    disk.folder.write("file", "");
    disk.target.mount = disk.folder / "file/mnt";
    CHECK_FALSE(disk.mount());
}

TEST_CASE("a damaged filesystem is an error with mount's words and a way on", "[root]") {
    if (!LoopDisk::possible()) return;
    Disk disk;
    disk.loop.detach();
    {
        std::fstream file(disk.loop.image(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(1024);
        file << std::string(200'000, '\x5a');
    }
    disk.loop.attach();
    const auto done = disk.mount();
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::external);
    CHECK(done.error().reason.find("wrong fs type") != std::string::npos);
    CHECK(done.error().remedy.find("fsck") != std::string::npos);
}

TEST_CASE("an unmount held open by a process is busy and names it", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    REQUIRE(disk.mount());
    Holder holder(disk.target.mount + "/open");
    const auto done = unmount(disk.target.mount);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::busy);
    CHECK(done.error().reason.find("(pid " + holder.pid() + ")") != std::string::npos);
    CHECK_FALSE(disk.options().empty());
    holder.end();
    CHECK(holders_of(disk.target.mount).empty());
    CHECK(unmount(disk.target.mount));
}

TEST_CASE("an unmount held by another mount below it is busy too", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    REQUIRE(disk.mount());
    std::filesystem::create_directory(disk.target.mount + "/below");
    {
        const Mounted below("below", disk.target.mount + "/below", "tmpfs");
        const auto done = unmount(disk.target.mount);
        REQUIRE_FALSE(done);
        CHECK(done.error().code == ErrorCode::busy);
    }
    CHECK(unmount(disk.target.mount));
}

TEST_CASE("detaching takes a mount out of the tree, even when it is held", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    REQUIRE(disk.mount());
    const Holder holder(disk.target.mount + "/open");
    CHECK(detach(disk.target.mount));
    CHECK(disk.options().empty());
}

TEST_CASE("unmounting what is not mounted is an error", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    std::filesystem::create_directory(disk.target.mount);
    CHECK_FALSE(unmount(disk.target.mount));
}

TEST_CASE("a stop from outside ends a mount that has not begun", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    core::TargetSpec share;
    share.name = "nas";
    share.type = core::TargetType::share;
    share.mount = disk.folder / "nas";
    const auto done = mount_share(share, {});
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::config);
    CHECK(done.error().reason.find("it has no source") != std::string::npos);
}

TEST_CASE("holders are those with a file, a folder or a program below the point, and no others") {
    const Folder folder;
    std::filesystem::create_directories(folder / "mnt");
    std::filesystem::create_directories(folder / "mnt2");
    const Holder inside(folder / "mnt/f"), beside(folder / "mnt2/f");
    const auto names = holders_of(folder / "mnt");
    CHECK(names.find("pid " + inside.pid()) != std::string::npos);
    CHECK(names.find("pid " + beside.pid()) == std::string::npos);
    CHECK(holders_of(folder / "nowhere").empty());
}

TEST_CASE("the newest mount on a point is the last one, whatever its number") {
    core::Mount a, b, c;
    a.id = 50;
    a.point = b.point = "/mnt";
    b.id = 40;
    c.id = 60;
    c.point = "/mnt/below";
    CHECK(top_mount({a, b, c}, "/mnt")->id == 40);
    CHECK_FALSE(top_mount({a, b, c}, "/m"));
}

TEST_CASE("a mount is not unmounted through another that lies over it") {
    core::Mount own, stranger, below;
    own.id = 50;
    stranger.id = 40;
    own.point = stranger.point = "/mnt";
    stranger.source = "stran\nger";
    stranger.fstype = "tmpfs";
    below.id = 60;
    below.point = "/mnt/below";
    CHECK(must_lie_on_top({stranger, own, below}, own));
    const auto done = must_lie_on_top({own, stranger, below}, own);
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::busy);
    CHECK(done.error().reason == printable("stran\nger", 200) + " (tmpfs) was mounted over it");
    CHECK_FALSE(done.error().remedy.empty());
}

namespace {

/// A small /sys with one USB disk: a partition, its disk, the SCSI device and the USB device above.
struct FakeSys {
    Folder folder;
    const std::string usb = "devices/pci0/usb1/1-2", disk = usb + "/1-2:1.0/host6/6:0:0:0/block/sdb";
    core::Device device;
    FakeSys() {
        folder.write(disk + "/sdb1/partition", "1");
        folder.write(usb + "/1-2:1.0/host6/6:0:0:0/delete", "");
        std::filesystem::create_directory_symlink(folder / (usb + "/1-2:1.0/host6/6:0:0:0"),
                                                  folder / (disk + "/device"));
        std::filesystem::create_directories(folder / "dev/block");
        std::filesystem::create_directory_symlink(folder / (disk + "/sdb1"), folder / "dev/block/8:17");
        device.node = "/dev/sdb1";
        device.number = {8, 17};
    }
    [[nodiscard]] Result<> power_off(const std::vector<core::Mount>& mounts = {}) const {
        return backup::power_off(device, mounts, folder.path(), folder / "swaps");
    }
    /// A further partition, of this disk or of another.
    void add_partition(const std::string& place, const std::string& number) const {
        folder.write(place + "/partition", "2");
        std::filesystem::create_directory_symlink(folder / place, folder / ("dev/block/" + number));
    }
    void must_spare(const Result<>& done, const std::string& reason) const {
        REQUIRE_FALSE(done);
        CHECK(done.error().code == ErrorCode::external);
        CHECK(done.error().reason == reason);
        CHECK(folder.read(usb + "/1-2:1.0/host6/6:0:0:0/delete").empty());
    }
};

}  // namespace

TEST_CASE("power off: the disk parks its heads first, then the USB port lets go") {
    const FakeSys sys;
    sys.folder.write(sys.usb + "/idVendor", "1234");
    sys.folder.write(sys.usb + "/remove", "");
    sys.folder.write("devices/pci0/usb1/idVendor", "1d6b");  // the hub above must not be touched
    sys.folder.write("devices/pci0/usb1/remove", "");
    REQUIRE(sys.power_off());
    CHECK(sys.folder.read(sys.usb + "/1-2:1.0/host6/6:0:0:0/delete") == "1");
    CHECK(sys.folder.read(sys.usb + "/remove") == "1");
    CHECK(sys.folder.read("devices/pci0/usb1/remove").empty());
}

TEST_CASE("power off: a disk that is not on USB is let go by the kernel") {
    const FakeSys sys;
    REQUIRE(sys.power_off());
    CHECK(sys.folder.read(sys.usb + "/1-2:1.0/host6/6:0:0:0/delete") == "1");
}

TEST_CASE("power off: not while another partition of the drive is mounted") {
    const FakeSys sys;
    sys.add_partition(sys.disk + "/sdb2", "8:18");
    core::Mount m;
    m.point = "/media/films";
    m.number = {8, 18};
    sys.must_spare(sys.power_off({m}), "/dev/sdb2, on the same drive, is mounted on /media/films");
    m.number = {0, 50};  // btrfs shows a number of its own
    m.source = "/dev/sdb2";
    sys.must_spare(sys.power_off({m}), "/dev/sdb2, on the same drive, is mounted on /media/films");
    m.source = "/dev/sdc2";
    CHECK(sys.power_off({m}));
}

TEST_CASE("power off: not while another partition of the drive is swapped to") {
    const FakeSys sys;
    sys.add_partition(sys.disk + "/sdb2", "8:18");
    sys.folder.write("swaps", "Filename Type Size Used Priority\n/dev/sdb2 partition 1000 0 -2\n");
    sys.must_spare(sys.power_off(), "/dev/sdb2, on the same drive, is swapped to");
    sys.folder.write("swaps", "Filename Type Size Used Priority\n/dev/sdb22 partition 1000 0 -2\n");
    CHECK(sys.power_off());
}

TEST_CASE("power off: not while another partition of the drive is held by a device above it") {
    const FakeSys sys;
    sys.add_partition(sys.disk + "/sdb2", "8:18");
    sys.folder.write(sys.disk + "/sdb2/holders/dm-3", "");
    sys.must_spare(sys.power_off(), "/dev/sdb2, on the same drive, is part of /dev/dm-3");
}

TEST_CASE("power off: a second disk behind the same USB port counts, one that stays does not") {
    const FakeSys sys;
    sys.add_partition(sys.usb + "/1-2:1.0/host6/6:0:0:1/block/sdc/sdc1", "8:33");
    core::Mount m;
    m.point = "/media/card";
    m.number = {8, 33};
    sys.folder.write(sys.usb + "/idVendor", "1234");
    sys.folder.write(sys.usb + "/remove", "");
    sys.must_spare(sys.power_off({m}), "/dev/sdc1, on the same drive, is mounted on /media/card");
    std::filesystem::remove(sys.folder / (sys.usb + "/remove"));
    CHECK(sys.power_off({m}));
}

TEST_CASE("power off: a device that is gone, or has no switch, is an error") {
    const FakeSys sys;
    auto gone = sys.device;
    gone.number.minor = 99;
    const auto absent = power_off(gone, {}, sys.folder.path(), "");
    REQUIRE_FALSE(absent);
    CHECK(absent.error().code == ErrorCode::absent);
    std::filesystem::remove(sys.folder / (sys.usb + "/1-2:1.0/host6/6:0:0:0/delete"));
    const auto none = sys.power_off();
    REQUIRE_FALSE(none);
    CHECK(none.error().remedy.find("can be unplugged") != std::string::npos);
}
