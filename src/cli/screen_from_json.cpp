#include "cli/screen_from_json.hpp"

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "core/target_state.hpp"

namespace guardian::cli {
namespace {

namespace json = boost::json;

const json::value* find(const json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v == nullptr || v->is_null() ? nullptr : v;
}

const json::object* object_at(const json::object& o, std::string_view key) {
    const auto* v = find(o, key);
    return v == nullptr ? nullptr : v->if_object();
}

std::string text_at(const json::object& o, std::string_view key) {
    const auto* v = find(o, key);
    return v != nullptr && v->is_string() ? std::string(v->get_string()) : "";
}

bool true_at(const json::object& o, std::string_view key) {
    const auto* v = find(o, key);
    return v != nullptr && v->is_bool() && v->get_bool();
}

std::int64_t number_at(const json::object& o, std::string_view key, std::int64_t otherwise = 0) {
    const auto* v = find(o, key);
    return v != nullptr && v->is_int64() ? v->get_int64() : otherwise;
}

std::uint64_t count_at(const json::object& o, std::string_view key) {
    const auto* v = find(o, key);
    if (v != nullptr && v->is_uint64()) return v->get_uint64();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_at(o, key)));
}

std::optional<Time> time_at(const json::object& o, std::string_view key) {
    return time_from_rfc3339(text_at(o, key));
}

/// Every object of the array; what is no object is passed over.
template <class Work>
void each_of(const json::object& o, std::string_view key, const Work& work) {
    const auto* v = find(o, key);
    if (v == nullptr || !v->is_array()) return;
    for (const auto& item : v->get_array())
        if (const auto* object = item.if_object()) work(*object);
}

Duration span_at(const json::object& o, std::string_view key) {
    const auto* v = find(o, key);
    if (v == nullptr || !v->is_number()) return Duration::zero();
    const double seconds = v->is_double() ? v->get_double() : static_cast<double>(number_at(o, key));
    constexpr double most = 1e11;  // three thousand years
    if (!std::isfinite(seconds) || seconds < 0 || seconds > most) return Duration::zero();
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

core::TargetState state_from(std::string_view text) {
    using enum core::TargetState;
    for (const auto s : {absent, present, ambiguous, refused, mounting, busy, ready, releasing, still_mounted,
                         safe_to_unplug, vanished})
        if (core::to_string(s) == text) return s;
    return absent;
}

store::Statistics statistics_from(const json::object& o) {
    return {count_at(o, "original_bytes"), count_at(o, "compressed_bytes"), count_at(o, "deduplicated_bytes"),
            count_at(o, "files")};
}

core::Run run_from(const json::object& o) {
    core::Run r;
    r.id = number_at(o, "id");
    r.plan = text_at(o, "plan");
    r.target = text_at(o, "target");
    r.trigger = core::trigger_from(text_at(o, "trigger")).value_or(core::Trigger::daemon);
    r.outcome = core::outcome_from(text_at(o, "outcome")).value_or(core::Outcome::failed);
    r.started = time_at(o, "started").value_or(Time{});
    r.ended = time_at(o, "ended");
    r.reason = text_at(o, "reason");
    r.held_back = text_at(o, "held_back");
    return r;
}

store::RunRecord record_from(const json::object& o) {
    store::RunRecord r;
    r.run = run_from(o);
    r.step = core::step_from(text_at(o, "step"));
    r.archive = text_at(o, "archive");
    r.archive_id = text_at(o, "archive_id");
    if (const auto* s = object_at(o, "statistics")) r.statistics = statistics_from(*s);
    r.warnings = count_at(o, "warnings");
    if (const auto* p = object_at(o, "progress")) {
        r.progress.so_far = statistics_from(*p);
        r.progress.path = text_at(*p, "path");
        r.progress.percent =
            static_cast<int>(std::clamp<std::int64_t>(number_at(*p, "percent", -1), -1, 100));
    }
    return r;
}

report::TargetStatus target_from(const json::object& o) {
    report::TargetStatus t;
    auto& spec = t.target.spec;
    spec.name = text_at(o, "name");
    spec.type = text_at(o, "type") == "share" ? core::TargetType::share : core::TargetType::disk;
    spec.uuid = text_at(o, "uuid");
    spec.mount = text_at(o, "mount");
    t.state = state_from(text_at(o, "state"));
    t.explanation = text_at(o, "explanation");
    t.target.pinned_at = time_at(o, "initialised");
    t.target.plugged_at = time_at(o, "plugged_at");
    t.target.last_seen = time_at(o, "last_seen");
    each_of(o, "devices", [&](const json::object& d) {
        core::Device device;
        device.node = text_at(d, "node");
        device.model = text_at(d, "model");
        device.serial = text_at(d, "serial");
        device.label = text_at(d, "label");
        device.fstype = text_at(d, "filesystem");
        t.target.devices.push_back(std::move(device));
    });
    each_of(o, "drives", [&](const json::object& d) {
        t.drives.push_back({text_at(d, "id"), text_at(d, "name"),
                            core::verdict_from(text_at(d, "verdict")).value_or(core::Verdict::unknown),
                            text_at(d, "reason"), time_at(d, "read_at"), true_at(d, "asleep")});
    });
    return t;
}

report::PlanStatus plan_from(const json::object& o) {
    report::PlanStatus p;
    auto& spec = p.plan.spec;
    spec.name = text_at(o, "name");
    spec.job = text_at(o, "job");
    spec.target = text_at(o, "target");
    spec.repository = text_at(o, "repository");
    if (auto schedule = core::Schedule::parse(text_at(o, "schedule"), zone_named)) spec.schedule = std::move(*schedule);
    spec.stale_after = span_at(o, "stale_after_seconds");
    p.state = text_at(o, "state");
    p.due = true_at(o, "due");
    p.stale = true_at(o, "stale");
    p.next_slot = time_at(o, "next_slot");
    p.retry_at = time_at(o, "retry_at");
    p.plan.failures = static_cast<int>(std::clamp<std::int64_t>(number_at(o, "failures"), 0, 1'000'000));
    if (const auto success = time_at(o, "last_success")) {
        p.plan.last_success = core::Run{};
        p.plan.last_success->started = *success;
    }
    if (const auto* last = object_at(o, "last_run")) p.plan.last_run = run_from(*last);
    if (const auto* running = object_at(o, "running")) p.running = record_from(*running);
    return p;
}

report::DaemonStatus daemon_from(const json::object& o) {
    return {true_at(o, "running"), static_cast<pid_t>(number_at(o, "pid")), text_at(o, "version"),
            time_at(o, "since"), text_at(o, "trouble")};
}

store::IncidentRecord incident_from(const json::object& o) {
    store::IncidentRecord r;
    r.id = number_at(o, "id");
    r.incident.kind = core::incident_kind_from(text_at(o, "kind")).value_or(core::IncidentKind::failed);
    r.incident.subject = text_at(o, "subject");
    r.incident.text = text_at(o, "text");
    r.opened = time_at(o, "opened").value_or(Time{});
    r.ended = time_at(o, "ended");
    return r;
}

/// The digits at `at`, as many as `n`.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t n) {
    int value = 0;
    const auto part = text.substr(std::min(at, text.size()), n);
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.size() != n || error != std::errc{} || end != part.data() + n || value < 0) return std::nullopt;
    return value;
}

}  // namespace

std::optional<Time> time_from_rfc3339(std::string_view text) {
    using namespace std::chrono;
    static constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd+dd:dd";
    if (text.size() != shape.size()) return std::nullopt;
    for (std::size_t i = 0; i < shape.size(); ++i)
        if (shape[i] != 'd' && text[i] != shape[i] && !(shape[i] == '+' && text[i] == '-'))
            return std::nullopt;
    std::array<int, 8> part{};
    constexpr std::array<std::size_t, 8> at{0, 5, 8, 11, 14, 17, 20, 23};
    for (std::size_t i = 0; i < part.size(); ++i) {
        const auto value = digits(text, at[i], i == 0 ? 4 : 2);
        if (!value) return std::nullopt;
        part[i] = *value;
    }
    const year_month_day date{year{part[0]}, month{static_cast<unsigned>(part[1])},
                              day{static_cast<unsigned>(part[2])}};
    if (!date.ok() || part[3] > 23 || part[4] > 59 || part[5] > 60) return std::nullopt;
    const auto offset = (hours{part[6]} + minutes{part[7]}) * (text[19] == '-' ? -1 : 1);
    return Time{sys_days{date} + hours{part[3]} + minutes{part[4]} + seconds{part[5]} - offset};
}

Result<report::Status> status_from_json(std::string_view text, const UtcOffset& zone) {
    json::error_code error;
    const auto value = json::parse(text, error);
    if (error || !value.is_object())
        return Error{ErrorCode::external, "guardiand's status is not understood", "it is not a JSON object",
                     ""};
    const auto& o = value.get_object();
    report::Status s;
    s.name = text_at(o, "name");
    s.at = time_at(o, "at").value_or(Time{});
    s.zone = zone;
    if (const auto* daemon = object_at(o, "daemon")) s.daemon = daemon_from(*daemon);
    each_of(o, "targets", [&](const json::object& t) { s.targets.push_back(target_from(t)); });
    each_of(o, "plans", [&](const json::object& p) { s.plans.push_back(plan_from(p)); });
    each_of(o, "runs", [&](const json::object& r) { s.runs.push_back(record_from(r)); });
    each_of(o, "incidents", [&](const json::object& i) { s.incidents.push_back(incident_from(i)); });
    return s;
}

}  // namespace guardian::cli
