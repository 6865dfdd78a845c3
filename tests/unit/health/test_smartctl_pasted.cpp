/// Reports as people hand them on: each line with something before it, one line marked, the rest cut off.

#include <initializer_list>
#include <utility>
#include <vector>

#include "core/health.hpp"
#include "health/pasted.hpp"
#include "health/smartctl_json.hpp"
#include "recorded.hpp"

using namespace guardian;
using recorded::check_same;
using recorded::parsed;
using recorded::replaced;
using recorded::report;
using recorded::text;

namespace {

const std::string row =
    "  5 Reallocated_Sector_Ct   0x0033   100   100   010    Pre-fail  Always       -       8\n";

std::string pending(int n) {
    return "197 Current_Pending_Sector  0x0012   100   100   000    Old_age   Always       -       " +
           std::to_string(n) + "\n";
}

core::Verdict verdict_of(const std::string& text) {
    return core::assess({}, parsed(text)).verdict;
}

/// Marked as people do, that others see it.
std::vector<std::string> marked(const std::string& line) {
    std::vector<std::string> all;
    for (const auto* mark :
         {"**", "***", "__", "`", "~~", "* ", "!!! ", "--> ", "=> ", "\xE2\x86\x92 ", "- ", "12. "}) {
        all.push_back(mark + line);
        all.push_back(mark + line + mark);
        all.push_back(line + " " + mark);
    }
    for (const auto& [open, close] : std::initializer_list<std::pair<const char*, const char*>>{
             {"[B]", "[/B]"},
             {"[color=red]", "[/color]"},
             {"[b][COLOR=#ff0000]", "[/COLOR][/b]"},
             {"<b>", "</b>"},
             {"<span style=\"color: red\">", "</span>"},
             {"&nbsp;<td>", "</td>"},
             {"\xE2\x80\x8B", "\xE2\x80\x8B"}})
        all.push_back(open + line + close);
    return all;
}

}  // namespace

TEST_CASE("text: what is put before every line is passed over") {
    const auto* const name =
        GENERATE("ata-hdd-failed-x.txt", "ata-ssd-apple.txt", "nvme-tests.txt", "sas-ssd.txt");
    const auto expected = report(name);
    for (const auto* mark : {"| ", "- ", "* ", "+ ", "12: ", "12\t", "  12  ", "12:", "smart.txt:12:", "!!! ",
                             "--> ", "=>", "\xE2\x80\xA2 ", "[12.345678] ", "2026-11-26 07:00:00 ",
                             "Nov 26 06:32:36 host smartctl[123]: ", "> > | "}) {
        INFO(name << " " << mark);
        const auto r = parsed(mark + replaced(text(name), '\n', std::string("\n") + mark));
        // After words only smartctl's own count: "Temperature:" is everybody's.
        if (std::string_view(mark).find_first_of("hs") == std::string_view::npos) check_same(r, expected);
        CHECK(r.attributes.size() == expected.attributes.size());
        CHECK(r.errors.size() == expected.errors.size());
        CHECK(r.self_tests.size() == expected.self_tests.size());
        CHECK(core::assess({}, r).verdict == core::assess({}, expected).verdict);
    }
}

TEST_CASE("text: a line that somebody has marked is not left out") {
    const std::string status = "SMART overall-health self-assessment test result: ";
    const std::string test =
        "# 1  Extended offline    Completed: read failure       90%     12000         12345678";
    const std::string now =
        "  5 Reallocated_Sector_Ct   0x0033   001   001   010    Pre-fail  Always   FAILING_NOW 4000";
    const auto bad = GENERATE_COPY(as<std::string>{}, pending(500).substr(0, pending(500).size() - 1),
                                   status + "FAILED!", test, now);
    for (const auto& line : marked(bad)) {
        INFO(line);
        const auto verdict = verdict_of(status + "PASSED\n" + (bad == now ? "" : row) + line + "\n" +
                                        (bad.starts_with("197") ? "" : pending(0)));
        CHECK((verdict == core::Verdict::failing || verdict == core::Verdict::unknown));
    }
}

TEST_CASE("text: what the usual marks stand around is read to the end") {
    const std::string status = "SMART overall-health self-assessment test result: PASSED\n";
    for (const auto& [open, close] :
         std::initializer_list<std::pair<const char*, const char*>>{{"**", "**"},
                                                                    {"***", "***"},
                                                                    {"`", "`"},
                                                                    {"[B]", "[/B]"},
                                                                    {"[b][COLOR=#ff0000]", "[/COLOR][/b]"},
                                                                    {"[code]", "[/code]"},
                                                                    {"<b>", "</b>"},
                                                                    {"<td class=x>", "</td>"},
                                                                    {"&nbsp;", "&nbsp;"},
                                                                    {"\xE3\x80\x80", "\xE2\x80\x83"}}) {
        INFO(open);
        const auto line = pending(500);
        const auto r = parsed(status + row + open + line.substr(0, line.size() - 1) + close);
        REQUIRE(r.attribute(197) != nullptr);
        CHECK(r.attribute(197)->raw == 500U);
        const auto torn = parsed(status + row + line.substr(0, line.size() - 4) + open + "500" + close);
        CHECK(torn.attribute(197)->raw == 500U);
    }
}

TEST_CASE("text: what is written into a line, or torn off it, is no good news") {
    const std::string status = "SMART overall-health self-assessment test result: ";
    const std::string good = status + "PASSED\n" + row + pending(0);
    REQUIRE(verdict_of(good) == core::Verdict::healthy);
    for (const auto* line :
         {"SMART overall-health self-assessment test result FAILED!", "result: FAILED!",
          "__197__ Current_Pending_Sector  0x0012   100   100   000    Old_age   Always       -       500",
          "197 !! Current_Pending_Sector  -O--C-   100   100   000    -    500",
          "# 1  Extended offline    Completed: read",
          "# 1  Extended offline    Completed: (read) failure       90%     12000         12345678",
          "# 1  Extended offline",
          "Self-test execution status:      ( !!! 121) The previous self-test completed having",
          "  1 Raw_Read_Error_Rate     0x000f   040   040   044    Pre-fail  Always   ->FAILING_NOW 7"}) {
        INFO(line);
        CHECK(verdict_of(good + line + "\n") == core::Verdict::unknown);
    }
    for (const auto* line :
         {"SMART overall-health self-assessment test result:\n FAILED!",
          "SMART overall-health self-assessment test result: !!FAILED!!",
          " 10 Spin_Retry_Count        0x0013   090   090   097    Pre-fail  Always   FAILING_\nNOW 7"}) {
        INFO(line);
        CHECK(verdict_of(good + line + "\n") == core::Verdict::failing);
    }
    const std::string nvme =
        "SMART overall-health self-assessment test result: PASSED\nCritical Warning: 0x00\nTemperature: 30 "
        "Celsius\n"
        "Available Spare: 100%\nPercentage Used: 1%\nMedia and Data Integrity Errors: 0\n";
    REQUIRE(verdict_of(nvme) == core::Verdict::healthy);
    for (const auto& [from, to] :
         std::initializer_list<std::pair<const char*, const char*>>{{"0x00", "0x0"},
                                                                    {"Critical Warning", "Critical\nWarning"},
                                                                    {"100%", "!3"},
                                                                    {"1%", "12"},
                                                                    {"Errors: 0", "Errors:"}}) {
        INFO(to);
        auto torn = nvme;
        torn.replace(torn.find(from), std::string_view(from).size(), to);
        CHECK(verdict_of(torn) == core::Verdict::unknown);
    }
    CHECK(verdict_of(nvme + " 0   Extended          Completed: failed seg") == core::Verdict::unknown);
    auto wrapped = nvme;
    CHECK(verdict_of(wrapped.replace(wrapped.find(" 1%"), 3, "\n120%")) == core::Verdict::watch);
}

TEST_CASE("text: at any width, and cut anywhere, a bad report is no good one") {
    auto bad = text("ata-hdd-testing.txt");
    for (const auto& [from, to] : std::initializer_list<std::pair<std::string, std::string>>{
             {"result: PASSED", "result: FAILED!"},
             {"# 2  Short offline       Completed without error       00%       238         -",
              "# 2  Extended offline    Completed: read failure       90%       238         12345678"},
             {"000    Old_age   Always       -       0\n198",
              "000    Old_age   Always       -       500\n198"}}) {
        auto whole = bad;
        whole.replace(whole.find(from), from.size(), to);
        REQUIRE(verdict_of(whole) == core::Verdict::failing);
        for (std::size_t width = 30; width <= 100; ++width) {
            std::string wrapped, cut;
            for (std::string_view rest = whole; !rest.empty();) {
                const auto line = rest.substr(0, rest.find('\n'));
                for (std::size_t at = 0; at < line.size(); at += width)
                    wrapped.append(line.substr(at, width)).append("\n");
                cut.append(line.substr(0, width)).append("\n");
                rest.remove_prefix(std::min(rest.size(), line.size() + 1));
            }
            INFO(to << " at " << width);
            CHECK(verdict_of(wrapped) != core::Verdict::healthy);
            CHECK(verdict_of(cut) != core::Verdict::healthy);
        }
    }
}

TEST_CASE("text: a marked line of NVMe or SAS is not left out") {
    const std::string nvme =
        "SMART overall-health self-assessment test result: PASSED\nAvailable Spare: 100%\n"
        "Media and Data Integrity Errors: 0\nPower On Hours: 100\n";
    for (const auto& line : marked("Critical Warning:                   0x04")) {
        INFO(line);
        const auto verdict = verdict_of(nvme + line);
        CHECK((verdict == core::Verdict::failing || verdict == core::Verdict::unknown));
    }
    const std::string sas =
        "SMART Health Status: OK\nElements in grown defect list: 0\n"
        "read:          0        0         0         0          0      27805.729           0\n";
    for (const auto& line :
         marked("write:         0        0         0         0          0       9378.908           5")) {
        INFO(line);
        const auto verdict = verdict_of(sas + line);
        CHECK((verdict == core::Verdict::watch || verdict == core::Verdict::unknown));
    }
}

TEST_CASE("text: brackets and stars of smartctl's own stay") {
    const auto r = parsed(
        "SMART Health Status: FAILURE PREDICTION THRESHOLD EXCEEDED [asc=5d, ascq=10]\n"
        "User Capacity:    12,000,138,625,024 bytes [12.0 TB]\nDevice Model: A<B [B2] 1\n");
    CHECK(r.scsi->failure->ascq == 0x10U);
    CHECK(r.bytes == 12'000'138'625'024U);
    CHECK(r.model == "A<B [B2] 1");
}

TEST_CASE("text: NVMe's log of errors has no attributes, whatever its numbers") {
    const auto r = parsed(
        "Error Information (NVMe Log 0x01, 16 of 64 entries)\n"
        "Num   ErrCount  SQId   CmdId  Status  PELoc          LBA  NSID    VS\n"
        "  1         30     0  0x0018  0x4004  0x004            0     1     -\n"
        "  2         29    12  0x0018  0x0032  100   100   0     1     -\n");
    CHECK(r.attributes.empty());
    CHECK(r.kind == core::DriveKind::nvme);
}

TEST_CASE("pasted: smartctl's JSON with what mail, forum and terminal put around it") {
    const auto json = text("nvme.json");
    const auto expected = health::parse_smartctl_json(json);
    REQUIRE(expected.has_value());
    std::string wide = "\xFF\xFE";
    for (const char c : json) wide += {c, '\0'};
    for (const auto& pasted :
         {json, "\xEF\xBB\xBF" + json, "```json\n" + json + "\n```\n",
          "root@host:~# smartctl -x --json /dev/nvme0\n" + json + "root@host:~# ",
          "> " + replaced(json, '\n', "\n> "), "[" + json + "]", replaced(json, ' ', "\xC2\xA0"), wide,
          replaced(json, '\n', "\r\n"), "[code]" + json + "[/code]"}) {
        INFO(pasted.substr(0, 60));
        const auto r = health::parse_pasted(pasted);
        REQUIRE(r.has_value());
        CHECK(r->model == expected->model);
        CHECK(core::assess({}, *r).verdict == core::assess({}, *expected).verdict);
    }
    for (const auto& broken :
         {json + json, json.substr(0, json.size() - 20), "[" + json + "," + json + "]"}) {
        const auto r = health::parse_pasted(broken);
        REQUIRE_FALSE(r.has_value());
        CHECK(r.error().text().find("smartctl --json") != std::string::npos);
    }
    CHECK(health::parse_pasted(text("nvme-tests.txt"))->kind == core::DriveKind::nvme);
}

TEST_CASE("text: a table that ends before what tells most of a disk") {
    const std::string status = "SMART overall-health self-assessment test result: PASSED\n";
    const std::string hours =
        "  9 Power_On_Hours          0x0032   099   099   000    Old_age   Always       -       9000\n";
    CHECK(verdict_of(status + row + hours + pending(0)) == core::Verdict::healthy);
    CHECK(verdict_of(status + row + hours) == core::Verdict::unknown);
    CHECK(verdict_of(status + row + hours + "1") == core::Verdict::unknown);
    CHECK(verdict_of(status + hours + pending(0)) == core::Verdict::unknown);
    // More follows: it is the drive that has no 197, as one in seventy.
    CHECK(verdict_of(status + row + hours + "SMART Error Log Version: 1\nNo Errors Logged\n") ==
          core::Verdict::healthy);
    const auto whole = text("ata-hdd-testing.txt");
    const auto whole_verdict = core::assess({}, parsed(whole)).verdict;
    CHECK(whole_verdict == core::Verdict::healthy);
    const auto table = whole.find("ID# ATTRIBUTE_NAME"), last = whole.find("\n197 ");
    for (auto size = table + 60; size < last; size += 11) {
        INFO(whole.substr(size - 60, 60));
        CHECK(verdict_of(whole.substr(0, size)) == core::Verdict::unknown);
    }
}

TEST_CASE("text: a log of NVMe or SAS that ends too early") {
    const auto nvme = text("nvme-tests.txt"), sas = text("sas-ssd-x.txt");
    REQUIRE(verdict_of(nvme) == core::Verdict::healthy);
    for (auto size = nvme.find("SMART/Health Information") + 30;
         size < nvme.find("Media and Data Integrity Errors:"); size += 9)
        CHECK(verdict_of(nvme.substr(0, size)) == core::Verdict::unknown);
    REQUIRE(verdict_of(sas) == core::Verdict::healthy);
    const auto from = sas.find("SMART Health Status") + 25;
    for (auto size = from; size < sas.find("write:"); size += 9)
        CHECK(verdict_of(sas.substr(0, size)) == core::Verdict::unknown);
}

TEST_CASE("text: rows of SAS counters that a mail has wrapped, or torn") {
    const std::string sas =
        "SMART Health Status: OK\nElements in grown defect list: 0\n"
        "read:          0        0         0         0          0      27805.729           0\n";
    const std::string write =
        "write:         0        0         0         0          0       9378.908           5\n";
    REQUIRE(verdict_of(sas + write) == core::Verdict::watch);
    for (auto at = write.find(' ', 10); at < write.find('5', 60); at = write.find("  ", at + 2)) {
        auto broken = write;
        broken.replace(at, 2, "\n > ");
        INFO(broken);
        CHECK(verdict_of(sas + broken) == core::Verdict::watch);
    }
    CHECK(verdict_of(
              sas +
              "write:         0        0         0     no    0          0       9378.908           5\n") ==
          core::Verdict::unknown);
    CHECK(verdict_of(sas + "write:         0        0 \n") == core::Verdict::unknown);
    CHECK(verdict_of("SMART Health Status: OK\nCurrent Drive Temperature:     30 C\nError Counter logging "
                     "not supported\n") == core::Verdict::healthy);
}
