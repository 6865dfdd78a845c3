/// The proof that what is mounted is the target. On real loop devices where that is possible.

#include "backup/marker.hpp"
#include "backup/proof.hpp"
#include "sample.hpp"
#include "support/loop_disk.hpp"

using namespace guardian;
using namespace guardian::backup;
using namespace guardian::test;

namespace {

const std::string uuid = "5f0c6a0e-0001-4000-8000-000000000001";
const std::string id(64, 'b');

core::TargetSpec target(const std::string& mount) {
    core::TargetSpec t;
    t.name = "usb";
    t.uuid = uuid;
    t.mount = mount;
    return t;
}

core::Device device(const std::string& node, const std::string& of = uuid) {
    core::Device d;
    d.node = node;
    d.uuid = of;
    d.fstype = "ext4";
    d.serial = "WD-1";
    d.serial_full = "Western_WD-1";
    return d;
}

template <class R>
bool fails(const R& result, ErrorCode code, const std::string& words) {
    REQUIRE_FALSE(result);
    INFO(result.error().text());
    CHECK(result.error().code == code);
    CHECK(result.error().text().find(words) != std::string::npos);
    return true;
}

core::PlanSpec in(const std::string& repository) {
    auto p = plan("system");
    p.repository = repository;
    return p;
}

/// A folder in a mount's place, for the proofs that need no mount.
struct Root {
    MemoryFolder folder;
    ProvenMount mount;
    store::Pin pin{std::string(64, 'a'), std::string(64, 'b'), {}, 0, {{"john", {id, "none", {}}}}};
    Root() { mount.root.reset(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }
    [[nodiscard]] Result<> repository() const { return prove_repository(mount, in("john"), pin); }
    [[nodiscard]] Result<> marker() const { return prove_marker(target(folder.path()), mount, pin); }
};

/// A disk, and a folder to mount it on.
struct Disk {
    Folder folder;
    LoopDisk loop{folder, uuid};
    std::string point = folder / "mnt";
    Disk() { std::filesystem::create_directory(point); }
};

}  // namespace

TEST_CASE("identify: the one device with the UUID") {
    const auto t = target("/mnt");
    fails(identify(t, {}), ErrorCode::absent, "no device carries the UUID");
    fails(identify(t, {device("/dev/sda1", "other")}), ErrorCode::absent, uuid);
    CHECK(identify(t, {device("/dev/sda1", "other"), device("/dev/sdb1")})->node == "/dev/sdb1");
}

TEST_CASE("identify: several devices with the UUID are refused, and all are named") {
    fails(identify(target("/mnt"), {device("/dev/sdb1"), device("/dev/sdc1")}), ErrorCode::refused,
          "/dev/sdb1 and /dev/sdc1 carry the same UUID " + uuid);
    fails(identify(target("/mnt"), {device("/dev/sdb1"), device("/dev/sdc1"), device("/dev/sdd1")}),
          ErrorCode::refused, "/dev/sdb1 and /dev/sdc1 and /dev/sdd1 carry the same UUID " + uuid);
}

TEST_CASE("identify: the members of one btrfs are one target") {
    auto a = device("/dev/sdb1"), b = device("/dev/sdc1");
    a.fstype = b.fstype = "btrfs";
    a.uuid_sub = "1";
    b.uuid_sub = "2";
    CHECK(identify(target("/mnt"), {a, b}));
    b.uuid_sub = "1";
    fails(identify(target("/mnt"), {a, b}), ErrorCode::refused, "carry the same");
}

TEST_CASE("identify: another serial is refused, and shown harmlessly") {
    auto t = target("/mnt");
    auto d = device("/dev/sdb1");
    t.serial = "WD-1";
    CHECK(identify(t, {d}));
    t.serial = "Western_WD-1";
    CHECK(identify(t, {d}));
    t.serial = "WD-2";
    d.serial = "evil\x1b[31m\n";
    const auto r = identify(t, {d});
    fails(r, ErrorCode::refused, "serial");
    CHECK(r.error().text().find('\x1b') == std::string::npos);
}

TEST_CASE("the superblock's own UUID counts", "[root]") {
    if (!LoopDisk::possible()) return;
    const Folder folder;
    const LoopDisk disk(folder, uuid);
    auto t = target("/mnt");
    CHECK(prove_superblock(t, disk.device()));
    t.uuid = "5F0C6A0E-0001-4000-8000-000000000001";
    CHECK(prove_superblock(t, disk.device()));
    t.uuid = "5f0c6a0e-0001-4000-8000-000000000002";
    fails(prove_superblock(t, disk.device()), ErrorCode::refused, "superblock");
}

TEST_CASE("a device node that is another device by now, or none, proves nothing", "[root]") {
    if (!LoopDisk::possible()) return;
    const Folder folder;
    const LoopDisk disk(folder, uuid);
    auto d = disk.device();
    d.number.minor += 1;
    CHECK_FALSE(prove_superblock(target("/mnt"), d));
    d = disk.device();
    d.node = disk.image();
    CHECK_FALSE(prove_superblock(target("/mnt"), d));
    d.node = folder / "nowhere";
    fails(prove_superblock(target("/mnt"), d), ErrorCode::absent, "nowhere");
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    d.node = folder / "fifo";
    CHECK_FALSE(prove_superblock(target("/mnt"), d));
}

TEST_CASE("a superblock that is gone proves nothing", "[root]") {
    if (!LoopDisk::possible()) return;
    const Folder folder;
    LoopDisk disk(folder, uuid);
    disk.detach();
    folder.write("disk.img", std::string(16 * 1024 * 1024, '\0'));
    disk.attach();
    CHECK_FALSE(prove_superblock(target("/mnt"), disk.device()));
}

TEST_CASE("the target mounted in its place is proven, and held", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    const auto d = disk.loop.device();
    const Mounted mounted(disk.loop.node().c_str(), disk.point, "ext4");
    const auto proven = prove_mount(target(disk.point), &d);
    REQUIRE(proven);
    CHECK(proven->root.valid());
    CHECK(proven->mount_id != 0);
    CHECK(is_mounted_in_place(target(disk.point), &d));
    CHECK(::umount(disk.point.c_str()) == -1);
    CHECK(errno == EBUSY);
}

TEST_CASE("nothing mounted, or no mount point, proves nothing", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    const auto d = disk.loop.device();
    CHECK_FALSE(prove_mount(target(disk.point), &d));
    CHECK_FALSE(is_mounted_in_place(target(disk.point), &d));
    fails(prove_mount(target(disk.folder / "nowhere"), &d), ErrorCode::absent, "nowhere");
}

TEST_CASE("another filesystem in the target's place is named", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    const auto d = disk.loop.device();
    const Mounted other("stranger", disk.point, "tmpfs");
    const auto r = prove_mount(target(disk.point), &d);
    REQUIRE_FALSE(r);
    CHECK(r.error().text().find("stranger (tmpfs)") != std::string::npos);
}

TEST_CASE("another filesystem on top of the target is what counts", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    const auto d = disk.loop.device();
    const Mounted below(disk.loop.node().c_str(), disk.point, "ext4");
    const Mounted above("stranger", disk.point, "tmpfs");
    CHECK_FALSE(prove_mount(target(disk.point), &d));
}

TEST_CASE("the target on top of something else is proven, whatever numbers the kernel gives", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    const auto d = disk.loop.device();
    // A number that is free again, below that of the mount underneath.
    std::filesystem::create_directory(disk.folder / "first");
    auto first = std::make_unique<Mounted>("first", disk.folder / "first", "tmpfs");
    const Mounted below("below", disk.point, "tmpfs");
    first.reset();
    const Mounted above(disk.loop.node().c_str(), disk.point, "ext4");
    CHECK(prove_mount(target(disk.point), &d));
}

TEST_CASE("the target mounted for reading only is said to be", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    const auto d = disk.loop.device();
    const Mounted mounted(disk.loop.node().c_str(), disk.point, "ext4", MS_RDONLY);
    fails(prove_mount(target(disk.point), &d), ErrorCode::io, "read-only");
}

TEST_CASE("a folder bound to the target's place is not the target", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    const auto d = disk.loop.device();
    std::filesystem::create_directory(disk.folder / "other");
    const Mounted bound((disk.folder / "other").c_str(), disk.point, nullptr, MS_BIND);
    CHECK_FALSE(prove_mount(target(disk.point), &d));
}

TEST_CASE("the target mounted anew has another number", "[root]") {
    if (!LoopDisk::possible()) return;
    const Disk disk;
    const auto d = disk.loop.device();
    unsigned before = 0;
    const Mounted keeper("keeper", disk.point, "tmpfs");
    {
        const Mounted mounted(disk.loop.node().c_str(), disk.point, "ext4");
        const auto proven = prove_mount(target(disk.point), &d);
        REQUIRE(proven);
        before = proven->mount_id;
        // Still open when it is mounted again: the number cannot be the same.
        ::umount2(disk.point.c_str(), MNT_DETACH);
        const Mounted again(disk.loop.node().c_str(), disk.point, "ext4");
        const auto second = prove_mount(target(disk.point), &d);
        REQUIRE(second);
        CHECK(second->mount_id != before);
    }
}

TEST_CASE("the marker must carry the pinned token") {
    const Root root;
    fails(root.marker(), ErrorCode::refused, "stranger's disk");
    REQUIRE(write_marker(root.mount.root, {std::string(64, 'a'), "usb", "john", ""}));
    CHECK(root.marker());
}

TEST_CASE("another's marker is refused, and says whose it is") {
    const Root root;
    REQUIRE(write_marker(root.mount.root, {std::string(64, 'c'), "their\x1b[1mdisk", "laptop", "2026"}));
    const auto r = root.marker();
    fails(r, ErrorCode::refused, "laptop");
    CHECK(r.error().text().find('\x1b') == std::string::npos);
}

TEST_CASE("a pin without a token is proven by nothing") {
    Root root;
    root.pin.token.clear();
    CHECK_FALSE(root.marker());
    root.folder.write(marker_name, "{\"token\": \"\"}");
    CHECK_FALSE(root.marker());
}

TEST_CASE("the repository must carry the pinned id") {
    const Root root;
    fails(root.repository(), ErrorCode::absent, "missing on the disk");
    std::filesystem::create_directories(root.folder / "john/data");
    root.folder.write("john/config", "[repository]\nversion = 1\nid = " + id + "\nappend_only = 0\n");
    CHECK(root.repository());
    root.folder.write("john/config", "[repository]\nid = " + std::string(64, 'c') + "\n");
    fails(root.repository(), ErrorCode::refused, "it was replaced");
}

TEST_CASE("a repository behind a symbolic link may be on another disk") {
    const Root root;
    std::filesystem::create_directories(root.folder / "else/where/data");
    root.folder.write("else/where/config", "[repository]\nid = " + id + "\n");
    std::filesystem::create_symlink("else/where", root.folder / "john");
    fails(root.repository(), ErrorCode::external, "symbolic link");
    fails(prove_place(root.mount.root, "john"), ErrorCode::external, "symbolic link");
    std::filesystem::create_symlink("else", root.folder / "hosts");
    fails(prove_place(root.mount.root, "hosts/where"), ErrorCode::external, "symbolic link");
    fails(prove_place(root.mount.root, "hosts/new/one"), ErrorCode::external, "symbolic link");
    CHECK(prove_place(root.mount.root, "else/where"));
    CHECK(prove_place(root.mount.root, "else/new/one"));
    CHECK(prove_place(root.mount.root, "new"));
}

TEST_CASE("a repository whose data are behind a symbolic link is not used") {
    const Root root;
    std::filesystem::create_directories(root.folder / "else/data");
    root.folder.write("john/config", "[repository]\nid = " + id + "\n");
    std::filesystem::create_symlink("../else/data", root.folder / "john/data");
    fails(root.repository(), ErrorCode::external, "symbolic link");
}

TEST_CASE("the repository has the encryption that the plan asks for") {
    const Root root;
    std::filesystem::create_directories(root.folder / "john/data");
    root.folder.write("john/config", "[repository]\nid = " + id + "\n");
    auto p = in("john");
    CHECK(prove_repository(root.mount, p, root.pin));
    p.encryption = "repokey-blake2";
    fails(prove_repository(root.mount, p, root.pin), ErrorCode::external, "the repository has \"none\"");
}

TEST_CASE("a repository that is not pinned is not used") {
    const Root root;
    root.folder.write("jane/config", "[repository]\nid = " + id + "\n");
    fails(prove_repository(root.mount, in("jane"), root.pin), ErrorCode::refused, "not made or adopted");
}

TEST_CASE("a repository's config that holds no id is damage") {
    const Root root;
    for (const auto& text : {std::string(), std::string("[repository]\n"), "id = " + id + "\n",
                             "[other]\nid = " + id + "\n", "[repository]\nid = " + id.substr(1) + "\n",
                             "[repository]\nid: " + id + "\n", std::string(200'000, '\0')}) {
        root.folder.write("john/config", text);
        fails(root.repository(), ErrorCode::io, "damaged");
    }
    std::filesystem::remove(root.folder / "john/config");
    REQUIRE(::mkfifo((root.folder / "john/config").c_str(), 0600) == 0);
    fails(root.repository(), ErrorCode::io, "damaged");
}

TEST_CASE("the id of a real repository is read without Borg", "[borg]") {
    if (!RealBorg::is_there()) return;
    const Root root;
    const RealBorg borg(root.folder, "john");
    borg.init(plan("p"));
    const auto found = repository_id(root.mount.root, "john");
    REQUIRE(found);
    const auto info = borg.run(info_command(borg.context));
    CHECK(info.out.find(*found) != std::string::npos);
}
