#include "base/text.hpp"
#include "cli/screen_from_json.hpp"
#include "cli/screen_status.hpp"
#include "golden.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::test;

namespace {

struct Situation {
    std::string name;
    report::Status status;
};

std::vector<Situation> situations() {
    return {{"quiet", quiet_status()},
            {"trouble", trouble_status()},
            {"running", running_status()},
            {"first", first_status()}};
}

std::string without_colour(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x1b')
            i = text.find('m', i);
        else
            out += text[i];
    }
    return out;
}

/// Cells are padded before they are painted, so blanks at a line's end may stay behind the colour.
std::string without_last_blanks(const std::string& text) {
    std::string out;
    for (auto line : split_lines(text)) {
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

}  // namespace

TEST_CASE("status: the screens at 80 and 200 columns") {
    for (const auto& [name, status] : situations())
        for (const std::size_t width : {80U, 200U}) {
            const auto file = fmt::format("status-{}-{}.txt", name, width);
            CHECK(golden_difference(file, cli::render_status(status, width, false)) == "");
        }
}

TEST_CASE("status: control sequences only for colour, and only when asked") {
    for (const auto& [name, status] : situations()) {
        const auto plain = cli::render_status(status, 80, false);
        const auto coloured = cli::render_status(status, 80, true);
        CHECK(plain.find('\x1b') == std::string::npos);
        CHECK(coloured.find('\x1b') != std::string::npos);
        CHECK(without_last_blanks(without_colour(coloured)) == plain);
    }
}

TEST_CASE("status: a dead daemon is said in the first line, and what follows from it in the next") {
    auto status = quiet_status();
    status.daemon = {};
    const auto lines = split_lines(cli::render_status(status, 80, false));
    CHECK(lines.at(0).find("john-ai: guardiand does not run") == 0);
    CHECK(lines.at(1) == "  Plugging the disk in does nothing until it does: start guardiand");
}

TEST_CASE("status: trouble of the store is said at the top") {
    auto status = quiet_status();
    status.daemon.trouble = "the database was lost";
    CHECK(split_lines(cli::render_status(status, 80, false)).at(1) == "  the database was lost");
}

TEST_CASE("status: a run whose process is gone is shown as interrupted, never as running") {
    const auto screen = cli::render_status(trouble_status(), 80, false);
    CHECK(screen.find("interrupted") != std::string::npos);
    CHECK(screen.find("running") == std::string::npos);
}

TEST_CASE("status: nothing configured is said, not shown as an empty table") {
    report::Status status;
    status.name = "john-ai";
    status.zone = utc();
    status.at = sample_now();
    const auto screen = cli::render_status(status, 80, false);
    CHECK(screen.find("No target is configured.") != std::string::npos);
    CHECK(screen.find("No plan is configured: nothing is backed up.") != std::string::npos);
}

TEST_CASE("status: names that differ only at the end stay different at 80 columns") {
    auto status = quiet_status();
    const std::string same(60, 'n');
    status.plans[0].plan.spec.name = same + "-one";
    status.plans[1].plan.spec.name = same + "-two";
    const auto screen = cli::render_status(status, 80, false);
    CHECK(screen.find("-one ") != std::string::npos);
    CHECK(screen.find("-two ") != std::string::npos);
}

TEST_CASE("status: a drive that sleeps is said to, with the age of its reading, from the daemon's JSON too") {
    auto status = quiet_status();
    status.targets[0].drives.at(0).asleep = true;
    const auto back = cli::status_from_json(report::to_json(status), utc());
    REQUIRE(back.has_value());
    CHECK(cli::render_status(*back, 200, false).find("watch, asleep, read 3 h ago") != std::string::npos);
}

TEST_CASE("status: made from the daemon's JSON the screen is the same") {
    for (const auto& [name, status] : situations()) {
        const auto back = cli::status_from_json(report::to_json(status), utc());
        REQUIRE(back.has_value());
        for (const std::size_t width : {80U, 200U})
            CHECK(cli::render_status(*back, width, false) == cli::render_status(status, width, false));
    }
}

TEST_CASE("status: JSON with missing, wrong and hostile members makes some screen, or an error") {
    for (const char* text :
         {"{}", R"({"targets":7,"plans":{},"runs":[1,null,[]],"incidents":[{}]})",
          R"({"plans":[{"running":{},"last_run":[],"failures":-1,"stale_after_seconds":1e300}]})",
          R"({"at":"2026-13-40T99:00:00+00:00","targets":[{"state":"?","devices":[{}]}]})"}) {
        const auto status = cli::status_from_json(text, utc());
        REQUIRE(status.has_value());
        CHECK(!cli::render_status(*status, 80, false).empty());
    }
    for (const char* text : {"", "[]", "{", "null", "\xff"})
        CHECK(cli::status_from_json(text, utc()).has_error());
}

TEST_CASE("rfc3339 is read back as it was written") {
    const auto zone = [](Time) { return std::chrono::seconds{-(3 * 3600 + 30 * 60)}; };
    CHECK(cli::time_from_rfc3339(rfc3339(sample_now(), zone)) == sample_now());
    CHECK(cli::time_from_rfc3339("2026-11-23T03:12:00+00:00") == sample_now());
    for (const char* wrong :
         {"", "2026-11-23", "2026-11-23T03:12:00Z", "2026-02-30T03:12:00+00:00", "2026-11-23T24:12:00+00:00",
          "2026-11-23T03:-1:00+00:00", "2026-11-23T03:12:00+00:0x"})
        CHECK(!cli::time_from_rfc3339(wrong).has_value());
}
