/// guardian smart assess: judges recorded reports, smartctl's JSON or its text, without any drive or store.

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "base/text.hpp"
#include "cli/verbs.hpp"
#include "core/health.hpp"
#include "health/recorded.hpp"
#include "health/smartctl_json.hpp"

namespace guardian::cli {
namespace {

/// The next line, cut where it is longer than any report is: what is left of it is read over. False at the end.
bool next_line(std::istream& in, std::string& line) {
    line.clear();
    std::streambuf& buffer = *in.rdbuf();
    int c = buffer.sbumpc();
    if (c == EOF) return false;
    for (; c != EOF && c != '\n'; c = buffer.sbumpc())
        if (line.size() <= health::report_bytes_max) line.push_back(static_cast<char>(c));
    return true;
}

int assess_lines(std::istream& in) {
    health::RecordedDrives drives;
    std::string line;
    while (next_line(in, line)) {
        const auto answer = drives.answer(line) + "\n";
        if (std::fwrite(answer.data(), 1, answer.size(), stdout) != answer.size()) return failed;
    }
    return std::fflush(stdout) == 0 ? ok : failed;
}

std::string whole(std::istream& in) {
    std::string text(health::report_bytes_max + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

int assess_one(std::istream& in, bool json) {
    const auto report = health::parse_smartctl_json(whole(in));
    if (!report) return complain(report.error());
    const auto assessment = core::assess({}, *report);
    if (json) {
        fmt::print("{}\n", health::assessment_json(report->serial, assessment));
        return ok;
    }
    fmt::print("{}\n", core::to_string(assessment.verdict));
    for (const auto& r : assessment.reasons) fmt::print("  {}\n", printable(r.text, 1000));
    return ok;
}

}  // namespace

int smart_assess(const Globals& /*globals*/, const SmartAssessOptions& options) {
    std::ios::sync_with_stdio(false);
    if (options.file == "-") return options.ndjson ? assess_lines(std::cin) : assess_one(std::cin, options.json);
    std::ifstream in(options.file, std::ios::binary);
    if (!in) return complain(errno_error("cannot read " + printable(options.file, 300), errno));
    return options.ndjson ? assess_lines(in) : assess_one(in, options.json);
}

}  // namespace guardian::cli
