#include "cli/screen_status.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "cli/screen.hpp"
#include "cli/screen_runs.hpp"
#include "cli/screen_smart.hpp"

namespace guardian::cli {
namespace {

using core::TargetState;
using report::PlanStatus;
using report::Status;
using report::TargetStatus;

struct Words {
    std::string_view text;
    Tone tone;
};

Words words_of(TargetState state) {
    switch (state) {
        case TargetState::absent:
            return {"not there", Tone::faint};
        case TargetState::present:
            return {"plugged in", Tone::strong};
        case TargetState::ambiguous:
            return {"ambiguous", Tone::bad};
        case TargetState::refused:
            return {"refused", Tone::bad};
        case TargetState::mounting:
            return {"being mounted", Tone::strong};
        case TargetState::busy:
            return {"in use", Tone::strong};
        case TargetState::ready:
            return {"mounted", Tone::strong};
        case TargetState::releasing:
            return {"being unmounted", Tone::strong};
        case TargetState::still_mounted:
            return {"do not unplug", Tone::bad};
        case TargetState::safe_to_unplug:
            return {"safe to unplug", Tone::good};
        case TargetState::vanished:
            return {"pulled out", Tone::bad};
    }
    return {"", Tone::plain};
}

Words words_of_plan(std::string_view state) {
    if (state == "ok") return {"ok", Tone::good};
    if (state == "warning") return {"warning", Tone::warn};
    if (state == "failed") return {"failed", Tone::bad};
    if (state == "stale") return {"stale", Tone::bad};
    if (state == "never-ran") return {"never ran", Tone::warn};
    if (state == "due") return {"due", Tone::strong};
    if (state == "running") return {"running", Tone::strong};
    return {state, Tone::plain};
}

// The head.

std::string daemon_words(const Status& s) {
    if (!s.daemon.running) return "guardiand does not run";
    if (!s.daemon.since) return "guardiand runs";
    return "guardiand runs since " + format_minute(*s.daemon.since, s.zone);
}

std::string daemon_detail(const Status& s) {
    if (!s.daemon.running || s.daemon.pid <= 0 || s.daemon.version.empty()) return "";
    return fmt::format(" (version {}, pid {})", printable(s.daemon.version, 40), s.daemon.pid);
}

void print_head(Screen& screen, const Status& s) {
    const auto name = printable(s.name, 300);
    const auto clock = format_minute(s.at, s.zone);
    const auto state = daemon_words(s);
    auto detail = daemon_detail(s);
    const auto fixed = 2 + columns(state) + 2 + columns(clock);
    if (columns(name) + fixed + columns(detail) > screen.width()) detail.clear();
    const auto room = screen.width() > fixed + 8 ? screen.width() - fixed : 8;
    const auto head = cut_middle(name, room);
    const auto used = columns(head) + fixed + columns(detail);
    screen.line({{head, Tone::strong},
                 {": ", Tone::plain},
                 {state, s.daemon.running ? Tone::plain : Tone::bad},
                 {detail, Tone::faint},
                 {std::string(2 + (screen.width() > used ? screen.width() - used : 0), ' '), Tone::plain},
                 {clock, Tone::faint}});
    if (!s.daemon.running)
        screen.paragraph("Plugging the disk in does nothing until it does: start guardiand", 2, Tone::bad);
    if (!s.daemon.trouble.empty()) screen.paragraph(printable(s.daemon.trouble, 1500), 2, Tone::bad);
    screen.blank();
}

void print_incidents(Screen& screen, const Status& s) {
    if (s.incidents.empty()) return;
    screen.line({{s.incidents.size() == 1 ? "OPEN INCIDENT" : "OPEN INCIDENTS", Tone::bad}});
    for (const auto& record : s.incidents) {
        const auto& i = record.incident;
        const auto text = i.text.empty() ? fmt::format("{}: {}", to_string(i.kind), i.subject) : i.text;
        screen.labelled("  " + age_words(record.opened, s.at), printable(text, 3000), 15, Tone::bad);
    }
    screen.blank();
}

// Targets.

std::string device_words(const core::Target& t) {
    if (t.spec.type == core::TargetType::share) return printable(t.spec.mount, 200);
    std::vector<std::string> nodes;
    for (const auto& d : t.devices) nodes.push_back(printable(d.node, 200));
    return join(nodes, " ");
}

std::string model_words(const core::Target& t) {
    std::vector<std::string> out;
    for (const auto& d : t.devices) {
        std::vector<std::string> parts;
        for (const auto* text : {&d.model, &d.serial, &d.label})
            if (!text->empty()) parts.push_back(printable(*text, 100));
        out.push_back(join(parts, " "));
    }
    return join(out, ", ");
}

Cells drive_line(const report::DriveStatus& d, Time now) {
    constexpr std::size_t most_name = 40;
    const std::string asleep = d.asleep ? ", asleep" : "";
    const auto read = asleep + (d.read_at ? ", read " + age_words(*d.read_at, now) + " ago" : ", never read");
    return {{d.id.empty() ? "      drive" : "      drive ", Tone::faint},
            {cut_middle(printable(d.name, 400), most_name), Tone::faint},
            {": ", Tone::faint},
            {std::string(core::to_string(d.verdict)), tone_of(d.verdict)},
            {d.id.empty() ? "" : read, Tone::faint},
            {d.reason.empty() ? "" : ": " + printable(d.reason, 500), Tone::plain}};
}

void print_targets(Screen& screen, const Status& s) {
    if (s.targets.empty()) {
        screen.line({{"No target is configured.", Tone::warn}});
        return;
    }
    const bool wide = screen.width() >= wide_from;
    std::vector<Column> titles{{"TARGET", 10}, {"STATE", 15}, {"DEVICE", 9}};
    if (wide) titles.push_back({"WHAT IT IS", 10});
    std::vector<Row> rows;
    for (const auto& t : s.targets) {
        const auto state = words_of(t.state);
        Row row{{{t.target.spec.name, Tone::strong},
                 {std::string(state.text), state.tone},
                 {device_words(t.target), Tone::plain}},
                {printable(t.explanation, 2000), Tone::plain},
                {}};
        if (wide) row.cells.push_back({model_words(t.target), Tone::plain});
        for (const auto& d : t.drives) row.below.push_back(drive_line(d, s.at));
        rows.push_back(std::move(row));
    }
    table(screen, titles, rows);
}

// Plans.

const TargetStatus* target_of(const Status& s, const PlanStatus& p) {
    for (const auto& t : s.targets)
        if (t.target.spec.name == p.plan.spec.target) return &t;
    return nullptr;
}

/// When a plan that is due starts; what holds it up otherwise.
std::string what_starts_it(const Status& s, const PlanStatus& p) {
    if (!s.daemon.running) return "nothing starts it while guardiand does not run";
    if (p.retry_at && *p.retry_at > s.at) return "tried again at " + format_minute(*p.retry_at, s.zone);
    const auto* t = target_of(s, p);
    if (t == nullptr) return "its target is not configured";
    const auto& name = t->target.spec.name;
    const bool disk = t->target.spec.type == core::TargetType::disk;
    switch (t->state) {
        case TargetState::absent:
            return disk ? fmt::format("starts when {} is plugged in", name)
                        : fmt::format("starts when {} answers", name);
        case TargetState::ambiguous:
        case TargetState::refused:
            return fmt::format("cannot start: {} is {}", name, words_of(t->state).text);
        case TargetState::vanished:
            return fmt::format("starts when {} is plugged in again", name);
        case TargetState::mounting:
        case TargetState::busy:
            return "starts when the run on it is over";
        case TargetState::releasing:
        case TargetState::still_mounted:
        case TargetState::safe_to_unplug:
            return "starts when it is plugged in anew, or: guardian run " + p.plan.spec.name;
        case TargetState::present:
        case TargetState::ready:
            return "starts in its turn";
    }
    return "";
}

std::string note_of(const Status& s, const PlanStatus& p) {
    if (p.state == "running") return p.running ? "" : "it is being started";
    std::vector<std::string> parts;
    const auto& last = p.plan.last_run;
    if (p.state == "failed" && last && !core::satisfies(last->outcome))
        parts.push_back(p.plan.failures > 1 ? fmt::format("{} failures in a row, see guardian log {}",
                                                          p.plan.failures, last->id)
                                            : fmt::format("see guardian log {}", last->id));
    if (p.stale) parts.push_back("older than the " + format_span(p.plan.spec.stale_after) + " it may be");
    if (p.state == "warning" && last) parts.push_back(fmt::format("see guardian log {}", last->id));
    if (p.due) parts.push_back("due: " + what_starts_it(s, p));
    return join(parts, "; ");
}

Cells plan_cells(const Status& s, const PlanStatus& p, bool wide) {
    const auto& spec = p.plan.spec;
    const auto state = words_of_plan(p.state);
    const auto& success = p.plan.last_success;
    Cells cells{{spec.name, Tone::strong},
                {std::string(state.text), state.tone},
                {success ? format_minute(success->started, s.zone) : "never", Tone::plain},
                {success ? age_words(success->started, s.at) : "", Tone::plain},
                {p.next_slot ? format_minute(*p.next_slot, s.zone) : "", Tone::plain}};
    if (wide)
        for (const auto* text : {&spec.schedule.text(), &spec.job, &spec.target, &spec.repository})
            cells.push_back({*text, Tone::faint});
    return cells;
}

/// What the wide table has columns for.
Cells where_and_when(const PlanStatus& p) {
    const auto& spec = p.plan.spec;
    return {{fmt::format("      {} to {}, {}", spec.job, spec.target, spec.schedule.text()), Tone::faint}};
}

void print_plans(Screen& screen, const Status& s) {
    if (s.plans.empty()) {
        screen.line({{"No plan is configured: nothing is backed up.", Tone::warn}});
        return;
    }
    const bool wide = screen.width() >= wide_from;
    std::vector<Column> titles{
        {"PLAN", 10}, {"STATE", 9}, {"LAST SUCCESS", 16}, {"AGE", 11}, {"NEXT SLOT", 16}};
    if (wide) titles.insert(titles.end(), {{"SCHEDULE", 8}, {"JOB", 6}, {"TARGET", 6}, {"REPOSITORY", 10}});
    std::vector<Row> rows;
    for (const auto& p : s.plans) {
        Row row{plan_cells(s, p, wide), {note_of(s, p), words_of_plan(p.state).tone}, {}};
        if (!wide) row.below.push_back(where_and_when(p));
        if (p.running) {
            const auto lines = progress_lines(*p.running, s.at, 6, screen.width());
            row.below.insert(row.below.end(), lines.begin(), lines.end());
        }
        rows.push_back(std::move(row));
    }
    table(screen, titles, rows);
}

void print_runs(Screen& screen, const Status& s) {
    if (s.runs.empty()) return;
    screen.blank();
    const std::size_t most = screen.width() >= wide_from ? 10 : 5;
    auto runs = s.runs;
    if (runs.size() > most) runs.resize(most);
    runs_table(screen, runs, s.zone, s.at);
}

}  // namespace

std::string render_status(const Status& status, std::size_t width, bool color) {
    Screen screen{width, color};
    print_head(screen, status);
    print_incidents(screen, status);
    print_targets(screen, status);
    screen.blank();
    print_plans(screen, status);
    print_runs(screen, status);
    return screen.text();
}

}  // namespace guardian::cli
