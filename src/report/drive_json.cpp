/// The JSON of drives. A field is never left out: what is not known is null.

#include <boost/json.hpp>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "report/json_values.hpp"
#include "report/drive_report.hpp"
#include "report/drive_words.hpp"

namespace guardian::report {
namespace {

namespace json = boost::json;

json::value count_or_null(const std::optional<std::uint64_t>& n) {
    return n ? json::value(*n) : json::value(nullptr);
}

json::array texts(const std::vector<std::string>& all) {
    json::array out;
    for (const auto& text : all) out.push_back(json::value(valid_utf8(text)));
    return out;
}

json::array advice_value(const std::vector<Advice>& advice) {
    json::array out;
    for (const auto& a : advice) out.push_back(json::value(valid_utf8(a.sentence())));
    return out;
}

json::array reasons_value(const std::vector<core::Reason>& reasons) {
    json::array out;
    for (const auto& r : reasons)
        out.push_back(
            json::object{{"rule", valid_utf8(r.rule)},
                         {"verdict", core::to_string(r.verdict)},
                         {"sign", r.sign ? json::value(core::to_string(*r.sign)) : json::value(nullptr)},
                         {"text", valid_utf8(r.text)}});
    return out;
}

json::object signs_value(const core::Signs& signs) {
    json::object out;
    for (std::size_t i = 0; i < core::sign_count; ++i) {
        const auto s = static_cast<core::Sign>(i);
        out[core::to_string(s)] = count_or_null(signs[s]);
    }
    return out;
}

json::array history_value(const core::History& history, const UtcOffset& zone) {
    json::array out;
    for (const auto& r : history) {
        auto o = signs_value(r.signs);
        o["at"] = time_value(r.at, zone);
        out.push_back(std::move(o));
    }
    return out;
}

json::object test_value(const store::SelfTestRecord& t, const UtcOffset& zone) {
    return {{"kind", t.extended ? "extended" : "short"},
            {"started", time_value(t.started, zone)},
            {"ended", time_value(t.ended, zone)},
            {"result", t.result ? json::value(store::to_string(*t.result)) : json::value(nullptr)},
            {"hours", count_or_null(t.hours)}};
}

// The drive's own logs: hours are those powered on, as the log has them, and ages are in words as on the screen.

json::value hours_or_null(const std::optional<std::int64_t>& hours) {
    return hours ? json::value(*hours) : json::value(nullptr);
}

json::array logged_tests_value(const DriveReport& r) {
    json::array out;
    for (const auto& t : r.facts.newest->self_tests)
        out.push_back(json::object{{"kind", t.extended ? "extended" : "short"},
                                   {"hours", hours_or_null(t.hours)},
                                   {"age", text_or_null(test_age(r, t))},
                                   {"result", store::to_string(t.result)},
                                   {"text", text_or_null(t.text)}});
    return out;
}

json::array logged_errors_value(const DriveReport& r) {
    json::array out;
    for (const auto& e : r.facts.newest->errors)
        out.push_back(json::object{{"hours", hours_or_null(e.hours)},
                                   {"age", text_or_null(error_age(r, e))},
                                   {"uncorrectable", e.uncorrectable}});
    return out;
}

json::object counters_value(const std::vector<Counter>& counters) {
    json::object out;
    for (const auto& c : counters) out[c.name] = valid_utf8(c.value);
    return out;
}

/// The number; or which attributes, where those were accepted.
json::value accepted_value(const core::Accepted& accepted) {
    if (accepted.attributes.empty()) return accepted.value;
    return json::array(accepted.attributes.begin(), accepted.attributes.end());
}

json::object attribute_value(const core::SmartAttribute& a) {
    const auto number = [](const std::optional<int>& n) {
        return n ? json::value(*n) : json::value(nullptr);
    };
    return {{"id", a.id},
            {"name", text_or_null(a.name)},
            {"value", number(a.value)},
            {"worst", number(a.worst)},
            {"threshold", number(a.threshold)},
            {"prefail", a.prefail},
            {"failed", text_or_null(std::string(failed_words(a.failed)))},
            {"raw", count_or_null(a.raw)},
            {"raw_text", text_or_null(a.raw_text)}};
}

void add_rest(json::object& o, const DriveReport& r, const UtcOffset& zone) {
    json::array tests, events, attributes;
    for (const auto& t : r.facts.tests) tests.push_back(test_value(t, zone));
    for (const auto& e : r.facts.events)
        events.push_back(json::object{{"at", time_value(e.at, zone)},
                                      {"kind", core::to_string(e.sign)},
                                      {"text", valid_utf8(e.text)}});
    if (r.facts.newest)
        for (const auto& a : r.facts.newest->attributes) attributes.push_back(attribute_value(a));
    json::object accepted;
    for (const auto& [sign, value] : r.facts.acknowledged) accepted[core::to_string(sign)] = accepted_value(value);
    o["accepted"] = std::move(accepted);
    o["endurance_ends"] = time_value(r.wear ? r.wear->ends : std::nullopt, zone);
    o["history"] = history_value(r.facts.history, zone);
    o["self_tests"] = std::move(tests);
    o["events"] = std::move(events);
    o["attributes"] = std::move(attributes);
    o["counters"] = counters_value(r.facts.counters);
    o["drive_self_tests"] = r.facts.newest ? logged_tests_value(r) : json::array{};
    o["drive_errors"] = r.facts.newest ? logged_errors_value(r) : json::array{};
    const auto left = r.facts.newest ? r.facts.newest->test_remaining : std::nullopt;
    o["self_test_remaining"] = left ? json::value(*left) : json::value(nullptr);
}

json::object drive_value(const DriveReport& r, const UtcOffset& zone) {
    const auto& record = r.facts.record;
    const auto& d = record.drive;
    return {{"id", valid_utf8(d.id)},
            {"kind", core::to_string(d.kind)},
            {"model", text_or_null(d.model)},
            {"serial", text_or_null(d.serial)},
            {"firmware", text_or_null(d.firmware)},
            {"bytes", d.bytes == 0 ? json::value(nullptr) : json::value(d.bytes)},
            {"attached", r.facts.attached},
            {"asleep", r.asleep},
            {"targets", texts(r.facts.targets)},
            {"verdict", core::to_string(r.diagnosis.verdict)},
            {"why", texts(r.why)},
            {"reasons", reasons_value(record.reasons)},
            {"advice", advice_value(r.advice)},
            {"first_seen", time_value(record.first_seen, zone)},
            {"read_at", time_value(record.read_at, zone)},
            {"tried_at", time_value(record.tried_at, zone)},
            {"trouble", text_or_null(record.trouble)},
            {"unknown_since", time_value(record.unknown_since, zone)},
            {"signs", signs_value(record.signs)}};
}

}  // namespace

std::string drives_to_json(const std::vector<DriveReport>& drives, const UtcOffset& zone, bool whole) {
    json::array out;
    for (const auto& r : drives) {
        auto o = drive_value(r, zone);
        if (whole) add_rest(o, r, zone);
        out.push_back(std::move(o));
    }
    return shown_json(json::serialize(json::object{{"drives", std::move(out)}}));
}

}  // namespace guardian::report
