#include "report/drive_counters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/text.hpp"

namespace guardian::report {
namespace {

namespace json = boost::json;

constexpr std::size_t counters_max = 200, name_bytes_max = 100, value_bytes_max = 200;
constexpr int depth_max = 4;

constexpr std::string_view nvme_log = "nvme_smart_health_information_log", scsi = "scsi_";

/// Who the drive is, and its self-tests, are shown elsewhere.
bool is_counter(std::string_view member) {
    static constexpr std::array<std::string_view, 7> others{
        "scsi_vendor", "scsi_product", "scsi_model_name", "scsi_revision", "scsi_version", "scsi_self_test", "scsi_transport"};
    if (member == nvme_log) return true;
    return member.starts_with(scsi) && std::none_of(others.begin(), others.end(), [&](std::string_view other) {
               return member.starts_with(other);
           });
}

std::string value_of(const json::value& v) {
    if (v.is_string()) return std::string(v.get_string());
    if (v.is_double()) return fmt::format("{}", v.get_double());
    return json::serialize(v);
}

std::string name_within(const std::string& outer, std::string_view member) {
    std::string name(member);
    std::replace(name.begin(), name.end(), '_', ' ');
    return valid_utf8(outer.empty() ? name : outer + " " + name, name_bytes_max);
}

void add(std::vector<Counter>& out, const std::string& name, const json::value& v, int depth) {
    if (out.size() >= counters_max || depth > depth_max || v.is_null()) return;
    if (const auto* object = v.if_object()) {
        for (const auto& [member, inner] : *object) add(out, name_within(name, member), inner, depth + 1);
    } else if (const auto* array = v.if_array()) {
        for (std::size_t i = 0; i < array->size() && i < counters_max; ++i)
            add(out, name_within(name, std::to_string(i + 1)), (*array)[i], depth + 1);
    } else {
        out.push_back({name, valid_utf8(value_of(v), value_bytes_max)});
    }
}

}  // namespace

std::vector<Counter> counters_of(std::string_view smartctl_json) {
    std::vector<Counter> out;
    json::error_code error;
    const auto report = json::parse(smartctl_json, error);
    const auto* members = error ? nullptr : report.if_object();
    if (members == nullptr) return out;
    for (const auto& [member, value] : *members) {
        if (!is_counter(member)) continue;
        const bool is_nvme = std::string_view(member) == nvme_log;
        add(out, is_nvme ? "" : name_within("", std::string_view(member).substr(scsi.size())), value, 0);
    }
    return out;
}

}  // namespace guardian::report
