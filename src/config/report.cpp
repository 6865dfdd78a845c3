#include "config/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/text.hpp"

namespace guardian::config {
namespace {

constexpr std::size_t comparable_max = 64;
constexpr std::size_t message_max = 1000;

bool is_bare(std::string_view key) {
    const auto bare = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    };
    return !key.empty() && std::all_of(key.begin(), key.end(), bare);
}

/// How many characters must be put in, taken out, changed or swapped with their neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
    using Row = std::vector<std::size_t>;
    Row before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = a[i - 1] == b[j - 1];
            row[j] = std::min({above[j - 1] + (same ? 0 : 1), above[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above.back();
}

const std::string* nearest(std::string_view wrong, const std::vector<std::string>& known) {
    if (wrong.size() > comparable_max) return nullptr;
    const std::string* best = nullptr;
    auto best_distance = std::max<std::size_t>(1, std::min<std::size_t>(3, wrong.size() / 3)) + 1;
    for (const auto& k : known) {
        const auto d = distance(wrong, k);
        if (d < best_distance) {
            best = &k;
            best_distance = d;
        }
    }
    return best;
}

std::string listed(std::vector<std::string> names) {
    static constexpr std::size_t shown = 20;
    const bool more = names.size() > shown;
    if (more) names.resize(shown);
    return printable(join(names, ", "), 600) + (more ? ", …" : "");
}

}  // namespace

std::string Problem::text() const {
    const auto place = line == 0 ? file : fmt::format("{}:{}", file, line);
    return fmt::format("{}: {}{}{}{}{}", place, key, key.empty() ? "" : ": ", wrong,
                       right.empty() ? "" : "; ", right);
}

void Report::problem(Place place, std::string key, std::string_view wrong, std::string_view right) {
    if (full()) {
        ++left_out_;
        return;
    }
    problems_.push_back({printable(file_), place.line, place.column, std::move(key),
                         printable(wrong, message_max), printable(right, message_max)});
}

void Report::problem(Place place, std::string key, const Error& error) {
    problem(place, std::move(key), error.reason.empty() ? error.context : error.context + ": " + error.reason,
            error.remedy);
}

void Report::note(std::string_view text) {
    notes_.push_back(printable(text, message_max));
}

std::vector<Problem> Report::problems() const {
    auto all = problems_;
    std::stable_sort(all.begin(), all.end(), [](const Problem& a, const Problem& b) {
        return Place{a.line, a.column} < Place{b.line, b.column};
    });
    if (left_out_ > 0)
        all.push_back({printable(file_), 0, 0, "", fmt::format("{} more problems are not shown", left_out_),
                       "correct those above first"});
    return all;
}

std::string in_quotes(std::string_view text) {
    return fmt::format("\"{}\"", printable(without_password(text), 100));
}

std::string without_password(std::string_view text) {
    const auto slashes = text.find("//");
    auto colon = text.find(':', slashes == std::string_view::npos ? 0 : slashes + 2);
    // "host:/folder/@home" is NFS and has no password.
    while (colon != std::string_view::npos && text.substr(colon + 1, 1) == "/")
        colon = text.find(':', colon + 1);
    const auto at = text.rfind('@');
    if (colon == std::string_view::npos || at == std::string_view::npos || at < colon)
        return std::string(text);
    return fmt::format("{}:***{}", text.substr(0, colon), text.substr(at));
}

std::string dotted(std::string_view section, std::string_view key) {
    const auto last =
        is_bare(key) && key.size() <= 100 ? std::string(key) : fmt::format("\"{}\"", printable(key, 100));
    return section.empty() ? last : fmt::format("{}.{}", section, last);
}

std::string nearest_hint(std::string_view wrong, const std::vector<std::string>& known,
                         std::string_view none_known) {
    if (const auto* near = nearest(wrong, known))
        return fmt::format("did you mean \"{}\"?", printable(*near, 100));
    if (known.empty()) return std::string(none_known);
    return "known here: " + listed(known);
}

}  // namespace guardian::config
