#pragma once
/// systemd's OnCalendar notation, read into what each part of a local time may be. Pure.
///
/// Source of the grammar: systemd.time(7), "CALENDAR EVENTS", and what `systemd-analyze calendar` takes and refuses.
/// Left out, and refused with a word of explanation: fractions of seconds, and "@" moments.

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace guardian::core {

struct CalendarFields {
    static constexpr int first_year = 1970, last_year = 2199;

    std::bitset<last_year - first_year + 1> years;
    std::bitset<13> months;  ///< 1 to 12
    std::bitset<32> days;    ///< 1 to 31; counted back from the month's end (1: the last day) if from_month_end
    bool from_month_end = false;
    std::bitset<7> weekdays;  ///< 0 is Monday
    std::bitset<24> hours;
    std::bitset<60> minutes;
    std::bitset<60> seconds;

    /// "first/step" without a last value: which of them there are matters to systemd_match_from() alone.
    struct Step {
        int first, step;
    };
    std::vector<Step> day_steps, hour_steps, minute_steps, second_steps;
};

/// Without a time zone. The error says which part is wrong, and what would be right.
[[nodiscard]] Result<CalendarFields> parse_calendar(std::string_view text);

}  // namespace guardian::core
