#include "core/health_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace guardian::core {
namespace {

using std::chrono::seconds;

/// Empty: not known, or the clock was set back since.
std::optional<std::int64_t> hours_by_clock(const HealthCase& c, const Reading& reading) {
    if (!reading.at || !c.report.read_at_s) return std::nullopt;
    const auto then = std::chrono::duration_cast<seconds>(reading.at->time_since_epoch()).count();
    if (*c.report.read_at_s < then) return std::nullopt;
    return (*c.report.read_at_s - then) / 3600;
}

std::optional<std::int64_t> hours_of_operation(const HealthCase& c, const Reading& reading) {
    const auto now = c.now[Sign::hours], then = reading.signs[Sign::hours];
    if (!now || !then || *then > *now) return std::nullopt;
    return static_cast<std::int64_t>(*now - *then);
}

/// How long before the report; by the clock where both know it, else by the drive's hours.
std::optional<std::int64_t> hours_before(const HealthCase& c, const Reading& reading) {
    const auto hours = hours_by_clock(c, reading);
    return hours ? hours : hours_of_operation(c, reading);
}

std::string span_in_words(std::int64_t hours) {
    if (hours < 1) return "less than an hour";
    if (hours < 48) return plural(static_cast<std::uint64_t>(hours), "hour", "hours");
    if (hours < 2 * 730) return fmt::format("{} days", hours / 24);
    return fmt::format("{} months", hours / 730);
}

std::string when(const HealthCase& c, const Reading& reading) {
    if (const auto hours = hours_by_clock(c, reading)) return span_in_words(*hours) + " ago";
    const auto hours = hours_of_operation(c, reading);
    return hours ? ago(*hours) : "before";
}

}  // namespace

std::optional<std::int64_t> hours_since(const HealthCase& c, std::optional<std::int64_t> then) {
    constexpr std::int64_t wrap = 65536;
    const auto now = c.now[Sign::hours];
    if (!now || !then || *then < 0) return std::nullopt;
    const auto age = static_cast<std::int64_t>(*now) - *then;
    if (age < 0) return std::nullopt;
    const bool wraps = c.report.kind != DriveKind::nvme && *then < wrap;
    return wraps ? age % wrap : age;
}

std::string ago(std::int64_t hours) { return span_in_words(hours) + " of operation ago"; }

std::uint64_t growth_in_30_days(const HealthCase& c, Sign sign) {
    constexpr std::int64_t window = 30 * 24;
    const auto now = c.now[sign];
    if (!now) return 0;
    const auto since = [&](const Reading& reading) {
        const auto then = *reading.signs[sign];
        return *now > then ? *now - then : 0;
    };
    std::uint64_t before = 0;
    for (const auto& reading : c.history) {
        if (!reading.signs[sign]) continue;
        const auto age = hours_before(c, reading).value_or(0);
        // What came since a reading within the window came within it, whatever an older one says.
        if (age <= window) return std::max(before, since(reading));
        before = static_cast<std::uint64_t>(static_cast<double>(since(reading)) * window / static_cast<double>(age));
    }
    return before;
}

std::string with_trend(const HealthCase& c, Sign sign, std::string_view label) {
    const auto now = c.now.count(sign);
    auto text = fmt::format("{} = {}", label, now);
    const auto other = std::find_if(c.history.rbegin(), c.history.rend(), [&](const Reading& reading) {
        return reading.signs[sign] && *reading.signs[sign] != now;
    });
    if (other != c.history.rend()) text += fmt::format(", {} {}", when(c, *other), *other->signs[sign]);
    return text;
}

std::string plural(std::uint64_t n, std::string_view one, std::string_view many) {
    return n == 1 ? fmt::format("1 {}", one) : fmt::format("{} {}", format_count(n), many);
}

std::string nvme_warnings(unsigned bits) {
    constexpr std::pair<unsigned, const char*> meanings[] = {
        {0x01, "its spare blocks are used up"},
        {0x02, "it is too hot"},
        {0x04, "it is not reliable any more"},
        {0x08, "it lets itself be read only"},
        {0x10, "its memory is not saved at a power cut"},
        {0x20, "its persistent memory is read-only or unreliable"},
    };
    std::vector<std::string> words;
    for (const auto& [bit, meaning] : meanings)
        if ((bits & bit) != 0) words.emplace_back(meaning);
    return words.empty() ? "for a reason of its own" : join(words, ", ");
}

}  // namespace guardian::core
