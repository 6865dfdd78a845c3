/// The line for the backup disk in fstab, and what stands there already.

#include "machine/fstab.hpp"
#include "support/catch.hpp"

using namespace guardian;

TEST_CASE("the machine starts without the disk, and nothing on it is run", "[fstab]") {
    CHECK(machine::fstab_line("0f1e", "/mnt/backup", "ext4") ==
          "UUID=0f1e /mnt/backup ext4 nofail,noauto,x-systemd.device-timeout=10s,nosuid,nodev,noexec 0 2\n");
    CHECK(machine::fstab_line("0f1e", "/mnt/backup", "xfs").ends_with(" 0 0\n"));
    CHECK(machine::fstab_line("0f1e", "/mnt/backup", "").find(" auto ") != std::string::npos);
}

TEST_CASE("a line is read back as it was written, whatever the folder is called", "[fstab]") {
    for (const std::string mount : {"/mnt/my backup", "/mnt/a\\040b", "/mnt/#1", "/mnt/tab\there"}) {
        const auto text = machine::with_fstab_line("# old\n", machine::fstab_line("0f1e", mount, "ext4"));
        const auto entry = machine::fstab_entry_of(text, mount);
        REQUIRE(entry);
        CHECK(machine::names_filesystem(*entry, "0F1E") == true);
    }
}

TEST_CASE("comments and half lines are no entries; the last one counts", "[fstab]") {
    const std::string text =
        "#UUID=1 /mnt/backup ext4\n\nnonsense\nUUID=2 /mnt/backup ext4 ro 0 0\n  UUID=\"3\" /mnt/backup/ "
        "ext4";
    CHECK(machine::fstab_entries(text).size() == 2);
    const auto entry = machine::fstab_entry_of(text, "/mnt/backup");
    REQUIRE(entry);
    CHECK(entry->line == 5);
    CHECK(machine::names_filesystem(*entry, "3") == true);
    CHECK(machine::names_filesystem(*entry, "2") == false);
    CHECK_FALSE(machine::fstab_entry_of(text, "/mnt"));
}

TEST_CASE("an entry by label or node says nothing about the UUID", "[fstab]") {
    const auto entry = machine::fstab_entry_of("LABEL=backup /mnt/backup ext4 noauto 0 0\n", "/mnt/backup");
    REQUIRE(entry);
    CHECK_FALSE(machine::names_filesystem(*entry, "3").has_value());
}

TEST_CASE("a file that lacks its last line's end gets it first", "[fstab]") {
    const auto text = machine::with_fstab_line("UUID=1 / ext4 defaults 0 1", "UUID=2 /mnt ext4 noauto 0 2\n");
    CHECK(machine::fstab_entries(text).size() == 2);
    CHECK(text.starts_with("UUID=1 / ext4 defaults 0 1\n"));
}
