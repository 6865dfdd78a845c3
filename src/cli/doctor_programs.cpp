/// guardian doctor: the programs that Guardian starts, udevd, the clock.

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "base/child.hpp"
#include "base/text.hpp"
#include "cli/doctor.hpp"
#include "machine/borg_version.hpp"
#include "watch/block_devices.hpp"

namespace guardian::cli {
namespace {

namespace fs = std::filesystem;

/// What it prints; empty: it does not answer, or there is none.
std::string said_by(const std::string& program, const std::vector<std::string>& arguments) {
    Limits limits;
    limits.deadline = std::chrono::seconds{20};
    const auto ended = run_child(plain_command(program, arguments), limits);
    return ended && ended->ok() ? trim(ended->out) : "";
}

Check borg_check(const core::Config& config) {
    const auto program = config.borg.empty() ? find_program("borg") : Result<std::string>{config.borg};
    if (!program) return bad("borg", "there is none", "apt-get install borgbackup");
    const auto said = said_by(*program, {"--version"});
    const auto version = machine::borg_version_in(said);
    if (!version) return bad("borg", *program + " does not say its version", "apt-get install borgbackup");
    const auto trouble = machine::trouble_of(*version);
    if (trouble.empty()) return good("borg", fmt::format("{}, {}", said, *program));
    return bad("borg", fmt::format("{}: {}", said, trouble), "install Borg 1.2.4 or later, but not 2");
}

Check program_check(const std::string& name, const std::string& package) {
    const auto program = find_program(name);
    return program ? good(name, *program) : bad(name, "there is none", "apt-get install " + package);
}

Check udevd_check(const machine::Paths& paths) {
    if (watch::udevd_runs()) return good("udevd", "it runs");
    std::error_code error;
    return bad(
        "udevd", "it does not run: no disk is noticed",
        fs::is_directory(paths.systemd(), error) ? "systemctl start systemd-udevd" : "start systemd-udevd");
}

/// The C library takes UTC for a zone that it does not find, and says nothing.
Check zone_check() {
    const char* tz = std::getenv("TZ");
    if (tz != nullptr && *tz != '\0') {
        const std::string name = *tz == ':' ? tz + 1 : tz;
        if (zone_named(name) || name == "UTC") return good("time zone", "TZ=" + name);
        return doubtful("time zone", "TZ=" + name + " is not known here",
                        "apt-get install tzdata, or set another");
    }
    std::error_code error;
    const auto zone = fs::canonical("/etc/localtime", error);
    if (!error) return good("time zone", zone.string());
    return doubtful("time zone", "/etc/localtime leads nowhere: schedules go by UTC",
                    "timedatectl set-timezone ZONE");
}

Check time_check() {
    const auto text = format_minute(now(), local_zone());
    if (now() >= Time{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}}) return good("clock", text);
    return bad("clock", text + " cannot be: schedules and archives go by it",
               "set it: date -s \"YYYY-MM-DD HH:MM\"");
}

}  // namespace

Checks program_checks(const Patient& patient) {
    return {borg_check(patient.config), program_check("udevadm", "udev"), program_check("mount", "mount"),
            program_check("umount", "mount"), udevd_check(patient.paths)};
}

Checks clock_checks(const machine::Paths& paths) {
    Checks out{zone_check(), time_check()};
    std::error_code error;
    const auto program = find_program("timedatectl");
    if (!program || !fs::is_directory(paths.systemd(), error)) return out;
    if (said_by(*program, {"show", "--property=NTPSynchronized", "--value"}) == "no")
        out.push_back(doubtful("clock over network", "it is not synchronised", "timedatectl set-ntp true"));
    return out;
}

}  // namespace guardian::cli
