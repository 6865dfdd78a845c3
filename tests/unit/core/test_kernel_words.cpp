/// What lines of the kernel's log say, each as Linux 5.10 to 6.12 print it, and of which disk.

#include "core/kernel_words.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::core;

namespace {

const std::string usb =
    "/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/";
const std::string pci = "/sys/devices/pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/";

Device at(const std::string& syspath, std::vector<std::string> below = {}) {
    Device d;
    d.syspath = syspath;
    d.below = std::move(below);
    return d;
}

/// "SIGN DEVICE"; "-": nothing.
std::string said(const std::string& line) {
    const auto words = kernel_words(line);
    return words ? std::string(to_string(words->sign)) + " " + words->device : "-";
}

bool is_of(const std::string& line, const Device& device) {
    const auto words = kernel_words(line);
    return words && is_about(*words, device);
}

void check(const std::string& expected, std::initializer_list<const char*> lines) {
    for (const std::string line : lines) {
        CAPTURE(line);
        CHECK(said(line) == expected);
    }
}

}  // namespace

TEST_CASE("every error of the block layer that is the disk's, or of the way to it, is heard",
          "[kernel words]") {
    check(
        "io_error sdb",
        {"I/O error, dev sdb, sector 2048 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
         "critical medium error, dev sdb, sector 2048 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 2",
         "critical target error, dev sdb, sector 1 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2",
         "critical target error, dev sdb, sector 1 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
         "timeout error, dev sdb, sector 2048 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
         "recoverable transport error, dev sdb, sector 2048 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2",
         "critical nexus error, dev sdb, sector 1 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
         "reservation conflict error, dev sdb, sector 1 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
         "protection error, dev sdb, sector 1 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
         "device offline error, dev sdb, sector 1 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2",
         "I/O error, dev sdb, sector 1 op 0x3:(DISCARD) flags 0x800 phys_seg 1 prio class 2",
         "blk_update_request: I/O error, dev sdb, sector 1 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0",
         "blk_update_request: critical medium error, dev sdb, sector 7 op 0x0:(READ) flags 0x0 phys_seg 1 "
         "prio class 0",
         "print_req_error: timeout error, dev sdb, sector 1"});
    check("io_error sdb1", {"Buffer I/O error on dev sdb1, logical block 0, async page read",
                            "Buffer I/O error on dev sdb1, logical block 12, lost async page write",
                            "Buffer I/O error on dev sdb1, logical block 0, lost sync page write"});
    check("io_error dm-0", {"I/O error, dev dm-0, sector 8 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
                            "Buffer I/O error on dev dm-0, logical block 20639616, async page read"});
}

TEST_CASE("an error of the block layer that is no disk's is not heard", "[kernel words]") {
    check("-",
          {"operation not supported error, dev sdb, sector 1 op 0x9:(WRITE_ZEROES) flags 0x800 phys_seg 0 "
           "prio class 2",
           "critical space allocation error, dev sdb, sector 1 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio "
           "class 2",
           "kernel resource error, dev sdb, sector 1 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2",
           "device resource error, dev sdb, sector 1 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2",
           "nonblocking retry error, dev sdb, sector 1 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2",
           "dm internal retry error, dev dm-0, sector 1 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2",
           "open zones exceeded error, dev sdb, sector 1 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2",
           "active zones exceeded error, dev sdb, sector 1 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2",
           "duration limit exceeded error, dev sdb, sector 1 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
           "invalid error, dev sdb, sector 1 op 0x1:(WRITE) flags 0x0 phys_seg 1 prio class 2",
           // A bridge that knows no TRIM.
           "critical target error, dev sdb, sector 1 op 0x3:(DISCARD) flags 0x800 phys_seg 1 prio class 2",
           "critical target error, dev sdb, sector 1 op 0x9:(WRITE_ZEROES) flags 0x800 phys_seg 0 prio class "
           "2",
           // One without a cache that knows no flush.
           "critical target error, dev sdb, sector 0 op 0x1:(WRITE) flags 0x800 phys_seg 0 prio class 2"});
}

TEST_CASE("what a disk calls itself is no word of the kernel's", "[kernel words]") {
    check("-",
          {"usb 2-1: Product: I/O error, dev sda, sector 1",
           "scsi 6:0:0:0: Direct-Access     I/O error, dev sda, sector 1",
           "usb 2-1: Manufacturer: EXT4-fs error (device sda1): x",
           "usb 2-1: SerialNumber: Buffer I/O error on dev sda", "I/O error, dev [77]: segfault at 0 ip 0",
           "I/O error, dev , sector 1", "I/O error, dev sda: segfault",
           "hid-generic: XFS (sda1): Internal error x", "usb 2-1: Product: BTRFS error (device sda1): x",
           "usb 2-1: Product: Aborting journal on device sda1-8.",
           "usb 2-1: Product: md/raid1:md0: Disk failure on sda1,",
           "usb 2-1: Product: nvme nvme0: I/O 5 QID 2 timeout, aborting", "EXT4-fs error (device ): x", ""});
    check("-", {"I/O error, dev aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, sector 1"});
}

TEST_CASE("what ext4 and its journal say is heard", "[kernel words]") {
    check("filesystem_error sdb1",
          {"EXT4-fs error (device sdb1): ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0",
           "EXT4-fs error (device sdb1) in ext4_orphan_add:1885: Journal has aborted",
           "EXT4-fs error (device sdb1): ext4_journal_check_start:83: comm dd: Detected aborted journal",
           "EXT4-fs (sdb1): warning: mounting fs with errors, running e2fsck is recommended",
           "EXT4-fs (sdb1): failed to convert unwritten extents to written extents -- potential data loss!  "
           "(inode 12, error -30)",
           "EXT4-fs (sdb1): This should not happen!! Data will be lost",
           "EXT2-fs (sdb1): error: ext2_lookup: deleted inode referenced: 12",
           "Aborting journal on device sdb1-8.", "Aborting journal on device sdb1."});
    check("io_error sdb1", {"EXT4-fs warning (device sdb1): ext4_end_bio:343: I/O error 10 writing to inode "
                            "13 starting block 8705)",
                            "EXT4-fs warning (device sdb1): htree_dirblock_to_tree:1082: inode #2: lblock 0: "
                            "comm ls: error -5 reading directory block",
                            "EXT4-fs (sdb1): I/O error while writing superblock",
                            "EXT4-fs (sdb1): previous I/O error to superblock detected",
                            "EXT4-fs (sdb1): failed to convert unwritten extents to written extents -- "
                            "potential data loss!  (inode 12, error -5)",
                            "JBD2: I/O error when updating journal superblock for sdb1-8.",
                            "JBD2: Error -5 detected when updating journal superblock for sdb1-8.",
                            "JBD2: Detected IO errors while flushing file data on sdb1-8",
                            "JBD2: previous I/O error detected for journal superblock update for sdb1-8."});
    check("read_only sdb1", {"EXT4-fs (sdb1): Remounting filesystem read-only"});
    check("filesystem_error dm-0",
          {"Aborting journal on device dm-0-8.", "Aborting journal on device dm-0."});
    check("io_error dm-1", {"JBD2: I/O error when updating journal superblock for dm-1-8."});
    check("filesystem_error nvme0n1p2", {"Aborting journal on device nvme0n1p2-8."});
    check("filesystem_error sdb", {"Aborting journal on device sdb-8."});
    check("-",
          {"EXT4-fs (sdb1): mounted filesystem with ordered data mode. Opts: (null)",
           "EXT4-fs (sdb1): recovery complete",
           "EXT4-fs (sdb1): warning: maximal mount count reached, running e2fsck is recommended",
           "EXT4-fs (sdb1): shut down requested (2)", "EXT4-fs (sdb1): re-mounted. Opts: errors=remount-ro",
           "EXT4-fs warning (device sdb1): ext4_multi_mount_protect:326: MMP interval 42 higher than "
           "expected, please wait.",
           "JBD2: Clearing recovery information on journal"});
}

TEST_CASE("what XFS says is heard", "[kernel words]") {
    check("io_error sdb1",
          {"XFS (sdb1): metadata I/O error in \"xfs_da_read_buf+0xf4/0x150 [xfs]\" at daddr 0x1816a90 len 8 "
           "error 5",
           "XFS (sdb1): log I/O error -5", "XFS (sdb1): writeback error on inode 131, offset 0, sector 1",
           "XFS (sdb1): Log I/O Error Detected. Shutting down filesystem",
           "XFS (sdb1): Metadata I/O Error (0x1) detected at xfs_trans_read_buf_map+0x1/0x2 [xfs] "
           "(fs/xfs/xfs_trans_buf.c:296).  Shutting down filesystem."});
    check(
        "filesystem_error sdb1",
        {"XFS (sdb1): Filesystem has been shut down due to log error (0x2).",
         "XFS (sdb1): metadata I/O error in \"xfs_imap_to_bp+0x5c/0x80 [xfs]\" at daddr 0x8a66c0 len 32 "
         "error 117",
         "XFS (sdb1): metadata I/O error in \"xfs_imap_to_bp+0x5c/0x80 [xfs]\" at daddr 0x8a66c0 len 32 "
         "error 74",
         "XFS (sdb1): Metadata corruption detected at xfs_dinode_verify.part.0+0x739/0x920 [xfs], inode "
         "0x427b2d1",
         "XFS (sdb1): Metadata CRC error detected at xfs_agi_read_verify+0xde/0x100 [xfs], xfs_agi block 0x2",
         "XFS (sdb1): Corruption of in-memory data (0x8) detected at xfs_trans_cancel+0x1/0x2 [xfs] "
         "(fs/xfs/xfs_trans.c:1097).  Shutting down filesystem.",
         "XFS (sdb1): Internal error xfs_trans_cancel at line 1097 of file fs/xfs/xfs_trans.c.",
         "XFS (sdb1): Unmount and run xfs_repair"});
    check("-", {"XFS (sdb1): Mounting V5 Filesystem", "XFS (sdb1): Ending clean mount",
                "XFS (sdb1): Unmounting Filesystem",
                "XFS (sdb1): User initiated shutdown (0x4) received. Shutting down filesystem",
                "XFS (sdb1): Block device removal (0x20) detected at fs_bdev_mark_dead+0x1/0x2 [xfs] "
                "(fs/xfs/xfs_super.c:1177).  Shutting down filesystem."});
}

TEST_CASE("what Btrfs says is heard", "[kernel words]") {
    check("filesystem_error sdb1",
          {"BTRFS warning (device sdb1): csum failed root 5 ino 257 off 0 csum 0x8941f998 expected csum "
           "0x98f94189 mirror 1",
           "BTRFS warning (device sdb1): checksum verify failed on logical 30457856 mirror 1 wanted 0x1 "
           "found 0x2 level 0",
           "BTRFS warning (device sdb1): checksum error at logical 5085110272 on dev /dev/sdb1, physical "
           "4019388416",
           "BTRFS error (device sdb1): bdev /dev/sdb1 errs: wr 0, rd 0, flush 0, corrupt 1, gen 0",
           "BTRFS error (device sdb1 state EA): parent transid verify failed on logical 1 mirror 1 wanted 2 "
           "found 3",
           "BTRFS critical (device sdb1): corrupt leaf: root=5 block=1 slot=1",
           "BTRFS: error (device sdb1) in btrfs_commit_transaction:2460: errno=-5 IO failure",
           "BTRFS: error (device sdb1: state A) in btrfs_run_delayed_refs:2188: errno=-5 IO failure"});
    check("io_error sdb1",
          {"BTRFS error (device sdb1): bdev /dev/sdb1 errs: wr 1038, rd 4531, flush 0, corrupt 0, gen 0",
           "BTRFS warning (device sdb1): lost page write due to IO error on /dev/sdb1 (-5)"});
    check("read_only sdb1",
          {"BTRFS info (device sdb1 state E): forced readonly", "BTRFS info (device sdb1): forced readonly"});
    check("-", {"BTRFS info (device sdb1): disk space caching is enabled",
                "BTRFS error (device sdb1): open_ctree failed",
                "BTRFS error (device sdb1): unrecognized mount option 'foo'",
                "BTRFS error (device sdb1): 'BackupsWindows' is not a valid subvolume",
                "BTRFS error (device sdb1): balance: invalid convert data profile raid1",
                "BTRFS error (device sdb1): cannot mount because of unsupported optional features (0x100)",
                "BTRFS error (device sdb1): cannot disable free space tree",
                "BTRFS error (device sdb1): unable to go below two devices on raid1",
                // Counted before, and said at every mount.
                "BTRFS info (device sdb1): bdev /dev/sdb1 errs: wr 0, rd 3, flush 0, corrupt 0, gen 0",
                "BTRFS warning (device sdb1): block group 30408704 has wrong amount of free space"});
}

TEST_CASE("what FAT, exFAT and F2FS say is heard", "[kernel words]") {
    check("filesystem_error sdb1",
          {"FAT-fs (sdb1): error, fat_get_cluster: invalid cluster chain (i_pos 0)",
           "exFAT-fs (sdb1): error, invalid access to FAT (entry 0xffffffff)",
           "F2FS-fs (sdb1): inconsistent node block, nid:3, node_footer[nid:0,ino:0,ofs:0,cpver:0,blkaddr:0]",
           "F2FS-fs (sdb1): Inconsistent segment (173822) type [1, 0] in SSA and SIT",
           "F2FS-fs (sdb1): Stopped filesystem due to reason: 4",
           "F2FS-fs (sdb1): Failed to get valid F2FS checkpoint"});
    check("read_only sdb1", {"FAT-fs (sdb1): Filesystem has been set read-only",
                             "exFAT-fs (sdb1): Filesystem has been set read-only",
                             "F2FS-fs (sdb1): Remounting filesystem read-only"});
    check("io_error sdb1", {"FAT-fs (sdb1): FAT read failed (blocknr 33)",
                            "FAT-fs (sdb1): Directory bread(block 1000) failed"});
    check("-",
          {"FAT-fs (sdb1): Volume was not properly unmounted. Some data may be corrupt. Please run fsck.",
           "exFAT-fs (sdb1): Volume was not properly unmounted. Some data may be corrupt. Please run fsck.",
           "F2FS-fs (sdb1): Stopped filesystem due to reason: 0",
           "F2FS-fs (sdb1): Mounted with checkpoint version = 2d88db33"});
}

TEST_CASE("what an NVMe controller says is heard, and said of its disks alone", "[kernel words]") {
    check("io_error nvme0",
          {"nvme nvme0: I/O 5 QID 2 timeout, aborting", "nvme nvme0: I/O 24 QID 0 timeout, reset controller",
           "nvme nvme0: I/O 258 (I/O Cmd) QID 4 timeout, aborting",
           "nvme nvme0: I/O tag 30 (d01e) opcode 0x1 (I/O Cmd) QID 1 timeout, aborting req_op:WRITE(1) "
           "size:262144",
           "nvme nvme0: I/O tag 28 (301c) QID 0 timeout, disable controller",
           "nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10",
           "nvme nvme0: Device not ready; aborting reset, CSTS=0x1",
           "nvme nvme0: Device not ready; aborting initialisation, CSTS=0x0",
           "nvme nvme0: Disabling device after reset failure: -19",
           "nvme nvme0: Removing after probe failure status: -19"});
    check("-", {"nvme nvme0: 12/0/0 default/read/poll queues",
                "nvme nvme0: I/O 5 QID 2 timeout, completion polled",
                "nvme nvme0: Shutdown timeout set to 10 seconds", "nvme nvme0: pci function 0000:01:00.0"});
    const std::string down = "nvme nvme1: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10";
    CHECK(is_of(down, at(pci + "nvme1/nvme1n1/nvme1n1p2")));
    CHECK(is_of(down, at(pci + "nvme1/nvme1n1")));
    CHECK(is_of(down, at("/sys/devices/virtual/block/dm-0", {pci + "nvme1/nvme1n1/nvme1n1p3"})));
    // The number of a disk that more than one controller leads to is not that of each.
    CHECK(is_of(down, at(pci + "nvme1/nvme0n1")));
    CHECK(!is_of(down, at(pci + "nvme0/nvme1n1")));
    CHECK(is_of(down, at("/sys/devices/virtual/nvme-subsystem/nvme-subsys1/nvme1n1/nvme1n1p1")));
    CHECK(!is_of(down, at("/sys/devices/virtual/nvme-subsystem/nvme-subsys1/nvme10n1")));
    CHECK(!is_of(down, at(pci + "nvme10/nvme10n1")));
    CHECK(!is_of(down, at(usb + "sdb/sdb1")));
}

TEST_CASE("a way to an NVMe disk is that disk", "[kernel words]") {
    check("io_error nvme0n1",
          {"I/O error, dev nvme0c0n1, sector 16 op 0x0:(READ) flags 0x4080700 phys_seg 4 prio class 2"});
    check("io_error nvme10n12",
          {"I/O error, dev nvme10c3n12, sector 16 op 0x0:(READ) flags 0x4080700 phys_seg 4 prio class 2"});
    const std::string line =
        "I/O error, dev nvme0c1n1, sector 16 op 0x0:(READ) flags 0x0 phys_seg 4 prio class 2";
    CHECK(is_of(line, at("/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p1")));
    CHECK(!is_of(line, at("/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n11")));
    check("io_error nvmec", {"I/O error, dev nvmec, sector 1"});
    check("io_error nvme0c", {"I/O error, dev nvme0c, sector 1"});
}

TEST_CASE("a disk that was thrown out of its array is heard", "[kernel words]") {
    check("io_error sdb1", {"md/raid1:md0: Disk failure on sdb1, disabling device.\\x0amd/raid1:md0: "
                            "Operation continuing on 1 devices.",
                            "md/raid:md127: Disk failure on sdb1, disabling device.",
                            "md/raid10:md0: Disk failure on sdb1, disabling device."});
    check("-", {"md/raid1:md0: active with 2 out of 2 mirrors"});
    CHECK(is_of("md/raid1:md0: Disk failure on sdb1, disabling device.",
                at("/sys/devices/virtual/block/md0", {usb + "sda/sda1", usb + "sdb/sdb1"})));
}

TEST_CASE("a line is about the disk that it names, and about none with a longer name", "[kernel words]") {
    const std::string line = "I/O error, dev sda, sector 1 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2";
    CHECK(is_of(line, at(usb + "sda")));
    CHECK(is_of(line, at(usb + "sda/sda1")));
    CHECK(is_of(line, at("/sys/devices/virtual/block/dm-0", {usb + "sda/sda1"})));
    CHECK(!is_of(line, at(usb + "sdaa/sdaa1")));
    CHECK(!is_of(line, at(usb + "sdb/sdb1")));
    CHECK(!is_of(line, at("")));
    CHECK(!is_of("Buffer I/O error on dev sda1, logical block 0, async page read", at(usb + "sda/sda11")));
    CHECK(!is_of("Buffer I/O error on dev sda1, logical block 0, async page read", at(usb + "sda/sda2")));
    const std::string nvme =
        "I/O error, dev nvme1n1, sector 1 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2";
    CHECK(is_of(nvme, at(pci + "nvme1/nvme1n1/nvme1n1p1")));
    CHECK(!is_of(nvme, at(pci + "nvme1/nvme1n10/nvme1n10p1")));
    CHECK(is_of("XFS (dm-1): log I/O error -5", at("/sys/devices/virtual/block/dm-1")));
    CHECK(!is_of("XFS (dm-1): log I/O error -5", at("/sys/devices/virtual/block/dm-11")));
}

TEST_CASE("a USB device that is reset as the machine wakes is none that is reset by itself", "[kernel words]") {
    const auto* reset = "usb 2-1: reset SuperSpeed USB device number 2 using xhci_hcd";
    for (const std::string how : {"PM: suspend", "PM: hibernation: hibernation"}) {
        MachineSleep sleep;
        CHECK(!sleep.explains(reset));
        CHECK(!sleep.explains(how + " entry (deep)"));
        CHECK(sleep.explains(reset));
        CHECK(!sleep.explains("I/O error, dev sdb, sector 2048 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2"));
        CHECK(!sleep.explains(how + " exit"));
        CHECK(!sleep.explains(reset));
        CHECK(!sleep.explains(how + " entry (deep)"));
        sleep.forget();
        CHECK(!sleep.explains(reset));
        CHECK(!sleep.explains("usb 2-1: Product: " + how + " entry (deep)"));
        CHECK(!sleep.explains(reset));
    }
}

TEST_CASE("a reset is about what is plugged in at that port", "[kernel words]") {
    const std::string line = "usb 2-1: reset SuperSpeed USB device number 4 using xhci_hcd";
    CHECK(said(line) == "usb_reset 2-1");
    CHECK(is_of(line, at(usb + "sdb/sdb1")));
    CHECK(!is_of("usb 2-11: reset SuperSpeed USB device number 4 using xhci_hcd", at(usb + "sdb/sdb1")));
    check("-", {"usb 2-1: new SuperSpeed USB device number 4 using xhci_hcd",
                "usb 2-1: USB disconnect, device number 4"});
}
