#include "health/recorded.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "health/smartctl_json.hpp"

namespace guardian::health {
namespace {

std::string in_error(std::string_view drive, const Error& error) {
    return fmt::format(R"({{"drive":{},"verdict":"unknown","reasons":[],"error":{}}})", json_string(drive),
                       json_string(error.text()));
}

}  // namespace

std::string assessment_json(std::string_view drive, const core::Assessment& a) {
    std::vector<std::string> reasons;
    for (const auto& r : a.reasons) reasons.push_back(json_string(r.text));
    return fmt::format(R"({{"drive":{},"verdict":"{}","reasons":[{}]}})", json_string(drive),
                       core::to_string(a.verdict), join(reasons, ","));
}

RecordedDrives::Entry& RecordedDrives::entry_of(const std::string& drive) {
    if (const auto found = by_name_.find(drive); found != by_name_.end()) {
        drives_.splice(drives_.begin(), drives_, found->second);
        return drives_.front();
    }
    drives_.push_front({drive, {}});
    by_name_[drive] = drives_.begin();
    ++kept_;
    return drives_.front();
}

void RecordedDrives::forget_oldest() {
    kept_ -= 1 + drives_.back().readings.size();
    by_name_.erase(drives_.back().drive);
    drives_.pop_back();
}

core::Assessment RecordedDrives::judge(const std::string& drive, std::optional<std::int64_t> seq,
                                       const core::SmartReport& report) {
    auto& readings = entry_of(drive).readings;
    const auto place = seq.value_or(readings.empty() ? 0 : readings.back().first + 1);
    const auto after = std::upper_bound(readings.begin(), readings.end(), place,
                                        [](std::int64_t s, const auto& reading) { return s < reading.first; });
    core::History history;
    for (auto it = readings.begin(); it != after; ++it) history.push_back(it->second);
    auto assessment = core::assess(history, report);
    core::Reading reading{std::nullopt, core::signs_of(report)};
    if (report.read_at_s && *report.read_at_s > 0 && *report.read_at_s < 1LL << 40)
        reading.at = Time{std::chrono::seconds{*report.read_at_s}};
    if (reading.signs.empty()) return assessment;
    readings.insert(after, {place, reading});
    ++kept_;
    // The first is what all growth is measured from.
    if (readings.size() > readings_max) {
        readings.erase(readings.begin() + 1);
        --kept_;
    }
    while (kept_ > kept_max_) forget_oldest();
    return assessment;
}

std::string RecordedDrives::answer(std::string_view line) {
    if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);  // of the first line of a file from Windows
    auto recorded = parse_recorded(line);
    if (!recorded) return in_error("", recorded.error());
    if (recorded->trouble) return in_error(recorded->drive, *recorded->trouble);
    // Whose it is, nobody knows: it has no history, and is none of another's.
    if (recorded->drive.empty()) return assessment_json("", core::assess({}, recorded->report));
    return assessment_json(recorded->drive, judge(recorded->drive, recorded->seq, recorded->report));
}

}  // namespace guardian::health
