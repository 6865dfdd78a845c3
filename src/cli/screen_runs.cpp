#include "cli/screen_runs.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/screen_status.hpp"

namespace guardian::cli {
namespace {

using core::Outcome;
using store::RunRecord;

bool is_interrupted(const core::Run& run) {
    return run.outcome == Outcome::aborted && !run.ended;
}

std::string took(const core::Run& run, Time now) {
    if (run.ended) return duration_words(*run.ended - run.started);
    return run.outcome == Outcome::running ? duration_words(now - run.started) : "";
}

const store::Statistics& figures(const RunRecord& r) {
    return r.run.outcome == Outcome::running ? r.progress.so_far : r.statistics;
}

/// Of a run that made no archive there is no size to tell.
std::string size_words(const RunRecord& r) {
    const bool has = !r.archive.empty() || r.run.outcome == Outcome::running;
    return has && figures(r).original > 0 ? format_bytes(figures(r).original) : "";
}

Cell note_of(const RunRecord& r) {
    if (!r.run.reason.empty()) return {printable(r.run.reason, 1000), tone_of(r.run.outcome)};
    if (!r.run.held_back.empty())
        return {"nothing was pruned: " + printable(r.run.held_back, 1000), Tone::warn};
    if (r.warnings > 0) return {count_words(r.warnings, "warning", "warnings"), Tone::warn};
    return {"", Tone::plain};
}

Row run_row(const RunRecord& r, const UtcOffset& zone, Time now, bool wide) {
    const auto& run = r.run;
    Row row{{{std::to_string(run.id), Tone::plain},
             {run.plan, Tone::plain},
             {format_minute(run.started, zone), Tone::plain},
             {outcome_word(run), tone_of(run.outcome)},
             {took(run, now), Tone::plain},
             {size_words(r), Tone::plain}},
            note_of(r),
            {}};
    if (!wide) return row;
    const bool made = !r.archive.empty();
    row.cells.push_back({made ? format_bytes(r.statistics.deduplicated) : "", Tone::plain});
    row.cells.push_back({made ? format_count(r.statistics.files) : "", Tone::plain});
    row.cells.push_back({run.target, Tone::plain});
    row.cells.push_back({std::string(to_string(run.trigger)), Tone::plain});
    return row;
}

std::string said_so_far(const RunRecord& r) {
    const auto& f = r.progress.so_far;
    if (f.files == 0 && f.original == 0) return "";
    return fmt::format("{} read, {} new, {}", format_bytes(f.original), format_bytes(f.deduplicated),
                       count_words(f.files, "file", "files"));
}

// The log of one run.

void field(Screen& screen, std::string_view name, const std::string& value, Tone tone = Tone::plain) {
    if (!value.empty()) screen.labelled(name, printable(value, 4000), 13, Tone::faint, tone);
}

std::string times_of(const core::Run& run, const UtcOffset& zone, Time now) {
    const auto began = format_minute(run.started, zone);
    if (run.ended) return fmt::format("{} to {}, {}", began, format_minute(*run.ended, zone), took(run, now));
    if (run.outcome == Outcome::running) return fmt::format("{}, {} so far", began, took(run, now));
    return began + ", its end is not known";
}

std::string started_by(core::Trigger trigger) {
    switch (trigger) {
        case core::Trigger::daemon:
            return "guardiand, because it was due";
        case core::Trigger::timer:
            return "systemd's timer, because it was due";
        case core::Trigger::asked:
            return "guardiand, because a person asked it to";
        case core::Trigger::person:
            return "a person: guardian run";
    }
    return "";
}

void print_figures(Screen& screen, const RunRecord& r) {
    if (r.archive.empty()) return;
    const auto& f = r.statistics;
    field(screen, "archive", r.archive);
    field(screen, "archive id", r.archive_id);
    field(screen, "files", format_count(f.files));
    field(screen, "size",
          fmt::format("{}, compressed {}, new on the target {}", format_bytes(f.original),
                      format_bytes(f.compressed), format_bytes(f.deduplicated)));
}

void print_facts(Screen& screen, const RunRecord& r, const UtcOffset& zone, Time now) {
    const auto& run = r.run;
    screen.line({{fmt::format("Run {}: ", run.id), Tone::strong},
                 {printable(run.plan, 300), Tone::strong},
                 {": ", Tone::plain},
                 {outcome_word(run), tone_of(run.outcome)}});
    field(screen, "why", run.reason, tone_of(run.outcome));
    field(screen, "held back", run.held_back.empty() ? "" : "nothing was pruned: " + run.held_back,
          Tone::warn);
    field(screen, "when", times_of(run, zone, now));
    field(screen, "started by", started_by(run.trigger));
    field(screen, "target", run.target);
    field(screen, "repository", r.run.repository);
    print_figures(screen, r);
    if (r.warnings > 0) field(screen, "warnings", format_count(r.warnings), Tone::warn);
    field(screen, "Borg", r.borg_version);
}

void print_steps(Screen& screen, const RunLog& log) {
    if (log.steps.empty()) return;
    screen.blank();
    std::vector<Row> rows;
    for (const auto& s : log.steps) {
        const auto code = s.exit_code ? std::to_string(*s.exit_code) : "";
        rows.push_back({{{std::string(to_string(s.step)), Tone::plain},
                         {s.ended ? duration_words(*s.ended - s.started) : "not over", Tone::plain},
                         {code, s.exit_code.value_or(0) == 0 ? Tone::plain : Tone::warn}},
                        {printable(s.detail, 4000), Tone::plain},
                        {}});
    }
    table(screen, {{"STEP", 9}, {"TOOK", 6, true}, {"EXIT", 4, true}}, rows);
}

std::string warning_lines(const RunLog& log) {
    if (log.warnings.empty()) return "";
    std::string out = "\nWARNINGS\n";
    for (const auto& w : log.warnings) {
        // Borg's own words mostly begin with the path.
        const bool named = w.path.empty() || w.text.find(w.path) != std::string::npos;
        out += "  " + (named ? "" : printable(w.path, 4096) + ": ") + printable(w.text, 4096) + "\n";
    }
    if (log.record.warnings > log.warnings.size())
        out += fmt::format("  and {} more\n", format_count(log.record.warnings - log.warnings.size()));
    return out;
}

std::string tail_lines(const RunLog& log) {
    const auto lines = split_lines(log.record.log_tail);
    if (lines.empty()) return "";
    std::string out = "\nWHAT BORG SAID LAST\n";
    for (const auto& l : lines) out += "  " + printable(l, 4096) + "\n";
    return out;
}

}  // namespace

std::string outcome_word(const core::Run& run) {
    return is_interrupted(run) ? "interrupted" : std::string(to_string(run.outcome));
}

std::vector<Cells> progress_lines(const RunRecord& r, Time now, std::size_t indent, std::size_t width) {
    const std::string blanks(indent, ' ');
    const auto step = r.step ? fit(to_string(*r.step), 9) + " " : "beginning ";
    std::string how_far = said_so_far(r);
    if (r.progress.percent >= 0)
        how_far =
            fmt::format("{} {} %", percent_bar(r.progress.percent, width < 60 ? 12 : 32), r.progress.percent);
    const auto elapsed = duration_words(now - r.run.started);
    std::vector<Cells> lines{{{blanks + step, Tone::strong},
                              {how_far + (how_far.empty() ? "for " : ", for ") + elapsed, Tone::plain}}};
    const auto under = indent + columns(step);
    if (!r.progress.path.empty() && width > under)
        lines.push_back(
            {{std::string(under, ' ') + cut_middle(printable(r.progress.path, 4096), width - under),
              Tone::faint}});
    return lines;
}

void runs_table(Screen& screen, const std::vector<RunRecord>& runs, const UtcOffset& zone, Time now) {
    const bool wide = screen.width() >= wide_from;
    std::vector<Column> titles{{"RUN", 3, true}, {"PLAN", 8},       {"STARTED", 16},
                               {"OUTCOME", 7},   {"TOOK", 4, true}, {"SIZE", 4, true}};
    if (wide) titles.insert(titles.end(), {{"NEW", 3, true}, {"FILES", 5, true}, {"TARGET", 6}, {"BY", 6}});
    std::vector<Row> rows;
    for (const auto& r : runs) rows.push_back(run_row(r, zone, now, wide));
    table(screen, titles, rows);
}

std::string render_history(const std::vector<RunRecord>& runs, const UtcOffset& zone, Time now,
                           std::size_t width, bool color) {
    Screen screen{width, color};
    if (runs.empty())
        screen.line({{"No run yet.", Tone::plain}});
    else
        runs_table(screen, runs, zone, now);
    return screen.text();
}

std::string render_log(const RunLog& log, const UtcOffset& zone, Time now, std::size_t width, bool color) {
    Screen screen{width, color};
    print_facts(screen, log.record, zone, now);
    print_steps(screen, log);
    return screen.text() + warning_lines(log) + tail_lines(log);
}

}  // namespace guardian::cli
