#include "cli/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"

namespace guardian::cli {
namespace {

constexpr std::size_t state_width = 6, most_name_width = 28;

struct Words {
    std::string_view screen, json;
    Tone tone;
};

Words words_of(CheckState state) {
    switch (state) {
        case CheckState::ok:
            return {"ok", "ok", Tone::good};
        case CheckState::warn:
            return {"warn", "warn", Tone::warn};
        case CheckState::fail:
            return {"FAIL", "fail", Tone::bad};
    }
    return {"", "", Tone::plain};
}

std::size_t name_width(const Checks& checks) {
    std::size_t width = 0;
    for (const auto& c : checks) width = std::max(width, columns(printable(c.name)));
    return std::min(width, most_name_width) + 2;
}

void print_check(Screen& screen, const Check& check, std::size_t name_columns) {
    const auto words = words_of(check.state);
    const auto before = state_width + name_columns;
    const auto lines =
        wrap(printable(check.found, 2000), std::max<std::size_t>(screen.width(), before + 20) - before);
    const auto name = cut_middle(printable(check.name), name_columns - 2);
    screen.line({{fit(words.screen, state_width), words.tone},
                 {fit(name, name_columns)},
                 {lines.empty() ? "" : lines.front()}});
    for (std::size_t i = 1; i < lines.size(); ++i) screen.line({{std::string(before, ' ')}, {lines[i]}});
    if (!check.fix.empty()) screen.paragraph("-> " + check.fix, before, Tone::strong);
}

std::string sum_words(const Checks& checks) {
    const auto count = [&](CheckState s) {
        return static_cast<std::uint64_t>(
            std::count_if(checks.begin(), checks.end(), [&](const Check& c) { return c.state == s; }));
    };
    const auto failed = count(CheckState::fail), warned = count(CheckState::warn);
    if (failed + warned == 0) return "all is well";
    return fmt::format("{}, {}", count_words(failed, "failure", "failures"),
                       count_words(warned, "warning", "warnings"));
}

}  // namespace

bool any_failed(const Checks& checks) {
    return std::any_of(checks.begin(), checks.end(),
                       [](const Check& c) { return c.state == CheckState::fail; });
}

void print_checks(Screen& screen, const Checks& checks) {
    const auto width = name_width(checks);
    for (const auto& c : checks) print_check(screen, c, width);
    screen.blank();
    screen.line({{sum_words(checks), any_failed(checks) ? Tone::bad : Tone::strong}});
}

std::string checks_json(const Checks& checks) {
    namespace json = boost::json;
    json::array all;
    for (const auto& c : checks)
        all.emplace_back(json::object{{"check", valid_utf8(c.name)},
                                      {"state", words_of(c.state).json},
                                      {"found", valid_utf8(c.found)},
                                      {"fix", valid_utf8(c.fix)}});
    return json::serialize(json::object{{"ok", !any_failed(checks)}, {"checks", std::move(all)}});
}

}  // namespace guardian::cli
