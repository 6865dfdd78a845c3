/// guardian setup and guardian doctor, without a machine: the questions, the files, and how it all looks.

#include <sys/stat.h>

#include <sstream>

#include "base/text.hpp"
#include "cli/check.hpp"
#include "cli/disk_list.hpp"
#include "cli/questions.hpp"
#include "cli/setup.hpp"
#include "cli/setup_files.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "unit/health/stand_in.hpp"

using namespace guardian;
using namespace guardian::test;
using machine::Disk;
using machine::DiskUse;

namespace {

Disk disk(const std::string& node, const std::string& uuid, DiskUse use = DiskUse::free) {
    Disk d;
    d.device.node = node;
    d.device.uuid = uuid;
    d.device.fstype = "ext4";
    d.use = use;
    return d;
}

const std::string uuid = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9";

std::vector<Disk> disks() {
    return {disk("/dev/sda1", "11111111-1111-4111-8111-111111111111", DiskUse::system),
            disk("/dev/sdb1", uuid)};
}

/// What the dialogue makes of the lines that are typed.
Result<cli::Wishes> typed(const std::string& lines, const cli::SetupOptions& options = {}) {
    std::istringstream in{lines};
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out{std::fopen("/dev/null", "w"), std::fclose};
    cli::Questions questions{in, out.get()};
    return cli::settle_wishes(options, "/etc/guardian/guardian.toml", disks(), &questions);
}

mode_t mode_of(const std::string& path) {
    struct stat st {};
    REQUIRE(::stat(path.c_str(), &st) == 0);
    return st.st_mode & 07777;
}

std::size_t longest_line(const std::string& text) {
    std::size_t most = 0;
    for (const auto& line : split_lines(text)) most = std::max(most, columns(line));
    return most;
}

}  // namespace

TEST_CASE("empty answers are the defaults", "[setup]") {
    const auto wishes = typed(std::string(8, '\n'));
    REQUIRE(wishes.has_value());
    CHECK(wishes->disk.node == "/dev/sdb1");
    CHECK(wishes->answers.target == "usb");
    CHECK(wishes->answers.mount == "/mnt/backup");
    CHECK(wishes->answers.schedule == "*-*-* 02:00");
    CHECK_FALSE(wishes->encrypt);
    CHECK_FALSE(wishes->fstab);
}

TEST_CASE("a wrong answer is asked for again", "[setup]") {
    const auto wishes = typed(
        "1\n2\nUSB disk\nstick\n/home\n/mnt/stick\nhome\n/home /srv\nat 2\nSun "
        "04:00\n/x\nrepo\nperhaps\ny\nno\n");
    REQUIRE(wishes.has_value());
    CHECK(wishes->answers.plan() == "system-stick");
    CHECK(wishes->answers.mount == "/mnt/stick");
    CHECK(wishes->answers.paths == std::vector<std::string>{"/home", "/srv"});
    CHECK(wishes->answers.schedule == "Sun 04:00");
    CHECK(wishes->answers.repository == "repo");
    CHECK(wishes->encrypt);
    CHECK(wishes->answers.passphrase_file == "/etc/guardian/passphrase");
}

TEST_CASE("the end of the input ends it at any question", "[setup]") {
    for (std::size_t answered = 0; answered < 8; ++answered) {
        const auto wishes = typed(std::string(answered, '\n'));
        REQUIRE_FALSE(wishes.has_value());
        CHECK(wishes.error().code == ErrorCode::cancelled);
    }
}

TEST_CASE("what is given by an option is not asked for, and wrong options are errors", "[setup]") {
    cli::SetupOptions options;
    options.disk = uuid;
    options.paths = {"/srv"};
    options.encrypt = true;
    const auto settle = [&] {
        return cli::settle_wishes(options, "/etc/guardian/guardian.toml", disks(), nullptr);
    };
    REQUIRE(settle().has_value());
    CHECK(settle()->answers.paths == options.paths);
    options.schedule = "26:00";
    CHECK(settle().error().code == ErrorCode::usage);
    options.schedule = "1999-01-01";
    CHECK(settle().error().reason.find("never") != std::string::npos);
    options.schedule = "";
    options.mount = "relative";
    CHECK(settle().error().context.find("--mount") != std::string::npos);
}

TEST_CASE("a disk is chosen by number, UUID or node, and the system's own never", "[setup]") {
    for (const std::string words : {"2", "/dev/sdb1", uuid.c_str()}) {
        const auto chosen = cli::chosen_disk(disks(), words);
        REQUIRE(chosen.has_value());
        CHECK(chosen->uuid == uuid);
    }
    CHECK(cli::chosen_disk(disks(), "1").error().code == ErrorCode::refused);
    for (const std::string words : {"", "3", "0", "-1", "nothing"})
        CHECK(cli::chosen_disk(disks(), words).error().code == ErrorCode::absent);
}

TEST_CASE("fstab gets the line once, and keeps its mode and a copy", "[setup]") {
    const Folder folder;
    const auto path = folder.write("fstab", "UUID=1 / ext4 defaults 0 1", 0604);
    using cli::FstabOutcome;
    CHECK(*cli::add_to_fstab(path, uuid, "/mnt/backup", "ext4") == FstabOutcome::added);
    const auto text = folder.read("fstab");
    CHECK(text.find("UUID=" + uuid + " /mnt/backup ext4 nofail") != std::string::npos);
    CHECK(mode_of(path) == 0604);
    CHECK(folder.read("fstab.before-guardian") == "UUID=1 / ext4 defaults 0 1");
    CHECK(*cli::add_to_fstab(path, uuid, "/mnt/backup", "ext4") == FstabOutcome::there_already);
    CHECK(*cli::add_to_fstab(path, "other", "/mnt/backup", "ext4") == FstabOutcome::other_entry);
    CHECK(folder.read("fstab") == text);
}

TEST_CASE("a passphrase is made once, for its owner alone", "[setup]") {
    const Folder folder;
    const auto path = folder / "etc/passphrase";
    CHECK(*cli::write_passphrase(path));
    const auto text = folder.read("etc/passphrase");
    CHECK(mode_of(path) == 0600);
    CHECK(text.size() == 36);
    CHECK_FALSE(*cli::write_passphrase(path));
    CHECK(folder.read("etc/passphrase") == text);
    CHECK(*cli::random_passphrase() != *cli::random_passphrase());
}

TEST_CASE("an old configuration is kept under the first free name", "[setup]") {
    const Folder folder;
    const auto path = folder.write("guardian.toml", "old");
    folder.write("guardian.toml.old-1", "older");
    CHECK(*cli::keep_old_file(path) == path + ".old-2");
    CHECK(cli::write_config_file(path, "new").has_value());
    CHECK(folder.read("guardian.toml.old-2") == "old");
    CHECK(folder.read("guardian.toml") == "new");
    CHECK(mode_of(path) == 0640);
}

TEST_CASE("smartctl's verdict is one word", "[setup]") {
    CHECK(cli::health_in(R"({"smart_status":{"passed":true}})") == "good");
    CHECK(cli::health_in(R"({"smart_status":{"passed":false}})") == "failing");
    for (const auto* other :
         {"", "[]", "{}", R"({"smart_status":1})", R"({"smart_status":{"passed":"yes"}})"})
        CHECK(cli::health_in(other) == "unknown");
    CHECK(cli::health_in(SmartctlStandIn::asleep()) == "asleep");
}

TEST_CASE("a disk that sleeps is not woken to be listed", "[setup]") {
    const SmartctlStandIn smartctl;
    smartctl.answer("none", R"({"smart_status":{"passed":true}})");
    health::Drive drive;
    drive.node = "/dev/guardian-test";
    drive.transport = health::Transport::ata;
    const Folder sysfs;
    drive.syspath = sysfs.path();
    health::AtaWays ways;
    ways.is_awake = [](const std::string&) { return Result<std::optional<bool>>(true); };
    SECTION("the kernel has suspended it") {
        sysfs.write("device/power/runtime_status", "suspended\n");
        CHECK(cli::ask_health(smartctl.program(), drive, ways) == "asleep");
        CHECK(smartctl.calls().empty());
    }
    SECTION("it says so") {
        ways.is_awake = [](const std::string&) { return Result<std::optional<bool>>(false); };
        CHECK(cli::ask_health(smartctl.program(), drive, ways) == "asleep");
        CHECK(smartctl.calls().empty());
    }
    SECTION("smartctl finds it so, which is told not to wake it") {
        smartctl.answer("none", SmartctlStandIn::asleep(), 3);
        CHECK(cli::ask_health(smartctl.program(), drive, ways) == "asleep");
        CHECK(smartctl.calls() ==
              std::vector<std::string>{"--health --json=c -n standby,3 /dev/guardian-test"});
    }
    SECTION("awake") { CHECK(cli::ask_health(smartctl.program(), drive, ways) == "good"); }
}

TEST_CASE("the list of disks fits the screen and steers no terminal", "[setup]") {
    auto all = disks();
    all[1].device.label = "a\x1b[2Jb\nc" + std::string(200, 'x');
    all[1].device.model = std::string(100, 'M');
    all[1].device.serial = std::string(100, 'S');
    all[1].mounts = {"/media/" + std::string(100, 'y')};
    for (const std::size_t width : {80, 200}) {
        cli::Screen screen{width, false};
        cli::print_disks(screen, all);
        CHECK(longest_line(screen.text()) <= width);
        CHECK(screen.text().find('\x1b') == std::string::npos);
        CHECK(screen.text().find(uuid) != std::string::npos);
    }
    CHECK(cli::disks_json(all).find("\"use\":\"system\"") != std::string::npos);
}

TEST_CASE("the checks are aligned, and each failure says what to do", "[doctor]") {
    const cli::Checks checks{
        cli::good("borg", "borg 1.2.4"),
        cli::bad("target a-very-long-name-that-goes-on-and-on", std::string(150, 'z'), "type this"),
        cli::doubtful("clock", "late \x1b[2J", "")};
    cli::Screen screen{80, false};
    cli::print_checks(screen, checks);
    CHECK(longest_line(screen.text()) <= 80);
    CHECK(screen.text().find("-> type this") != std::string::npos);
    CHECK(screen.text().find('\x1b') == std::string::npos);
    CHECK(screen.text().find("1 failure, 1 warning") != std::string::npos);
    CHECK(cli::any_failed(checks));
    CHECK(cli::checks_json(checks).starts_with("{\"ok\":false,"));
    CHECK_FALSE(cli::any_failed({checks[0], checks[2]}));
}
