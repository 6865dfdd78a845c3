#pragma once
/// Schedules in systemd's OnCalendar notation, and the slots they name. Pure: the zone is a function that is
/// handed in, the moment too.
///
/// Understood: an optional weekday prefix (Mon, Mon..Fri, Sat,Sun), an optional date that must be *-*-*,
/// HH:MM or HH:MM:00, and the shorthands hourly, daily, weekly. All in local time.
///
/// A local time that the clock skips in spring is the first moment after the gap; one that comes twice in
/// autumn is the first of the two. So each day has its slot, once.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace guardian::core {

class Schedule {
  public:
    Schedule() = default;

    /// Parses the notation; the error says what is wrong and what would be right.
    [[nodiscard]] static Result<Schedule> parse(std::string_view text);

    /// The newest slot at or before the moment; empty only for a default-made schedule, or within 40 days of
    /// the ends of Time.
    [[nodiscard]] std::optional<Time> newest(Time at_or_before, const UtcOffset& zone) const;

    /// The first slot after the moment; empty as above.
    [[nodiscard]] std::optional<Time> next(Time after, const UtcOffset& zone) const;

    /// As it was written.
    [[nodiscard]] const std::string& text() const { return text_; }

    friend bool operator==(const Schedule& a, const Schedule& b) { return a.text_ == b.text_; }

  private:
    [[nodiscard]] std::vector<Time> slots_of_day(std::chrono::sys_days local_day, const UtcOffset& zone) const;

    std::string text_;
    std::uint8_t weekdays_ = 0;  ///< bit 0 is Monday
    std::vector<int> minutes_;   ///< minutes of the day, ascending
};

}  // namespace guardian::core
