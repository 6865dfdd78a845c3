#include "base/text.hpp"
#include "cli/screen.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::cli;
using namespace guardian::test;
using namespace std::chrono_literals;

namespace {
using Lines = std::vector<std::string>;
}

TEST_CASE("wrap breaks at spaces, and words only where it must") {
    CHECK(wrap("one two three", 7) == Lines{"one two", "three"});
    CHECK(wrap("one two three", 8) == Lines{"one two", "three"});
    CHECK(wrap("  one   two  ", 20) == Lines{"one   two"});
    CHECK(wrap("abcdefgh", 3) == Lines{"abc", "def", "gh"});
    CHECK(wrap("äöü äöü", 3) == Lines{"äöü", "äöü"});
    CHECK(wrap("", 10).empty());
    CHECK(wrap("ab", 0) == Lines{"a", "b"});
    CHECK(wrap("写真写", 4) == Lines{"写真", "写"});
    CHECK(wrap("写真", 1) == Lines{"写", "真"});
}

TEST_CASE("a paragraph with too many lines shows that it was cut") {
    Screen screen{20, false};
    screen.paragraph("one two three four five six seven eight nine ten", 2, Tone::plain, 2);
    CHECK(screen.text() == "  one two three four\n  five six seven …\n");
    Screen full{12, false};
    full.paragraph("aaaa bbbbb cccccccccc dd", 2, Tone::plain, 2);
    CHECK(full.text() == "  aaaa bbbbb\n  ccccccccc…\n");
}

TEST_CASE("a table's note stands beside the row where it fits, else below it, whole") {
    const std::vector<Column> titles{{"A", 1}, {"B", 1}};
    const std::string reason = "a reason that is longer than the rest of the line";
    Screen screen{40, false};
    table(screen, titles, {{{{"x"}, {"y"}}, {"short"}, {}}, {{{"x"}, {"y"}}, {reason}, {}}});
    CHECK(screen.text() ==
          "  A  B\n"
          "  x  y  short\n"
          "  x  y\n"
          "      a reason that is longer than the\n"
          "      rest of the line\n");
}

TEST_CASE("a table's widest columns give way, the others stay whole") {
    const std::vector<Column> titles{{"PLAN", 4}, {"STATE", 5}};
    Screen screen{24, false};
    table(screen, titles, {{{{std::string(30, 'p') + "-end"}, {"failed"}}, {}, {}}});
    CHECK(screen.text() == "  PLAN            STATE\n  pppp…ppppp-end  failed\n");
}

TEST_CASE("a row that fills the screen and has no note is not marked as cut") {
    Screen screen{11, false};
    table(screen, {{"A", 1}, {"B", 1}}, {{{{"xxxx"}, {"yyy"}}, {}, {}}});
    CHECK(screen.text() == "  A     B\n  xxxx  yyy\n");
}

TEST_CASE("ages lose what no longer matters") {
    const auto t = sample_now();
    CHECK(age_words(t - 12s, t) == "12 s");
    CHECK(age_words(t - 72min - 5s, t) == "1 h 12 min");
    CHECK(age_words(t - 49h - 5min, t) == "2 d 1 h");
    CHECK(age_words(t, t) == "0 s");
    CHECK(age_words(t + 30s, t) == "0 s");
    CHECK(age_words(t + 2h, t) == "in future");
}

TEST_CASE("a percent bar keeps to its width and range") {
    CHECK(percent_bar(0, 12) == "[..........]");
    CHECK(percent_bar(45, 12) == "[####......]");
    CHECK(percent_bar(100, 12) == "[##########]");
    CHECK(percent_bar(250, 12) == "[##########]");
    CHECK(percent_bar(-5, 12) == "[..........]");
    CHECK(percent_bar(50, 2) == "");
}

TEST_CASE("a screen that is too high says how much is missing") {
    CHECK(first_lines("a\nb\nc\n", 3) == "a\nb\nc\n");
    CHECK(first_lines("a\nb\nc\nd\n", 3) == "a\nb\n(2 more lines: make the window higher)\n");
}
