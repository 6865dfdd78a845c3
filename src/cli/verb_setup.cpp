/// guardian setup: the first configuration, from a dialogue or from options alone. Until the last answer is
/// given nothing is written, and nothing is ever formatted.

#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "base/text.hpp"
#include "cli/disk_list.hpp"
#include "cli/setup.hpp"
#include "cli/verbs.hpp"

namespace guardian::cli {
namespace {

Result<> may_begin(const Globals& globals, const SetupOptions& options) {
    std::error_code error;
    if (!options.force &&
        std::filesystem::exists(std::filesystem::symlink_status(globals.config_path, error)))
        return Error{
            ErrorCode::usage, globals.config_path + " is there already", "setup is for the first time",
            "edit it, then \"guardian config check\"; or --force, which keeps it under another name"};
    if (::geteuid() != 0)
        return Error{ErrorCode::denied, "setup writes the machine's configuration", "you are not root",
                     "sudo guardian setup"};
    return {};
}

/// Without a terminal nobody answers.
Result<> has_enough(const SetupOptions& options) {
    const bool terminal = ::isatty(STDIN_FILENO) != 0;
    std::vector<std::string> missing;
    if (options.disk.empty()) missing.emplace_back("--disk UUID (guardian setup --list shows them)");
    if (!options.yes) missing.emplace_back("--yes");
    if (options.yes ? !options.disk.empty() : terminal) return {};
    return Error{ErrorCode::usage,
                 options.yes ? "setup asks nothing with --yes" : "setup asks, and there is no terminal",
                 "missing: " + join(missing, " and "), ""};
}

void show(const Globals& globals, const std::vector<machine::Disk>& disks) {
    Screen screen{terminal_size(STDOUT_FILENO).columns, globals.color};
    print_disks(screen, disks);
    fmt::print("{}", screen.text());
}

int list(const Globals& globals, bool as_json) {
    const auto disks = attached_disks();
    if (!disks) return complain(disks.error());
    if (as_json)
        fmt::print("{}\n", disks_json(*disks));
    else
        show(globals, *disks);
    return ok;
}

bool any_offered(const std::vector<machine::Disk>& disks) {
    return std::any_of(disks.begin(), disks.end(),
                       [](const auto& d) { return d.use == machine::DiskUse::free; });
}

Result<> agree(Questions& questions, const Globals& globals, const Wishes& wishes) {
    fmt::print("\n");
    for (const auto& line : split_lines(machine::first_config_text(wishes.answers)))
        fmt::print("    {}\n", printable(line, 4000));
    fmt::print("\n");
    const auto agreed = questions.ask_yes(
        fmt::format("Write this to {}, and prepare {}", globals.config_path, wishes.disk.node), true);
    if (!agreed) return agreed.error();
    if (*agreed) return {};
    return Error{ErrorCode::cancelled, "not agreed", "nothing was written", ""};
}

Result<Wishes> by_dialogue(const Globals& globals, const SetupOptions& options,
                           const std::vector<machine::Disk>& disks) {
    show(globals, disks);
    if (!any_offered(disks))
        return Error{ErrorCode::absent, "no disk can be set up", "none that is plugged in can hold a backup",
                     "plug it in, and make a filesystem on it if it has none"};
    fmt::print("\nAn empty answer takes what stands in brackets; Ctrl-D ends it, nothing written.\n\n");
    Questions questions{std::cin, stdout};
    auto wishes = settle_wishes(options, globals.config_path, disks, &questions);
    if (!wishes) return wishes;
    if (auto agreed = agree(questions, globals, *wishes); !agreed) return agreed.error();
    return wishes;
}

}  // namespace

int setup(const Globals& globals, const SetupOptions& options) {
    if (options.list) return list(globals, options.json);
    if (auto may = may_begin(globals, options); !may) return complain(may.error());
    if (auto enough = has_enough(options); !enough) return complain(enough.error());
    const auto disks = attached_disks();
    if (!disks) return complain(disks.error());
    const auto wishes = options.yes ? settle_wishes(options, globals.config_path, *disks, nullptr)
                                    : by_dialogue(globals, options, *disks);
    if (!wishes) return complain(wishes.error());
    return carry_out(globals, {options.root}, *wishes);
}

}  // namespace guardian::cli
