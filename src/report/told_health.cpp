#include "report/told_health.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/file.hpp"
#include "base/text.hpp"

namespace guardian::report {
namespace {

namespace json = boost::json;
using core::DriveState;
using core::Verdict;

constexpr std::size_t drives_max = 256;

json::value moment(const std::optional<Time>& at) {
    return at ? json::value(to_micros(*at)) : json::value(nullptr);
}

std::optional<Time> moment_at(const json::object& o, std::string_view key) {
    const auto* value = o.if_contains(key);
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    return from_micros(value->get_int64());
}

std::string text_at(const json::object& o, std::string_view key) {
    const auto* value = o.if_contains(key);
    const auto* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? "" : std::string(*text);
}

bool is_true(const json::object& o, std::string_view key) {
    const auto* value = o.if_contains(key);
    return value != nullptr && value->is_bool() && value->get_bool();
}

json::array texts(const auto& all) {
    json::array out;
    for (const std::string& text : all) out.push_back(json::value(valid_utf8(text, 2000)));
    return out;
}

std::string line_of(const DriveState& d) {
    json::array reasons;
    for (const auto& r : d.reasons)
        reasons.push_back(json::object{
            {"rule", r.rule}, {"verdict", core::to_string(r.verdict)}, {"text", valid_utf8(r.text, 2000)}});
    return json::serialize(json::object{{"drive", valid_utf8(d.id, 200)},
                                        {"verdict", core::to_string(d.verdict)},
                                        {"reasons", reasons},
                                        {"read_us", moment(d.read_at)},
                                        {"tried_us", moment(d.tried_at)},
                                        {"trouble", valid_utf8(d.trouble, 600)},
                                        {"asleep", d.asleep}}) +
           "\n";
}

DriveState drive_from(const json::object& o, Verdict verdict, Time at) {
    DriveState d;
    d.id = d.name = printable(text_at(o, "drive"), 200);
    d.verdict = verdict;
    if (const auto* reasons = o.contains("reasons") ? o.at("reasons").if_array() : nullptr)
        for (const auto& r : *reasons)
            if (const auto* reason = r.if_object())
                d.reasons.push_back({text_at(*reason, "rule"),
                                     core::verdict_from(text_at(*reason, "verdict")).value_or(verdict),
                                     {},
                                     text_at(*reason, "text")});
    if (verdict != Verdict::unknown) d.read_at = moment_at(o, "read_us").value_or(at);
    d.tried_at = moment_at(o, "tried_us").value_or(at);
    d.trouble = printable(text_at(o, "trouble"), 500);
    d.asleep = is_true(o, "asleep");
    if (!d.trouble.empty() && !d.asleep) d.unknown_since = d.tried_at;
    return d;
}

std::set<std::string> names_at(const json::object& o, std::string_view key) {
    std::set<std::string> out;
    const auto* value = o.if_contains(key);
    if (value == nullptr || !value->is_array()) return out;
    for (const auto& name : value->get_array())
        if (const auto* text = name.if_string()) out.emplace(*text);
    return out;
}

void take_header(const json::object& o, ToldLook& look) {
    look.came_to_its_end = true;
    look.answered = names_at(o, "answered");
    look.counting = names_at(o, "counting");
}

void take_line(const std::string& line, Time at, ToldLook& look) {
    json::error_code error;
    const auto value = json::parse(line, error);
    const auto* o = error ? nullptr : value.if_object();
    if (o == nullptr) return;
    if (o->contains("answered") && o->contains("counting")) return take_header(*o, look);
    const auto verdict = core::verdict_from(text_at(*o, "verdict"));
    if (verdict && !text_at(*o, "drive").empty()) look.drives.push_back(drive_from(*o, *verdict, at));
}

auto find(std::vector<DriveState>& drives, const std::string& id) {
    return std::find_if(drives.begin(), drives.end(), [&](const auto& d) { return d.id == id; });
}

/// It was asked in vain: what it told of bad stays, and of good only while it sleeps.
void note_in_vain(DriveState& known, const DriveState& attempt) {
    known.trouble = attempt.trouble;
    known.tried_at = attempt.tried_at;
    known.asleep = attempt.asleep;
    if (attempt.asleep) return;
    if (!known.unknown_since) known.unknown_since = attempt.tried_at;
    if (known.verdict == Verdict::healthy) known.verdict = Verdict::unknown;
}

/// The last word of a drive and what came of asking it since.
void add_word(DriveState& known, DriveState told) {
    const bool is_word = told.read_at && (!known.read_at || *told.read_at >= *known.read_at);
    if (!is_word && told.tried_at && (!known.tried_at || *told.tried_at >= *known.tried_at))
        return note_in_vain(known, told);
    if (!is_word) return;
    const bool was_asked_later = known.tried_at && told.tried_at && *known.tried_at > *told.tried_at;
    const auto before = std::exchange(known, std::move(told));
    known.name = before.name;
    if (was_asked_later && !before.trouble.empty()) note_in_vain(known, before);
}

}  // namespace

std::string told_text(const ToldLook& look) {
    std::string text = json::serialize(json::object{{"answered", texts(look.answered)},
                                                    {"counting", texts(look.counting)}}) +
                       "\n";
    auto drives = look.drives;
    std::stable_sort(drives.begin(), drives.end(),
                     [](const auto& a, const auto& b) { return a.verdict > b.verdict; });
    for (const auto& d : drives)
        if (const auto line = line_of(d); text.size() + line.size() <= told_max) text += line;
    return text;
}

ToldLook told_look(const std::string& text, Time at) {
    ToldLook look;
    for (const auto& line : split_lines(text))
        if (look.drives.size() < drives_max) take_line(line, at, look);
    return look;
}

void add_look(std::vector<DriveState>& told, const ToldLook& look) {
    std::erase_if(told, [&](const DriveState& d) {
        return look.answered.contains(d.id) || !look.counting.contains(d.id);
    });
    for (const auto& d : look.drives) {
        const auto known = find(told, d.id);
        if (known != told.end())
            add_word(*known, d);
        else if (told.size() < drives_max)
            told.push_back(d);
    }
}

void add_told(std::vector<DriveState>& drives, const std::vector<DriveState>& told, Time now) {
    for (const auto& d : told) {
        const auto known = find(drives, d.id);
        if (known == drives.end()) {
            drives.push_back(d);
            continue;
        }
        for (auto* at : {&known->read_at, &known->tried_at})
            if (*at && **at > now) *at = Time::min();
        add_word(*known, d);
    }
}

std::string told_file(const core::Config& config) {
    return config.daemon_dir() + "/health-told";
}

ToldDrives read_told(const core::Config& config, Time at) {
    ToldDrives out;
    const auto text = read_file(told_file(config));
    json::error_code error;
    const auto value = text ? json::parse(*text, error) : json::value(nullptr);
    if (error || !value.is_object()) return out;
    for (const auto& [subject, lines] : value.get_object())
        if (const auto* told = lines.if_string())
            out[std::string(subject)] = told_look(std::string(*told), at).drives;
    return out;
}

Result<> keep_told(const core::Config& config, const ToldDrives& told) {
    json::object by_subject;
    for (const auto& [subject, drives] : told) {
        ToldLook look;
        look.drives = drives;
        if (!drives.empty()) by_subject[subject] = told_text(look);
    }
    return replace_file(told_file(config), json::serialize(by_subject));
}

}  // namespace guardian::report
