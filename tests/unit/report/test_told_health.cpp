#include "report/told_health.hpp"

#include "base/text.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::report;
using core::DriveState;
using core::Verdict;

namespace {

Time at(int minute) { return Time{std::chrono::hours{500000} + std::chrono::minutes{minute}}; }

DriveState told(const std::string& id, Verdict verdict, int minute) {
    DriveState d;
    d.id = d.name = id;
    d.verdict = verdict;
    d.reasons = {{"", verdict, {}, "It is so."}};
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

ToldLook look(std::vector<DriveState> drives, std::set<std::string> answered = {}, bool all = false) {
    return {std::move(drives), std::move(answered), all, true};
}

}  // namespace

TEST_CASE("told: a look as text is the same look") {
    auto sleeping = told("WD-1", Verdict::failing, 1);
    sleeping.trouble = "it sleeps\n\"\x1b";
    sleeping.trouble = printable(sleeping.trouble);
    sleeping.asleep = true;
    sleeping.tried_at = at(7);
    const auto before = look({sleeping, told("/dev/sdb", Verdict::watch, 2), in_vain("WD-2", 3)}, {"WD-1", "/dev/sda"}, false);
    const auto after = told_look(told_text(before), at(9));
    CHECK(after.drives == before.drives);
    CHECK(after.answered == before.answered);
    CHECK(after.came_to_its_end);
    CHECK_FALSE(after.all_answered);
    CHECK(told_look(told_text(look({}, {}, true)), at(9)).all_answered);
}

TEST_CASE("told: what is no line of a look is passed over, and what is missing is now") {
    for (const auto* text : {"", "{", "[]", "{}", "null", "{\"drive\":7,\"verdict\":\"failing\"}", "{\"drive\":\"\",\"verdict\":\"failing\"}",
                             "{\"drive\":\"x\",\"verdict\":\"dead\"}", "{\"answered\":7}"}) {
        const auto nothing = told_look(text, at(1));
        CHECK(nothing.drives.empty());
        CHECK_FALSE(nothing.came_to_its_end);
    }
    const auto bare = told_look("{\"answered\":[7,null]}\n{\"drive\":\"x\",\"verdict\":\"failing\",\"read_us\":\"soon\",\"reasons\":[7]}", at(5));
    REQUIRE(bare.drives.size() == 1);
    CHECK(bare.drives[0].read_at == at(5));
    CHECK(bare.answered.empty());
}

TEST_CASE("told: what is too much is cut, the worst last") {
    ToldLook many;
    for (int i = 0; i < 1000; ++i) many.drives.push_back(told("drive-" + std::to_string(i), Verdict::healthy, 1));
    many.drives.push_back(told("dying", Verdict::failing, 1));
    const auto text = told_text(many);
    CHECK(text.size() <= told_max);
    CHECK(told_look(text, at(1)).drives.front().id == "dying");
}

TEST_CASE("told: the last word stays while a drive tells nothing, and goes with the next one") {
    std::vector<DriveState> known;
    add_look(known, look({told("/dev/sdb", Verdict::failing, 1)}, {"/dev/sdb"}, true));
    add_look(known, look({}));  // nameless and silent
    REQUIRE(known.size() == 1);
    CHECK(known[0].verdict == Verdict::failing);
    add_look(known, look({}, {"WD-9", "/dev/sdc"}));  // another one, beside it
    CHECK(known.size() == 1);
    add_look(known, look({}, {"WD-1", "/dev/sdb"}));
    CHECK(known.empty());

    add_look(known, look({told("/dev/sdb", Verdict::failing, 1)}, {"/dev/sdb"}, true));
    add_look(known, look({}, {"WD-1", "/dev/sdc"}, true));  // plugged in elsewhere; there is no other
    CHECK(known.empty());
}

TEST_CASE("told: asked in vain, what was bad stays, and what was good is unknown unless it sleeps") {
    std::vector<DriveState> known;
    add_look(known, look({told("bad", Verdict::failing, 1), told("good", Verdict::healthy, 1), told("lazy", Verdict::healthy, 1)},
                         {"bad", "good", "lazy"}, true));
    add_look(known, look({in_vain("bad", 2), in_vain("good", 2), in_vain("lazy", 2, true)}));
    REQUIRE(known.size() == 3);
    CHECK(known[0].verdict == Verdict::failing);
    CHECK(known[0].read_at == at(1));
    CHECK(known[0].trouble == "no answer");
    CHECK(known[1].verdict == Verdict::unknown);
    CHECK(known[1].unknown_since == at(2));
    CHECK(known[2].verdict == Verdict::healthy);
    CHECK(known[2].asleep);
    add_look(known, look({in_vain("good", 3)}));
    CHECK(known[1].unknown_since == at(2));
    CHECK(known[1].tried_at == at(3));
}

TEST_CASE("told: of the store and what was told, the later word counts") {
    auto stored = told("WD-1", Verdict::healthy, 5);
    stored.name = "WDC WD-1";
    const auto with = [&](const DriveState& d) {
        std::vector<DriveState> drives{stored};
        add_told(drives, {d});
        CHECK(drives.size() == 1);
        CHECK(drives[0].name == "WDC WD-1");
        return drives[0];
    };
    CHECK(with(told("WD-1", Verdict::failing, 6)).verdict == Verdict::failing);
    CHECK(with(told("WD-1", Verdict::failing, 4)).verdict == Verdict::healthy);
    CHECK(with(in_vain("WD-1", 6)).verdict == Verdict::unknown);
    CHECK(with(in_vain("WD-1", 4)).verdict == Verdict::healthy);
    CHECK(with(in_vain("WD-1", 6, true)).verdict == Verdict::healthy);
    // Told before, and asked in vain since, which the store knows.
    stored = in_vain("WD-1", 8);
    stored.name = "WDC WD-1";
    const auto both = with(told("WD-1", Verdict::failing, 6));
    CHECK(both.verdict == Verdict::failing);
    CHECK(both.trouble == "no answer");
    CHECK(both.tried_at == at(8));
    std::vector<DriveState> none;
    add_told(none, {told("WD-2", Verdict::watch, 1)});
    CHECK(none.size() == 1);
}
