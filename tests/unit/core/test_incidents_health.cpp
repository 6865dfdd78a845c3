/// Incidents about the health of disks: what is said, in which words, and when it is over.

#include "unit/core/health_scene.hpp"

using namespace guardian;
using namespace guardian::test;

TEST_CASE("of a failing disk it is said that no backup is made on it", "[health]") {
    Watched s;
    s.told(Verdict::failing);
    CHECK(s.text("disk:usb") ==
          "disk usb (Maker Disk S1) is failing. 7 sectors cannot be read. No backup is made on it any more. "
          "Get a new "
          "disk; to risk one more: guardian run system --anyway. More: guardian smart usb");
}

TEST_CASE("of a disk that shows signs of failing it is said that nothing old is deleted", "[health]") {
    Watched s;
    s.told(Verdict::watch);
    CHECK(s.text("disk:usb") ==
          "disk usb (Maker Disk S1) shows signs of failing. 7 sectors cannot be read. It is still backed up, "
          "and "
          "nothing old is deleted. Have a new disk ready. More: guardian smart usb");
}

TEST_CASE("of a bad connection it is said that it is not the disk", "[health]") {
    Watched s;
    for (int i = 0; i < 3; ++i) {
        s.kernel(KernelSign::usb_reset);
        s.pass(minutes{2});
    }
    s.told(drive(Verdict::watch, "transfer-errors", "Transfers fail more and more often."));
    CHECK(s.text("disk:usb") ==
          "the connection of disk usb (Maker Disk S1) is bad: the cable, the plug, a hub or the enclosure, "
          "and not the "
          "disk. Transfers fail more and more often. Its USB connection was reset 3 times in the last days. "
          "It is "
          "still backed up, and nothing old is deleted. More: guardian smart usb");
}

TEST_CASE("of a damaged filesystem it is said how to have it checked", "[health]") {
    Watched s;
    s.kernel(KernelSign::filesystem_error, "EXT4-fs error (device sdb1)");
    s.told(Verdict::healthy);
    CHECK(s.text("disk:usb") ==
          "the filesystem of disk usb (Maker Disk S1) is in trouble. The filesystem on it is damaged "
          "(EXT4-fs error "
          "(device sdb1)): unmount it and have it checked (fsck). It is still backed up, and nothing old is "
          "deleted. "
          "More: guardian smart usb");
}

TEST_CASE("of a disk that tells nothing for a week it is said why", "[health]") {
    Watched s;
    auto silent = drive(Verdict::unknown);
    silent.trouble = "it does not answer";
    silent.unknown_since = s.now;
    s.told(silent);
    CHECK(s.settle_incidents().empty());
    s.pass(day * 7);
    s.told(silent);
    CHECK(s.text("disk-unknown:usb") ==
          "of the health of disk usb nothing is known for more than 1 w: it does not answer. Where it cannot "
          "be asked, "
          "write health_every = \"never\"");
}

TEST_CASE("what is not known of a disk or of sources stays an incident over a start, until they are looked at", "[health]") {
    Watched s;
    s.config.jobs.resize(1);
    s.config.jobs[0].name = "home";
    s.config.jobs[0].watch_sources = true;
    s.reload();
    s.usb().pinned_at = s.now;
    s.pass(day * 7);
    (void)health_seen(s.world, "usb", {}, s.now);
    sources_seen(s.world, "home", {}, s.now);
    s.world.plan("system")->known_since = s.usb().pinned_at;
    const auto unknown = Words{"raise disk-unknown:usb", "raise source-unknown:home"};
    REQUIRE(s.settle_incidents() == unknown);
    for (auto* health : {&s.usb().health, &s.world.sources.front().health}) *health = {};
    CHECK(s.settle_incidents().empty());
    (void)health_seen(s.world, "usb", {{drive(Verdict::healthy)}, {}}, s.now);
    sources_seen(s.world, "home", {{drive(Verdict::healthy)}, {}}, s.now);
    CHECK(s.settle_incidents().size() == 2);
    CHECK(s.world.open.empty());
}

TEST_CASE("when nothing is backed up because nothing is known, that is said at once", "[health]") {
    Watched s;
    HealthSpec strict;
    strict.on_unknown = OnVerdict::refuse;
    s.spec(strict);
    auto silent = drive(Verdict::unknown);
    silent.trouble = "it does not answer";
    s.told(silent);
    CHECK(
        s.text("disk-unknown:usb") ==
        "of the health of disk usb nothing is known: it does not answer. No backup is made on it, because of "
        "on_unknown = \"refuse\". More: guardian smart usb");
    CHECK(s.settle_incidents() == Words{"raise disk-unknown:usb"});
    s.told(Verdict::healthy);
    CHECK(s.settle_incidents() == Words{"end disk-unknown:usb"});
}

TEST_CASE("a disk's incident is one as long as it holds, with new words as it gets worse", "[health]") {
    Watched s;
    s.told(Verdict::watch);
    CHECK(s.settle_incidents() == Words{"raise disk:usb"});
    s.told(Verdict::watch);
    CHECK(s.settle_incidents().empty());
    s.told(Verdict::failing);
    CHECK(s.settle_incidents() == Words{"raise disk:usb"});
    s.pull();
    CHECK(s.settle_incidents().empty());
    s.plug_anew("plug-2");
    s.told(Verdict::healthy);
    CHECK(s.settle_incidents() == Words{"end disk:usb"});
}

TEST_CASE("what is not looked at any more is no incident", "[health]") {
    Watched s;
    s.told(Verdict::failing);
    (void)s.settle_incidents();
    HealthSpec never;
    never.every = Duration::zero();
    s.spec(never);
    CHECK(s.settle_incidents() == Words{"end disk:usb"});
    s.now = utc(2026, 3, 11, 2);
    CHECK(s.actions() == Words{"start system"});
}

TEST_CASE("a backup that pruned nothing for the disk's health is no incident beside the disk's", "[health]") {
    Watched s;
    s.told(Verdict::watch);
    auto run = s.begin();
    s.mount();
    run.held_back = "the disk shows signs of failing";
    run.held_by_health = GENERATE(true, false);
    s.end(run, Outcome::success);
    const auto said =
        run.held_by_health ? Words{"raise disk:usb"} : Words{"raise disk:usb", "raise held-back:system"};
    CHECK(s.settle_incidents() == said);
}

TEST_CASE("what a person accepted after a run is no incident of that run's, and the next does not wait", "[health]") {
    Watched s;
    s.now = utc(2026, 3, 11, 2);
    auto run = s.begin();
    s.told(Verdict::failing);
    run.held_by_health = true;
    run.reason = "the disk is failing";
    s.end(run, Outcome::failed);
    (void)s.settle_incidents();
    s.pass(seconds{1});
    auto accepted = Looked{{drive(Verdict::healthy)}, {}, s.now};
    SECTION("accepted: it is over") {
        health_judged(s.usb().health, accepted);
        CHECK(s.settle_incidents() == Words{"end disk:usb"});
        CHECK(s.actions() == Words{"start system"});
    }
    SECTION("accepted before: it held all the same") {
        accepted.accepted_at = s.now - seconds{2};
        health_judged(s.usb().health, accepted);
        CHECK(s.settle_incidents() == Words{"raise failed:system", "end disk:usb"});
    }
    SECTION("it went by itself, as heat does") {
        s.told(Verdict::healthy);
        CHECK(s.settle_incidents() == Words{"raise failed:system", "end disk:usb"});
    }
    SECTION("it failed for another reason as well") {
        s.plan().last_telling->held_by_health = s.plan().last_run->held_by_health = false;
        health_judged(s.usb().health, accepted);
        CHECK(s.settle_incidents() == Words{"raise failed:system", "end disk:usb"});
    }
}

TEST_CASE("a drive that the store cannot know stays an incident over a start, until it is looked at", "[health]") {
    Watched s;
    Sourced saved;
    s.told(Verdict::failing);
    saved.told(Verdict::failing);
    REQUIRE(s.settle_incidents() == Words{"raise disk:usb"});
    REQUIRE(saved.settle_incidents() == Words{"raise source:home"});
    s.usb().health = saved.world.sources.front().health = {};
    // Of another drive it is known that it told nothing of late.
    if (GENERATE(false, true)) {
        s.usb().health.drives = saved.world.sources.front().health.drives = {drive(Verdict::unknown)};
        s.usb().health.tried_at = saved.world.sources.front().health.tried_at = s.now;
    }
    CHECK(s.settle_incidents().empty());
    CHECK(saved.settle_incidents().empty());
    s.told(Verdict::healthy);
    saved.told(Verdict::healthy);
    CHECK(s.settle_incidents() == Words{"end disk:usb"});
    CHECK(saved.settle_incidents() == Words{"end source:home"});
}

TEST_CASE("of a source to watch it is said that it is saved as planned", "[health]") {
    Sourced s;
    s.told(Verdict::watch);
    CHECK(s.settle_incidents() == Words{"raise source-watch:home"});
    CHECK(s.world.open.at("source-watch:home").text ==
          "a disk that job home saves shows signs of failing (Maker Disk S1). 7 sectors cannot be read. It is "
          "saved as planned. Have a new disk ready. More: guardian smart");
    CHECK(!is_urgent(s.world, s.plan(), s.now));
    s.pass(hours{6});
    s.told(Verdict::watch);
    CHECK(s.settle_incidents().empty());
    s.told({drive(Verdict::watch, "transfer-errors", "Transfers fail more and more often.")});
    CHECK(s.settle_incidents() == Words{"raise source-watch:home"});
    CHECK(s.world.open.at("source-watch:home").text ==
          "the connection of a disk that job home saves is bad: the cable, the plug, a hub or the enclosure, "
          "and not the disk (Maker Disk S1). Transfers fail more and more often. It is saved as planned. Try "
          "another cable. More: guardian smart");
    SECTION("one that gets well is over") {
        s.told(Verdict::healthy);
        CHECK(s.settle_incidents() == Words{"end source-watch:home"});
    }
    SECTION("one that gets worse is one incident still") {
        s.told(Verdict::failing);
        (void)s.settle_incidents();
        CHECK(s.world.open.size() == 1);
        CHECK(s.world.open.contains("source:home"));
    }
}

TEST_CASE("of a source that tells nothing for a week it is said why", "[health]") {
    Sourced s;
    auto silent = drive(Verdict::unknown);
    silent.trouble = "it does not answer";
    silent.unknown_since = s.now;
    s.told({silent});
    CHECK(s.settle_incidents().empty());
    s.pass(day * 7 - seconds{1});
    s.told({silent});
    CHECK(s.text("source-unknown:home").empty());
    s.pass(seconds{1});
    s.told({silent});
    (void)s.settle_incidents();
    CHECK(s.world.open.at("source-unknown:home").text ==
          "of the health of a disk that job home saves (Maker Disk S1) nothing is known for more than 1 w: it "
          "does not answer. Where it cannot be asked, write watch_sources = false. More: guardian smart");
    s.told(Verdict::healthy);
    CHECK(s.settle_incidents() == Words{"end source-unknown:home"});
}

TEST_CASE("that no drive can be found below what is saved is said after a week", "[health]") {
    Sourced s;
    s.world.plan("system")->known_since = s.now;
    SECTION("none ever was") {
        s.told(std::vector<DriveState>{});
        CHECK(s.settle_incidents().empty());
        s.pass(day * 7);
        s.told(std::vector<DriveState>{});
        CHECK(s.text("source-unknown:home") ==
              "below what job home saves, no drive was ever found. Where it is on a share, or in memory, there is none: "
              "then write watch_sources = false. More: guardian smart");
    }
    SECTION("the one that was found is asked no more") {
        auto found = drive(Verdict::healthy);
        found.tried_at = s.now;
        s.told({found});
        s.pass(day * 7 - seconds{1});
        s.told({found});
        CHECK(s.text("source-unknown:home").empty());
        s.pass(seconds{1});
        s.told({found});
        CHECK(s.text("source-unknown:home") ==
              "below what job home saves, no drive is found for more than 1 w (it was Maker Disk S1). Where "
              "it is on a share, or in memory, there is none: then write watch_sources = false. More: guardian smart");
    }
    (void)s.settle_incidents();
    CHECK(s.world.open.contains("source-unknown:home"));
    s.told(Verdict::healthy);
    (void)s.settle_incidents();
    CHECK(!s.world.open.contains("source-unknown:home"));
}

TEST_CASE("of a failing source it is said what is done", "[health]") {
    Sourced s;
    s.told(Verdict::failing);
    (void)s.settle_incidents();
    CHECK(s.world.open.at("source:home").text ==
          "a disk that job home saves is failing (Maker Disk S1). 7 sectors cannot be read. A backup is made "
          "now, "
          "where a target is there. More: guardian smart");
    s.told(Verdict::healthy);
    CHECK(s.settle_incidents() == Words{"end source:home"});
}
