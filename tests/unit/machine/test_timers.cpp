#include "config/config.hpp"
#include "machine/timers.hpp"
#include "support/catch.hpp"

using namespace guardian;

namespace {

core::Config configured(const std::string& plan_keys) {
    auto loaded = config::load_text(R"(
[target.usb]
type = "disk"
uuid = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"
mount = "/mnt/backup"
[job.home]
type = "system"
paths = ["/home"]
[plan.home-usb]
job = "home"
target = "usb"
repository = "r"
)" + plan_keys,
                                    "guardian.toml");
    REQUIRE(loaded.ok());
    return loaded.config;
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("each plan has a persistent timer of its own") {
    const auto all =
        machine::plan_units(configured("schedule = \"*-*-* 02:00\"\n"), "/etc/guardian/guardian.toml");
    REQUIRE(all.size() == 2);
    CHECK(all[1].name == "guardian-run@home-usb.service.d/50-target.conf");
    CHECK(has_line(all[1].text, "After=mnt-backup.mount"));
    CHECK(all[0].name == "guardian-run@home-usb.timer");
    CHECK(has_line(all[0].text, "OnCalendar=*-*-* 02:00"));
    CHECK(has_line(all[0].text, "Persistent=true"));
    CHECK(has_line(all[0].text, "SourcePath=/etc/guardian/guardian.toml"));
    CHECK(all[0].text.find("RandomizedDelaySec") == std::string::npos);
    CHECK(all[0].text.find("WakeSystem") == std::string::npos);
}

TEST_CASE("what is asked of the timer besides is in it") {
    const auto all = machine::plan_units(
        configured("schedule = \"Sun 04:00 Europe/Berlin\"\nrandom_delay = \"90min\"\nwake_system = true\n"),
        "/f");
    CHECK(has_line(all[0].text, "OnCalendar=Sun 04:00 Europe/Berlin"));
    CHECK(has_line(all[0].text, "RandomizedDelaySec=1h 30min"));
    CHECK(has_line(all[0].text, "WakeSystem=true"));
}

TEST_CASE("a percent sign in a path is no specifier") {
    const auto all = machine::plan_units(configured("schedule = \"daily\"\n"), "/etc/50%h.toml");
    CHECK(has_line(all[0].text, "SourcePath=/etc/50%%h.toml"));
}

TEST_CASE("a run is stopped before its target is unmounted, whatever the mount point is called") {
    auto config = configured("schedule = \"*-*-* 02:00\"\n");
    // As systemd-escape --path --suffix=mount has them.
    for (const auto& [point, unit] : {std::pair{"/mnt/back-up 1", "mnt-back\\x2dup\\x201.mount"},
                                      {"/.a/.b", "\\x2ea-.b.mount"},
                                      {"/mnt/50%h", "mnt-50\\x25h.mount"},
                                      {"/media/ä_:", "media-\\xc3\\xa4_:.mount"}}) {
        config.targets[0].mount = point;
        CHECK(has_line(machine::plan_units(config, "/c")[1].text, std::string("After=") + unit));
    }
}
