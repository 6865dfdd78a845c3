#include "health/smartctl_answer.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"

namespace guardian::health {
namespace {

namespace json = boost::json;

constexpr std::size_t messages_max = 8;
constexpr std::size_t message_bytes = 300;
constexpr std::size_t output_lines_max = 2000;

const json::value* at(const json::value& value, std::string_view key) {
    const auto* object = value.if_object();
    return object == nullptr ? nullptr : object->if_contains(key);
}

const json::value* at(const json::value& value, std::string_view key, std::string_view inner) {
    const auto* outer = at(value, key);
    return outer == nullptr ? nullptr : at(*outer, inner);
}

std::string_view text_of(const json::value* value) {
    const auto* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string_view{} : std::string_view(text->data(), text->size());
}

bool has_entries(const json::value* value) {
    const auto* array = value == nullptr ? nullptr : value->if_array();
    return array != nullptr && !array->empty();
}

bool has_object(const json::value& value, std::string_view key) {
    const auto* member = at(value, key);
    return member != nullptr && member->is_object() && !member->get_object().empty();
}

bool is_false(const json::value* value) {
    return value != nullptr && value->is_bool() && !value->get_bool();
}

bool has_data(const json::value& root) {
    return has_entries(at(root, "ata_smart_attributes", "table")) ||
           has_object(root, "nvme_smart_health_information_log") ||
           has_object(root, "scsi_error_counter_log") || at(root, "scsi_grown_defect_list") != nullptr;
}

/// ATA: "STANDBY", "STANDBY (OS)"; SCSI since 7.4: "STANDBY BY TIMER" and the like.
bool says_asleep(std::string_view message) {
    return message.starts_with("Device is in STANDBY") &&
           message.find(" mode, exit(") != std::string_view::npos;
}

/// What smartctl makes of a question for the power mode that fails: of a drive in ATA's sleep mode, which
/// answers nothing, and of a bridge or a dying drive that does not either.
bool says_mute(std::string_view message) {
    return message.starts_with("Device is in SLEEP mode, exit(");
}

bool says_open_failed(std::string_view message) {
    return message.starts_with("Smartctl open device:");
}

void read_message(const json::value& message, Outcome& out) {
    const auto text = text_of(at(message, "string"));
    out.asleep = out.asleep || says_asleep(text);
    out.mute = out.mute || says_mute(text);
    out.open_failed = out.open_failed || says_open_failed(text);
    if (text_of(at(message, "severity")) == "information" || text.empty()) return;
    if (!out.messages.empty()) out.messages += "; ";
    out.messages += printable(trim(text), message_bytes);
}

void read_messages(const json::value& root, Outcome& out) {
    const auto* list = at(root, "smartctl", "messages");
    if (!has_entries(list)) return;
    std::size_t n = 0;
    for (const auto& message : list->get_array())
        if (n++ < messages_max) read_message(message, out);
}

void read_output(const json::value& root, Outcome& out) {
    const auto* list = at(root, "smartctl", "output");
    if (!has_entries(list)) return;
    std::size_t n = 0;
    for (const auto& line : list->get_array())
        if (n++ < output_lines_max) out.output += std::string(text_of(&line)) + "\n";
}

}  // namespace

Outcome outcome_of(std::string_view text) {
    Outcome out;
    boost::system::error_code error;
    const auto root = json::parse(json::string_view(text.data(), text.size()), error);
    if (error || at(root, "smartctl", "exit_status") == nullptr) return out;
    out.readable = true;
    out.has_data = has_data(root);
    const auto* passed = at(root, "smart_status", "passed");
    out.has_status = passed != nullptr && passed->is_bool();
    out.switched_off =
        is_false(at(root, "smart_support", "enabled")) && !is_false(at(root, "smart_support", "available"));
    out.device_type = printable(text_of(at(root, "device", "type")), 40);
    out.protocol = printable(text_of(at(root, "device", "protocol")), 40);
    read_messages(root, out);
    read_output(root, out);
    return out;
}

}  // namespace guardian::health
