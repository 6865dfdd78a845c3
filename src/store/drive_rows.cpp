#include "store/drive_rows.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "store/rows.hpp"

namespace guardian::store {
namespace {

namespace json = boost::json;

constexpr std::size_t most_reasons = 32, most_json = 256 * 1024;

std::string text_at(const json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_string() ? std::string(v->get_string()) : "";
}

std::optional<std::uint64_t> count_of(const json::value& v) {
    if (v.is_uint64()) return v.get_uint64();
    if (v.is_int64() && v.get_int64() >= 0) return static_cast<std::uint64_t>(v.get_int64());
    return std::nullopt;
}

json::value parsed(std::string_view text) {
    json::error_code error;
    if (text.size() > most_json) return nullptr;
    auto value = json::parse(text, error);
    return error ? json::value(nullptr) : value;
}

json::object reason_value(const core::Reason& r) {
    return {{"rule", valid_utf8(r.rule, 64)},
            {"verdict", core::to_string(r.verdict)},
            {"sign", r.sign ? json::value(core::to_string(*r.sign)) : json::value(nullptr)},
            {"text", valid_utf8(r.text, 2000)},
            {"hours", r.hours ? json::value(*r.hours) : json::value(nullptr)},
            {"attributes", attributes_text(r.attributes)}};
}

core::Reason reason_from(const json::object& o) {
    core::Reason r;
    r.rule = text_at(o, "rule");
    r.verdict = core::verdict_from(text_at(o, "verdict")).value_or(core::Verdict::watch);
    r.sign = core::sign_from(text_at(o, "sign"));
    r.text = text_at(o, "text");
    if (const auto* hours = o.if_contains("hours")) r.hours = count_of(*hours);
    r.attributes = attributes_from(text_at(o, "attributes"));
    return r;
}

}  // namespace

std::string attributes_text(const std::set<unsigned>& attributes) {
    std::vector<std::string> out;
    for (const auto a : attributes) out.push_back(std::to_string(a));
    return join(out, ",");
}

std::set<unsigned> attributes_from(std::string_view text) {
    std::set<unsigned> out;
    const auto list = parsed("[" + std::string(text) + "]");
    if (!list.is_array()) return out;
    for (const auto& a : list.get_array())
        if (const auto id = count_of(a); id && *id <= 255) out.insert(static_cast<unsigned>(*id));
    return out;
}

std::string signs_text(const core::Signs& signs) {
    json::object o;
    for (std::size_t i = 0; i < core::sign_count; ++i) {
        const auto s = static_cast<core::Sign>(i);
        if (const auto value = signs[s]) o[core::to_string(s)] = *value;
    }
    return json::serialize(o);
}

core::Signs signs_from(std::string_view text) {
    core::Signs signs;
    const auto value = parsed(text);
    if (!value.is_object()) return signs;
    for (const auto& [name, number] : value.get_object())
        if (const auto s = core::sign_from(std::string_view(name))) signs.set(*s, count_of(number));
    return signs;
}

std::string reasons_text(const std::vector<core::Reason>& reasons) {
    json::array out;
    for (const auto& r : reasons)
        if (out.size() < most_reasons) out.push_back(reason_value(r));
    return json::serialize(out);
}

std::vector<core::Reason> reasons_from(std::string_view text) {
    std::vector<core::Reason> out;
    const auto value = parsed(text);
    if (!value.is_array()) return out;
    for (const auto& v : value.get_array())
        if (const auto* o = v.if_object(); o != nullptr && out.size() < most_reasons)
            out.push_back(reason_from(*o));
    return out;
}

DriveRecord drive_row(SQLite::Statement& q) {
    DriveRecord r;
    r.drive.id = text_column(q, 0);
    r.drive.kind = core::drive_kind_from(text_column(q, 1)).value_or(core::DriveKind::unknown);
    r.drive.model = text_column(q, 2);
    r.drive.serial = text_column(q, 3);
    r.drive.firmware = text_column(q, 4);
    r.drive.bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, q.getColumn(5).getInt64()));
    r.first_seen = time_column(q, 6).value_or(Time{});
    r.read_at = time_column(q, 7);
    r.tried_at = time_column(q, 8);
    r.trouble = text_column(q, 9);
    r.unknown_since = time_column(q, 10);
    r.verdict = core::verdict_from(text_column(q, 11)).value_or(core::Verdict::unknown);
    r.reasons = reasons_from(text_column(q, 12));
    r.signs = signs_from(text_column(q, 13));
    return r;
}

std::string drive_key(std::string_view id) {
    return valid_utf8(id, 200);
}

}  // namespace guardian::store
