#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "health/smartctl_parts.hpp"

// Lines that nothing was made of. Most say nothing that counts; one that was torn, or written on, may be the
// only one that does, and then the drive must not be called healthy.
namespace guardian::health {
namespace {

/// How smartctl says that something failed, in lower case. "WHEN_FAILED" is the head of a column.
constexpr std::array<std::string_view, 17> bad_words{
    "failed!",        "failing_n",          "failed in",         "segment failed",
    "failed segment", "test failed",        "read failure",      "seek failure",
    "servo failure",  "electrical failure", "unknown failure",   "handling damage",
    "completed:",     "fatal or unknown",   "impending failure", "threshold exceeded",
    "overall-health"};

/// What is judged, in lower case: where its line was read, it is not here.
constexpr std::array<std::string_view, 9> judged{
    "health status",       "critical warning",  "integrity errors",     "available spare",
    "percentage used",     "grown defect list", "pending defect count", "self-test execution status",
    "reliability has been"};

template <std::size_t N>
bool has_any(std::string_view text, const std::array<std::string_view, N>& words) {
    return std::any_of(words.begin(), words.end(), [&](auto word) { return contains(text, word); });
}

bool is_normalised(std::string_view word) {
    return word == "---" || (word.size() == 3 && whole_number(word));
}

bool is_flags(std::string_view word) {
    return (word.size() == 6 && hex_number(word)) ||
           (word.size() >= 6 && word.size() <= 7 &&
            word.find_first_not_of("POSRCK-+") == std::string_view::npos);
}

/// The flags of an attribute and its numbers behind them, as they stand on no other line.
bool has_row(std::string_view text) {
    for (auto word = take_word(text); !word.empty(); word = take_word(text)) {
        auto rest = text;
        if (is_flags(word) && is_normalised(take_word(rest)) && is_normalised(take_word(rest))) return true;
    }
    return false;
}

/// "# 1  Extended offline" and " 0   Extended", cut there.
bool begins_test(std::string_view text) {
    take(text, "#");
    if (!leading_number(stripped(text))) return false;
    take_word(text);
    const auto kind = take_word(text);
    return kind == "Short" || kind == "Extended" || kind == "Background" || kind == "Foreground";
}

}  // namespace

void note_unread(Draft& draft, std::string_view line) {
    const auto text = to_lower(line);
    if (has_row(line) || begins_test(line) || has_any(text, bad_words) || has_any(text, judged))
        draft.is_unclear("a line cannot be read (" + kept(line, 80) + ")");
}

}  // namespace guardian::health
