/// guardian run PLAN

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>

#include "backup/inhibitor.hpp"
#include "backup/runner.hpp"
#include "base/text.hpp"
#include "cli/listeners.hpp"
#include "cli/look_at_health.hpp"
#include "cli/verbs.hpp"
#include "control/client.hpp"
#include "core/decide.hpp"
#include "core/target_state.hpp"
#include "report/world_builder.hpp"

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

/// How it ended, and what would be left unsaid: that nothing was run, or could not be recorded.
void tell_end(const core::Config& config, const std::string& plan, int exit_code, const std::string& text,
              bool held_by_health = false) {
    const auto line = boost::json::serialize(boost::json::object{{"op", "run-ended"},
                                                                 {"plan", plan},
                                                                 {"exit_code", exit_code},
                                                                 {"text", valid_utf8(text.substr(0, 1500))},
                                                                 {"held_by_health", held_by_health}});
    (void)control::request(config.runtime_dir, line, std::chrono::seconds{2});
}

/// A unit is started with the same words by guardiand, by the plan's timer and by `systemctl start`: what
/// guardiand did not start runs only what is due.
core::Trigger trigger_of_unit(const core::Config& config, const std::string& plan) {
    const auto line = boost::json::serialize(boost::json::object{{"op", "launched"}, {"plan", plan}});
    const auto answer = control::request(config.runtime_dir, line, std::chrono::seconds{5});
    if (!answer) return core::Trigger::timer;
    boost::json::error_code error;
    const auto value = boost::json::parse(*answer, error);
    const auto* done = error || !value.is_object() ? nullptr : value.get_object().if_contains("done");
    if (done == nullptr || !done->is_string()) return core::Trigger::timer;
    return core::trigger_from(std::string(done->get_string())).value_or(core::Trigger::timer);
}

core::Trigger trigger_of(const core::Config& config, const RunOptions& options) {
    if (options.by == "unit") return trigger_of_unit(config, options.plan);
    return core::trigger_from(options.by).value_or(core::Trigger::person);
}

/// A timer asks for what may be satisfied already, or cannot be now: then it is the daemon's, when it can.
std::string why_not_by_timer(const core::Config& config, store::Store& store, const std::string& plan) {
    auto world = report::present_world(config, store);
    if (!world) return "";  // the run itself says what is wrong
    // Of the disk's health the run says it, after a look of its own.
    for (auto& t : world->targets) t.health = {};
    const auto* p = world->plan(plan);
    const auto* t = world->target(p->spec.target);
    if (!core::due_slot(*world, *p, now()).due)
        return "it is not due: the newest backup is newer than its slot";
    // Without a daemon nobody knows since when the disk is in.
    const auto known = store.target(t->spec.name);
    if (known && known->plug == t->plug && !core::due_on(*world, *p, *t, now()))
        return "a person stopped it, or the disk was plugged in after its time and on_plug is \"never\"";
    if (t->spec.type == core::TargetType::share || core::may_be_used(*world, *t, false)) return "";
    return fmt::format("target {} is {}", t->spec.name, to_string(core::target_state(*world, *t, now())));
}

int skip(const core::Config& config, const std::string& plan, const std::string& why) {
    tell_end(config, plan, skipped, why);
    fmt::print(stderr, "plan {}: nothing is run: {}\n", plan, printable(why, 1000));
    return skipped;
}

}  // namespace

int run(const Globals& globals, const RunOptions& options) {
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    const auto* plan = config->plan(options.plan);
    if (plan == nullptr) return complain(no_such_plan(*config, options.plan));
    auto stops = backup::StopSources::open();
    if (!stops) return complain(stops.error());
    auto store = store::Store::open_for_writing(config->store_dir());
    const bool terminal = ::isatty(STDERR_FILENO) != 0 && !options.quiet;
    auto listener =
        terminal ? terminal_listener(plan->name, plan->target) : journal_listener(plan->name, plan->target);
    if (!store.trouble().empty()) listener->warning(store.trouble());
    const auto trigger = trigger_of(*config, options);
    if (trigger == core::Trigger::timer) {
        const auto why = why_not_by_timer(*config, store, plan->name);
        if (!why.empty()) return skip(*config, plan->name, why);
    }
    const auto inhibitor = backup::inhibit_sleep("backup " + plan->name);
    if (!inhibitor && inhibitor.error().code != ErrorCode::absent)
        fmt::print(stderr, "{}: {}\n", plan->name, inhibitor.error().text());
    backup::RunRequest request{*config, *plan, trigger, options.shrunk_is_right, options.anyway, {}, {}};
    request.look_at_health =
        look_at_health(globals.config_path, *config, *config->target(plan->target), store, **stops);
    request.on_recorded = [&](const store::RunRecord& record) { tell_daemon(*config, record); };
    const auto record = backup::run_plan(request, store, *listener, **stops);
    const int code = record ? exit_code_of(record->run.outcome) : exit_code_of(record.error().code);
    // Also what is on record: the daemon may be unable to read it.
    if (trigger != core::Trigger::person)
        tell_end(*config, plan->name, code, record ? record->run.reason : record.error().text(),
                 record && record->run.held_by_health);
    return record ? code : complain(record.error());
}

}  // namespace guardian::cli
