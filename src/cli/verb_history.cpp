/// guardian history [PLAN]

#include <unistd.h>

#include <cstdio>

#include "base/text.hpp"
#include "cli/screen.hpp"
#include "cli/screen_runs.hpp"
#include "cli/verbs.hpp"
#include "report/status.hpp"
#include "store/store.hpp"

namespace guardian::cli {
namespace {

/// No store yet is no run yet.
Result<std::vector<store::RunRecord>> newest_runs(const core::Config& config, const HistoryOptions& options) {
    auto store = store::Store::open_for_reading(config.store_dir());
    if (!store && store.error().code == ErrorCode::absent) return std::vector<store::RunRecord>{};
    if (!store) return store.error();
    auto runs = store->runs(options.plan, options.most);
    if (!runs) return runs.error();
    for (auto& record : *runs) record = report::as_it_stands(std::move(record));
    return runs;
}

}  // namespace

int history(const Globals& globals, const HistoryOptions& options) {
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    const auto runs = newest_runs(*config, options);
    if (!runs) return complain(runs.error());
    if (runs->empty() && !options.plan.empty() && config->plan(options.plan) == nullptr)
        return complain({ErrorCode::absent,
                         fmt::format("there is no plan \"{}\"", printable(options.plan, 100)),
                         "it is not configured and never ran", "guardian status lists the plans"});
    if (options.json)
        fmt::print("{}\n", report::runs_to_json(*runs, local_zone()));
    else
        fmt::print("{}", render_history(*runs, local_zone(), now(), terminal_size(STDOUT_FILENO).columns,
                                        globals.color));
    return ok;
}

}  // namespace guardian::cli
