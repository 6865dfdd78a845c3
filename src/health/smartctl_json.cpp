#include "health/smartctl_json.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.hpp"
#include "health/self_test_codes.hpp"

namespace guardian::health {
namespace {

using core::SmartReport;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;
using Found = simdjson::simdjson_result<element>;

// More than any drive has; what is beyond is not read.
constexpr std::size_t attributes_max = 256, errors_max = 256, self_tests_max = 64, messages_max = 16;
constexpr std::size_t text_bytes_max = 200;

std::string text_of(Found e) {
    std::string_view text;
    if (e.get(text) != simdjson::SUCCESS) return {};
    const bool as_it_is = text.size() <= text_bytes_max && text.find('\0') == std::string_view::npos;
    return as_it_is ? std::string(text) : valid_utf8(text, text_bytes_max);
}

/// smartctl 7.3 and later call some of SCSI's members otherwise.
std::string first_text(Found e, std::initializer_list<std::string_view> names) {
    for (const auto name : names)
        if (auto text = text_of(e[name]); !text.empty()) return text;
    return "";
}

std::optional<std::int64_t> integer_of(Found e) {
    std::int64_t n = 0;
    if (e.get(n) == simdjson::SUCCESS) return n;
    double d = 0;
    if (e.get(d) == simdjson::SUCCESS && std::abs(d) < 9e15 && d == std::floor(d)) return static_cast<std::int64_t>(d);
    return std::nullopt;
}

std::optional<std::uint64_t> count_of(Found e) {
    std::uint64_t n = 0;
    if (e.get(n) == simdjson::SUCCESS) return n;
    const auto i = integer_of(e);
    return i && *i >= 0 ? std::optional{static_cast<std::uint64_t>(*i)} : std::nullopt;
}

std::optional<int> small_of(Found e) {
    const auto n = integer_of(e);
    return n && *n >= -100'000 && *n <= 100'000 ? std::optional{static_cast<int>(*n)} : std::nullopt;
}

/// A normalised value.
std::optional<int> byte_of(Found e) {
    const auto n = integer_of(e);
    return n && *n >= 0 && *n <= 255 ? std::optional{static_cast<int>(*n)} : std::nullopt;
}

std::optional<std::int64_t> hours_of(Found e) {
    const auto n = integer_of(e);
    return n && *n >= 0 ? n : std::nullopt;
}

std::optional<bool> truth_of(Found e) {
    bool b = false;
    return e.get(b) == simdjson::SUCCESS ? std::optional{b} : std::nullopt;
}

/// Calls `f` for at most `most` objects of the array.
template <class F>
void each(Found list, std::size_t most, F&& f) {
    array entries;
    if (list.get(entries) != simdjson::SUCCESS) return;
    for (const auto entry : entries) {
        if (most-- == 0) return;
        if (entry.is_object()) f(Found{element{entry}});
    }
}

// ---- what all drives have in common

/// smartctl writes it as three numbers; of SCSI drives as it is.
std::string wwn_of(Found e) {
    if (auto text = text_of(e["logical_unit_id"]); text.starts_with("0x")) return text;
    const auto wwn = e["wwn"];
    const auto naa = count_of(wwn["naa"]), oui = count_of(wwn["oui"]), id = count_of(wwn["id"]);
    if (!naa || !oui || !id || *naa > 0xF || *oui > 0xFF'FFFF || *id > 0xF'FFFF'FFFF) return "";
    return fmt::format("0x{:x}{:06x}{:09x}", *naa, *oui, *id);
}

void read_messages(Found list, SmartReport& r) {
    each(list, messages_max, [&](Found m) {
        if (auto text = text_of(m["string"]); !text.empty()) r.messages.push_back(std::move(text));
    });
}

/// A drive that keeps the number of turns for itself is told by what only a spindle has.
core::DriveKind ata_kind(Found e, const SmartReport& r) {
    if (const auto turns = integer_of(e["rotation_rate"]))
        return *turns == 0 ? core::DriveKind::ssd : core::DriveKind::hdd;
    const auto has = [&](unsigned id, std::string_view name) {
        const auto* a = r.attribute(id);
        return a != nullptr && (a->name.empty() || a->name.starts_with(name));
    };
    if (truth_of(e["trim"]["supported"]) == true || r.model.find("SSD") != std::string::npos)
        return core::DriveKind::ssd;
    if (has(3, "Spin_Up") || has(10, "Spin_Retry") || has(193, "Load_Cycle") || has(7, "Seek_Error"))
        return core::DriveKind::hdd;
    return core::DriveKind::unknown;
}

core::DriveKind kind_of(Found e, const SmartReport& r) {
    if (r.nvme) return core::DriveKind::nvme;
    if (r.scsi) return core::DriveKind::scsi;
    const auto protocol = text_of(e["device"]["protocol"]);
    if (protocol == "NVMe") return core::DriveKind::nvme;
    if (protocol == "SCSI" && r.attributes.empty()) return core::DriveKind::scsi;
    return ata_kind(e, r);
}

void read_identity(Found e, SmartReport& r) {
    r.model = first_text(e, {"model_name", "scsi_model_name"});
    if (r.model.empty()) r.model = trim(text_of(e["vendor"]) + " " + text_of(e["product"]));
    r.family = text_of(e["model_family"]);
    r.serial = text_of(e["serial_number"]);
    r.wwn = wwn_of(e);
    r.firmware = first_text(e, {"firmware_version", "scsi_revision", "revision"});
    r.bytes = count_of(e["user_capacity"]["bytes"]).value_or(0);
}

/// smartctl's exit status, bit 3: the drive said that it is failing.
constexpr int says_failing = 0x08;

void read_status(Found e, SmartReport& r) {
    r.passed = truth_of(e["smart_status"]["passed"]);
    r.status_bits = static_cast<unsigned>(count_of(e["smart_status"]["nvme"]["value"]).value_or(0) & 0xFF);
    r.exit_status = small_of(e["smartctl"]["exit_status"]);
    if (!r.passed && (r.exit_status.value_or(0) & says_failing) != 0) r.passed = false;
    read_messages(e["smartctl"]["messages"], r);
    r.read_at_s = integer_of(e["local_time"]["time_t"]);
    r.hours = hours_of(e["power_on_time"]["hours"]);
    r.temperature = small_of(e["temperature"]["current"]);
    const auto limit = small_of(e["temperature"]["op_limit_max"]);
    r.temperature_max = limit ? limit : small_of(e["temperature"]["drive_trip"]);
    r.used = byte_of(e["endurance_used"]["current_percent"]);
}

// ---- ATA

core::Failed failed_of(Found row, const core::SmartAttribute& a) {
    std::string_view when;
    if (row["when_failed"].get(when) == simdjson::SUCCESS) {
        if (when == "now") return core::Failed::now;
        return when == "past" ? core::Failed::past : core::Failed::never;
    }
    if (!a.threshold || *a.threshold == 0) return core::Failed::never;
    if (a.value && *a.value <= *a.threshold) return core::Failed::now;
    return a.worst && *a.worst <= *a.threshold ? core::Failed::past : core::Failed::never;
}

std::optional<std::uint64_t> raw_of(Found e) {
    const auto n = count_of(e);
    return n ? std::optional{*n & 0xFFFF'FFFF'FFFFULL} : std::nullopt;
}

/// A row that is told twice is as bad as the worse of both.
void add_attribute(SmartReport& r, core::SmartAttribute a) {
    const auto same = std::find_if(r.attributes.begin(), r.attributes.end(), [&](const auto& b) { return b.id == a.id; });
    if (same == r.attributes.end()) return r.attributes.push_back(std::move(a));
    a.failed = same->failed = std::max(a.failed, same->failed);
    if (a.raw && (!same->raw || *same->raw < *a.raw)) *same = std::move(a);
}

void read_attributes(Found e, SmartReport& r) {
    r.attributes.reserve(24);
    each(e["ata_smart_attributes"]["table"], attributes_max, [&](Found row) {
        core::SmartAttribute a;
        const auto id = count_of(row["id"]);
        if (!id || *id == 0 || *id > 255) return;
        a.id = static_cast<unsigned>(*id);
        a.name = text_of(row["name"]);
        a.value = byte_of(row["value"]);
        a.worst = byte_of(row["worst"]);
        a.threshold = byte_of(row["thresh"]);
        a.failed = failed_of(row, a);
        a.prefail = truth_of(row["flags"]["prefailure"]).value_or(false);
        a.raw = raw_of(row["raw"]["value"]);
        a.raw_text = text_of(row["raw"]["string"]);
        add_attribute(r, std::move(a));
    });
}

/// UNC, bit 6 of the error register.
constexpr std::uint64_t uncorrectable_bit = 0x40;

bool is_uncorrectable(Found row) {
    std::string_view text;
    if (row["error_description"].get(text) == simdjson::SUCCESS) return text.find("UNC") != std::string_view::npos;
    return (count_of(row["completion_registers"]["error"]).value_or(0) & uncorrectable_bit) != 0;
}

/// The extended log reaches farther back than the summary.
void read_errors(Found log, SmartReport& r) {
    for (const auto* which : {"extended", "summary"}) {
        const auto part = log[which];
        if (part.error() != simdjson::SUCCESS) continue;
        r.error_count = count_of(part["count"]);
        each(part["table"], errors_max, [&](Found row) {
            r.errors.push_back({hours_of(row["lifetime_hours"]), is_uncorrectable(row)});
        });
        return;
    }
}

void read_ata_tests(Found log, SmartReport& r) {
    for (const auto* which : {"extended", "standard"}) {
        each(log[which]["table"], self_tests_max, [&](Found row) {
            core::SelfTest t;
            const auto status = count_of(row["status"]["value"]);
            if (!status || *status > 0xFF) return;
            t.result = ata_test_result(*status >> 4);
            t.extended = text_of(row["type"]["string"]).find("xtended") != std::string::npos;
            t.hours = hours_of(row["lifetime_hours"]);
            t.text = text_of(row["status"]["string"]);
            r.self_tests.push_back(std::move(t));
        });
        r.has_self_test_log = r.has_self_test_log || log[which].is_object();
        if (!r.self_tests.empty()) return;
    }
}

void read_ata_statistics(Found list, SmartReport& r) {
    each(list["pages"], 32, [&](Found page) {
        const auto number = count_of(page["number"]);
        each(page["table"], 64, [&](Found row) {
            if (truth_of(row["flags"]["valid"]) == false) return;
            const auto value = count_of(row["value"]);
            const auto place = std::pair{number.value_or(0), count_of(row["offset"]).value_or(0)};
            if (place == std::pair<std::uint64_t, std::uint64_t>{3, 32}) r.statistics_reallocated = value;
            if (place == std::pair<std::uint64_t, std::uint64_t>{3, 56}) r.statistics_pending = value;
            if (place == std::pair<std::uint64_t, std::uint64_t>{4, 8}) r.statistics_uncorrectable = value;
            if (place == std::pair<std::uint64_t, std::uint64_t>{5, 88} && !r.temperature_max && value && *value < 128)
                r.temperature_max = static_cast<int>(*value);
            if (place == std::pair<std::uint64_t, std::uint64_t>{6, 24}) r.statistics_crc = value;
            if (place == std::pair<std::uint64_t, std::uint64_t>{7, 8} && value && *value <= 255)
                r.used = static_cast<int>(*value);
        });
    });
}

void read_ata(Found e, SmartReport& r) {
    read_attributes(e, r);
    read_errors(e["ata_smart_error_log"], r);
    read_ata_tests(e["ata_smart_self_test_log"], r);
    read_ata_statistics(e["ata_device_statistics"], r);
    r.pending_defects = count_of(e["ata_pending_defects_log"]["count"]);
    const auto test = e["ata_smart_data"]["self_test"];
    const auto status = count_of(test["status"]["value"]);
    r.has_test_status = status.has_value();
    if (auto failed = failed_by_status(status.value_or(0)); failed && r.self_tests.empty())
        r.self_tests.push_back(std::move(*failed));
    r.test_remaining = small_of(test["status"]["remaining_percent"]);
    r.test_minutes_short = small_of(test["polling_minutes"]["short"]);
    r.test_minutes_extended = small_of(test["polling_minutes"]["extended"]);
}

// ---- NVMe

void read_nvme_tests(Found log, SmartReport& r) {
    r.has_self_test_log = log.is_object();
    each(log["table"], self_tests_max, [&](Found row) {
        core::SelfTest t;
        const auto result = count_of(row["self_test_result"]["value"]);
        if (!result) return;
        t.result = nvme_test_result(*result);
        t.extended = count_of(row["self_test_code"]["value"]) == 2;
        t.hours = hours_of(row["power_on_hours"]);
        t.text = text_of(row["self_test_result"]["string"]);
        r.self_tests.push_back(std::move(t));
    });
    if (const auto done = small_of(log["current_self_test_completion_percent"]);
        done && count_of(log["current_self_test_operation"]["value"]).value_or(0) != 0)
        r.test_remaining = std::clamp(100 - *done, 0, 100);
}

void read_nvme(Found e, SmartReport& r) {
    const auto log = e["nvme_smart_health_information_log"];
    if (log.error() != simdjson::SUCCESS || !log.is_object()) return;
    core::NvmeHealth n;
    const auto warning = log["critical_warning"];
    n.critical_warning = static_cast<unsigned>(byte_of(warning).value_or(0));
    n.unreadable = warning.error() == simdjson::SUCCESS && !byte_of(warning);
    if (warning.error() != simdjson::SUCCESS) r.unclear = "the critical warning cannot be found";
    n.spare = byte_of(log["available_spare"]);
    n.spare_threshold = byte_of(log["available_spare_threshold"]);
    n.used = byte_of(log["percentage_used"]);
    n.media_errors = count_of(log["media_errors"]);
    if (r.unclear.empty() && !n.media_errors) r.unclear = "the count of media errors cannot be found";
    n.units_written = count_of(log["data_units_written"]);
    n.unsafe_shutdowns = count_of(log["unsafe_shutdowns"]);
    if (!r.temperature) r.temperature = small_of(log["temperature"]);
    if (!r.hours) r.hours = hours_of(log["power_on_hours"]);
    r.nvme = n;
    read_nvme_tests(e["nvme_self_test_log"], r);
}

// ---- SCSI

void read_scsi_tests(Found e, SmartReport& r) {
    for (int i = 0; i < 20; ++i) {
        const auto entry = e[fmt::format("scsi_self_test_{}", i)];
        const auto result = count_of(entry["result"]["value"]);
        if (!result) return;
        r.has_self_test_log = true;
        core::SelfTest t;
        t.result = scsi_test_result(*result);
        t.text = text_of(entry["result"]["string"]);
        t.extended = to_lower(text_of(entry["code"]["string"])).find("long") != std::string::npos;
        t.hours = hours_of(entry["power_on_time"]["hours"]);
        r.self_tests.push_back(std::move(t));
    }
}

std::optional<unsigned> code_of(Found e) {
    const auto n = byte_of(e);
    return n ? std::optional{static_cast<unsigned>(*n)} : std::nullopt;
}

void read_scsi(Found e, SmartReport& r) {
    const auto counters = e["scsi_error_counter_log"];
    const auto defects = count_of(e["scsi_grown_defect_list"]);
    if (counters.error() != simdjson::SUCCESS && !defects && text_of(e["device"]["protocol"]) != "SCSI") return;
    if (!r.attributes.empty()) return;
    core::ScsiHealth s;
    s.grown_defects = defects;
    if (const auto pending = count_of(e["scsi_pending_defects"]["count"])) r.pending_defects = pending;
    s.uncorrected_reads = count_of(counters["read"]["total_uncorrected_errors"]);
    s.uncorrected_writes = count_of(counters["write"]["total_uncorrected_errors"]);
    s.uncorrected_verifies = count_of(counters["verify"]["total_uncorrected_errors"]);
    const auto scsi_status = e["smart_status"]["scsi"];
    if (r.passed == false && scsi_status.is_object())
        s.failure = {code_of(scsi_status["asc"]), code_of(scsi_status["ascq"]), text_of(scsi_status["ie_string"])};
    if (const auto percent = byte_of(e["scsi_percentage_used_endurance_indicator"])) r.used = percent;
    const auto inside = small_of(e["scsi_environmental_reports"]["temperature_1"]["current"]);
    if (inside && r.temperature.value_or(0) <= 0) r.temperature = inside;
    r.scsi = std::move(s);
    read_scsi_tests(e, r);
}

/// smartctl's words for a drive that it did not wake (-n standby).
bool is_asleep(const SmartReport& r) {
    return std::any_of(r.messages.begin(), r.messages.end(), [](const std::string& m) {
        return m.find("is in STANDBY") != std::string::npos || m.find("is in SLEEP") != std::string::npos;
    });
}

SmartReport report_of(Found e) {
    SmartReport r;
    read_identity(e, r);
    read_status(e, r);
    read_ata(e, r);
    read_nvme(e, r);
    read_scsi(e, r);
    r.kind = kind_of(e, r);
    r.asleep = is_asleep(r);
    return r;
}

/// Whole numbers beyond 64 bits (NVMe counts with 128) become the greatest there is.
std::string with_short_numbers(std::string_view text) {
    std::string out;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') quoted = !quoted;
        if (quoted && text[i] == '\\' && i + 1 < text.size()) out += text[i++];
        const auto end = quoted ? i : std::min(text.find_first_not_of("0123456789", i), text.size());
        if (end - i < 20) {
            out += text[i];
            continue;
        }
        const bool negative = !out.empty() && out.back() == '-';
        out += negative ? "9223372036854775808" : "18446744073709551615";
        i = end - 1;
    }
    return out;
}

/// Since some version between 3.0 and 3.12 simdjson has an error of its own for what has too many digits.
template <typename Code>
bool is_number_error(Code code) {
    if constexpr (requires { Code::BIGINT_ERROR; })
        if (code == Code::BIGINT_ERROR) return true;
    return code == Code::NUMBER_ERROR;
}

/// Keeps its memory from one document to the next, and refuses longer ones. One counter or byte of a drive that JSON's
/// reader cannot take must not cost the rest of the report.
Found parsed(std::string_view text) {
    thread_local simdjson::dom::parser parser{report_bytes_max};
    std::string repaired;
    auto e = parser.parse(text.data(), text.size());
    if (e.error() == simdjson::UTF8_ERROR) {
        repaired = valid_utf8(text, report_bytes_max);
        e = parser.parse(repaired);
    }
    if (!is_number_error(e.error())) return e;
    repaired = with_short_numbers(repaired.empty() ? text : repaired);
    return parser.parse(repaired);
}

Error no_object(Found e) {
    const auto* why = e.error() != simdjson::SUCCESS ? simdjson::error_message(e.error()) : "it is no object";
    return {ErrorCode::usage, "this is no report of smartctl --json", why, "smartctl --json=c -x /dev/sdX writes one"};
}

}  // namespace

Result<SmartReport> parse_smartctl_json(std::string_view text) {
    const auto e = parsed(text);
    if (e.error() != simdjson::SUCCESS || !e.is_object()) return no_object(e);
    return report_of(e);
}

Result<RecordedReport> parse_recorded(std::string_view line) {
    const auto e = parsed(line);
    if (e.error() != simdjson::SUCCESS || !e.is_object()) return no_object(e);
    RecordedReport recorded;
    std::string_view name;
    if (e["drive"].get(name) == simdjson::SUCCESS && name.size() > text_bytes_max)
        return Error{ErrorCode::usage, "this line's drive has too long a name",
                     fmt::format("it has {} bytes, and at most {} are told apart", name.size(), text_bytes_max), ""};
    recorded.drive = text_of(e["drive"]);
    if (const auto number = integer_of(e["drive"])) recorded.drive = fmt::format("{}", *number);
    recorded.seq = integer_of(e["seq"]);
    const auto report = e["report"];
    if (report.error() != simdjson::SUCCESS || !report.is_object()) {
        recorded.trouble = Error{ErrorCode::usage, "this line has no report",
                                 "the member \"report\" is missing or no object",
                                 R"(a line is {"drive": ID, "seq": N, "hours": H, "report": {...}})"};
        return recorded;
    }
    recorded.report = report_of(report);
    // What the recorder knew beside the report.
    if (const auto kind = core::drive_kind_from(text_of(e["kind"]))) recorded.report.kind = *kind;
    if (const auto hours = hours_of(e["hours"]); hours && !recorded.report.hours) recorded.report.hours = hours;
    return recorded;
}

}  // namespace guardian::health
