#include "health/reader.hpp"

#include <unistd.h>

#include "base/child.hpp"
#include "base/text.hpp"
#include "health/smartctl_json.hpp"

namespace guardian::health {
namespace {

using Kind = ReadAnswer::Kind;

ReadAnswer asleep(std::string reader) {
    ReadAnswer out;
    out.kind = Kind::asleep;
    out.report.asleep = true;
    out.reader = std::move(reader);
    return out;
}

ReadAnswer without(Kind kind, std::string trouble) {
    ReadAnswer out;
    out.kind = kind;
    out.trouble = std::move(trouble);
    return out;
}

/// A bridge is sent ATA commands only while it is not known to want others. A drive known by a type of its
/// own is left to smartctl, whose -n asks the same in its way.
bool speaks_ata(const ReadRequest& request) {
    if (request.drive.transport == Transport::ata) return true;
    if (request.drive.transport != Transport::usb) return false;
    const auto& type = request.device_type;
    return type.empty() || type == "auto" || type.starts_with("sat");
}

Kind kind_of(SmartctlAnswer::Kind kind) {
    switch (kind) {
        case SmartctlAnswer::Kind::report:
            return Kind::report;
        case SmartctlAnswer::Kind::asleep:
            return Kind::asleep;
        case SmartctlAnswer::Kind::unsupported:
            return Kind::unsupported;
        case SmartctlAnswer::Kind::failed:
            return Kind::failed;
    }
    return Kind::failed;
}

/// Empty: it is not installed.
std::string smartctl_of(const ReadRequest& request) {
    if (request.smartctl.empty()) {
        const auto found = find_program("smartctl");
        return found ? *found : "";
    }
    return ::access(request.smartctl.c_str(), X_OK) == 0 ? request.smartctl : "";
}

ReadAnswer by_smartctl(const ReadRequest& request, const std::string& program) {
    auto said = ask_smartctl({request.drive, program, request.device_type, request.deadline});
    if (said.kind == SmartctlAnswer::Kind::asleep) return asleep("smartctl");
    ReadAnswer out = without(kind_of(said.kind), std::move(said.trouble));
    out.reader = "smartctl";
    if (out.kind != Kind::report) return out;
    auto report = parse_smartctl_json(said.json);
    if (!report) return without(Kind::failed, report.error().text());
    out.report = *std::move(report);
    out.json = std::move(said.json);
    out.device_type = std::move(said.device_type);
    return out;
}

ReadAnswer by_atasmart(const ReadRequest& request, const AtaWays& ata) {
    const std::string missing = "smartctl is not installed (Debian's package smartmontools)";
    if (!speaks_ata(request))
        return without(Kind::unsupported, missing + ", and without it only ATA drives can be asked");
    auto report = ata.read(request.drive.node);
    if (!report) return without(Kind::failed, missing + ", and libatasmart " + report.error().text());
    ReadAnswer out;
    out.kind = Kind::report;
    out.report = *std::move(report);
    out.reader = "libatasmart";
    return out;
}

bool is_safe(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
}

/// Runs of anything else become one "_".
std::string safe(std::string_view text, std::size_t most) {
    std::string out;
    for (const char c : trim(text)) {
        if (out.size() >= most) break;
        if (is_safe(c)) out += c;
        if (!is_safe(c) && !out.empty() && out.back() != '_') out += '_';
    }
    while (!out.empty() && out.back() == '_') out.pop_back();
    return out;
}

/// The hexadecimal digits alone, whoever wrote it; empty: it is no WWN.
std::string wwn_digits(std::string_view text) {
    auto digits = to_lower(trim(text.substr(0, 64)));
    for (const auto* start : {"wwn-", "naa.", "eui.", "0x"})
        if (digits.starts_with(start)) digits.erase(0, std::string_view(start).size());
    const bool hex = digits.find_first_not_of("0123456789abcdef") == std::string::npos;
    const bool whole = digits.size() == 16 || digits.size() == 32;
    // Nothing but its first digit, or no maker's number: a placeholder that many drives have.
    if (!hex || !whole || digits.substr(1, 6) == "000000") return "";
    return digits.find_first_not_of(digits[1], 1) != std::string::npos ? digits : "";
}

}  // namespace

std::string said_asleep_by(const ReadRequest& request, const AtaWays& ata) {
    if (is_suspended(request.drive)) return "kernel";
    if (!speaks_ata(request)) return "";
    const auto is_awake = ata.is_awake(request.drive.node);
    // What cannot be asked here is asked by smartctl -n, and its failure says more.
    return is_awake && *is_awake && !**is_awake ? "libatasmart" : "";
}

ReadAnswer read_drive(const ReadRequest& request, const AtaWays& ata) {
    if (auto who = said_asleep_by(request, ata); !who.empty()) return asleep(std::move(who));
    const auto program = smartctl_of(request);
    return program.empty() ? by_atasmart(request, ata) : by_smartctl(request, program);
}

std::string serial_identity(const core::SmartReport& report) {
    const auto serial = safe(report.serial, 59);
    if (serial.find_first_not_of("0._-") == std::string::npos || is_made_up(trim(report.serial))) return "";
    const auto model = safe(report.model, 60);
    return model.empty() ? serial : model + "_" + serial;
}

std::string drive_identity(const core::SmartReport& report) {
    const auto wwn = wwn_digits(report.wwn);
    return wwn.empty() ? serial_identity(report) : "wwn-0x" + wwn;
}

}  // namespace guardian::health
