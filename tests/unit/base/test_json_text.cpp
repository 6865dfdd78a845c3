#include "base/json_text.hpp"
#include "support/catch.hpp"

using namespace guardian;

TEST_CASE("json: what a terminal would act on, or hide, is escaped", "[json]") {
    CHECK(shown_json("{\"a\":\"\x7F\"}") == R"({"a":"\u007f"})");
    CHECK(shown_json("\xC2\x80|\xC2\x9B|\xC2\x9F") == R"(\u0080|\u009b|\u009f)");
    CHECK(shown_json("\xD8\x9C|\xE2\x80\x8B|\xE2\x80\x8F|\xE2\x80\xA8|\xE2\x80\xAE") ==
          R"(\u061c|\u200b|\u200f|\u2028|\u202e)");
    CHECK(shown_json("\xE2\x81\xA0|\xE2\x81\xA9|\xEF\xBB\xBF") == R"(\u2060|\u2069|\ufeff)");
}

TEST_CASE("json: all else stays as it is, also what is cut or no UTF-8", "[json]") {
    for (const std::string_view text :
         {R"({"a":"b\nä€","c":[1,null]})", "34 °C \xC2\xA0 \xE2\x80\x90 \xE2\x80\xA6", "\xF0\x9D\x84\x9E",
          "\xE2\x80", "\xC2", "\xFF\x80\x9B", ""})
        CHECK(shown_json(text) == text);
}

TEST_CASE("json: text as a string", "[json]") {
    CHECK(json_string("a\"b\\c\n\x1B[2J\xC2\x9B\xFF") ==
          "\"a\\\"b\\\\c\\u000a\\u001b[2J\\u009b\xEF\xBF\xBD\"");
}
