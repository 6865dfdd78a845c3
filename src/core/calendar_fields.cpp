#include "core/calendar_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/text.hpp"

namespace guardian::core {
namespace {

constexpr std::array<std::string_view, 7> day_names{"monday", "tuesday",  "wednesday", "thursday",
                                                    "friday", "saturday", "sunday"};

struct Shorthand {
    std::string_view name, meaning;
};
constexpr std::array shorthands{
    Shorthand{"minutely", "*:*"},           Shorthand{"hourly", "*:0"},
    Shorthand{"daily", "*-*-*"},            Shorthand{"weekly", "Mon"},
    Shorthand{"monthly", "*-*-1"},          Shorthand{"quarterly", "*-1,4,7,10-1"},
    Shorthand{"annually", "*-1-1"},         Shorthand{"yearly", "*-1-1"},
    Shorthand{"anually", "*-1-1"},          Shorthand{"biannually", "*-1,7-1"},
    Shorthand{"bi-annually", "*-1,7-1"},    Shorthand{"semiannually", "*-1,7-1"},
    Shorthand{"semi-annually", "*-1,7-1"},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// One item of a list: a number, a range "first..last", or either with "/step". Without a last it goes on to the
/// greatest that there is.
struct Item {
    int first = 0;
    std::optional<int> last, step;
    friend auto operator<=>(const Item&, const Item&) = default;
};
using Items = std::vector<Item>;  ///< empty: "*"

/// What a part may hold.
struct Limits {
    std::string_view name;
    int least, most;
};
constexpr Limits year_limits{"a year", CalendarFields::first_year, CalendarFields::last_year},
    month_limits{"a month", 1, 12}, day_limits{"a day", 1, 31}, back_limits{"a day from the month's end", 1, 28},
    hour_limits{"an hour", 0, 23}, minute_limits{"a minute", 0, 59}, second_limits{"a second", 0, 59};

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text), rest_(text) {}

    Result<CalendarFields> parse() {
        if (text_.empty()) return bad("it is empty");
        for (const auto& s : shorthands)
            if (to_lower(text_) == s.name) rest_ = s.meaning;
        if (!weekdays() || !date() || !time()) return bad(reason_);
        return fields_;
    }

  private:
    Error bad(const std::string& reason) const {
        return {ErrorCode::config, fmt::format("\"{}\" is not a schedule", printable(text_, 100)), reason,
                "write for example \"*-*-* 02:00\", \"Mon..Fri 22:30\", \"daily\", \"hourly\" or \"weekly\"; "
                "see systemd.time(7), CALENDAR EVENTS"};
    }
    bool fail(std::string reason) {
        if (reason_.empty()) reason_ = std::move(reason);
        return false;
    }
    bool fail_here() {
        if (rest_.empty()) return fail("it ends too early");
        return fail(fmt::format("\"{}\" is not understood here", printable(rest_, 60)));
    }

    [[nodiscard]] char next() const { return rest_.empty() ? '\0' : rest_.front(); }
    bool take(std::string_view word) {
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }
    void skip_spaces() {
        while (take(" ")) {}
    }

    // ---- weekdays

    /// systemd takes a weekday's full English name or its first three letters, in any case.
    std::optional<std::size_t> weekday() {
        const auto word = to_lower(rest_.substr(0, rest_.find_first_of("-., ")));
        for (std::size_t i = 0; i < day_names.size(); ++i) {
            if (word != day_names[i] && (word.size() != 3 || !day_names[i].starts_with(word))) continue;
            rest_.remove_prefix(word.size());
            return i;
        }
        return std::nullopt;
    }

    bool weekdays() {
        auto first = weekday();
        if (!first) {
            fields_.weekdays.set();
            return true;
        }
        while (first) {
            auto last = first;
            if (take("..") || take("-")) last = weekday();  // "-" is of old, and systemd takes it still
            if (!last) return fail_here();
            if (*last < *first) return fail("a range of weekdays goes from Monday towards Sunday");
            for (auto d = *first; d <= *last; ++d) fields_.weekdays.set(d);
            const bool comma = take(",");
            if (next() == ' ' || next() == '\0') break;
            first = comma ? weekday() : std::nullopt;
            if (!first) return fail_here();
        }
        skip_spaces();
        return true;
    }

    // ---- the parts of a date and a time

    std::optional<int> number() {
        int value = 0;
        if (!is_digit(next())) return std::nullopt;
        for (; is_digit(next()); rest_.remove_prefix(1)) {
            value = value * 10 + (next() - '0');
            if (value > 1'000'000) return std::nullopt;
        }
        return value;
    }

    bool item(Items& items) {
        Item item;
        const auto first = number();
        if (!first) return fail_here();
        item.first = *first;
        if (take("..") && !(item.last = number())) return fail_here();
        if (take("/") && !(item.step = number())) return fail_here();
        if (next() == '.') return fail("fractions of a second are not supported");
        if (item.step == 0) return fail("a step of 0 leads nowhere");
        if (item.last && *item.last < item.first) return fail("a range goes upwards");
        // systemd counts these in microseconds, of which no range can be one.
        if (in_seconds_ && item.last == item.first && !item.step) return fail("a range of one second is none");
        // As systemd: a range that is left with the first step is its first value.
        const int step = item.step.value_or(1);
        if (item.last && item.first + step > *item.last) item = {item.first, {}, {}};
        if (item.last) item.last = *item.last - (*item.last - item.first) % step;
        items.push_back(item);
        return true;
    }

    bool list(Items& items) {
        if (take("*")) return true;
        do {
            if (!item(items)) return false;
        } while (take(","));
        return true;
    }

    static std::vector<CalendarFields::Step> open_steps(const Items& items) {
        std::vector<CalendarFields::Step> out;
        for (const auto& i : items)
            if (i.step && !i.last) out.push_back({i.first, *i.step});
        return out;
    }

    static int whole_year(int year) {
        if (year < 70) return year + 2000;
        return year < 100 ? year + 1900 : year;
    }

    template <std::size_t N>
    bool put(const Items& items, std::bitset<N>& out, const Limits& limits) {
        if (items.empty())
            for (int v = limits.least; v <= limits.most; ++v) out.set(static_cast<std::size_t>(v));
        return std::all_of(items.begin(), items.end(), [&](const Item& i) { return put(i, out, limits); });
    }

    /// Counted from the month's end, "7/2" still goes towards it: the 7th, 5th, 3rd and last day. As in systemd, whose
    /// check is one of a list within a list, each further item may lie three days less far back.
    bool put_days_back(Items items) {
        std::sort(items.begin(), items.end());
        items.erase(std::unique(items.begin(), items.end()), items.end());
        int farthest = back_limits.most;
        for (const auto& i : items) {
            if (std::max(i.first, i.last.value_or(0)) > farthest)
                return fail(fmt::format("here a day is at most {} days before the month's end", farthest));
            const bool to_the_end = i.step && !i.last;
            if (!(to_the_end ? put_steps_to_end(i.first, *i.step) : put(i, fields_.days, back_limits))) return false;
            farthest -= 3;
        }
        return true;
    }

    bool put_steps_to_end(int first, int step) {
        if (first - step < back_limits.least)
            return fail(fmt::format("from {} to the month's end there is no step of {}", first, step));
        for (int v = first; v >= back_limits.least; v -= step) fields_.days.set(static_cast<std::size_t>(v));
        return true;
    }

    template <std::size_t N>
    bool put(const Item& item, std::bitset<N>& out, const Limits& limits) {
        const auto within = [&](int v) { return v >= limits.least && v <= limits.most; };
        const int last = item.last.value_or(item.step ? limits.most : item.first);
        if (!within(item.first) || !within(last) || last < item.first)
            return fail(fmt::format("{} is between {} and {}", limits.name, limits.least, limits.most));
        const int step = item.step.value_or(1);
        // As systemd: a step that never comes to a second value is a slip.
        if (item.step && item.first + step > last)
            return fail(fmt::format("from {} to {} there is no step of {}", item.first, last, step));
        for (int v = item.first; v <= last; v += step) out.set(static_cast<std::size_t>(v));
        return true;
    }

    bool put_years(Items items) {
        std::bitset<CalendarFields::last_year + 1> years;
        for (auto& i : items) {
            i.first = whole_year(i.first);
            if (i.last) i.last = whole_year(*i.last);
        }
        if (!put(items, years, year_limits)) return false;
        for (std::size_t y = 0; y < fields_.years.size(); ++y)
            fields_.years[y] = years[y + CalendarFields::first_year];
        return true;
    }

    // ---- the date

    bool date() {
        if (next() == '@') return fail("a moment in seconds since 1970 is not supported");
        const auto begin = rest_;
        Items first, second, third;
        if (!rest_.empty() && !list(first)) return false;
        if (rest_.empty() && !begin.empty()) return fail("a lone number is neither a date nor a time");
        if (rest_.empty() || next() == ':') {
            rest_ = begin;
            return put_date({}, {}, {});
        }
        if (!separator() || !list(second)) return fail_here();
        if (next() == ' ' || rest_.empty()) return put_date({}, first, second);
        if (fields_.from_month_end || !separator() || !list(third) || !(next() == ' ' || rest_.empty()))
            return fail_here();
        return put_date(first, second, third);
    }

    bool separator() {
        fields_.from_month_end = next() == '~';
        return take("~") || take("-");
    }

    bool put_date(const Items& years, const Items& months, const Items& days) {
        skip_spaces();
        if (!put_years(years) || !put(months, fields_.months, month_limits)) return false;
        fields_.from_month_end = fields_.from_month_end && !days.empty();
        fields_.day_steps = open_steps(days);
        return fields_.from_month_end ? put_days_back(days) : put(days, fields_.days, day_limits);
    }

    // ---- the time

    bool time() {
        const Items midnight{Item{}};
        Items hours = midnight, minutes = midnight, seconds = midnight;
        if (!rest_.empty()) {
            hours.clear();
            minutes.clear();
            if (!list(hours) || !take(":") || !list(minutes)) return fail_here();
            if (take(":")) {
                seconds.clear();
                in_seconds_ = true;
                if (!list(seconds)) return false;
            }
        }
        if (!rest_.empty()) return fail_here();
        fields_.hour_steps = open_steps(hours);
        fields_.minute_steps = open_steps(minutes);
        fields_.second_steps = open_steps(seconds);
        return put(hours, fields_.hours, hour_limits) && put(minutes, fields_.minutes, minute_limits) &&
               put(seconds, fields_.seconds, second_limits);
    }

    std::string_view text_, rest_;
    bool in_seconds_ = false;
    std::string reason_;
    CalendarFields fields_;
};

}  // namespace

Result<CalendarFields> parse_calendar(std::string_view text) { return Parser{text}.parse(); }

}  // namespace guardian::core
