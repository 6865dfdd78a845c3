#include "timetable.hpp"

#include <algorithm>
#include <stdexcept>

namespace sim {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;

struct Rule {
    seconds standard, shift;
    unsigned on_month, on_day, off_month, off_day;
    minutes on_at, off_at;  ///< after midnight UTC of the day
};

const std::vector<Rule>& rules() {
    static const std::vector<Rule> all{
        {hours{1}, hours{1}, 3, 29, 10, 25, hours{1}, hours{1}},   // as in Europe
        {hours{-5}, hours{1}, 3, 8, 11, 1, hours{7}, hours{6}},    // as in North America
        {hours{10}, hours{1}, 10, 4, 4, 5, hours{-8}, hours{-8}},  // south: summer over the new year
        {minutes{630}, minutes{30}, 10, 4, 4, 5, minutes{-510}, minutes{-540}},  // half an hour
        {hours{2}, hours{1}, 3, 27, 10, 30, hours{-2}, hours{-3}},               // changes at local midnight
        {minutes{345}, seconds{0}, 3, 29, 10, 25, hours{1}, hours{1}},           // never changes
    };
    return all;
}

Time day_of(int year, unsigned month, unsigned day) {
    return Time{sys_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}}};
}

}  // namespace

Zone Zone::invented(Random& random) {
    const auto rule = random.pick(rules());
    Zone zone;
    zone.standard_ = rule.standard;
    zone.summer_ = rule.standard + rule.shift;
    auto changes = std::make_shared<std::vector<Change>>();
    for (int year = 1960; year < 2100; ++year) {
        changes->push_back({day_of(year, rule.on_month, rule.on_day) + rule.on_at, zone.summer_});
        changes->push_back({day_of(year, rule.off_month, rule.off_day) + rule.off_at, zone.standard_});
    }
    std::sort(changes->begin(), changes->end(), [](const Change& a, const Change& b) { return a.at < b.at; });
    zone.changes_ = std::move(changes);
    return zone;
}

seconds Zone::offset(Time t) const {
    if (from_ <= t && t < until_) return found_;
    const auto after = std::upper_bound(changes_->begin(), changes_->end(), t,
                                        [](Time moment, const Change& c) { return moment < c.at; });
    if (after == changes_->begin() || after == changes_->end()) return standard_;
    from_ = std::prev(after)->at;
    until_ = after->at;
    found_ = std::prev(after)->offset;
    return found_;
}

guardian::UtcOffset Zone::function() const {
    return [zone = *this](Time t) { return zone.offset(t); };
}

Time Zone::moment(sys_days local_day, int minute) const {
    const Time as_if_utc = Time{local_day} + minutes{minute};
    for (const auto offset : {std::max(standard_, summer_), std::min(standard_, summer_)})
        if (this->offset(as_if_utc - offset) == offset) return as_if_utc - offset;
    const auto gap =
        std::upper_bound(changes_->begin(), changes_->end(), as_if_utc - std::max(standard_, summer_),
                         [](Time moment, const Change& c) { return moment < c.at; });
    return gap->at;
}

sys_days Zone::local_day(Time t) const {
    return floor<days>(t + offset(t));
}

Time Timetable::newest(Time now, const Zone& zone) const {
    if (zone_ == &zone && from_ <= now && now < until_) return from_;
    Time best{Time::min()}, following{Time::max()};
    const auto today = zone.local_day(now);
    for (int ahead = -9; ahead <= 9; ++ahead) {
        const auto day = today + days{ahead};
        if ((weekdays_ >> (std::chrono::weekday{day}.iso_encoding() - 1) & 1U) == 0) continue;
        for (const int minute : minutes_) {
            const auto slot = zone.moment(day, minute);
            if (slot <= now) best = std::max(best, slot);
            if (slot > now) following = std::min(following, slot);
        }
    }
    zone_ = &zone;
    from_ = best;
    until_ = following;
    return best;
}

const std::vector<Timetable>& Timetable::all() {
    static const std::vector<Timetable> tables = [] {
        std::vector<int> every_hour;
        for (int h = 0; h < 24; ++h) every_hour.push_back(h * 60);
        return std::vector<Timetable>{{"*-*-* 02:00", 0x7F, {120}},
                                      {"*-*-* 02:30", 0x7F, {150}},
                                      {"daily", 0x7F, {0}},
                                      {"*-*-* 00:30", 0x7F, {30}},
                                      {"weekly", 0x01, {0}},
                                      {"Mon..Fri 22:30", 0x1F, {1350}},
                                      {"Sat,Sun *-*-* 03:15", 0x60, {195}},
                                      {"Sun 02:15", 0x40, {135}},
                                      {"hourly", 0x7F, every_hour}};
    }();
    return tables;
}

const Timetable& Timetable::of(const std::string& text) {
    for (const auto& t : all())
        if (t.text() == text) return t;
    throw std::logic_error("no such timetable: " + text);
}

}  // namespace sim
