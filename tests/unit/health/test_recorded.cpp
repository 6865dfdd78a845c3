/// Recorded reports, a line each: the order, the bounds, the answers; and the verdicts on drives that were
/// recorded.

#include <fmt/format.h>

#include <fstream>

#include "health/recorded.hpp"
#include "support/catch.hpp"

using namespace guardian;
using health::RecordedDrives;

namespace {

/// A report of a disk with so many reallocated sectors.
std::string line(const std::string& drive, int seq, int hours, int reallocated) {
    return fmt::format(
        R"({{"drive":"{}","kind":"hdd","seq":{},"hours":{},"report":{{"smart_status":{{"passed":true}},)"
        R"("ata_smart_attributes":{{"table":[{{"id":1,"raw":{{"value":9}}}},{{"id":5,"raw":{{"value":{}}}}}]}}}}}})",
        drive, seq, hours, reallocated);
}

bool is(const std::string& answer, std::string_view verdict) {
    INFO(answer);
    return answer.find(fmt::format(R"("verdict":"{}")", verdict)) != std::string::npos;
}

bool is_error(const std::string& answer, const std::string& drive = "") {
    return is(answer, "unknown") && answer.find(R"("reasons":[],"error":")") != std::string::npos &&
           answer.starts_with(R"({"drive":")" + drive + R"(",)") && answer.find('\n') == std::string::npos;
}

const std::string grown = "becoming more";
bool has_grown(const std::string& answer) {
    return answer.find(grown) != std::string::npos;
}

}  // namespace

TEST_CASE("recorded: a line for a line", "[recorded]") {
    RecordedDrives drives;
    CHECK(drives.answer(line("A", 0, 100, 0)) == R"({"drive":"A","verdict":"healthy","reasons":[]})");
    CHECK(
        drives.answer(line("A", 1, 200, 25)) ==
        R"({"drive":"A","verdict":"watch","reasons":["25 sectors were replaced by spare ones (5 = 25, )"
        R"(4 days of operation ago 0), and they are becoming more. Drives with this sign fail within months far more )"
        R"(often than others."]})");
}

TEST_CASE("recorded: each drive has its own history", "[recorded]") {
    RecordedDrives drives;
    (void)drives.answer(line("A", 0, 100, 0));
    CHECK(!has_grown(drives.answer(line("B", 1, 200, 15))));
    CHECK(has_grown(drives.answer(line("A", 1, 200, 15))));
}

TEST_CASE("recorded: drives are told apart by numbers too, and those without a name have no history", "[recorded]") {
    RecordedDrives drives;
    const auto named = [](const std::string& name, int seq, int reallocated) {
        auto text = line("A", seq, 100 * (seq + 1), reallocated);
        return text.replace(text.find(R"("A")"), 3, name);
    };
    (void)drives.answer(named("1", 0, 0));
    CHECK(!has_grown(drives.answer(named("2", 1, 15))));
    const auto grown_one = drives.answer(named("1", 1, 15));
    CHECK(has_grown(grown_one));
    CHECK(grown_one.starts_with(R"({"drive":"1",)"));
    (void)drives.answer(named("null", 0, 0));
    CHECK(!has_grown(drives.answer(named("null", 1, 15))));
    CHECK(is_error(drives.answer(named('"' + std::string(201, 'x') + '"', 0, 0))));
}

TEST_CASE("recorded: the history is in the order of seq", "[recorded]") {
    RecordedDrives drives;
    (void)drives.answer(line("A", 5, 200, 15));
    // An older one has nothing before it, though it was told later.
    CHECK(!has_grown(drives.answer(line("A", 1, 100, 0))));
    CHECK(has_grown(drives.answer(line("A", 6, 201, 15))));
    // Of the same place: later, as it came later.
    CHECK(has_grown(drives.answer(line("A", 1, 101, 15))));
}

TEST_CASE("recorded: where all have the same seq, in the order of the lines", "[recorded]") {
    RecordedDrives drives;
    (void)drives.answer(line("A", 0, 100, 0));
    (void)drives.answer(line("A", 0, 150, 1));
    CHECK(drives.answer(line("A", 0, 200, 15)).find("2 days of operation ago 1)") != std::string::npos);
}

TEST_CASE("recorded: without seq, in the order of the lines", "[recorded]") {
    RecordedDrives drives;
    const auto without = [](std::string l) { return l.replace(l.find("\"seq\""), 5, "\"sqe\""); };
    (void)drives.answer(without(line("A", 0, 100, 0)));
    CHECK(has_grown(drives.answer(without(line("A", 0, 200, 15)))));
}

TEST_CASE("recorded: the hours beside the report are taken where it has none", "[recorded]") {
    RecordedDrives drives;
    (void)drives.answer(line("A", 0, 1000, 0));
    // 15 in 60 days are fewer than 9 in 30.
    CHECK(!has_grown(drives.answer(line("A", 1, 1000 + 60 * 24, 15))));
}

TEST_CASE("recorded: so many readings are kept of a drive, the first of them always", "[recorded]") {
    RecordedDrives drives;
    (void)drives.answer(line("A", 0, 1000, 0));
    for (int i = 1; i < 1000; ++i) (void)drives.answer(line("A", i, 1000, 12));
    CHECK(has_grown(drives.answer(line("A", 1000, 1000, 12))));
}

TEST_CASE("recorded: so much is kept, the drive not heard of for the longest is forgotten", "[recorded]") {
    RecordedDrives drives{100};
    // Those that were forgotten leave no trace.
    for (int i = 0; i < 1000; ++i) (void)drives.answer(line("old" + std::to_string(i), 0, 100, 0));
    (void)drives.answer(line("A", 0, 100, 0));
    (void)drives.answer(line("B", 0, 100, 0));
    // Each counts twice, itself and its reading; and A will have one more.
    for (int i = 4; i + 2 < 100; i += 2) (void)drives.answer(line(std::to_string(i), 0, 100, 0));
    CHECK(has_grown(drives.answer(line("A", 1, 200, 15))));  // now B is the oldest
    (void)drives.answer(line("one more", 0, 100, 0));
    CHECK(!has_grown(drives.answer(line("B", 1, 200, 15))));
    CHECK(has_grown(drives.answer(line("A", 2, 200, 15))));
}

TEST_CASE("recorded: the mark that Windows puts before the first line is none of its", "[recorded]") {
    RecordedDrives drives;
    CHECK(is(drives.answer("\xEF\xBB\xBF" + line("A", 0, 100, 0)), "healthy"));
}

TEST_CASE("recorded: a line that cannot be read is answered with an error", "[recorded][hostile]") {
    RecordedDrives drives;
    for (const auto* bad :
         {"", "x", "[]", "null", "{", "{}", "{\"drive\":\"A\n\xFF"}) {
        INFO(bad);
        CHECK(is_error(drives.answer(bad)));
    }
    for (const auto* of_a : {R"({"drive":"A"})", R"({"drive":"A","report":[]})", R"({"drive":"A","report":null})",
                             R"({"drive":"A","report":"{}"})"}) {
        INFO(of_a);
        CHECK(is_error(drives.answer(of_a), "A"));
    }
    CHECK(is_error(drives.answer(std::string(5 * 1024 * 1024, ' '))));
    CHECK(is(drives.answer(line("A", 0, 100, 0)), "healthy"));
}

TEST_CASE("recorded: odd members beside the report do no harm", "[recorded][hostile]") {
    RecordedDrives drives;
    for (const auto* odd :
         {R"("drive":7,"seq":"x")", R"("drive":null,"seq":1e300,"hours":"many")",
          R"("drive":"A","seq":-9223372036854775808,"hours":-1)",
          R"("drive":"A","seq":9223372036854775807,"kind":"floppy","hours":9223372036854775807)",
          R"("drive":"A")"})
        CHECK(is(drives.answer(fmt::format(R"({{{},"report":{{}}}})", odd)), "unknown"));
}

TEST_CASE("recorded: what a drive is called comes back as valid JSON", "[recorded][hostile]") {
    RecordedDrives drives;
    const auto answer =
        drives.answer(R"({"drive":"a\"b\\c\nd\u0001","report":{"smart_status":{"passed":true}}})");
    CHECK(answer.starts_with(R"({"drive":"a\"b\\c\u000ad\u0001","verdict":)"));
    const auto hidden = drives.answer("{\"drive\":\"a\u009b\u202e\u200b\u007f\",\"report\":{}}");
    CHECK(hidden.starts_with(R"({"drive":"a\u009b\u202e\u200b\u007f",)"));
    const auto odd = drives.answer("{\"drive\":\"a\xFF\",\"report\":{}}");
    CHECK(odd.starts_with("{\"drive\":\"a\xEF\xBF\xBD\","));
}

TEST_CASE("recorded: the verdicts on drives that were recorded", "[recorded]") {
    struct Known {
        std::string drive, verdict, words;
    };
    const std::vector<Known> known{
        {"3BF569F96A9A", "healthy", ""},  // transfer errors of long ago
        {"6625E9D72C27", "healthy", ""},  // often switched on
        {"0228FB1AF494", "healthy", ""},  // hot in the past
        {"39D256EA5B5E", "healthy", ""},  // helium
        {"046F80026D4C", "healthy", ""},  // NVMe's log of errors
        {"09B824B92753", "healthy", ""},  // 188 packed
        {"1608CF429E66", "healthy", ""},  // Hitachi's upper words
        {"3BAC7CA7E978", "healthy", ""},  // upper words of 188 alone
        {"94E33EF15642", "healthy", ""},  // Seagate's 1, 7, 195
        {"82025796D293", "failing", "SMART status FAILED"},
        {"E84A843B5BFC", "failing", "8 hours of operation ago"},  // a failed self-test
        {"E482B071A43D", "watch", "3 months of operation ago"},   // an old one
        {"6B42890766C4", "watch", "too hot (87 °C)"},             // heat alone
        {"DD118B1F5252", "failing", "read only (critical warning 0x08)"},
        {"931E6659BFA4", "failing", "175 Program_Fail_Count_Chip"},
        {"CC95AF61A141", "failing", "315 reads failed for good"},
        {"23516333E60E", "healthy", ""},  // an SSD's last months
        {"23516333E60E", "watch", "231 SSD_Life_Left is at 11"},
        {"23516333E60E", "failing", "SMART status FAILED"},
        {"D8090E768827", "healthy", ""},  // a cable that was changed
        {"D8090E768827", "watch", "usually the cable"},
        {"D8090E768827", "healthy", ""},
        {"0D176A4FD238", "healthy", ""},  // Fujitsu's 5
        {"3C2F9EF0DB9A", "healthy", ""},  // 197 wrapped
    };
    std::ifstream file(GUARDIAN_SOURCE_DIR "/tests/data/smart/recorded.ndjson");
    RecordedDrives drives;
    std::string text;
    for (const auto& k : known) {
        REQUIRE(std::getline(file, text));
        const auto answer = drives.answer(text);
        INFO(answer);
        CHECK(answer.starts_with(
            fmt::format(R"({{"drive":"{}","verdict":"{}","reasons":[)", k.drive, k.verdict)));
        CHECK(answer.find(k.words) != std::string::npos);
        CHECK((k.verdict != "healthy" || answer.ends_with("[]}")));
    }
    CHECK(!std::getline(file, text));
}
