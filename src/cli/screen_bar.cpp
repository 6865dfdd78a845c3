#include "cli/screen_bar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.hpp"
#include "cli/screen.hpp"

namespace guardian::cli {
namespace {

using core::Outcome;
using store::RunRecord;

constexpr std::size_t step_column = 10;  // the longest step's name and a blank
constexpr std::size_t detail_column = 2 + step_column;

std::string cut_to(std::string text, std::size_t width) {
    return columns(text) > width ? fit(text, width) : text;
}

/// The parts, as many as fit, from the first.
std::string parts_that_fit(const std::vector<std::string>& parts, std::size_t width) {
    std::string out;
    for (const auto& part : parts) {
        if (part.empty()) continue;
        if (columns(out) + columns(part) + (out.empty() ? 0 : 2) > width) break;
        out += (out.empty() ? "" : "  ") + part;
    }
    return out;
}

std::vector<std::string> figures_of(const StepView& v) {
    const auto& f = v.progress.so_far;
    std::vector<std::string> parts;
    if (v.progress.percent >= 0)
        parts.push_back(fmt::format("{} {:3} %", percent_bar(v.progress.percent, 32), v.progress.percent));
    if (f.original > 0 || f.files > 0) {
        parts.push_back(format_bytes(f.original));
        parts.push_back(count_words(f.files, "file", "files"));
    }
    if (v.bytes_per_second > 0) parts.push_back(format_bytes(v.bytes_per_second) + "/s");
    parts.push_back(duration_words(v.elapsed));
    return parts;
}

/// "1,234 files, 3.20 GB (120.00 MB new)"
std::string archive_words(const RunRecord& r) {
    const auto& s = r.statistics;
    return fmt::format("{}, {} ({} new)", count_words(s.files, "file", "files"), format_bytes(s.original),
                       format_bytes(s.deduplicated));
}

std::string took(const RunRecord& r) {
    return duration_words(r.run.ended.value_or(r.run.started) - r.run.started);
}

std::string log_hint(const RunRecord& r) {
    return r.run.id > 0 ? fmt::format("guardian log {}", r.run.id) : "";
}

std::string_view what_happened(Outcome outcome) {
    switch (outcome) {
        case Outcome::running:
            return "is not over";
        case Outcome::success:
            return "is saved";
        case Outcome::warning:
            return "is saved, with warnings";
        case Outcome::failed:
            return "failed";
        case Outcome::refused:
            return "was refused: nothing was written";
        case Outcome::aborted:
            return "was aborted";
        case Outcome::vanished:
            return "was cut short: the target went away in the middle";
        case Outcome::cancelled:
            return "was stopped";
        case Outcome::absent:
            return "was not begun: the target is not there";
    }
    return "";
}

void append(std::vector<std::string>& lines, std::string_view label, std::string_view text,
            std::size_t width) {
    if (text.empty()) return;
    const auto indent = std::min<std::size_t>(columns(label), width / 2);
    bool first = true;
    for (const auto& part : wrap(text, std::max<std::size_t>(width - indent, 1))) {
        lines.push_back(cut_to((first ? fit(label, indent) : std::string(indent, ' ')) + part, width));
        first = false;
    }
}

std::string success_words(const RunRecord& r) {
    return fmt::format("{} {}: {} in {}", printable(r.run.plan, 200), what_happened(r.run.outcome),
                       archive_words(r), took(r));
}

std::string failure_words(const RunRecord& r) {
    return fmt::format("{} {}, after {}", printable(r.run.plan, 200), what_happened(r.run.outcome), took(r));
}

}  // namespace

std::string bar_line(const StepView& view, std::size_t width) {
    const auto name = fit(to_string(view.step), step_column);
    auto line = parts_that_fit(figures_of(view), width > step_column ? width - step_column : 0);
    const auto used = step_column + columns(line) + 2;
    constexpr std::size_t least_path = 16;
    if (!view.progress.path.empty() && used + least_path <= width)
        line += "  " + cut_middle(printable(view.progress.path, 4096), width - used);
    return cut_to(name + line, width);
}

std::vector<std::string> step_lines(core::Step step, std::string_view detail, bool ok, Duration took,
                                    std::size_t width) {
    const auto head = (ok ? "✓ " : "✗ ") + fit(to_string(step), step_column);
    const auto time = duration_words(took);
    auto text = printable(detail, 4000);
    if (text.empty()) return {cut_to(head + time, width)};
    const auto beside = detail_column + 3 + columns(time);  // what a line needs besides the text
    if (!ok && width > beside + 10) text = cut_to(text, width - beside);
    std::vector<std::string> lines;
    append(lines, head, text, width);
    if (lines.empty()) return {cut_to(head + time, width)};
    if (columns(lines.back()) + 3 + columns(time) <= width)
        lines.back() += "   " + time;
    else
        append(lines, std::string(detail_column, ' '), time, width);
    return lines;
}

std::vector<std::string> end_lines(const RunRecord& r, std::size_t width) {
    std::vector<std::string> lines;
    if (core::satisfies(r.run.outcome)) {
        append(lines, r.run.outcome == Outcome::success ? "✓ " : "! ", success_words(r), width);
        append(lines, "  ",
               r.run.held_back.empty() ? "" : "Nothing was pruned: " + printable(r.run.held_back, 2000),
               width);
    } else {
        append(lines, "✗ ", failure_words(r), width);
        append(lines, "  ", printable(r.run.reason, 4000), width);
        append(lines, "  ", advice_after(r.run), width);
    }
    if (r.warnings > 0) append(lines, "  ", count_words(r.warnings, "warning", "warnings"), width);
    if (r.run.outcome != Outcome::success || !r.run.held_back.empty()) {
        const auto hint = log_hint(r);
        append(lines, "  ", hint.empty() ? "" : "Everything about it: " + hint, width);
    }
    return lines;
}

std::string advice_after(const core::Run& run) {
    switch (run.outcome) {
        case Outcome::running:
        case Outcome::success:
        case Outcome::warning:
            return "";
        case Outcome::failed:
        case Outcome::aborted:
            return "Once that is put right, guardiand tries again by itself; or: guardian run " +
                   printable(run.plan, 200);
        case Outcome::refused:
            return "Nothing on the disk was changed. It is left alone until it is plugged in anew, or made a "
                   "target with guardian init.";
        case Outcome::vanished:
            return "Plug it in again: the next run carries on with what was saved already.";
        case Outcome::cancelled:
            return "What was saved so far is kept by Borg; the next run carries on from there.";
        case Outcome::absent:
            return "Plug it in.";
    }
    return "";
}

std::string end_sentence(const RunRecord& r) {
    auto text = core::satisfies(r.run.outcome) ? success_words(r) : failure_words(r);
    if (!r.archive.empty()) text += ", archive " + printable(r.archive, 200);
    if (!r.run.reason.empty()) text += ": " + printable(r.run.reason, 3000);
    if (!r.run.held_back.empty()) text += "; nothing was pruned: " + printable(r.run.held_back, 2000);
    if (r.warnings > 0) text += "; " + count_words(r.warnings, "warning", "warnings");
    if (const auto hint = log_hint(r); !hint.empty()) text += " (" + hint + ")";
    return text;
}

std::string progress_sentence(const StepView& v) {
    const auto& f = v.progress.so_far;
    std::string text{to_string(v.step)};
    if (v.progress.percent >= 0) text += fmt::format(", {} %", v.progress.percent);
    if (f.original > 0 || f.files > 0)
        text += fmt::format(", {} read, {} new, {}", format_bytes(f.original), format_bytes(f.deduplicated),
                            count_words(f.files, "file", "files"));
    text += ", for " + duration_words(v.elapsed);
    if (!v.progress.path.empty()) text += ", at " + printable(v.progress.path, 300);
    return text;
}

std::string to_ascii(std::string_view utf8) {
    std::string out;
    for (std::size_t i = 0; i < utf8.size();) {
        auto end = i + 1;
        while (end < utf8.size() && (static_cast<unsigned char>(utf8[end]) & 0xC0) == 0x80) ++end;
        const auto c = utf8.substr(i, end - i);
        if (static_cast<unsigned char>(c[0]) < 0x80)
            out += c[0];
        else
            out += c == "…" ? '~' : c == "✓" ? '+' : c == "✗" ? 'x' : c == "°" ? ' ' : '?';
        i = end;
    }
    return out;
}

bool locale_is_utf8() {
    for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (value == nullptr || *value == '\0') continue;
        const auto lower = to_lower(value);
        return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
    }
    return false;
}

void Rate::add(Duration elapsed, std::uint64_t bytes) {
    constexpr auto window = std::chrono::seconds{10};
    if (!samples_.empty() && bytes < samples_.back().bytes) samples_.clear();
    samples_.push_back({elapsed, bytes});
    while (samples_.size() > 2 && samples_.front().at + window < elapsed) samples_.pop_front();
}

std::uint64_t Rate::bytes_per_second() const {
    if (samples_.size() < 2) return 0;
    const auto seconds = std::chrono::duration<double>(samples_.back().at - samples_.front().at).count();
    const auto bytes = static_cast<double>(samples_.back().bytes - samples_.front().bytes);
    constexpr double least = 0.5, most = 1e18;
    return seconds < least ? 0 : static_cast<std::uint64_t>(std::min(bytes / seconds, most));
}

}  // namespace guardian::cli
