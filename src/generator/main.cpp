/// guardian-generator: systemd's generator of the plans' timers (systemd.generator(7)). Runs early in the
/// boot and at every daemon-reload, so it never fails, never waits and never leaves half of it: a
/// configuration that cannot be used gives no timers and a line in the kernel's log, which becomes the
/// journal's; guardiand keeps the schedule.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "config/config.hpp"
#include "machine/timers.hpp"

namespace {

using guardian::printable;

/// The journal may not be there yet.
void say(const std::string& text) {
    const auto line = fmt::format("<4>guardian-generator: {}\n", printable(text, 800));
    const guardian::Fd kmsg{::open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY)};
    const bool logged =
        kmsg.valid() && ::write(kmsg.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
    if (!logged) (void)!::write(STDERR_FILENO, line.data() + 3, line.size() - 3);
}

/// Nothing here may take long; if it does, the boot goes on without.
void give_up_after(unsigned seconds) {
    ::signal(SIGALRM, [](int) {
        constexpr std::string_view text = "guardian-generator: it took too long; no timers\n";
        (void)!::write(STDERR_FILENO, text.data(), text.size());
        ::_exit(0);
    });
    ::alarm(seconds);
}

bool write_unit(const std::string& folder, const guardian::machine::UnitFile& unit) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(folder + "/" + unit.name).parent_path(), error);
    if (auto done = guardian::replace_file(folder + "/" + unit.name, unit.text, 0644); !done) {
        say(done.error().text());
        return false;
    }
    if (!unit.name.ends_with(".timer")) return true;
    const auto wants = folder + "/timers.target.wants";
    std::filesystem::create_directories(wants, error);
    std::filesystem::create_symlink("../" + unit.name, wants + "/" + unit.name, error);
    if (error) say(fmt::format("cannot write {}: {}", wants, error.message()));
    return !error;
}

void generate(const std::string& folder) {
    const char* from_environment = std::getenv("GUARDIAN_CONFIG");
    const std::string path = from_environment != nullptr ? from_environment : guardian::config::default_path;
    std::error_code error;
    if (!std::filesystem::exists(std::filesystem::symlink_status(path, error))) return;
    struct stat st {};
    if (::stat(path.c_str(), &st) == 0 && st.st_size > guardian::config::timers_file_max)
        return say(fmt::format("no timers, guardiand alone keeps the schedule: {} is larger than {} bytes",
                               path, guardian::config::timers_file_max));
    const auto loaded = guardian::config::load_file(path);
    if (!loaded.ok()) {
        say(fmt::format("no timers, guardiand alone keeps the schedule: {}", loaded.problems.front().text()));
        return;
    }
    for (const auto& unit : guardian::machine::plan_units(loaded.config, path))
        if (!write_unit(folder, unit)) return;
}

}  // namespace

int main(int argc, char** argv) {
    give_up_after(30);  // a slow machine's boot may need seconds to load the program
    try {
        if (argc > 1) generate(argv[1]);
    } catch (const std::exception& e) {
        say(e.what());
    }
    return 0;
}
