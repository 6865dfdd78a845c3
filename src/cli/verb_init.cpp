/// guardian init TARGET

#include <boost/json.hpp>
#include <cstdio>

#include "backup/init.hpp"
#include "base/text.hpp"
#include "cli/look_at_health.hpp"
#include "cli/verbs.hpp"
#include "control/client.hpp"
#include "store/pins.hpp"
#include "store/store.hpp"

namespace guardian::cli {

namespace {

/// The token on the target's filesystem; empty: none is pinned.
std::string token_of(const core::Config& config, const std::string& target) {
    const auto pins = store::load_pins(config.state_dir);
    if (!pins) return "";
    const auto pin = pins->find(target);
    return pin == pins->end() ? "" : pin->second.token;
}

/// Why the disk is not to become a target; empty: it may. What is known from before may be of the disk that it replaces:
/// only what its drives say now counts.
std::string why_not(const Globals& globals, const core::Config& config, const core::TargetSpec& target,
                    store::Store& store, backup::StopSources& stops) {
    if (target.type != core::TargetType::disk) return "";
    const auto began = now();
    auto health = look_at_health(globals.config_path, config, target, store, stops)();
    std::erase_if(health.drives, [&](const core::DriveState& d) { return !d.read_at || *d.read_at < began; });
    health.events.clear();
    const auto diagnosis = core::diagnose(target.health, health);
    if (diagnosis.verdict != core::Verdict::watch && diagnosis.verdict != core::Verdict::failing) return "";
    if (core::allowed(target.health, health) == core::OnVerdict::refuse) return diagnosis.text();
    fmt::print("the health of disk {} is {}: {}\n", target.name, to_string(diagnosis.verdict),
               printable(diagnosis.text(), 1500));
    return "";
}

}  // namespace

int init(const Globals& globals, const InitOptions& options) {
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    const auto* target = config->target(options.target);
    if (target == nullptr)
        return complain({ErrorCode::usage, fmt::format("there is no target \"{}\"", options.target),
                         "guardian config show lists them", ""});
    auto stops = backup::StopSources::open();
    if (!stops) return complain(stops.error());
    // Before there are pins: a database that is made when there are some goes on from one that was lost.
    auto store = store::Store::open_for_writing(config->store_dir());
    if (store.in_memory())
        return complain(
            {ErrorCode::io, "nothing is initialised while nothing can be recorded", store.trouble(), ""});
    if (!store.trouble().empty()) fmt::print(stderr, "guardian: {}\n", printable(store.trouble(), 2000));
    const auto newest_run = store.newest_run_number();
    if (!newest_run) return complain(newest_run.error());
    // Of what is on it already, a person may need every word.
    if (const auto why = options.adopt || options.take_over ? "" : why_not(globals, *config, *target, store, **stops); !why.empty())
        return complain({ErrorCode::refused, fmt::format("disk {} is not made a target", target->name), why,
                         "use another disk; to have this one all the same, set on_failing = \"keep\" (or on_watch) for it"});
    const auto say = [](const std::string& text) { fmt::print("{}\n", printable(text, 2000)); };
    const auto token = token_of(*config, target->name);
    const auto done = backup::init_target({*config, *target, options.adopt || options.take_over,
                                           options.take_over, options.replace, *newest_run, say},
                                          **stops);
    if (!done) return complain(done.error());
    // What was said of the old disk is not to be held against the new one.
    if (token_of(*config, target->name) != token) (void)store.forget_target_health(target->name);
    const auto line =
        boost::json::serialize(boost::json::object{{"op", "initialised"}, {"target", target->name}});
    (void)control::request(config->runtime_dir, line, std::chrono::seconds{2});
    fmt::print("target {} is ready\n", target->name);
    return ok;
}

}  // namespace guardian::cli
