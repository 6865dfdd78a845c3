/// Which of the attached disks are offered for backups.

#include "machine/disks.hpp"
#include "support/catch.hpp"

using namespace guardian;
using machine::DiskUse;

namespace {

core::Device device(const std::string& node, unsigned minor, const std::string& uuid,
                    const std::string& fstype = "ext4") {
    core::Device d;
    d.node = node;
    d.number = {8, minor};
    d.uuid = uuid;
    d.fstype = fstype;
    return d;
}

core::Mount mount(const std::string& point, core::DeviceNumber number, const std::string& source) {
    core::Mount m;
    m.point = point;
    m.number = number;
    m.source = source;
    return m;
}

}  // namespace

TEST_CASE("a disk that the system lives on is not offered", "[disks]") {
    for (const auto* point : {"/", "/boot", "/boot/efi", "/home", "/home/anna", "/usr", "/var/lib", "swap"}) {
        INFO(point);
        CHECK(machine::is_systems(point));
    }
    for (const auto* point : {"/mnt/backup", "/media/anna/disk", "/homes", "/variable", "/run/media/x"}) {
        INFO(point);
        CHECK_FALSE(machine::is_systems(point));
    }
}

TEST_CASE("what a disk is used for is seen by its number, its node, and by its other members", "[disks]") {
    auto second = device("/dev/sdc1", 33, "pool", "btrfs");
    second.uuid_sub = "b";
    auto first = device("/dev/sdb1", 17, "pool", "btrfs");
    first.uuid_sub = "a";
    const auto disks =
        machine::disks_of({device("/dev/sda1", 1, "root"), first, second, device("/dev/sdd1", 49, "usb")}, {},
                          {mount("/", {8, 1}, "/dev/root"), mount("/home", {0, 40}, "/dev/sdc1"),
                           mount("/mnt/x", {8, 49}, "/dev/sdd1")},
                          {});
    REQUIRE(disks.size() == 3);  // the members of the btrfs are one disk
    CHECK(disks[0].use == DiskUse::system);
    CHECK(disks[1].use == DiskUse::system);
    CHECK(disks[1].mounts == std::vector<std::string>{"/home"});
    CHECK(disks[2].use == DiskUse::free);
    CHECK(disks[2].mounts == std::vector<std::string>{"/mnt/x"});
}

TEST_CASE("what is swapped to is the system's", "[disks]") {
    const auto disks = machine::disks_of({device("/dev/sda1", 1, "a")}, {}, {}, {"/dev/sda1"});
    CHECK(disks.at(0).use == DiskUse::system);
}

TEST_CASE("a filesystem that cannot hold a repository, and one that is there twice, are not offered",
          "[disks]") {
    const auto disks = machine::disks_of(
        {device("/dev/sda1", 1, "a", "vfat"), device("/dev/sdb1", 17, "b"), device("/dev/sdc1", 33, "b")}, {},
        {}, {});
    CHECK(disks.at(0).use == DiskUse::unfit);
    CHECK(disks.at(1).use == DiskUse::twice);
    CHECK(disks.at(2).use == DiskUse::twice);
    for (const auto& d : disks) CHECK_FALSE(machine::remark_on(d).empty());
}

TEST_CASE("a disk without a filesystem is named with the command, unless something uses it", "[disks]") {
    const auto blank = device("/dev/sdb", 16, "", "");
    const auto disks =
        machine::disks_of({}, {blank, device("/dev/sdc", 32, "", "")}, {mount("/srv", {8, 32}, "x")}, {});
    REQUIRE(disks.size() == 1);
    CHECK(disks[0].use == DiskUse::no_files);
    CHECK(machine::format_command(disks[0]) == "mkfs.ext4 -L backup /dev/sdb");
    CHECK(machine::disks_of({}, {blank}, {}, {"/dev/sdb"}).empty());
}

TEST_CASE("a partition beside the system's is offered with a remark", "[disks]") {
    auto root = device("/dev/sda1", 1, "root"), data = device("/dev/sda2", 2, "data"),
         other = device("/dev/sdaa", 160, "other");
    root.syspath = "/sys/block/sda/sda1";
    data.syspath = "/sys/block/sda/sda2";
    other.syspath = "/sys/block/sdaa";
    const auto disks = machine::disks_of({root, data, other}, {}, {mount("/", {8, 1}, "/dev/sda1")}, {});
    CHECK(disks.at(1).use == DiskUse::free);
    CHECK(machine::remark_on(disks[1]).find("lost together") != std::string::npos);
    CHECK(machine::remark_on(disks.at(2)).empty());
}
