/// The JSON of drives. A field is never left out: what is not known is null.

#include <boost/json.hpp>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "report/json_values.hpp"
#include "report/drive_report.hpp"

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

json::object attribute_value(const core::SmartAttribute& a) {
    const auto number = [](const std::optional<int>& n) {
        return n ? json::value(*n) : json::value(nullptr);
    };
    return {{"id", a.id},
            {"name", text_or_null(a.name)},
            {"value", number(a.value)},
            {"worst", number(a.worst)},
            {"threshold", number(a.threshold)},
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
    for (const auto& [sign, value] : r.facts.acknowledged) accepted[core::to_string(sign)] = value.value;
    o["accepted"] = std::move(accepted);
    o["endurance_ends"] = time_value(r.wear ? r.wear->ends : std::nullopt, zone);
    o["history"] = history_value(r.facts.history, zone);
    o["self_tests"] = std::move(tests);
    o["events"] = std::move(events);
    o["attributes"] = std::move(attributes);
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
            {"targets", texts(r.facts.targets)},
            {"verdict", core::to_string(r.diagnosis.verdict)},
            {"why", texts(r.why)},
            {"reasons", reasons_value(record.reasons)},
            {"advice", texts(r.advice)},
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
