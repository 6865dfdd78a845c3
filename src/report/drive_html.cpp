#include "report/drive_html.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/drive_words.hpp"

namespace guardian::report {
namespace {

constexpr int plot_width = 640, plot_height = 120, margin = 6;

constexpr const char* style = R"(
:root{color-scheme:light dark;--fg:#1c2024;--soft:#68707a;--bg:#fff;--line:#d9dde2;--plot:#2563a8;--card:#f6f7f9;
--healthy:#1a7f37;--watch:#9a6700;--failing:#c1121f;--unknown:#68707a}
@media(prefers-color-scheme:dark){:root{--fg:#e6e8eb;--soft:#98a1ab;--bg:#14171a;--line:#343a41;--plot:#6cb0f5;
--card:#1d2125;--healthy:#4ac26b;--watch:#e0b040;--failing:#ff6b6b;--unknown:#98a1ab}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);max-width:46rem;margin:2rem auto;
padding:0 1rem}
h1{font-size:1.4rem;margin:0;overflow-wrap:anywhere}h2{font-size:1.05rem;margin:2rem 0 .5rem}
.soft{color:var(--soft)}.verdict{font-size:1.8rem;font-weight:700;margin:.5rem 0}
.healthy{color:var(--healthy)}.watch{color:var(--watch)}.failing{color:var(--failing)}.unknown{color:var(--unknown)}
table{border-collapse:collapse;width:100%;font-size:.9rem}td,th{text-align:left;padding:.25rem .6rem .25rem 0;
border-bottom:1px solid var(--line);overflow-wrap:anywhere}td.n,th.n{text-align:right;white-space:nowrap}
figure{margin:1rem 0;padding:.75rem;background:var(--card);border-radius:.5rem}
figcaption{display:flex;justify-content:space-between;gap:1rem}svg{display:block;width:100%;height:auto}
polyline{fill:none;stroke:var(--plot);stroke-width:2}circle{fill:var(--plot)}
code{display:block;margin:.25rem 0;padding:.35rem .6rem;background:var(--card);border-radius:.35rem;font-size:.85rem;
overflow-wrap:anywhere}li{margin:.25rem 0}.wide{overflow-x:auto}
)";

std::string escaped(std::string_view raw) {
    std::string out;
    for (const char c : printable(raw, 4000)) {
        switch (c) {
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '&':
                out += "&amp;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string list_of(const std::vector<std::string>& items) {
    if (items.empty()) return "";
    std::string out = "<ul>";
    for (const auto& item : items) out += "<li>" + escaped(item) + "</li>";
    return out + "</ul>\n";
}

std::string advice(const std::vector<Advice>& all) {
    if (all.empty()) return "";
    std::string out = "<h2>What to do</h2><ul>";
    for (const auto& a : all) {
        out += "<li>" + escaped(a.text);
        if (!a.command.empty()) out += "<code>" + escaped(a.command) + "</code>";
        out += "</li>";
    }
    return out + "</ul>\n";
}

/// Where a point lies: time from left to right, from the least value at the bottom to the greatest.
class Scale {
  public:
    explicit Scale(const std::vector<Point>& points)
        : from_(points.front().at), to_(points.back().at), least_(points.front().value), most_(least_) {
        for (const auto& p : points) {
            least_ = std::min(least_, p.value);
            most_ = std::max(most_, p.value);
        }
    }
    [[nodiscard]] double x(const Point& p) const {
        const auto span = static_cast<double>((to_ - from_).count());
        return span <= 0
                   ? plot_width / 2.0
                   : margin + (plot_width - 2 * margin) * static_cast<double>((p.at - from_).count()) / span;
    }
    [[nodiscard]] double y(const Point& p) const {
        if (most_ == least_) return plot_height / 2.0;
        const auto part = static_cast<double>(p.value - least_) / static_cast<double>(most_ - least_);
        return plot_height - margin - (plot_height - 2 * margin) * part;
    }

  private:
    Time from_, to_;
    std::uint64_t least_, most_;
};

std::string plot(const SignHistory& s) {
    const Scale scale(s.points);
    std::string line;
    for (const auto& p : s.points) line += fmt::format("{:.1f},{:.1f} ", scale.x(p), scale.y(p));
    const auto& last = s.points.back();
    return fmt::format(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\"><polyline points=\"{}\"/><circle cx=\"{:.1f}\" "
        "cy=\"{:.1f}\" "
        "r=\"3.5\"/></svg>",
        plot_width, plot_height, line, scale.x(last), scale.y(last));
}

std::string figure(const SignHistory& s, const UtcOffset& zone) {
    const auto& first = s.points.front();
    const auto& last = s.points.back();
    return fmt::format(
        "<figure><figcaption><b class=\"{}\">{}</b><span>{} → <b>{}</b></span></figcaption>{}"
        "<figcaption class=\"soft\"><span>{}</span><span>{}</span></figcaption></figure>\n",
        s.verdict == core::Verdict::healthy ? "" : core::to_string(s.verdict),
        escaped(core::in_words(s.sign)), escaped(value_words(s.sign, first.value)),
        escaped(value_words(s.sign, last.value)), plot(s), format_minute(first.at, zone),
        format_minute(last.at, zone));
}

std::string number(const std::optional<int>& n) {
    return n ? fmt::format("{}", *n) : "";
}

std::string attribute_row(const core::SmartAttribute& a) {
    return fmt::format(
        "<tr><td class=\"n\">{}</td><td>{}</td><td class=\"{}\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
        "<td class=\"n\">{}</td><td>{}</td></tr>",
        a.id, escaped(a.name), a.failed == core::Failed::now ? "failing" : "watch", failed_words(a.failed),
        number(a.value), number(a.worst), number(a.threshold),
        escaped(a.raw_text.empty() && a.raw ? format_count(*a.raw) : a.raw_text));
}

std::string attributes(const DriveReport& r) {
    if (!r.facts.newest || r.facts.newest->attributes.empty()) return "";
    std::string out =
        "<h2>All attributes</h2><div class=\"wide\"><table><tr><th class=\"n\">ID</th><th>Name</th><th>Failed</th>"
        "<th class=\"n\">Value</th><th class=\"n\">Worst</th><th class=\"n\">Threshold</th><th>Raw</th></tr>";
    for (const auto& a : r.facts.newest->attributes) out += attribute_row(a);
    return out + "</table></div>\n";
}

std::string counters(const DriveReport& r) {
    if (r.facts.counters.empty()) return "";
    std::string out = "<h2>All counters</h2><table>";
    for (const auto& c : r.facts.counters)
        out += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td></tr>", escaped(c.name), escaped(c.value));
    return out + "</table>\n";
}

std::string wear(const DriveReport& r, const UtcOffset& zone) {
    return r.wear ? "<p><b>Wear:</b> " + escaped(wear_words(*r.wear, zone)) + ".</p>\n" : "";
}

std::string self_tests(const DriveReport& r, const UtcOffset& zone) {
    const auto lines = test_lines(r, zone);
    if (lines.empty()) return "";
    std::string out = "<h2>Self-tests</h2><table><tr><th>Kind</th><th>When</th><th>Result</th></tr>";
    for (const auto& t : lines)
        out += fmt::format("<tr><td>{}</td><td>{}</td><td class=\"{}\">{}</td></tr>", t.kind, t.when,
                           t.failed ? "failing" : "", escaped(t.result));
    return out + "</table>\n";
}

std::string errors(const DriveReport& r) {
    const auto lines = error_lines(r);
    if (lines.empty()) return "";
    std::string out = "<h2>Errors in the drive's log</h2><table><tr><th>When</th><th>What</th></tr>";
    for (const auto& e : lines) out += fmt::format("<tr><td>{}</td><td>{}</td></tr>", e.when, e.what);
    return out + "</table>\n";
}

std::string events(const DriveReport& r, const UtcOffset& zone) {
    if (r.facts.events.empty()) return "";
    std::string out = "<h2>What the kernel said</h2><table>";
    for (const auto& e : r.facts.events)
        out += fmt::format("<tr><td class=\"n\">{}</td><td>{}</td></tr>", format_minute(e.at, zone),
                           escaped(e.text));
    return out + "</table>\n";
}

std::string about(const DriveReport& r, Time now, const UtcOffset& zone) {
    const auto& record = r.facts.record;
    const auto presence = presence_words(r);
    auto out = "<div class=\"soft\">" + escaped(join(identity_words(record.drive), ", ")) + "</div>\n<div class=\"soft\">";
    if (!presence.empty()) out += presence + "; ";
    out += record.read_at ? "read " + format_minute(*record.read_at, zone) : "never read";
    if (!r.facts.targets.empty()) out += "; targets on it: " + escaped(join(r.facts.targets, ", "));
    return out + "; this page is of " + format_minute(now, zone) + "</div>\n";
}

std::string head(const DriveReport& r) {
    const auto name = escaped(drive_name(r.facts.record.drive));
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>{0}</title><style>{1}</style></head><body>\n"
        "<h1>{0}</h1>\n",
        name, style);
}

}  // namespace

std::string drive_html(const DriveReport& r, Time now, const UtcOffset& zone) {
    auto out = head(r) + fmt::format("<div class=\"verdict {0}\">{0}</div>\n", core::to_string(r.diagnosis.verdict));
    out += list_of(r.why) + "<p>" + escaped(r.means) + "</p>\n" + about(r, now, zone) + advice(r.advice);
    if (!r.signs.empty()) out += "<h2>The numbers that matter</h2>\n";
    out += wear(r, zone);
    for (const auto& s : r.signs) out += figure(s, zone);
    out += self_tests(r, zone) + errors(r) + events(r, zone) + attributes(r) + counters(r);
    return out + "</body></html>\n";
}

}  // namespace guardian::report
