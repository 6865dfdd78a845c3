#pragma once
/// Schedules in systemd's OnCalendar notation (core/calendar_fields.hpp), and the moments they name. Pure: the zone is
/// a function that is handed in, the moment too.
///
/// Two questions are asked of a schedule. When does systemd's timer elapse: a local time that the clock skips in spring
/// does not exist, so the timer waits for the next one. And what are the slots, at which a backup comes due: each local
/// time of the schedule has one, and one that is skipped has it at the first moment after the gap. A local time that
/// comes twice in autumn is the first of the two in both.

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "core/calendar_fields.hpp"

namespace guardian::core {

/// The zone of a name, as "Europe/Berlin"; empty: there is none of that name.
using ZoneLookup = std::function<std::optional<UtcOffset>(std::string_view name)>;

class Schedule {
  public:
    Schedule() = default;

    /// Parses the notation, with a zone's name or "UTC" at its end where the person wrote one. The error says what is
    /// wrong and what would be right.
    [[nodiscard]] static Result<Schedule> parse(std::string_view text, const ZoneLookup& zones = {});

    /// When systemd's timer elapses first after the moment; empty: never again (years go from 1970 to 2199).
    [[nodiscard]] std::optional<Time> next_elapse(Time after, const UtcOffset& local) const;

    /// The newest slot at or before the moment, and the first after it; empty as above.
    [[nodiscard]] std::optional<Time> newest(Time at_or_before, const UtcOffset& local) const;
    [[nodiscard]] std::optional<Time> next(Time after, const UtcOffset& local) const;

    /// As it was written.
    [[nodiscard]] const std::string& text() const { return text_; }
    /// The zone that it names, else the one that is handed in.
    [[nodiscard]] const UtcOffset& zone(const UtcOffset& local) const { return zone_ ? zone_ : local; }

    friend bool operator==(const Schedule& a, const Schedule& b) { return a.text_ == b.text_; }

  private:
    std::string text_;
    UtcOffset zone_;
    CalendarFields fields_;
};

}  // namespace guardian::core
