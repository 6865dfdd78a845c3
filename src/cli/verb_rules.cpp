/// guardian rules

#include <cstdio>

#include "cli/install_rules.hpp"
#include "cli/verbs.hpp"

namespace guardian::cli {

int rules(const Globals& globals, bool install) {
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    if (!install) {
        fmt::print("{}", machine::udev_rules(*config, globals.config_path));
        return ok;
    }
    const auto done = install_rules(*config, globals.config_path, {});
    return done ? int{ok} : complain(done.error());
}

}  // namespace guardian::cli
