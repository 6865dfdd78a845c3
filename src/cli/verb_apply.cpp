/// guardian apply: what guardian.toml says, everywhere it is to be known.

#include <cstdio>
#include <filesystem>

#include "base/text.hpp"
#include "cli/apply.hpp"
#include "cli/systemctl.hpp"
#include "cli/verbs.hpp"
#include "control/client.hpp"
#include "machine/paths.hpp"

namespace guardian::cli {
namespace {

/// The plan in the name of a timer; empty: it is none of ours.
std::string plan_of_timer(std::string_view unit) {
    constexpr std::string_view before = "guardian-run@", after = ".timer";
    if (!unit.starts_with(before) || !unit.ends_with(after)) return "";
    return std::string(unit.substr(before.size(), unit.size() - before.size() - after.size()));
}

/// A timer whose plan has left the configuration is without a file, and goes on.
Result<> stop_left_timers(const core::Config& config) {
    const auto listed =
        systemctl({"list-units", "--all", "--plain", "--no-legend", "--no-pager", "guardian-run@*.timer"});
    if (!listed) return listed.error();
    for (const auto& line : split_lines(*listed)) {
        const auto unit = std::string(line.substr(0, line.find(' ')));
        const auto plan = plan_of_timer(unit);
        if (plan.empty() || config.plan(plan) != nullptr) continue;
        if (auto stopped = systemctl({"stop", unit}); !stopped) return stopped.error();
    }
    return {};
}

/// False: it does not run, or cannot go on with this configuration (its folders are others).
bool daemon_reads_again(const core::Config& config) {
    return control::request_done(config.runtime_dir, R"({"op":"reload"})");
}

}  // namespace

Result<> bring_units_into_force(const core::Config& config) {
    for (const auto& arguments : {std::vector<std::string>{"daemon-reload"},
                                  {"start", "timers.target"},
                                  {"enable", "--quiet", "guardian.service"}})
        if (auto done = systemctl(arguments); !done) return done.error();
    // After too many failures systemd would refuse it.
    (void)systemctl_word({"reset-failed", "guardian.service"});
    if (!daemon_reads_again(config))
        if (auto done = systemctl({"restart", "guardian.service"}); !done) return done.error();
    return stop_left_timers(config);
}

int apply(const Globals& globals) {
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    std::error_code error;
    if (!std::filesystem::is_directory(machine::Paths{}.systemd(), error)) {
        if (daemon_reads_again(*config)) return ok;
        return complain({ErrorCode::absent, "guardiand does not run, or does not take it", "its log says why",
                         "start it again: guardiand"});
    }
    if (const int code = rules(globals, true); code != ok) return code;
    if (auto done = bring_units_into_force(*config); !done) return complain(done.error());
    fmt::print("in force: {}; systemctl list-timers shows when the plans come due\n",
               printable(globals.config_path, 500));
    return ok;
}

}  // namespace guardian::cli
