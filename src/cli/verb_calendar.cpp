/// guardian calendar EXPR: when a schedule comes due. The list is that of `systemd-analyze calendar`; what
/// guardiand adds to it is said.

#include <boost/json.hpp>
#include <cstdio>

#include "base/text.hpp"
#include "base/timestamp.hpp"
#include "cli/screen.hpp"
#include "cli/verbs.hpp"
#include "core/calendar.hpp"

namespace guardian::cli {
namespace {

namespace json = boost::json;

struct Entry {
    Time at;
    bool elapse = true;  ///< of systemd's timer; false: a slot that only guardiand knows
};

/// So many elapses, and the slots among them that are none.
std::vector<Entry> entries_of(const core::Schedule& schedule, Time from, std::size_t count,
                              const UtcOffset& zone) {
    std::vector<Entry> out;
    auto slot = schedule.next(from, zone);
    auto elapse = schedule.next_elapse(from, zone);
    for (std::size_t n = 0; elapse && n < count; ++n, elapse = schedule.next_elapse(*elapse, zone)) {
        for (; slot && *slot < *elapse; slot = schedule.next(*slot, zone)) out.push_back({*slot, false});
        if (slot == elapse) slot = schedule.next(*slot, zone);
        out.push_back({*elapse, true});
    }
    // After the last elapse of all there may be a slot still.
    for (; !elapse && slot && out.size() < count; slot = schedule.next(*slot, zone))
        out.push_back({*slot, false});
    return out;
}

std::string weekday_of(Time t, const UtcOffset& zone) {
    static constexpr const char* names[]{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    const auto local = std::chrono::floor<std::chrono::days>(t + zone(t));
    return names[std::chrono::weekday{local}.c_encoding()];
}

/// "2026-03-29 02:00:00 +02:00", from RFC 3339.
std::string moment_words(Time t, const UtcOffset& zone) {
    auto text = rfc3339(t, zone);
    text[10] = ' ';
    text.insert(19, " ");
    return weekday_of(t, zone) + " " + text;
}

int print_json(const std::vector<Entry>& entries, const UtcOffset& zone) {
    json::array elapses;
    for (const auto& e : entries)
        if (e.elapse) elapses.emplace_back(rfc3339(e.at, zone));
    fmt::print("{}\n", json::serialize(json::object{{"elapses", std::move(elapses)}}));
    return ok;
}

int print_screen(const Globals& globals, const std::vector<Entry>& entries, Time now, const UtcOffset& zone) {
    Screen screen{terminal_size(STDOUT_FILENO).columns, globals.color};
    std::vector<Row> rows;
    for (const auto& e : entries) {
        const auto away = e.at > now ? "in " + format_span(e.at - now) : format_span(now - e.at) + " ago";
        rows.push_back({{{moment_words(e.at, zone)}, {away, Tone::faint}},
                        {e.elapse ? "" : "no elapse of systemd's timer: guardiand starts it", Tone::warn},
                        {}});
    }
    if (!entries.empty()) table(screen, {{"ELAPSES", 20}, {"FROM NOW"}}, rows);
    if (entries.empty()) screen.line({{"it never elapses (again)"}});
    fmt::print("{}", screen.text());
    return ok;
}

}  // namespace

int calendar(const Globals& globals, const CalendarOptions& options) {
    const auto schedule = core::Schedule::parse(options.expression, zone_named);
    if (!schedule) return complain(schedule.error());
    const auto present = now();
    const auto from = options.from.empty() ? Result<Time>{present} : parse_timestamp(options.from, present);
    if (!from) return complain(from.error());
    const auto zone = local_zone();
    const auto entries = entries_of(*schedule, *from, options.count, zone);
    return options.json ? print_json(entries, zone) : print_screen(globals, entries, present, zone);
}

}  // namespace guardian::cli
