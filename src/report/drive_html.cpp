#include "report/drive_html.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

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
.wide{overflow-x:auto}
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

std::string attributes(const core::SmartReport& report) {
    if (report.attributes.empty()) return "";
    std::string out =
        "<h2>All attributes</h2><div class=\"wide\"><table><tr><th class=\"n\">ID</th><th>Name</th><th "
        "class=\"n\">Value</th>"
        "<th class=\"n\">Worst</th><th class=\"n\">Threshold</th><th>Raw</th></tr>";
    for (const auto& a : report.attributes)
        out += fmt::format(
            "<tr><td class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
            "<td class=\"n\">{}</td><td>{}</td></tr>",
            a.id, escaped(a.name), number(a.value), number(a.worst), number(a.threshold),
            escaped(a.raw_text.empty() && a.raw ? format_count(*a.raw) : a.raw_text));
    return out + "</table></div>\n";
}

std::string self_tests(const DriveReport& r) {
    if (!r.facts.newest || r.facts.newest->self_tests.empty()) return "";
    std::string out =
        "<h2>Self-tests</h2><table><tr><th>Kind</th><th>Result</th><th class=\"n\">At hour</th></tr>";
    for (const auto& t : r.facts.newest->self_tests)
        out += fmt::format("<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td></tr>",
                           t.extended ? "extended" : "short",
                           escaped(t.text.empty() ? store::to_string(t.result) : t.text),
                           t.hours ? fmt::format("{}", *t.hours) : "");
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

std::string head(const DriveReport& r, Time now, const UtcOffset& zone) {
    const auto& record = r.facts.record;
    const auto name = escaped(drive_name(record.drive));
    const auto read = record.read_at ? "read " + format_minute(*record.read_at, zone) : "never read";
    const auto targets = join(r.facts.targets, ", ");
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src "
        "'unsafe-inline'\"><title>{0}</title><style>{1}</style></head><body>\n"
        "<h1>{0}</h1><div class=\"soft\">{2}, {3}{4}; this page is of {5}</div>\n",
        name, style, escaped(record.drive.id), read, targets.empty() ? "" : ", target " + escaped(targets),
        format_minute(now, zone));
}

}  // namespace

std::string drive_html(const DriveReport& r, Time now, const UtcOffset& zone) {
    auto out = head(r, now, zone);
    out += fmt::format("<div class=\"verdict {0}\">{0}</div>\n", core::to_string(r.diagnosis.verdict));
    out += list_of(r.why) + "<p>" + escaped(r.means) + "</p>\n";
    if (!r.advice.empty()) out += "<h2>What to do</h2>" + list_of(r.advice);
    if (!r.signs.empty()) out += "<h2>The numbers that matter</h2>\n";
    for (const auto& s : r.signs) out += figure(s, zone);
    out += self_tests(r) + events(r, zone);
    if (r.facts.newest) out += attributes(*r.facts.newest);
    return out + "</body></html>\n";
}

}  // namespace guardian::report
