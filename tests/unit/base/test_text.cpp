#include <algorithm>
#include <random>

#include "base/text.hpp"
#include "base/version.hpp"
#include "support/catch.hpp"

using namespace guardian;

namespace {

std::string utf8(char32_t c) {
    const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
    if (c < 0x80) return {static_cast<char>(c)};
    if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(0)};
    if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(6), tail(0)};
    return {static_cast<char>(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

/// Bytes as no friend would send them: half text, half noise.
std::string noise(std::mt19937& random) {
    static const std::vector<std::string> pieces{
        "a",    "ä",        "€",        "𝄞",        "\x1b[2J",      "\n",           "\xff",
        "\x80", "\xe2\x82", "\xf0\x9f", "\xc2\x9b", "\xe2\x80\xae", "\xed\xa0\x80", "\\",
        "\""};
    std::string out;
    for (auto n = random() % 40; n > 0; --n)
        out += random() % 4 == 0 ? std::string(1, static_cast<char>(random()))
                                 : pieces[random() % pieces.size()];
    if (random() % 5 == 0) out += '\0';
    return out;
}

bool has_control(const std::string& s) {
    for (const unsigned char c : s)
        if (c < 0x20 || c == 0x7F) return true;
    return false;
}

}  // namespace

TEST_CASE("printable leaves ordinary text alone", "[text]") {
    for (const std::string text :
         {"", "plain", "Grüße", "日本語", "𝄞 and €", "a\\b \"quoted\" 'x'", "/mnt/back up"})
        CHECK(printable(text) == text);
}

TEST_CASE("printable escapes every C0 control and DEL", "[text]") {
    for (int c = 0; c < 0x20; ++c) {
        const auto out = printable(std::string(1, static_cast<char>(c)));
        CHECK(out == (c == '\n'
                          ? "\\n"
                          : std::string("\\x") + "0123456789abcdef"[c / 16] + "0123456789abcdef"[c % 16]));
    }
    CHECK(printable("\x7f") == "\\x7f");
    CHECK(printable("a\r\nb\tc") == "a\\x0d\\nb\\x09c");
    CHECK(printable("\x1b]0;owned\x07") == "\\x1b]0;owned\\x07");
}

TEST_CASE("printable escapes every C1 control, and nothing right beyond them", "[text]") {
    for (char32_t c = 0x80; c < 0xA0; ++c) CHECK(printable(utf8(c)).starts_with("\\xc2\\x"));
    CHECK(printable(utf8(0xA0)) == utf8(0xA0));
}

TEST_CASE("printable escapes what can reorder or break a line", "[text]") {
    for (const char32_t c : {0x061C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E,
                             0x2066, 0x2067, 0x2068, 0x2069}) {
        CAPTURE(static_cast<unsigned>(c));
        CHECK(printable(utf8(c)).starts_with("\\x"));
    }
    for (const char32_t c : {0x061B, 0x061D, 0x2010, 0x2027, 0x202F, 0x205F, 0x2070, 0x20AC, 0xFFFD})
        CHECK(printable(utf8(c)) == utf8(c));
}

TEST_CASE("printable escapes what is not seen at all", "[text]") {
    for (const char32_t c : {0x00AD, 0x180E, 0x200B, 0x200C, 0x200D, 0x2060, 0x2064, 0x206A, 0x206F, 0xFEFF, 0xFFF9, 0xFFFB,
                             0xE0001, 0xE007F}) {
        CAPTURE(static_cast<unsigned>(c));
        CHECK(printable(utf8(c)).starts_with("\\x"));
    }
    for (const char32_t c : {0x00AC, 0x00AE, 0x180D, 0x1810, 0x200A, 0x2030, 0xFEFE, 0xFFF8, 0xFFFC, 0x1F600, 0xE0100})
        CHECK(printable(utf8(c)) == utf8(c));
}

TEST_CASE("printable escapes each byte of what is not UTF-8", "[text]") {
    CHECK(printable("\xff") == "\\xff");
    CHECK(printable("\x80") == "\\x80");                    // a stray continuation
    CHECK(printable("\xc3") == "\\xc3");                    // cut after one byte
    CHECK(printable("\xe2\x82") == "\\xe2\\x82");           // cut after two
    CHECK(printable("\xf0\x9f\x92") == "\\xf0\\x9f\\x92");  // cut after three
    CHECK(printable("\xe2\x82x") == "\\xe2\\x82x");         // broken off
    CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");           // overlong
    CHECK(printable("\xc1\xbf") == "\\xc1\\xbf");
    CHECK(printable("\xe0\x9f\xbf") == "\\xe0\\x9f\\xbf");
    CHECK(printable("\xf0\x8f\xbf\xbf") == "\\xf0\\x8f\\xbf\\xbf");
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
    CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
    CHECK(printable("\xf5\x80\x80\x80") == "\\xf5\\x80\\x80\\x80");
}

TEST_CASE("printable keeps the first and last code point of each length", "[text]") {
    for (const char32_t c : {0x20, 0x7E, 0xA0, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF})
        CHECK(printable(utf8(c)) == utf8(c));
}

TEST_CASE("printable is never longer than its cap, and says so when it cut", "[text]") {
    CHECK(printable("12345", 5) == "12345");
    CHECK(printable("123456", 5) == "12…");
    CHECK(printable("€€", 6) == "€€");
    CHECK(printable("€€€", 6) == "€…");
    CHECK(printable("€€€", 8) == "€…");
    CHECK(printable("\x01\x01", 8) == "\\x01\\x01");
    CHECK(printable("\x01\x01", 7) == "\\x01…");
    CHECK(printable("abc", 2).empty());
    CHECK(printable("", 0).empty());
    CHECK(printable(std::string(100'000, 'x')).size() == 1024);
}

TEST_CASE("printable holds its promises on noise, and twice is the same as once", "[text]") {
    std::mt19937 random{1};
    for (int i = 0; i < 5000; ++i) {
        const auto text = noise(random);
        const auto most = random() % 100;
        const auto out = printable(text, most);
        REQUIRE(out.size() <= most);
        REQUIRE(!has_control(out));
        REQUIRE(valid_utf8(out) == out);
        const auto whole = printable(text);
        REQUIRE(printable(whole) == whole);
    }
}

TEST_CASE("valid_utf8 replaces each invalid byte and leaves out NUL", "[text]") {
    CHECK(valid_utf8("a\xff"
                     "b") == "a\uFFFDb");
    CHECK(valid_utf8("\xe2\x82") == "\uFFFD\uFFFD");
    CHECK(valid_utf8(std::string("a\0b", 3)) == "ab");
    CHECK(valid_utf8("line\n\tnext €") == "line\n\tnext €");
    CHECK(valid_utf8("").empty());
}

TEST_CASE("valid_utf8 is never longer than its cap, and never cuts a character", "[text]") {
    CHECK(valid_utf8("€€", 6) == "€€");
    CHECK(valid_utf8("€€", 5) == "€");
    CHECK(valid_utf8("\xff\xff", 5) == "\uFFFD");
    CHECK(valid_utf8("abc", 0).empty());
    std::mt19937 random{2};
    for (int i = 0; i < 5000; ++i) {
        const auto most = random() % 60;
        const auto out = valid_utf8(noise(random), most);
        REQUIRE(out.size() <= most);
        REQUIRE(valid_utf8(out) == out);
        REQUIRE(out.find('\0') == std::string::npos);
    }
}

TEST_CASE("format_bytes at its boundaries", "[text]") {
    CHECK(format_bytes(0) == "0 B");
    CHECK(format_bytes(999) == "999 B");
    CHECK(format_bytes(1000) == "1.00 kB");
    CHECK(format_bytes(999'994) == "999.99 kB");
    CHECK(format_bytes(999'995) == "1.00 MB");
    CHECK(format_bytes(1'000'000) == "1.00 MB");
    CHECK(format_bytes(1'270'000'000) == "1.27 GB");
    CHECK(format_bytes(999'994'999'999) == "999.99 GB");
    CHECK(format_bytes(1'000'000'000'000) == "1.00 TB");
    CHECK(format_bytes(1'000'000'000'000'000) == "1.00 PB");
    CHECK(format_bytes(1'000'000'000'000'000'000) == "1.00 EB");
    CHECK(format_bytes(~std::uint64_t{0}) == "18.45 EB");
}

TEST_CASE("format_count groups by thousands", "[text]") {
    CHECK(format_count(0) == "0");
    CHECK(format_count(999) == "999");
    CHECK(format_count(1000) == "1,000");
    CHECK(format_count(123'456) == "123,456");
    CHECK(format_count(1'234'567) == "1,234,567");
    CHECK(format_count(~std::uint64_t{0}) == "18,446,744,073,709,551,615");
}

TEST_CASE("columns counts code points, and an invalid byte as one", "[text]") {
    CHECK(columns("") == 0);
    CHECK(columns("abc") == 3);
    CHECK(columns("Grüße €") == 7);
    CHECK(columns("バックアップ") == 12);
    CHECK(columns("한글 ＡＢ 😀 中") == 4 + 1 + 4 + 1 + 2 + 1 + 2);
    CHECK(first_columns("バックアップ", 5) == "バッ");
    CHECK(columns("\xff\x80\xe2\x82") == 4);
}

TEST_CASE("fit is exactly as wide as asked", "[text]") {
    CHECK(fit("abc", 5) == "abc  ");
    CHECK(fit("abc", 3) == "abc");
    CHECK(fit("abcd", 3) == "ab…");
    CHECK(fit("äöüß", 3) == "äö…");
    CHECK(fit("abc", 1) == "…");
    CHECK(fit("abc", 0).empty());
    CHECK(fit("", 0).empty());
    CHECK(fit("", 2) == "  ");
}

TEST_CASE("fit_path keeps the end of the path", "[text]") {
    CHECK(fit_path("/home/user/file.txt", 30) == "/home/user/file.txt" + std::string(11, ' '));
    CHECK(fit_path("/home/somebody/very/long/file.txt", 16) == "/home…g/file.txt");
    CHECK(fit_path("/abcdef", 4) == "/ab…");
    CHECK(fit_path("/äöüäöüäöüäöü", 7) == "/ä…üäöü");
}

TEST_CASE("fit and fit_path leave half of a wide character out", "[text]") {
    for (std::size_t width = 0; width < 20; ++width) {
        CHECK(columns(fit("/バックアップ/写真", width)) == width);
        CHECK(columns(fit_path("/バックアップ/写真", width)) == width);
    }
    CHECK(fit("バックアップ", 6) == "バッ …");
    CHECK(fit_path("/バックアップ/写真", 10) == "/バ…/写真 ");
}

TEST_CASE("fit and fit_path never exceed the width, on noise too", "[text]") {
    std::mt19937 random{3};
    for (int i = 0; i < 5000; ++i) {
        const auto text = noise(random);
        const auto width = random() % 30;
        REQUIRE(columns(fit(text, width)) == width);
        REQUIRE(columns(fit_path(text, width)) == width);
    }
}

TEST_CASE("split_lines, trim, join, to_lower", "[text]") {
    using Lines = std::vector<std::string>;
    CHECK(split_lines("").empty());
    CHECK(split_lines("a") == Lines{"a"});
    CHECK(split_lines("a\n") == Lines{"a"});
    CHECK(split_lines("a\n\nb") == Lines{"a", "", "b"});
    CHECK(split_lines("\n") == Lines{""});
    CHECK(trim(" \t a b \r\n") == "a b");
    CHECK(trim(" \n").empty());
    CHECK(trim("").empty());
    CHECK(join({}, ", ").empty());
    CHECK(join({"a"}, ", ") == "a");
    CHECK(join({"a", "", "b"}, ", ") == "a, , b");
    CHECK(to_lower("MoN ÄZ") == "mon Äz");
}

TEST_CASE("the version is three numbers", "[version]") {
    CHECK(std::count(version().begin(), version().end(), '.') == 2);
}
