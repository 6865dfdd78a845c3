#include "health/drives.hpp"

#include "fake_sysfs.hpp"
#include "support/loop_disk.hpp"
#include "support/result.hpp"

using namespace guardian;
using namespace guardian::health;
using core::DeviceNumber;
using test::FakeSysfs;

namespace {

const std::string sata = "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0";
const std::string sata2 = "pci0000:00/0000:00:17.0/ata2/host1/target1:0:0/1:0:0:0";
const std::string usb_device = "pci0000:00/0000:00:14.0/usb2/2-1";
const std::string usb_scsi = usb_device + "/2-1:1.0/host6/target6:0:0/6:0:0:0";
const std::string virtual_ = "virtual/block/";

/// sda and sdb at SATA, with a partition each.
struct TwoDisks : FakeSysfs {
    TwoDisks() {
        (void)add_scsi(sata, "sda", {8, 0}, {{"size", "2000\n"}, {"queue/rotational", "1\n"}});
        (void)add(sata + "/block/sda/sda1", {8, 1}, {{"partition", "1\n"}});
        (void)add_scsi(sata2, "sdb", {8, 16});
        (void)add(sata2 + "/block/sdb/sdb1", {8, 17}, {{"partition", "1\n"}});
    }
    const std::string sda1 = sata + "/block/sda/sda1", sdb1 = sata2 + "/block/sdb/sdb1";
};

std::string nodes(const FakeSysfs& sysfs, const std::vector<DeviceNumber>& devices) {
    const auto drives = drives_below(devices, sysfs.path());
    if (!drives) return drives.error().text();
    std::string out;
    for (const auto& d : *drives) out += d.node + " ";
    return out;
}

Drive only(const FakeSysfs& sysfs, DeviceNumber device) {
    const auto drives = drives_below({device}, sysfs.path());
    REQUIRE(drives);
    REQUIRE(drives->size() == 1);
    return drives->front();
}

}  // namespace

TEST_CASE("a partition is its disk's, a disk its own") {
    const TwoDisks sysfs;
    CHECK(nodes(sysfs, {{8, 1}}) == "/dev/sda ");
    CHECK(nodes(sysfs, {{8, 0}}) == "/dev/sda ");
    const auto drive = only(sysfs, {8, 1});
    CHECK(drive.name == "sda");
    CHECK(drive.number == DeviceNumber{8, 0});
    CHECK(drive.bytes == 1024000);
    CHECK(drive.rotational);
    CHECK(drive.transport == Transport::ata);
}

TEST_CASE("LUKS, LVM, md and bcache lead to every drive below, each once") {
    const TwoDisks sysfs;
    (void)sysfs.add(virtual_ + "dm-0", {253, 0}, {{"dm/uuid", "CRYPT-LUKS2-x\n"}});
    sysfs.stand(virtual_ + "dm-0", sysfs.sda1);
    (void)sysfs.add(virtual_ + "md127", {9, 127});
    sysfs.stand(virtual_ + "md127", sysfs.sda1);
    sysfs.stand(virtual_ + "md127", sysfs.sdb1);
    (void)sysfs.add(virtual_ + "dm-1", {253, 1}, {{"dm/uuid", "LVM-x\n"}});
    sysfs.stand(virtual_ + "dm-1", virtual_ + "md127");
    sysfs.stand(virtual_ + "dm-1", virtual_ + "dm-0");
    (void)sysfs.add(virtual_ + "bcache0", {252, 0});
    sysfs.stand(virtual_ + "bcache0", virtual_ + "dm-1");
    CHECK(nodes(sysfs, {{253, 0}}) == "/dev/sda ");
    CHECK(nodes(sysfs, {{9, 127}}) == "/dev/sda /dev/sdb ");
    CHECK(nodes(sysfs, {{252, 0}}) == "/dev/sda /dev/sdb ");
}

TEST_CASE("the devices of one btrfs are taken together, and one that is missing is left out") {
    const TwoDisks sysfs;
    CHECK(nodes(sysfs, {{8, 17}, {8, 1}, {8, 0}}) == "/dev/sda /dev/sdb ");
    CHECK(nodes(sysfs, {{8, 17}, {8, 200}}) == "/dev/sdb ");
}

TEST_CASE("no device there is an error, not an empty list") {
    const TwoDisks sysfs;
    const auto none = drives_below({{8, 200}}, sysfs.path());
    REQUIRE(!none);
    CHECK(none.error().code == ErrorCode::absent);
    CHECK(!drives_below({}, sysfs.path()));
}

TEST_CASE("devices that stand on each other in a circle end") {
    const FakeSysfs sysfs;
    (void)sysfs.add(virtual_ + "dm-0", {253, 0});
    (void)sysfs.add(virtual_ + "dm-1", {253, 1});
    sysfs.stand(virtual_ + "dm-0", virtual_ + "dm-1");
    sysfs.stand(virtual_ + "dm-1", virtual_ + "dm-0");
    CHECK(nodes(sysfs, {{253, 0}}).empty());
}

TEST_CASE("a deep stack is followed to its end") {
    const TwoDisks sysfs;
    std::string below = sysfs.sda1;
    for (unsigned i = 0; i < 40; ++i) {
        const auto name = virtual_ + "dm-" + std::to_string(i);
        (void)sysfs.add(name, {253, i});
        sysfs.stand(name, below);
        below = name;
    }
    CHECK(nodes(sysfs, {{253, 39}}) == "/dev/sda ");
}

TEST_CASE("of a multipath device, one path that works stands for the drive") {
    const TwoDisks sysfs;
    sysfs.write(sata + "/state", "offline\n");
    sysfs.write(sata2 + "/state", "running\n");
    (void)sysfs.add(virtual_ + "dm-0", {253, 0}, {{"dm/uuid", "mpath-35000c500\n"}});
    sysfs.stand(virtual_ + "dm-0", sata + "/block/sda");
    sysfs.stand(virtual_ + "dm-0", sata2 + "/block/sdb");
    CHECK(nodes(sysfs, {{253, 0}}) == "/dev/sdb ");
}

TEST_CASE("the transport and the bridge are seen in sysfs") {
    const FakeSysfs sysfs;
    SECTION("USB") {
        (void)sysfs.add_scsi(usb_scsi, "sdc", {8, 32});
        sysfs.write(usb_device + "/idVendor", "152d\n");
        sysfs.write(usb_device + "/idProduct", "0583\n");
        CHECK(only(sysfs, {8, 32}).transport == Transport::usb);
        CHECK(only(sysfs, {8, 32}).usb_id == "152d:0583");
    }
    SECTION("NVMe, by a partition of a namespace") {
        (void)sysfs.add("pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1", {259, 0}, {{"wwid", "eui.0025385\n"}});
        (void)sysfs.add("pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p2", {259, 2},
                        {{"partition", "2"}});
        sysfs.link("devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1/device",
                   "devices/pci0000:00/0000:01:00.0/nvme/nvme0");
        sysfs.write("pci0000:00/0000:01:00.0/nvme/nvme0/serial", "S4EW   \n");
        const auto drive = only(sysfs, {259, 2});
        CHECK(drive.node == "/dev/nvme0n1");
        CHECK(drive.transport == Transport::nvme);
        CHECK(drive.serial == "S4EW");
        CHECK(drive.wwn == "eui.0025385");
    }
    SECTION("SAS") {
        (void)sysfs.add_scsi("pci0/0/host0/port-0:0/end_device-0:0/target0:0:0/0:0:0:0", "sdd", {8, 48});
        CHECK(only(sysfs, {8, 48}).transport == Transport::sas);
    }
    SECTION("a SATA drive at a SAS adapter") {
        const std::string at = "pci0/0/host0/port-0:1/end_device-0:1/target0:0:1/0:0:1:0";
        (void)sysfs.add_scsi(at, "sde", {8, 64});
        sysfs.write(at + "/vendor", "ATA     \n");
        CHECK(only(sysfs, {8, 64}).transport == Transport::ata);
    }
    SECTION("SCSI of a virtual machine") {
        (void)sysfs.add_scsi("pci0/0/virtio3/host2/target2:0:0/2:0:0:0", "sdf", {8, 80});
        CHECK(only(sysfs, {8, 80}).transport == Transport::scsi);
    }
    SECTION("virtio") {
        (void)sysfs.add("pci0/0/virtio1/block/vda", {254, 0});
        sysfs.link("devices/pci0/0/virtio1/subsystem", "bus/virtio");
        sysfs.link("devices/pci0/0/virtio1/block/vda/device", "devices/pci0/0/virtio1");
        CHECK(only(sysfs, {254, 0}).transport == Transport::virtio);
    }
    SECTION("a loop device is an answer") {
        (void)sysfs.add(virtual_ + "loop0", {7, 0});
        CHECK(only(sysfs, {7, 0}).transport == Transport::other);
        CHECK(only(sysfs, {7, 0}).node == "/dev/loop0");
    }
}

TEST_CASE("what a drive writes of itself is made fit to show, and cut") {
    const TwoDisks sysfs;
    sysfs.write(sata + "/model", "WDC\x1b[31m" + std::string(5000, 'x') + "\n");
    sysfs.write(sata + "/vpd_pg80", std::string("\0\x80\0\x08", 4) + "  WD-1234");
    const auto drive = only(sysfs, {8, 0});
    CHECK(drive.model.find('\x1b') == std::string::npos);
    CHECK(drive.model.size() <= 130);
    CHECK(drive.serial == "WD-1234");
}

TEST_CASE("the kernel's own sleep is seen without opening the drive") {
    const TwoDisks sysfs;
    CHECK(!is_suspended(only(sysfs, {8, 0})));
    sysfs.write(sata + "/power/runtime_status", "active\n");
    CHECK(!is_suspended(only(sysfs, {8, 0})));
    sysfs.write(sata + "/power/runtime_status", "suspended\n");
    CHECK(is_suspended(only(sysfs, {8, 0})));
}

TEST_CASE("a drive that tells nothing is known again by how it is attached") {
    Drive drive;
    drive.transport = Transport::usb;
    drive.usb_id = "152d:0583";
    drive.model = "My Disk/1";
    drive.bytes = 1000;
    CHECK(attachment_key(drive).empty());
    for (const auto* made_up : {"000000000000", "0123456789ABCDEF", "1234567890", "77"}) {
        drive.serial = made_up;
        CHECK(attachment_key(drive).empty());
    }
    drive.serial = "DD56419883891";
    const auto key = attachment_key(drive);
    CHECK(key == "usb/152d:0583/1000/My_Disk_1/DD56419883891/");
    drive.node = "/dev/sdz";
    CHECK(attachment_key(drive) == key);
    drive.bytes = 2000;
    CHECK(attachment_key(drive) != key);
    drive.serial = "";
    drive.wwn = "0x5000c500a1b2c3d4";
    CHECK(attachment_key(drive) == "usb/152d:0583/2000/My_Disk_1//0x5000c500a1b2c3d4");
}

TEST_CASE("a real loop device is found by its number") {
    if (!test::LoopDisk::possible()) return;
    const test::Folder folder;
    const test::LoopDisk disk(folder, "5b7f3f8e-8a0e-4f0b-9a55-6d2f0b1c2d3e");
    const auto drives = drives_below({disk.device().number});
    REQUIRE(drives);
    REQUIRE(drives->size() == 1);
    CHECK(drives->front().node == disk.node());
    CHECK(drives->front().transport == Transport::other);
    CHECK(drives->front().bytes == 16 * 1024 * 1024);
}

TEST_CASE("a real dm device leads to the loop device below") {
    if (!test::LoopDisk::possible()) return;
    if (!test::can(::access("/dev/mapper/control", W_OK) == 0 && bool(find_program("dmsetup")),
                   "there is no dmsetup here"))
        return;
    const auto dmsetup = *find_program("dmsetup");
    const auto there = run_child(plain_command(dmsetup, {"version"}), {});
    if (!test::can(there && there->ok(), "this kernel has no device mapper")) return;
    const test::Folder folder;
    const test::LoopDisk disk(folder, "5b7f3f8e-8a0e-4f0b-9a55-6d2f0b1c2d3f");
    const std::string name = "guardian-test-" + std::to_string(::getpid());
    (void)test::tool({"dmsetup", "create", name, "--table", "0 2048 linear " + disk.node() + " 0"});
    const auto number = test::tool({"dmsetup", "info", "-c", "--noheadings", "-o", "major,minor", name});
    unsigned major = 0, minor = 0;
    const bool read = std::sscanf(number.c_str(), "%u:%u", &major, &minor) == 2;
    const auto drives = drives_below({{major, minor}});
    (void)test::tool({"dmsetup", "remove", name});
    REQUIRE(read);
    REQUIRE(drives);
    REQUIRE(drives->size() == 1);
    CHECK(drives->front().node == disk.node());
}
