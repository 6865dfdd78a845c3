/// guardian status: from the store and the machine directly, so that it works when the daemon is dead;
/// through the daemon for those who may ask it but not read the store.

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>

#include "base/text.hpp"
#include "cli/ask_daemon.hpp"
#include "cli/screen.hpp"
#include "cli/screen_from_json.hpp"
#include "cli/screen_status.hpp"
#include "cli/screen_watch.hpp"
#include "cli/verbs.hpp"
#include "report/status.hpp"
#include "report/world_builder.hpp"

namespace guardian::cli {
namespace {

namespace json = boost::json;

constexpr auto redraw_running = std::chrono::seconds{1}, redraw_idle = std::chrono::seconds{5};

report::DaemonStatus understood(const json::object& answer) {
    report::DaemonStatus d;
    d.running = true;
    const auto number = [&](std::string_view key) -> std::int64_t {
        const auto* v = answer.if_contains(key);
        return v != nullptr && v->is_int64() ? v->get_int64() : 0;
    };
    d.pid = static_cast<pid_t>(number("pid"));
    d.version = text_of(answer, "version");
    constexpr std::int64_t year_9999_us = 253'402'300'799'000'000;
    if (const auto since = number("since_us"); since > 0 && since < year_9999_us)
        d.since = from_micros(since);
    d.trouble = text_of(answer, "trouble");
    return d;
}

struct Daemon {
    report::DaemonStatus status;
    bool knows_more = false;  ///< of a disk's health than could be kept in the store
};

Daemon ask_daemon(const core::Config& config) {
    const auto answer = ask(config, "ping");
    if (answer) return {understood(*answer), !text_of(*answer, "unkept").empty()};
    Daemon d;
    // Someone holds the socket, but does not answer as guardiand should: no reason to call it dead.
    d.status.running = answer.error().code != ErrorCode::absent;
    if (d.status.running) d.status.trouble = answer.error().text();
    return d;
}

Result<std::string> json_of_daemon(const core::Config& config) {
    const auto answer = ask(config, "status");
    if (!answer) return answer.error();
    const auto* status = answer->if_contains("status");
    if (status == nullptr || !status->is_object())
        return Error{ErrorCode::external, "guardiand's answer is not understood", "it has no status", ""};
    return json::serialize(*status);
}

Result<report::Status> own_status(const core::Config& config, store::Store& store, report::DaemonStatus daemon,
                                  const std::string& trouble) {
    const auto world = report::present_world(config, store);
    if (!world) return world.error();
    if (!trouble.empty()) daemon.trouble += (daemon.trouble.empty() ? "" : "; ") + trouble;
    return report::make_status(*world, store, config.name, std::move(daemon), now());
}

/// What there is to show without the store: targets as they are, plans as if they had never run.
Result<report::Status> status_without_store(const core::Config& config, report::DaemonStatus daemon,
                                            const std::string& trouble) {
    auto nothing = store::Store::empty_in_memory();
    return own_status(config, nothing, std::move(daemon), trouble);
}

struct Gathered {
    std::optional<report::Status> status;  ///< from the store
    std::string json_of_daemon;            ///< else from the daemon
};

Result<Gathered> made_here(Result<report::Status> status) {
    if (!status) return status.error();
    return Gathered{std::move(*status), ""};
}

Result<Gathered> gather(const core::Config& config) {
    const auto daemon = ask_daemon(config);
    if (daemon.knows_more)
        if (auto theirs = json_of_daemon(config)) return Gathered{std::nullopt, std::move(*theirs)};
    auto store = store::Store::open_for_reading(config.store_dir());
    if (!store && store.error().code == ErrorCode::absent) return made_here(status_without_store(config, daemon.status, ""));
    auto status = store ? own_status(config, *store, daemon.status, "") : Result<report::Status>{store.error()};
    if (status) return made_here(std::move(status));
    if (auto theirs = json_of_daemon(config)) return Gathered{std::nullopt, std::move(*theirs)};
    auto why = status.error();
    if (why.code == ErrorCode::denied) {
        why.remedy = "run it as root, or as a member of the group guardian while guardiand runs";
        return why;
    }
    return made_here(
        status_without_store(config, daemon.status, why.text() + ". What is below is without its history"));
}

Result<report::Status> to_show(const core::Config& config) {
    auto gathered = gather(config);
    if (!gathered) return gathered.error();
    if (gathered->status) return std::move(*gathered->status);
    return status_from_json(gathered->json_of_daemon, local_zone());
}

int print_json(const core::Config& config) {
    const auto gathered = gather(config);
    if (!gathered) return complain(gathered.error());
    fmt::print("{}\n", gathered->status ? report::to_json(*gathered->status) : gathered->json_of_daemon);
    return ok;
}

int print_once(const core::Config& config, bool color) {
    const auto status = to_show(config);
    if (!status) return complain(status.error());
    fmt::print("{}", render_status(*status, terminal_size(STDOUT_FILENO).columns, color));
    return ok;
}

int keep_shown(const core::Config& config, bool color) {
    const auto paint = [&](std::size_t width) -> Result<Picture> {
        const auto status = to_show(config);
        if (!status) return status.error();
        const bool running = std::any_of(status->plans.begin(), status->plans.end(),
                                         [](const auto& p) { return p.state == "running"; });
        const Duration good_for = running ? redraw_running : redraw_idle;
        return Picture{render_status(*status, width, color), good_for};
    };
    const auto done = watch_screen(config.store_dir(), paint);
    return done ? int{ok} : complain(done.error());
}

}  // namespace

int status(const Globals& globals, const StatusOptions& options) {
    if (options.watch && options.json)
        return complain(
            {ErrorCode::usage, "--watch and --json do not go together", "", "choose one of them"});
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    if (options.json) return print_json(*config);
    return options.watch ? keep_shown(*config, globals.color) : print_once(*config, globals.color);
}

}  // namespace guardian::cli
