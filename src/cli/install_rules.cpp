#include "cli/install_rules.hpp"

#include "base/child.hpp"
#include "base/file.hpp"

namespace guardian::cli {
namespace {

Result<> make_udevd_read() {
    for (const auto& arguments :
         {std::vector<std::string>{"control", "--reload"},
          std::vector<std::string>{"trigger", "--subsystem-match=block", "--action=change"}}) {
        const auto command = find_command("udevadm", arguments);
        if (!command) return command.error();
        Limits limits;
        limits.deadline = std::chrono::seconds{30};
        if (auto done = run_tool(*command, limits, "udevd does not read the rules"); !done)
            return done.error();
    }
    return {};
}

}  // namespace

Result<> install_rules(const core::Config& config, const std::string& config_path,
                       const machine::Paths& paths) {
    const auto text = machine::udev_rules(config, config_path);
    if (auto done = replace_file(paths.rules(), text, 0644); !done) return done.error();
    fmt::print("written: {}\n", paths.rules());
    return paths.is_the_machine() ? make_udevd_read() : Result<>{};
}

}  // namespace guardian::cli
