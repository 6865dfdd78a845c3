/// The first configuration: what is answered is what the reader finds in it.

#include "config/config.hpp"
#include "machine/first_config.hpp"
#include "support/catch.hpp"

using namespace guardian;
using machine::FirstConfig;

namespace {

FirstConfig answers() {
    FirstConfig a;
    a.uuid = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9";
    a.repository = "my-host";
    return a;
}

core::Config read_back(const FirstConfig& a) {
    const auto loaded = config::load_text(machine::first_config_text(a), "guardian.toml");
    for (const auto& p : loaded.problems) FAIL_CHECK(p.text());
    return loaded.config;
}

UtcOffset utc() {
    return [](Time) { return std::chrono::seconds{0}; };
}

Duration stale_after(const std::string& schedule) {
    return machine::sensible_stale_after(*core::Schedule::parse(schedule), Time{}, utc());
}

}  // namespace

TEST_CASE("the defaults save everything but what is no file, and not the backup itself", "[first-config]") {
    const auto config = read_back(answers());
    REQUIRE(config.plans.size() == 1);
    CHECK(config.plans[0].name == "system-usb");
    CHECK(config.plans[0].encryption == "none");
    CHECK(config.plans[0].stale_after == std::chrono::hours{30});
    CHECK(config.targets.at(0).mount == "/mnt/backup");
    CHECK(config.jobs.at(0).paths == std::vector<std::string>{"/"});
    const auto& exclude = config.jobs.at(0).exclude;
    for (const std::string folder : {"/proc", "/sys", "/dev", "/run", "/mnt"})
        CHECK(std::find(exclude.begin(), exclude.end(), folder) != exclude.end());
}

TEST_CASE("the mount point is left out wherever it is", "[first-config]") {
    using Folders = std::vector<std::string>;
    CHECK(machine::sensible_excludes({"/srv"}, "/srv/backup") == Folders{"/srv/backup"});
    CHECK(machine::sensible_excludes({"/home/anna"}, "/mnt/backup").empty());
    CHECK(machine::sensible_excludes({"/", "/home"}, "/backup").back() == "/backup");
    CHECK(machine::sensible_excludes({"/"}, "/media/backup").back() == "/var/cache");
    CHECK(machine::sensible_excludes({"/var/cache"}, "/mnt/backup").empty());
}

TEST_CASE("hostile answers stay inside their strings", "[first-config]") {
    auto a = answers();
    a.paths = {"/srv/\"quoted\" \\ folder", "/srv/umläut #1"};
    a.serial = "evil\"\n[plan.x]\nschedule = \x1b[2J";
    const auto config = read_back(a);
    CHECK(config.jobs.at(0).paths == a.paths);
    CHECK(config.plans.size() == 1);
    a.mount = "/mnt/\x1b[2J";
    CHECK_FALSE(config::load_text(machine::first_config_text(a), "guardian.toml").ok());
}

TEST_CASE("encryption and other folders are written where they are wanted", "[first-config]") {
    auto a = answers();
    a.passphrase_file = "/etc/guardian/passphrase";
    a.state_dir = "/srv/state";
    a.runtime_dir = "/srv/run";
    const auto config = read_back(a);
    CHECK(config.plans.at(0).encryption == "repokey-blake2");
    CHECK(config.plans.at(0).passphrase.file == a.passphrase_file);
    CHECK(config.state_dir == "/srv/state");
    CHECK(config.runtime_dir == "/srv/run");
}

TEST_CASE("an archive is stale a quarter after the longest wait", "[first-config]") {
    using namespace std::chrono_literals;
    CHECK(stale_after("*-*-* 02:00") == 30h);
    CHECK(stale_after("Sun 04:00") == 210h);
    CHECK(stale_after("Mon..Fri 22:30") == 90h);
    CHECK(stale_after("hourly") == 2h);
    CHECK(stale_after("2030-01-01 02:00") == Duration::zero());
}
