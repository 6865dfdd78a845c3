/// guardian log RUN

#include <unistd.h>

#include <cstdio>

#include "cli/screen.hpp"
#include "cli/screen_runs.hpp"
#include "cli/verbs.hpp"
#include "report/status.hpp"
#include "store/store.hpp"

namespace guardian::cli {
namespace {

Error no_such_run(std::int64_t id) {
    return {ErrorCode::absent, fmt::format("there is no run {}", id), "", "guardian history lists the runs"};
}

Result<RunLog> read_log(const core::Config& config, std::int64_t id) {
    auto store = store::Store::open_for_reading(config.store_dir());
    if (!store) return store.error().code == ErrorCode::absent ? no_such_run(id) : store.error();
    auto record = store->run(id);
    if (!record) return record.error();
    if (!*record) return no_such_run(id);
    auto steps = store->steps(id);
    if (!steps) return steps.error();
    auto warnings = store->warnings(id);
    if (!warnings) return warnings.error();
    return RunLog{report::as_it_stands(std::move(**record)), std::move(*steps), std::move(*warnings)};
}

}  // namespace

int log(const Globals& globals, const LogOptions& options) {
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    const auto log = read_log(*config, options.run);
    if (!log) return complain(log.error());
    fmt::print("{}",
               render_log(*log, local_zone(), now(), terminal_size(STDOUT_FILENO).columns, globals.color));
    return ok;
}

}  // namespace guardian::cli
