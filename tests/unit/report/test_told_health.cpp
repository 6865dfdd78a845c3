#include <stdlib.h>

#include <filesystem>

#include "base/file.hpp"
#include "base/text.hpp"
#include "report/told_health.hpp"
#include "support/catch.hpp"
#include "support/result.hpp"

using namespace guardian;
using namespace guardian::report;
using core::DriveState;
using core::Verdict;

namespace {

Time at(int minute) {
    return Time{std::chrono::hours{500000} + std::chrono::minutes{minute}};
}

DriveState told(const std::string& id, Verdict verdict, int minute) {
    DriveState d;
    d.id = d.name = id;
    d.verdict = verdict;
    d.reasons = {{"transfer-errors", Verdict::watch, {}, "It is so."}};
    d.read_at = d.tried_at = at(minute);
    return d;
}

DriveState in_vain(const std::string& id, int minute, bool asleep = false) {
    DriveState d;
    d.id = d.name = id;
    d.tried_at = at(minute);
    d.trouble = asleep ? "it sleeps" : "no answer";
    d.asleep = asleep;
    if (!asleep) d.unknown_since = d.tried_at;
    return d;
}

/// `counting`: those that tell something here do in any case.
ToldLook look(std::vector<DriveState> drives, std::set<std::string> answered = {},
              std::set<std::string> counting = {}) {
    for (const auto& d : drives) counting.insert(d.id);
    return {std::move(drives), std::move(answered), std::move(counting), true};
}

}  // namespace

TEST_CASE("told: a look as text is the same look") {
    auto sleeping = told("WD-1", Verdict::failing, 1);
    sleeping.trouble = "it sleeps\n\"\x1b";
    sleeping.trouble = printable(sleeping.trouble);
    sleeping.asleep = true;
    sleeping.tried_at = at(7);
    const auto before =
        look({sleeping, told("unnamed:usb", Verdict::watch, 2), in_vain("WD-2", 3)}, {"WD-1", "WD-3"});
    const auto after = told_look(told_text(before), at(9));
    CHECK(after.drives == before.drives);
    CHECK(after.answered == before.answered);
    CHECK(after.came_to_its_end);
    CHECK(after.counting == std::set<std::string>{"WD-1", "WD-2", "unnamed:usb"});
}

TEST_CASE("told: what is no line of a look is passed over, and what is missing is now") {
    for (const auto* text :
         {"", "{", "[]", "{}", "null", "{\"drive\":7,\"verdict\":\"failing\"}",
          "{\"drive\":\"\",\"verdict\":\"failing\"}", "{\"drive\":\"x\",\"verdict\":\"dead\"}",
          "{\"answered\":7}", "{\"counting\":[]}"}) {
        const auto nothing = told_look(text, at(1));
        CHECK(nothing.drives.empty());
        CHECK_FALSE(nothing.came_to_its_end);
    }
    const auto bare = told_look(
        "{\"answered\":[7,null],\"counting\":7}\n{\"drive\":\"x\",\"verdict\":\"failing\",\"read_us\":"
        "\"soon\",\"reasons\":[7]}",
        at(5));
    REQUIRE(bare.drives.size() == 1);
    CHECK(bare.drives[0].read_at == at(5));
    CHECK(bare.answered.empty());
}

TEST_CASE("told: what is too much is cut, the worst last") {
    ToldLook many;
    for (int i = 0; i < 1000; ++i)
        many.drives.push_back(told("drive-" + std::to_string(i), Verdict::healthy, 1));
    many.drives.push_back(told("dying", Verdict::failing, 1));
    const auto text = told_text(many);
    CHECK(text.size() <= told_max);
    CHECK(told_look(text, at(1)).drives.front().id == "dying");
}

TEST_CASE("told: the last word stays while a drive counts and tells nothing, and goes with the next one") {
    std::vector<DriveState> known;
    add_look(known, look({told("WD-1", Verdict::failing, 1)}, {"WD-1"}));
    add_look(known, look({}, {"WD-2"}, {"WD-1", "WD-2"}));
    REQUIRE(known.size() == 1);
    CHECK(known[0].verdict == Verdict::failing);
    CHECK(known[0].reasons[0].rule == "transfer-errors");
    auto answered = known;
    add_look(answered, look({}, {"WD-1"}, {"WD-1"}));
    CHECK(answered.empty());
    add_look(known, look({}, {"WD-2"}, {"WD-2"}));  // the target is elsewhere
    CHECK(known.empty());
}

TEST_CASE("told: what is kept in the file is read again, and a damaged file tells nothing") {
    char folder[] = "/tmp/guardian-told-XXXXXX";
    REQUIRE(::mkdtemp(folder) != nullptr);
    core::Config config;
    config.runtime_dir = folder;
    CHECK(read_told(config, at(1)).empty());
    CHECK_FALSE(keep_told(config, {}));  // no folder
    std::filesystem::create_directory(config.daemon_dir());
    const ToldDrives told_before{{"usb", {told("WD-1", Verdict::failing, 1), in_vain("WD-2", 2, true)}},
                                 {"job:files", {told("S", Verdict::watch, 3)}}};
    REQUIRE(keep_told(config, told_before));
    CHECK(read_told(config, at(9)) == told_before);
    for (const auto* text : {"", "[]", "{", "{\"usb\":7}", "{\"usb\":\"{\"}"}) {
        REQUIRE(replace_file(told_file(config), text));
        for (const auto& [subject, drives] : read_told(config, at(1))) CHECK(drives.empty());
    }
    std::filesystem::remove_all(folder);
}

TEST_CASE("told: asked in vain, what was bad stays, and what was good is unknown unless it sleeps") {
    std::vector<DriveState> known;
    add_look(known, look({told("bad", Verdict::failing, 1), told("good", Verdict::healthy, 1),
                          told("lazy", Verdict::healthy, 1)},
                         {"bad", "good", "lazy"}));
    add_look(known, look({in_vain("bad", 2), in_vain("good", 2), in_vain("lazy", 2, true)}));
    REQUIRE(known.size() == 3);
    CHECK(known[0].verdict == Verdict::failing);
    CHECK(known[0].read_at == at(1));
    CHECK(known[0].trouble == "no answer");
    CHECK(known[1].verdict == Verdict::unknown);
    CHECK(known[1].unknown_since == at(2));
    CHECK(known[2].verdict == Verdict::healthy);
    CHECK(known[2].asleep);
    add_look(known, look({in_vain("good", 3)}, {}, {"bad", "lazy"}));
    CHECK(known[1].unknown_since == at(2));
    CHECK(known[1].tried_at == at(3));
}

TEST_CASE("told: of the store and what was told, the later word counts") {
    auto stored = told("WD-1", Verdict::healthy, 5);
    stored.name = "WDC WD-1";
    const auto with = [&](const DriveState& d) {
        std::vector<DriveState> drives{stored};
        add_told(drives, {d}, at(100));
        CHECK(drives.size() == 1);
        CHECK(drives[0].name == "WDC WD-1");
        return drives[0];
    };
    CHECK(with(told("WD-1", Verdict::failing, 6)).verdict == Verdict::failing);
    CHECK(with(told("WD-1", Verdict::failing, 4)).verdict == Verdict::healthy);
    CHECK(with(in_vain("WD-1", 6)).verdict == Verdict::unknown);
    CHECK(with(in_vain("WD-1", 4)).verdict == Verdict::healthy);
    CHECK(with(in_vain("WD-1", 6, true)).verdict == Verdict::healthy);
    // The store's word is of a clock that was ahead.
    std::vector<DriveState> ahead{told("WD-1", Verdict::healthy, 200)};
    add_told(ahead, {told("WD-1", Verdict::failing, 6)}, at(100));
    CHECK(ahead[0].verdict == Verdict::failing);
    CHECK(ahead[0].read_at == at(6));
    // Told before, and asked in vain since, which the store knows.
    stored = in_vain("WD-1", 8);
    stored.name = "WDC WD-1";
    const auto both = with(told("WD-1", Verdict::failing, 6));
    CHECK(both.verdict == Verdict::failing);
    CHECK(both.trouble == "no answer");
    CHECK(both.tried_at == at(8));
    std::vector<DriveState> none;
    add_told(none, {told("WD-2", Verdict::watch, 1)}, at(100));
    CHECK(none.size() == 1);
}
