/// The documented contract of `guardian status --json`: every key is always there, and of its type.

#include <boost/json.hpp>
#include <set>

#include "report/status.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

using Keys = std::set<std::string>;

Time the_now() {
    using namespace std::chrono;
    return Time{sys_days{2026y / November / 23} + 3h + 12min};
}

Keys keys_of(const json::value& v) {
    Keys out;
    for (const auto& [key, value] : v.as_object()) out.insert(std::string(key));
    return out;
}

store::RunRecord running() {
    store::RunRecord r;
    r.run.id = 7;
    r.run.plan = "system-usb";
    r.run.outcome = core::Outcome::running;
    r.run.started = the_now() - 3min;
    r.pid = 4711;
    r.progress = {{1000, 900, 800, 7}, "/home/x", 45, the_now()};
    return r;
}

report::Status full() {
    report::Status s;
    s.name = "john-ai";
    s.at = the_now();
    s.zone = [](Time) { return 3600s; };
    s.daemon = {true, 812, "0.1.0", the_now() - 1h, ""};
    report::TargetStatus t;
    t.target.spec.name = "usb";
    core::Device d;
    d.node = "/dev/sdb1";
    d.label = "bad\xff\x1b label";
    t.target.devices = {d};
    s.targets = {t};
    report::PlanStatus p;
    p.plan.spec.name = "system-usb";
    p.plan.spec.stale_after = 30h;
    p.plan.last_run = running().run;
    p.running = running();
    s.plans = {p};
    auto over = running();
    over.run.outcome = core::Outcome::success;
    over.run.ended = the_now();
    over.statistics = {~0ULL, 2, 3, 4};
    s.runs = {over};
    s.incidents = {{3, {core::IncidentKind::stale, "system-usb", "old"}, the_now(), {}}};
    return s;
}

const Keys run_keys{"id",   "plan",    "target",     "trigger",    "outcome",  "started", "ended",
                    "step", "archive", "archive_id", "statistics", "warnings", "reason",  "held_back"};

}  // namespace

TEST_CASE("json: every documented key is there") {
    const auto text = report::to_json(full());
    CHECK(text.find('\n') == std::string::npos);
    const auto v = json::parse(text);
    CHECK(keys_of(v) == Keys{"name", "at", "daemon", "targets", "plans", "runs", "incidents"});
    CHECK(keys_of(v.at("daemon")) == Keys{"running", "pid", "version", "since", "trouble"});
    CHECK(keys_of(v.at("targets").at(0)) == Keys{"name", "type", "state", "explanation", "uuid", "mount",
                                                 "mounted", "devices", "drives", "initialised", "plugged_at",
                                                 "last_seen"});
    CHECK(keys_of(v.at("targets").at(0).at("devices").at(0)) ==
          Keys{"node", "model", "serial", "label", "filesystem"});
    CHECK(keys_of(v.at("plans").at(0)) == Keys{"name", "job", "target", "repository", "schedule", "state",
                                               "due", "stale", "last_success", "last_run", "next_slot",
                                               "retry_at", "failures", "stale_after_seconds", "running"});
    CHECK(keys_of(v.at("plans").at(0).at("last_run")) == Keys{"id", "outcome", "started", "ended", "reason"});
    CHECK(keys_of(v.at("runs").at(0)) == run_keys);
    CHECK(keys_of(v.at("runs").at(0).at("statistics")) ==
          Keys{"original_bytes", "compressed_bytes", "deduplicated_bytes", "files"});
    CHECK(keys_of(v.at("incidents").at(0)) == Keys{"id", "kind", "subject", "text", "opened", "ended"});
}

TEST_CASE("json: a run that is going has its progress and process too") {
    auto wanted = run_keys;
    wanted.insert({"progress", "pid"});
    const auto v = json::parse(report::to_json(full())).at("plans").at(0).at("running");
    CHECK(keys_of(v) == wanted);
    CHECK(v.at("pid") == 4711);
    CHECK(keys_of(v.at("progress")) ==
          Keys{"original_bytes", "compressed_bytes", "deduplicated_bytes", "files", "path", "percent"});
}

TEST_CASE("json: times with their zone, sizes in bytes, what is unknown null, what is no UTF-8 replaced") {
    const auto v = json::parse(report::to_json(full()));
    CHECK(v.at("at") == "2026-11-23T04:12:00+01:00");
    CHECK(v.at("runs").at(0).at("statistics").at("original_bytes").as_uint64() == ~0ULL);
    CHECK(v.at("targets").at(0).at("last_seen").is_null());
    CHECK(v.at("targets").at(0).at("devices").at(0).at("label") == "bad\xEF\xBF\xBD\x1b label");
    CHECK(v.at("plans").at(0).at("last_success").is_null());
    CHECK(v.at("plans").at(0).at("stale_after_seconds") == 108000.0);
}

TEST_CASE("json: nothing known at all still has every key") {
    const auto v = json::parse(report::to_json({"", {}, {}, {}, {}, {}, {}, [](Time) { return 0s; }}));
    CHECK(keys_of(v) == Keys{"name", "at", "daemon", "targets", "plans", "runs", "incidents"});
    CHECK(v.at("daemon").at("pid").is_null());
    CHECK(v.at("daemon").at("running") == false);
}

TEST_CASE("json: the runs alone, for the history") {
    const auto v = json::parse(report::runs_to_json({running()}, [](Time) { return 0s; }));
    CHECK(keys_of(v) == Keys{"runs"});
    CHECK(v.at("runs").as_array().size() == 1);
}
