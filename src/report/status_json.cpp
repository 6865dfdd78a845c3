/// The JSON of Status. A field is never left out: what is not known is null.

#include <boost/json.hpp>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "report/json_values.hpp"
#include "report/status.hpp"

namespace guardian::report {
namespace {

namespace json = boost::json;

double seconds_of(Duration d) {
    return std::chrono::duration<double>(d).count();
}

json::object daemon_value(const DaemonStatus& d, const UtcOffset& zone) {
    return {{"running", d.running},
            {"pid", d.running && d.pid > 0 ? json::value(static_cast<std::int64_t>(d.pid)) : nullptr},
            {"version", text_or_null(d.version)},
            {"since", time_value(d.since, zone)},
            {"trouble", text_or_null(d.trouble)}};
}

json::object statistics_value(const store::Statistics& s) {
    return {{"original_bytes", s.original},
            {"compressed_bytes", s.compressed},
            {"deduplicated_bytes", s.deduplicated},
            {"files", s.files}};
}

json::object run_value(const store::RunRecord& r, const UtcOffset& zone) {
    json::object o{{"id", r.run.id},
                   {"plan", r.run.plan},
                   {"target", r.run.target},
                   {"trigger", to_string(r.run.trigger)},
                   {"outcome", to_string(r.run.outcome)},
                   {"started", time_value(r.run.started, zone)},
                   {"ended", time_value(r.run.ended, zone)},
                   {"step", r.step ? json::value(to_string(*r.step)) : nullptr},
                   {"archive", text_or_null(r.archive)},
                   {"archive_id", text_or_null(r.archive_id)},
                   {"statistics", statistics_value(r.statistics)},
                   {"warnings", r.warnings},
                   {"reason", text_or_null(r.run.reason)},
                   {"held_back", text_or_null(r.run.held_back)}};
    if (r.run.outcome == core::Outcome::running) {
        auto progress = statistics_value(r.progress.so_far);
        progress["path"] = text_or_null(r.progress.path);
        progress["percent"] = r.progress.percent < 0 ? json::value(nullptr) : json::value(r.progress.percent);
        o["progress"] = std::move(progress);
        o["pid"] = static_cast<std::int64_t>(r.pid);
    }
    return o;
}

json::array devices_value(const core::Target& t) {
    json::array out;
    for (const auto& d : t.devices)
        out.push_back(json::object{{"node", d.node},
                                   {"model", text_or_null(d.model)},
                                   {"serial", text_or_null(d.serial)},
                                   {"label", text_or_null(d.label)},
                                   {"filesystem", text_or_null(d.fstype)}});
    return out;
}

json::array drives_value(const TargetStatus& t, const UtcOffset& zone) {
    json::array out;
    for (const auto& d : t.drives)
        out.push_back(json::object{{"id", text_or_null(d.id)},
                                   {"name", text_or_null(d.name)},
                                   {"verdict", core::to_string(d.verdict)},
                                   {"reason", text_or_null(d.reason)},
                                   {"read_at", time_value(d.read_at, zone)},
                                   {"asleep", d.asleep}});
    return out;
}

json::object target_value(const TargetStatus& s, const UtcOffset& zone) {
    const auto& t = s.target;
    return {{"name", t.spec.name},
            {"type", to_string(t.spec.type)},
            {"state", to_string(s.state)},
            {"explanation", text_or_null(s.explanation)},
            {"uuid", text_or_null(t.spec.uuid)},
            {"mount", t.spec.mount},
            {"mounted", core::mounted(t)},
            {"devices", devices_value(t)},
            {"drives", drives_value(s, zone)},
            {"initialised", time_value(t.pinned_at, zone)},
            {"plugged_at", time_value(t.devices.empty() ? std::nullopt : t.plugged_at, zone)},
            {"last_seen", time_value(t.last_seen, zone)}};
}

json::value last_run_value(const std::optional<core::Run>& r, const UtcOffset& zone) {
    if (!r) return nullptr;
    return json::object{{"id", r->id},
                        {"outcome", to_string(r->outcome)},
                        {"started", time_value(r->started, zone)},
                        {"ended", time_value(r->ended, zone)},
                        {"reason", text_or_null(r->reason)}};
}

json::object plan_value(const PlanStatus& s, const UtcOffset& zone) {
    const auto& p = s.plan;
    const auto& spec = p.spec;
    return {{"name", spec.name},
            {"job", spec.job},
            {"target", spec.target},
            {"repository", spec.repository},
            {"schedule", spec.schedule.text()},
            {"state", s.state},
            {"due", s.due},
            {"stale", s.stale},
            {"last_success", p.last_success ? time_value(p.last_success->started, zone) : nullptr},
            {"last_run", last_run_value(p.last_run, zone)},
            {"next_slot", time_value(s.next_slot, zone)},
            {"retry_at", time_value(s.retry_at, zone)},
            {"failures", p.failures},
            {"stale_after_seconds", spec.stale_after == Duration::zero()
                                        ? json::value(nullptr)
                                        : json::value(seconds_of(spec.stale_after))},
            {"running", s.running ? json::value(run_value(*s.running, zone)) : nullptr}};
}

json::object incident_value(const store::IncidentRecord& r, const UtcOffset& zone) {
    return {{"id", r.id},
            {"kind", to_string(r.incident.kind)},
            {"subject", valid_utf8(r.incident.subject)},
            {"text", valid_utf8(r.incident.text)},
            {"opened", time_value(r.opened, zone)},
            {"ended", time_value(r.ended, zone)}};
}

}  // namespace

std::string to_json(const Status& s) {
    json::array targets, plans, runs, incidents;
    for (const auto& t : s.targets) targets.push_back(target_value(t, s.zone));
    for (const auto& p : s.plans) plans.push_back(plan_value(p, s.zone));
    for (const auto& r : s.runs) runs.push_back(run_value(r, s.zone));
    for (const auto& i : s.incidents) incidents.push_back(incident_value(i, s.zone));
    return shown_json(json::serialize(json::object{{"name", s.name},
                                                   {"at", time_value(s.at, s.zone)},
                                                   {"daemon", daemon_value(s.daemon, s.zone)},
                                                   {"targets", std::move(targets)},
                                                   {"plans", std::move(plans)},
                                                   {"runs", std::move(runs)},
                                                   {"incidents", std::move(incidents)}}));
}

std::string runs_to_json(const std::vector<store::RunRecord>& runs, const UtcOffset& zone) {
    json::array out;
    for (const auto& r : runs) out.push_back(run_value(r, zone));
    return shown_json(json::serialize(json::object{{"runs", std::move(out)}}));
}

}  // namespace guardian::report
