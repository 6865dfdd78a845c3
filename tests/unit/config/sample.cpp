#include "sample.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace guardian::config::sample {

std::string text() {
    return R"([guardian]
name = "here"
[target.usb]
type = "disk"
uuid = "5f0c6a0e-1111-4222-8333-444455556666"
mount = "/mnt/backup"
[target.nas]
type = "share"
mount = "/mnt/nas"
answers_at = "nas.lan:445"
[job.system]
type = "system"
paths = ["/"]
[plan.main]
job = "system"
target = "usb"
repository = "repo"
schedule = "daily"
stale_after = "30h"
keep = { daily = 7 }
)";
}

std::string with_line(unsigned line, std::string_view replacement) {
    auto lines = split_lines(text());
    lines.at(line - 1) = replacement;
    return join(lines, "\n") + "\n";
}

std::string with(std::string_view more) {
    return text() + std::string(more);
}

Loaded load(const std::string& toml) {
    return load_text(toml, "test.toml");
}

bool has_problem(const Loaded& loaded, unsigned line, std::string_view key, std::string_view words) {
    return std::any_of(loaded.problems.begin(), loaded.problems.end(), [&](const Problem& p) {
        return p.line == line && p.key == key && p.text().find(words) != std::string::npos;
    });
}

bool has_note(const Loaded& loaded, std::string_view words) {
    return std::any_of(loaded.notes.begin(), loaded.notes.end(),
                       [&](const std::string& n) { return n.find(words) != std::string::npos; });
}

std::string all_text(const Loaded& loaded) {
    std::string out;
    for (const auto& p : loaded.problems) out += p.text() + "\n";
    return out;
}

}  // namespace guardian::config::sample
