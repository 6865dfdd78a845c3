/// guardian config check | show

#include <cstdio>

#include "base/text.hpp"
#include "cli/verbs.hpp"
#include "config/config.hpp"

namespace guardian::cli {

int config_check(const Globals& globals) {
    const auto loaded = config::load_file(globals.config_path);
    for (const auto& problem : loaded.problems) fmt::print(stderr, "{}\n", printable(problem.text(), 2000));
    for (const auto& note : loaded.notes) fmt::print("note: {}\n", printable(note, 2000));
    if (!loaded.ok()) return bad_usage;
    fmt::print("{}: ok, {} target{}, {} plan{}\n", globals.config_path, loaded.config.targets.size(),
               loaded.config.targets.size() == 1 ? "" : "s", loaded.config.plans.size(),
               loaded.config.plans.size() == 1 ? "" : "s");
    return ok;
}

int config_show(const Globals& globals) {
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    fmt::print("{}", config::show(*config));
    return ok;
}

}  // namespace guardian::cli
