/// guardian run PLAN

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>

#include "backup/runner.hpp"
#include "cli/listeners.hpp"
#include "cli/verbs.hpp"
#include "control/client.hpp"

namespace guardian::cli {
namespace {

int exit_code_of(core::Outcome outcome) {
    switch (outcome) {
        case core::Outcome::success:
            return ok;
        case core::Outcome::warning:
            return with_warnings;
        case core::Outcome::refused:
            return refused;
        case core::Outcome::absent:
            return absent;
        case core::Outcome::running:
        case core::Outcome::failed:
        case core::Outcome::aborted:
        case core::Outcome::vanished:
        case core::Outcome::cancelled:
            return failed;
    }
    return failed;
}

Error no_such_plan(const core::Config& config, const std::string& name) {
    std::string known;
    for (const auto& p : config.plans) known += (known.empty() ? "" : ", ") + p.name;
    return {ErrorCode::usage, fmt::format("there is no plan \"{}\"", name), "known are: " + known, ""};
}

/// So that the daemon knows of it, whoever started it. Without a daemon nobody needs to.
void tell_daemon(const core::Config& config, const store::RunRecord& record) {
    const auto line = boost::json::serialize(
        boost::json::object{{"op", "run-started"}, {"run", record.run.id}, {"plan", record.run.plan}});
    (void)control::request(config.runtime_dir, line, std::chrono::milliseconds{500});
}

}  // namespace

int run(const Globals& globals, const RunOptions& options) {
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    const auto* plan = config->plan(options.plan);
    if (plan == nullptr) return complain(no_such_plan(*config, options.plan));
    auto stops = backup::StopSources::open();
    if (!stops) return complain(stops.error());
    auto store = store::Store::open_for_writing(config->state_dir);
    const bool terminal = ::isatty(STDERR_FILENO) != 0 && !options.quiet;
    auto listener =
        terminal ? terminal_listener(plan->name, plan->target) : journal_listener(plan->name, plan->target);
    if (!store.trouble().empty()) listener->warning(store.trouble());
    backup::RunRequest request{*config,
                               *plan,
                               core::trigger_from(options.by).value_or(core::Trigger::person),
                               options.shrunk_is_right,
                               {}};
    request.on_recorded = [&](const store::RunRecord& record) { tell_daemon(*config, record); };
    const auto record = backup::run_plan(request, store, *listener, **stops);
    if (!record) return complain(record.error());
    return exit_code_of(record->run.outcome);
}

}  // namespace guardian::cli
