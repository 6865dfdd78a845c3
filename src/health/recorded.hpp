#pragma once
/// Judges recorded reports of many drives, one JSON object a line, each with the history of its drive so far. Bounded:
/// of each drive so many readings are kept, the first of them always; and when those of all drives are too many, the drive
/// is forgotten that was not heard of for the longest.

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/health.hpp"

namespace guardian::health {

class RecordedDrives {
  public:
    static constexpr std::size_t readings_max = 128;

    /// `kept_max`: readings of all drives, each of which counts for one itself. As many as this take some 140 MB.
    explicit RecordedDrives(std::size_t kept_max = 200'000) : kept_max_(kept_max) {}

    /// One line of answer, without its end: {"drive": …, "verdict": …, "reasons": […]}; for a line that cannot be read
    /// the verdict unknown and "error", with the drive if that much of it can be.
    [[nodiscard]] std::string answer(std::string_view line);

  private:
    struct Entry {
        std::string drive;
        std::vector<std::pair<std::int64_t, core::Reading>> readings;  ///< by seq, of equal ones as they came
    };
    Entry& entry_of(const std::string& drive);
    void forget_oldest();
    core::Assessment judge(const std::string& drive, std::optional<std::int64_t> seq, const core::SmartReport& report);

    std::size_t kept_max_, kept_ = 0;  ///< readings and drives
    std::list<Entry> drives_;  ///< the one heard of last comes first
    std::unordered_map<std::string, std::list<Entry>::iterator> by_name_;
};

/// {"drive": …, "verdict": …, "reasons": […]}
[[nodiscard]] std::string assessment_json(std::string_view drive, const core::Assessment& assessment);

}  // namespace guardian::health
