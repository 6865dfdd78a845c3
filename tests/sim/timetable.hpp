#pragma once
/// The simulator's own idea of local time and of schedules, written afresh so that it can contradict
/// core/calendar. A zone is a table of moments at which its offset changes; a timetable is weekdays and
/// minutes of the day. Pure.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "random.hpp"

namespace sim {

using guardian::Duration;
using guardian::Time;

class Zone {
  public:
    /// One of several made-up zones: north, south, half-hour summer time, changes at local midnight, none.
    static Zone invented(Random& random);

    [[nodiscard]] std::chrono::seconds offset(Time t) const;
    [[nodiscard]] guardian::UtcOffset function() const;

    /// The moment a local day and minute name: the first of two, or the end of the gap that swallows it.
    [[nodiscard]] Time moment(std::chrono::sys_days local_day, int minute) const;
    [[nodiscard]] std::chrono::sys_days local_day(Time t) const;

  private:
    struct Change {
        Time at;
        std::chrono::seconds offset;
    };
    std::chrono::seconds standard_{0};
    std::chrono::seconds summer_{0};
    std::shared_ptr<const std::vector<Change>> changes_;
    /// Between two changes, the offset that was found last.
    mutable Time from_{}, until_{};
    mutable std::chrono::seconds found_{0};
};

class Timetable {
  public:
    Timetable(std::string text, unsigned weekdays, std::vector<int> minutes)
        : text_(std::move(text)), weekdays_(weekdays), minutes_(std::move(minutes)) {}

    [[nodiscard]] Time newest(Time now, const Zone& zone) const;
    [[nodiscard]] const std::string& text() const { return text_; }

    /// Those that plans are given; the last one is hourly.
    static const std::vector<Timetable>& all();
    static const Timetable& of(const std::string& text);

  private:
    std::string text_;
    unsigned weekdays_;  ///< bit 0 is Monday
    std::vector<int> minutes_;
    /// The answer holds from `from` up to `until`.
    mutable Time from_{}, until_{};
    mutable const void* zone_ = nullptr;
};

}  // namespace sim
