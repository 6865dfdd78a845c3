/// guardian rules

#include <cstdio>

#include "base/child.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/verbs.hpp"
#include "machine/udev_rules.hpp"

namespace guardian::cli {
namespace {

/// udevd looks at the disks that are there already too, so that the marks do not wait for the next plugging-in.
Result<> make_udevd_read() {
    const auto udevadm = find_program("udevadm");
    if (!udevadm) return udevadm.error();
    for (const auto& arguments : {std::vector<std::string>{"control", "--reload"},
                                  std::vector<std::string>{"trigger", "--subsystem-match=block", "--action=change"}}) {
        Command c;
        c.argv = {*udevadm};
        c.argv.insert(c.argv.end(), arguments.begin(), arguments.end());
        c.environment = plain_environment();
        Limits limits;
        limits.deadline = std::chrono::seconds{30};
        if (auto done = run_tool(c, limits, "udevd does not read the rules"); !done) return done.error();
    }
    return {};
}

}  // namespace

int rules(const Globals& globals, bool install) {
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    const auto text = machine::udev_rules(*config, globals.config_path);
    if (!install) {
        fmt::print("{}", text);
        return ok;
    }
    if (auto done = replace_file(machine::rules_path, text, 0644); !done) return complain(done.error());
    fmt::print("written: {}\n", machine::rules_path);
    const auto read = make_udevd_read();
    return read ? int{ok} : complain(read.error());
}

}  // namespace guardian::cli
