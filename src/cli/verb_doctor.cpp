/// guardian doctor: what is wrong on this machine, and what to type for it.

#include <unistd.h>

#include <cstdio>

#include "base/text.hpp"
#include "cli/disk_list.hpp"
#include "cli/doctor.hpp"
#include "cli/verbs.hpp"
#include "config/config.hpp"
#include "watch/block_devices.hpp"

namespace guardian::cli {
namespace {

void append(Checks& all, Checks more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// Every mistake, each in a line of its own.
Checks configuration_checks(const config::Loaded& loaded, const std::string& path) {
    Checks out;
    for (const auto& p : loaded.problems)
        out.push_back(bad("configuration", p.text(), "edit " + path + ", then: guardian config check"));
    if (loaded.problems.empty())
        out.push_back(good(
            "configuration",
            fmt::format("{}, {} and {}", path, count_words(loaded.config.targets.size(), "target", "targets"),
                        count_words(loaded.config.plans.size(), "plan", "plans"))));
    return out;
}

Checks no_configuration(const std::string& path) {
    return {bad("configuration", path + " is not there", "guardian setup")};
}

Checks of_the_rest(const Patient& patient) {
    Checks out;
    for (auto* group :
         {passphrase_checks, program_checks, daemon_checks, folder_checks, target_checks, plan_checks})
        append(out, group(patient));
    append(out, clock_checks(patient.paths));
    return out;
}

/// What is not told is as if there were nothing; the checks say so.
template <class T>
std::vector<T> or_none(Result<std::vector<T>> found, Checks& checks, const std::string& name) {
    if (found) return std::move(*found);
    checks.push_back(bad(name, found.error().text(), ""));
    return {};
}

Checks all_checks(const Globals& globals, const machine::Paths& paths) {
    if (::access(globals.config_path.c_str(), F_OK) != 0 && errno == ENOENT)
        return no_configuration(globals.config_path);
    const auto loaded = config::load_file(globals.config_path);
    auto out = configuration_checks(loaded, globals.config_path);
    if (::geteuid() != 0)
        out.push_back(doubtful("you", "you are not root: much cannot be looked at", "sudo guardian doctor"));
    out.push_back(config_file_check(globals.config_path));
    if (!loaded.ok()) return out;
    const auto mounts = or_none(mounts_by_node(), out, "mount table");
    const auto devices = or_none(watch::BlockDevices::snapshot(), out, "udev");
    append(out, of_the_rest({loaded.config, globals.config_path, paths, mounts, devices}));
    return out;
}

}  // namespace

int doctor(const Globals& globals, const DoctorOptions& options) {
    const machine::Paths paths{options.root};
    const auto checks = all_checks(globals, paths);
    if (options.json) {
        fmt::print("{}\n", checks_json(checks));
    } else {
        Screen screen{terminal_size(STDOUT_FILENO).columns, globals.color};
        print_checks(screen, checks);
        fmt::print("{}", screen.text());
    }
    return any_failed(checks) ? failed : ok;
}

}  // namespace guardian::cli
