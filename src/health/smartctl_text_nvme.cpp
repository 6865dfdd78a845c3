#include <array>

#include "health/smartctl_parts.hpp"

// NVMe: the health log, why the drive failed its own check, and the self-tests.
namespace guardian::health {
namespace {

void set_critical(Draft& d, std::string_view value) {
    const auto word = take_word(value);
    // "0x0" is what a narrow column left of it.
    const auto bits = word.size() == 4 ? hex_number(word) : std::nullopt;
    auto& n = d.nvme_health();
    n.critical_warning |= static_cast<unsigned>(bits.value_or(0) & 0xFF);
    n.unreadable = n.unreadable || !bits;
    d.has_warning = true;
}

/// Only what is a temperature: drives without a sensor print -273.
void set_temperature(Draft& d, std::string_view value) {
    const auto t = small_number(value);
    if (contains(value, "Celsius") && t && *t > -100) set_once(d.report.temperature, t);
}

void set_warning_temperature(Draft& d, std::string_view value) {
    const auto t = small_number(value);
    if (t && *t > 0) set_once(d.report.temperature_max, t);
}

void set_size(Draft& d, std::string_view value) {
    if (d.report.bytes == 0) d.report.bytes = grouped_number(value).value_or(0);
}

void is_nvme(Draft& d, std::string_view) {
    d.nvme = true;
}

/// "Extended self-test in progress (34% completed)"
void set_running(Draft& d, std::string_view value) {
    d.nvme = true;
    const auto at = value.find("in progress (");
    if (at == std::string_view::npos) return;
    const auto done = leading_number(value.substr(at + 13));
    if (done && *done <= 100) d.report.test_remaining = 100 - static_cast<int>(*done);
}

constexpr std::array<Key, 17> nvme_keys{{
    {"NVMe Version", is_nvme, true},
    {"Total NVM Capacity",
     [](Draft& d, std::string_view v) {
         d.nvme = true;
         d.controller_bytes = grouped_number(v).value_or(0);
     },
     true},
    {"Namespace 1 Size/Capacity", set_size, true},
    {"Namespace 1 Size", set_size, true},
    {"Warning Comp. Temp. Threshold", set_warning_temperature, true},
    {"Critical Warning", set_critical, true},
    {"Temperature", set_temperature},
    {"Available Spare",
     [](Draft& d, std::string_view v) {
         set_judged(d, d.nvme_health().spare, or_unclear(d, percent_of(v), "the spare blocks"), "the spare blocks");
     },
     true},
    {"Available Spare Threshold",
     [](Draft& d, std::string_view v) { set_once(d.nvme_health().spare_threshold, percent_of(v)); }, true},
    {"Percentage Used",
     [](Draft& d, std::string_view v) {
         set_judged(d, d.nvme_health().used, or_unclear(d, percent_of(v), "the endurance used"), "the endurance used");
     },
     true},
    {"Data Units Written",
     [](Draft& d, std::string_view v) { set_once(d.nvme_health().units_written, grouped_number(v)); }, true},
    {"Power On Hours",
     [](Draft& d, std::string_view v) { set_once(d.report.hours, hours_of(grouped_number(v))); }},
    {"Unsafe Shutdowns",
     [](Draft& d, std::string_view v) { set_once(d.nvme_health().unsafe_shutdowns, grouped_number(v)); },
     true},
    {"Media and Data Integrity Errors",
     [](Draft& d, std::string_view v) {
         set_judged(d, d.nvme_health().media_errors, grouped_number(v), "the media errors");
     },
     true},
    {"Error Information Log Entries", is_nvme, true},
    {"Number of Namespaces", is_nvme},
    {"Self-test status", set_running},
}};

struct Warning {
    std::string_view words;
    unsigned bit;
};

/// smartctl's words below "FAILED!" for the bits of the critical warning.
constexpr std::array<Warning, 6> warnings{{
    {"available spare has fallen below threshold", 0x01},
    {"temperature is above or below threshold", 0x02},
    {"NVM subsystem reliability has been degraded", 0x04},
    {"media has been placed in read only mode", 0x08},
    {"volatile memory backup device has failed", 0x10},
    {"persistent memory region has become read-only or unreliable", 0x20},
}};

bool take_warning(Lines& lines, Draft& draft) {
    auto text = lines.current().text;
    take(text, "- ");
    for (const auto& w : warnings)
        if (text.starts_with(w.words)) {
            draft.report.status_bits |= w.bit;
            draft.nvme = draft.recognised = true;
            lines.advance();
            return true;
        }
    return false;
}

/// " 0   Extended          Completed without error                8754            -     -   -   -    -"
std::optional<core::SelfTest> test_of(std::string_view text) {
    if (!whole_number(take_word(text))) return std::nullopt;
    text = stripped(text);
    const bool extended = begins(text, "Extended");
    if (!extended && !begins(text, "Short") && !begins(text, "Vendor specific")) return std::nullopt;
    for (const auto& e : nvme_endings())
        if (const auto at = text.find(e.words); at != std::string_view::npos) {
            const auto hours = hours_of(leading_number(stripped(text.substr(at + e.words.size()))));
            return core::SelfTest{extended, nvme_test_result(e.code), hours, std::string(e.words)};
        }
    return std::nullopt;
}

bool take_tests(Lines& lines, Draft& draft) {
    if (!take_self_tests(lines, draft, test_of)) return false;
    draft.nvme = true;
    return true;
}

/// "SMART/Health Information (NVMe Log 0x02)" and the heads of the other logs.
bool take_log_head(Lines& lines, Draft& draft) {
    const auto text = lines.current().text;
    if (!begins(text, "SMART/Health Information (NVMe") && !begins(text, "Error Information (NVMe") &&
        !begins(text, "Self-test Log (NVMe"))
        return false;
    draft.nvme = draft.recognised = true;
    lines.advance();
    return true;
}

}  // namespace

bool take_nvme(Lines& lines, Draft& draft) {
    return take_key(nvme_keys.data(), nvme_keys.size(), lines, draft) || take_log_head(lines, draft) ||
           take_warning(lines, draft) || take_tests(lines, draft);
}

}  // namespace guardian::health
