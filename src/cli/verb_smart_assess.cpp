/// guardian smart assess: judges recorded reports, smartctl's JSON or its text, without any drive or store.

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>

#include "base/text.hpp"
#include "cli/verbs.hpp"
#include "core/health.hpp"
#include "health/pasted.hpp"
#include "health/recorded.hpp"
#include "health/smartctl_json.hpp"

namespace guardian::cli {
namespace {

/// Lines of a file, without more memory than the longest report needs: what is longer comes cut, so that it is refused.
class Lines {
  public:
    explicit Lines(std::FILE* in) : in_(in), buffer_(1 << 18, '\0') {}

    bool next(std::string& line) {
        line.clear();
        bool any = false;
        while (fill()) {
            any = true;
            const auto rest = std::string_view(buffer_).substr(begin_, end_ - begin_);
            const auto stop = rest.find('\n');
            const auto part = rest.substr(0, stop);
            if (line.size() <= health::report_bytes_max) line += part;
            begin_ += part.size();
            if (stop == std::string_view::npos) continue;
            ++begin_;
            return true;
        }
        return any;
    }

  private:
    bool fill() {
        if (begin_ < end_) return true;
        begin_ = 0;
        end_ = std::fread(buffer_.data(), 1, buffer_.size(), in_);
        return end_ > 0;
    }

    std::FILE* in_;
    std::string buffer_;
    std::size_t begin_ = 0, end_ = 0;
};

int assess_lines(std::FILE* in, const std::string& name) {
    health::RecordedDrives drives;
    Lines lines(in);
    std::string line;
    while (lines.next(line)) {
        const auto answer = drives.answer(line) + "\n";
        if (std::fwrite(answer.data(), 1, answer.size(), stdout) != answer.size()) return failed;
    }
    if (std::ferror(in) != 0) return complain(errno_error("cannot read " + name, errno));
    return std::fflush(stdout) == 0 ? ok : failed;
}

/// A directory can be opened as a file, and says at the first read that it is none.
Result<std::string> whole(std::FILE* in, const std::string& name) {
    std::string text(health::report_bytes_max + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), in));
    if (std::ferror(in) != 0) return errno_error("cannot read " + name, errno);
    return text;
}

int assess_one(std::FILE* in, const std::string& name, bool json) {
    const auto text = whole(in, name);
    if (!text) return complain(text.error());
    const auto report = health::parse_pasted(*text);
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
    const bool from_input = options.file == "-";
    const auto name = from_input ? "the standard input" : printable(options.file, 300);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{
        from_input ? nullptr : std::fopen(options.file.c_str(), "re"),
        [](std::FILE* f) { return f == nullptr ? 0 : std::fclose(f); }};
    if (!from_input && !file)
        return complain(errno_error("cannot read " + name, errno));
    std::FILE* in = from_input ? stdin : file.get();
    return options.ndjson ? assess_lines(in, name) : assess_one(in, name, options.json);
}

}  // namespace guardian::cli
