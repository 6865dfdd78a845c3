/// The daemon's answers on the control socket.

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "base/exit_code.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "core/observe.hpp"
#include "core/target_state.hpp"
#include "daemon/daemon.hpp"
#include "report/status.hpp"
#include "report/told_health.hpp"
#include "report/world_builder.hpp"

namespace guardian::daemon {

namespace json = boost::json;

void Daemon::handle(const std::string& line, const Peer& peer, const Reply& reply) {
    const auto request = parse_request(line, peer);
    if (!request) {
        spdlog::debug("control: pid {}: {}", peer.pid, request.error().text());
        reply(refusal_answer(request.error()));
        return;
    }
    if (request->operation == Operation::eject)
        eject(request->name, reply);
    else
        reply(answer(*request));
}

std::string Daemon::answer(const Request& request) {
    switch (request.operation) {
        case Operation::ping:
            return json::serialize(json::object{{"ok", true},
                                                {"pid", ::getpid()},
                                                {"version", version()},
                                                {"since_us", to_micros(started_)},
                                                {"unkept", unkept_lines()},
                                                {"trouble", trouble()}});
        case Operation::status:
            return answer_status();
        case Operation::reload: {
            const auto done = reload();
            return done ? done_answer("read again") : refusal_answer(done.error());
        }
        case Operation::run:
            return answer_run(request.name);
        case Operation::launched:
            return answer_launched(request.name);
        case Operation::run_started:
            return answer_run_started(request);
        case Operation::run_ended:
            return answer_run_ended(request);
        case Operation::release_ended:
            return answer_release_ended(request);
        case Operation::initialised:
            // What was initialised is in the file, and may not be in force yet.
            if (!config_changed() || !reload()) read_pins();
            // What was known of the disk that it replaced is not its.
            recall_health();
            act();
            return done_answer("noted");
        case Operation::drive_forgotten:
            forget_told(request.name);
            core::drive_forgotten(world_, request.name);
            recall_health();
            act();
            return done_answer("noted");
        case Operation::health_told:
            return answer_health_told(request);
        case Operation::health_changed:
            recall_health();
            act();
            return done_answer("noted");
        case Operation::eject:
            break;  // answered when it is done
    }
    return "";
}

std::string Daemon::answer_status() {
    const report::DaemonStatus daemon{true, ::getpid(), std::string(version()), started_, trouble()};
    const auto status = report::make_status(world_, parts_.store, parts_.config.name, daemon, now());
    if (!status) return refusal_answer(status.error());
    return fmt::format(R"({{"ok":true,"status":{}}})", report::to_json(*status));
}

std::string Daemon::answer_run(const std::string& plan) {
    const auto* p = world_.plan(plan);
    if (p == nullptr)
        return refusal_answer(
            {ErrorCode::usage, fmt::format("there is no plan \"{}\"", printable(plan, 60)), "", ""});
    if (p->active) return refusal_answer({ErrorCode::busy, fmt::format("plan {} is running", plan), "", ""});
    const auto* t = world_.target(p->spec.target);
    if (t->spec.type == core::TargetType::disk && t->devices.empty())
        return refusal_answer(
            {ErrorCode::absent, fmt::format("target {} is not there", t->spec.name), "", "plug it in"});
    if (core::refused_by_health(*t))
        return refusal_answer({ErrorCode::refused, fmt::format("plan {} is not run on disk {}", plan, t->spec.name),
                               core::diagnose(t->spec.health, t->health).text(), fmt::format("guardian run {} --anyway", plan)});
    core::run_asked(world_, plan);
    keep_target(t->spec.name);
    act();
    return done_answer("asked for");
}

/// A unit cannot be told why it is started: it asks.
std::string Daemon::answer_launched(const std::string& plan) {
    const auto launched = launched_.find(plan);
    if (launched == launched_.end())
        return refusal_answer({ErrorCode::absent, "guardiand did not start it", "", ""});
    return done_answer(std::string(to_string(launched->second.run.trigger)));
}

/// Of a run that guardiand did not launch there is nothing to remember.
std::string Daemon::answer_run_ended(const Request& request) {
    if (launched_.contains(request.name))
        told_[request.name] = {request.exit_code, printable(request.text, 1000), request.held_by_health};
    if (request.exit_code == exit_code::skipped || request.exit_code == exit_code::busy)
        spdlog::info("plan {}: nothing was run: {}", printable(request.name, 60),
                     printable(request.text, 1000));
    return done_answer("noted");
}

std::string Daemon::answer_release_ended(const Request& request) {
    const auto* t = world_.target(request.name);
    if (t == nullptr || !t->releasing)
        return refusal_answer({ErrorCode::absent, "it was not asked for", "", ""});
    released_[request.name] = {request.exit_code == exit_code::ok, request.exit_code == exit_code::busy,
                               printable(request.text, 1000)};
    return done_answer("noted");
}

/// Each look tells, though it be that all was kept; the answer is all that is known besides the store.
std::string Daemon::answer_health_told(const Request& request) {
    looks_[request.name] = now();
    auto newest = report::told_look(request.text, now());
    auto& told = told_drives_[request.name];
    const auto before = told;
    report::add_look(told, newest);
    if (told != before) keep_told();
    newest.drives = told;
    return json::serialize(json::object{{"ok", true}, {"told", report::told_text(newest)}});
}

std::string Daemon::answer_run_started(const Request& request) {
    const auto record = parts_.store.run(request.run);
    if (!record || !*record || (*record)->run.plan != request.name)
        return refusal_answer({ErrorCode::absent, fmt::format("there is no run {}", request.run), "", ""});
    // A dead mount that was detached before the run began must not stop it.
    if (parts_.mounts.drain()) see_mounts();
    const auto launched = launched_.find(request.name);
    if (launched != launched_.end() && (*record)->run.trigger != core::Trigger::person &&
        (*record)->run.id > launched->second.before) {
        runners_[request.name] = (*record)->pid;
        core::run_started(world_, (*record)->run);  // now its number is known
    } else if ((*record)->run.outcome == core::Outcome::running) {
        adopt_run(**record);
    } else {
        end_recorded(**record);  // it was quicker than its announcement
    }
    follow_config();
    act();
    return done_answer("noted");
}

void Daemon::eject(const std::string& target, const Reply& reply) {
    const auto* t = world_.target(target);
    if (t == nullptr) {
        reply(refusal_answer(
            {ErrorCode::usage, fmt::format("there is no target \"{}\"", printable(target, 60)), "", ""}));
        return;
    }
    if (const auto* p = core::active_plan(world_, *t)) {
        reply(refusal_answer({ErrorCode::busy, fmt::format("target {} cannot be ejected", target),
                              fmt::format("plan {} is running on it", p->spec.name), "wait for it to end"}));
        return;
    }
    core::eject_asked(world_, target);
    keep_target(target);
    spdlog::info("target {}: to be ejected", target);
    ejects_.emplace(target, reply);
    act();
    answer_ejects();
}

void Daemon::refuse_ejects(const std::string& target, const std::string& reason) {
    const auto [first, last] = ejects_.equal_range(target);
    for (auto it = first; it != last; ++it) it->second(refusal_answer({ErrorCode::busy, reason, "", ""}));
    ejects_.erase(first, last);
}

/// Answers those whose target is let go of, or could not be.
void Daemon::answer_ejects() {
    for (auto it = ejects_.begin(); it != ejects_.end();) {
        const auto* t = world_.target(it->first);
        if (t != nullptr && t->releasing) {
            ++it;
            continue;
        }
        const bool failed = t != nullptr && t->last_release && t->last_release->failures > 0 &&
                            (core::mounted(*t) || core::held_elsewhere(*t));
        if (t != nullptr && !failed && core::mounted(*t)) {
            ++it;  // its release is still to come
            continue;
        }
        it->second(failed ? refusal_answer({ErrorCode::busy, t->last_release->reason, "", ""})
                          : done_answer("unmounted"));
        it = ejects_.erase(it);
    }
}

}  // namespace guardian::daemon
