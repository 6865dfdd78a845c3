/// What is remembered of targets, plans and incidents.

#include "sample.hpp"

using namespace guardian;
using namespace guardian::test;
using core::IncidentKind;
using core::Outcome;

TEST_CASE("a plan that moved to another repository has no past there, and has it again when it comes back") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    keep_run(store, "p", 0, Outcome::success);
    keep_run(store, "p", 1, Outcome::failed);
    const auto elsewhere = *store.plan("p", "/mnt/nas/john");
    CHECK_FALSE(elsewhere.last_run);
    CHECK_FALSE(elsewhere.last_success);
    CHECK_FALSE(elsewhere.last_telling);
    CHECK(elsewhere.failures == 0);
    const auto back = *store.plan("p", repository);
    CHECK(back.last_success);
    CHECK(back.failures == 1);
}

TEST_CASE("a target's memory is kept, and absent times stay absent") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    CHECK(*store.target("usb") == store::TargetMemory{});
    const store::TargetMemory first{"plug-1", at(1), std::nullopt, "plug-0", 12};
    REQUIRE(store.set_target("usb", first));
    CHECK(*store.target("usb") == first);
    const store::TargetMemory second{"plug-2", std::nullopt, at(9), "", INT64_MAX};
    REQUIRE(store.set_target("usb", second));
    CHECK(*store.target("usb") == second);
    CHECK(*store.target("nas") == store::TargetMemory{});
}

TEST_CASE(
    "the newest run that owes its release: on the plugging-in asked for, or with what it had mounted "
    "itself") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const auto daemons = keep_run(store, "p", 0, Outcome::failed);
    keep_run(store, "p", 10, Outcome::success, "boot:7:9:1");
    keep_run(store, "p", 20, Outcome::absent);
    keep_run(store, "p", 30, Outcome::refused, core::no_plug);
    CHECK(*store.newest_owed_run("usb", daemons.run.plug) == daemons.run.id);
    auto unsure = begun("p", 40);
    unsure.run.id = *store.begin_run(unsure);
    REQUIRE(store.set_mounted_itself(unsure.run.id));
    CHECK(*store.newest_owed_run("usb", daemons.run.plug) == daemons.run.id);
    unsure.run.outcome = Outcome::refused;
    unsure.run.plug = core::no_plug;
    REQUIRE(store.end_run(unsure));
    CHECK(*store.newest_owed_run("usb", daemons.run.plug) == unsure.run.id);
    CHECK(*store.newest_owed_run("nas", daemons.run.plug) == 0);
}

TEST_CASE("a plan is known since it was first seen") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    CHECK_FALSE(store.plan("p", repository)->known_since);
    REQUIRE(store.plan_seen("p", at(1)));
    REQUIRE(store.plan_seen("p", at(2)));
    CHECK(store.plan("p", repository)->known_since == at(1));
}

TEST_CASE("a plan's runs are told apart: newest, newest success, newest that tells, going") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const auto success = keep_run(store, "p", 0, Outcome::warning);
    const auto failed = keep_run(store, "p", 10, Outcome::failed);
    const auto cancelled = keep_run(store, "p", 20, Outcome::cancelled);
    const auto absent = keep_run(store, "p", 30, Outcome::absent);
    const auto going = *store.begin_run(begun("p", 40));
    keep_run(store, "q", 50, Outcome::success);
    const auto m = *store.plan("p", repository);
    CHECK(m.last_run == absent.run);
    CHECK(m.last_success == success.run);
    CHECK(m.last_telling == failed.run);
    REQUIRE(m.running);
    CHECK(m.running->run.id == going);
    CHECK(cancelled.run.id < absent.run.id);
}

TEST_CASE("failures are counted since the last success") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    CHECK(store.plan("p", repository)->failures == 0);
    keep_run(store, "p", 0, Outcome::failed);
    keep_run(store, "p", 1, Outcome::refused);
    CHECK(store.plan("p", repository)->failures == 2);
    keep_run(store, "p", 2, Outcome::success);
    CHECK(store.plan("p", repository)->failures == 0);
    keep_run(store, "p", 3, Outcome::aborted);
    keep_run(store, "q", 4, Outcome::failed);
    CHECK(store.plan("p", repository)->failures == 1);
    keep_run(store, "p", 5, Outcome::warning);
    CHECK(store.plan("p", repository)->failures == 0);
}

TEST_CASE("failures on an earlier plugging-in do not count, and a going run is none") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    for (int i = 0; i < 3; ++i) keep_run(store, "p", i, Outcome::failed, "plug-1");
    keep_run(store, "p", 5, Outcome::failed, "plug-2");
    CHECK(store.begin_run(begun("p", 9, "plug-2")));
    CHECK(store.plan("p", repository)->failures == 1);
}

TEST_CASE("the measure for a shrunk source is the newest whole archive, however its run ended") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const auto made = [&](std::int64_t at_second, const std::string& name, std::uint64_t files) {
        const auto run = *store.begin_run(begun("p", at_second));
        REQUIRE(store.archive_made(run, name));
        return std::pair{run, store::Statistics{files, files, files, files}};
    };
    CHECK_FALSE(store.last_whole("p", repository)->has_value());
    const auto [first, whole] = made(0, "p-1", 11);
    REQUIRE(store.archive_is_whole(first, whole));
    REQUIRE(store.mark_aborted(first, at(9), "killed in prune"));
    CHECK((*store.last_whole("p", repository))->statistics == whole);
    const auto owed = made(10, "p-2", 12).first;
    REQUIRE(store.set_progress(owed, {{5, 5, 5, 5}, "", -1, at(11)}));
    const auto aside = made(20, "p-3", 13).first;
    REQUIRE(store.archive_set_aside(aside, "p-3.partial"));
    keep_run(store, "p", 30, Outcome::failed);
    keep_run(store, "q", 40, Outcome::success);
    CHECK((*store.last_whole("p", repository))->statistics == whole);
    const auto [later, larger] = made(50, "p-4", 14);
    REQUIRE(store.archive_is_whole(later, larger));
    CHECK((*store.last_whole("p", repository))->statistics == larger);
}

TEST_CASE("an incident raised twice is one that is open, with the new words") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    REQUIRE(store.raise_incident({IncidentKind::failed, "p", "first"}, at(1)));
    REQUIRE(store.raise_incident({IncidentKind::failed, "p", "second \xff"}, at(2)));
    const auto open = *store.open_incidents();
    REQUIRE(open.size() == 1);
    CHECK(open[0].incident == core::Incident{IncidentKind::failed, "p", "second \xEF\xBF\xBD"});
    CHECK(open[0].opened == at(1));
    CHECK_FALSE(open[0].ended);
}

TEST_CASE("an incident that ended and is raised again is a new one") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const core::Incident incident{IncidentKind::stale, "p", "old"};
    REQUIRE(store.raise_incident(incident, at(1)));
    REQUIRE(store.end_incident(incident.key(), at(2)));
    CHECK(store.open_incidents()->empty());
    REQUIRE(store.end_incident(incident.key(), at(3)));  // nothing is open: nothing changes
    REQUIRE(store.raise_incident(incident, at(4)));
    const auto all = *store.incidents(10);
    REQUIRE(all.size() == 2);
    CHECK(all[0].opened == at(4));
    CHECK_FALSE(all[0].ended);
    CHECK(all[1].opened == at(1));
    CHECK(all[1].ended == at(2));
    CHECK(store.incidents(1)->size() == 1);
}

TEST_CASE("incidents of other kinds and subjects are others") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    REQUIRE(store.raise_incident({IncidentKind::failed, "p", ""}, at(1)));
    REQUIRE(store.raise_incident({IncidentKind::stale, "p", ""}, at(1)));
    REQUIRE(store.raise_incident({IncidentKind::failed, "q", ""}, at(1)));
    REQUIRE(store.end_incident(core::Incident{IncidentKind::failed, "p", ""}.key(), at(2)));
    CHECK(store.open_incidents()->size() == 2);
}

TEST_CASE("an archive is to be set aside from when it is made until it is found whole or has its new name") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const auto owed = [&] {
        std::vector<std::string> names;
        for (const auto& r : *store.to_set_aside("p", repository, 0)) names.push_back(r.archive);
        return names;
    };
    std::vector<std::int64_t> runs;
    for (int i = 0; i < 3; ++i) {
        runs.push_back(*store.begin_run(begun("p", i)));
        REQUIRE(store.archive_made(runs.back(), "p-" + std::to_string(i)));
    }
    CHECK(owed().size() == 3);
    CHECK(store.to_set_aside("p", repository, runs[0])->size() == 2);
    for (const auto run : runs) REQUIRE(store.mark_aborted(run, at(9), "killed"));
    CHECK(owed() == std::vector<std::string>{"p-0", "p-1", "p-2"});
    CHECK(store.to_set_aside("q", repository, 0)->empty());
    CHECK_FALSE(*store.has_set_aside("p", repository));
    REQUIRE(store.archive_is_whole(runs[0], {7, 6, 5, 4}));
    REQUIRE(store.archive_set_aside(runs[1], "p-1.partial"));
    CHECK(owed() == std::vector<std::string>{"p-2"});
    CHECK(*store.has_set_aside("p", repository));
    REQUIRE(store.archive_set_aside(runs[2], ""));
    CHECK(owed().empty());
}

TEST_CASE("the latest whole archive is that by the clock") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    CHECK_FALSE(store.latest_archive("p", repository)->has_value());
    for (const int second : {50, 10, 90}) {
        const auto run = *store.begin_run(begun("p", second));
        REQUIRE(store.archive_made(run, "p-" + std::to_string(second)));
        if (second < 90) REQUIRE(store.archive_is_whole(run, {}));
        REQUIRE(store.mark_aborted(run, at(99), "killed in prune"));
    }
    CHECK(*store.latest_archive("p", repository) == at(50));
}

TEST_CASE("the end of a run says what becomes of its archive, also where its row was lost") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    for (const std::int64_t id : {std::int64_t{0}, *store.begin_run(begun("p", 1))}) {
        auto r = begun("p", 1);
        r.run.id = id;
        r.run.outcome = Outcome::failed;
        r.archive = "p-doubtful";
        r.aside_owed = true;
        REQUIRE(store.end_run(r));
    }
    CHECK(store.to_set_aside("p", repository, 0)->size() == 2);
    CHECK_FALSE(store.last_whole("p", repository)->has_value());
}

TEST_CASE("a run in which Borg may have made an archive unknown to us is found, until Borg pruned again") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const auto die_in = [&](core::Step step, std::int64_t second) {
        const auto run = *store.begin_run(begun("p", second));
        REQUIRE(store.begin_step(run, step, at(second)));
        REQUIRE(store.mark_aborted(run, at(second + 1), "killed"));
        return run;
    };
    (void)die_in(core::Step::mount, 1);
    CHECK_FALSE(store.oldest_without_archive("p", repository, 0)->has_value());
    const auto dead = die_in(core::Step::create, 10);
    (void)die_in(core::Step::create, 20);
    CHECK((*store.oldest_without_archive("p", repository, 0))->run.id == dead);
    CHECK_FALSE(*store.knows_archive("p", repository, "p-1"));
    const auto next = *store.begin_run(begun("p", 30));
    REQUIRE(store.archive_made(next, "p-1"));
    CHECK(*store.knows_archive("p", repository, "p-1"));
    // One that is known says nothing of those before it: its run may have had doubt, and settled nothing.
    CHECK((*store.oldest_without_archive("p", repository, next))->run.id == dead);
    REQUIRE(store.begin_step(next, core::Step::prune, at(31)));
    REQUIRE(store.end_step(next, core::Step::prune, at(32), std::nullopt, "withheld"));
    CHECK((*store.oldest_without_archive("p", repository, 0))->run.id == dead);
    REQUIRE(store.end_step(next, core::Step::prune, at(32), 0, ""));
    CHECK_FALSE(store.oldest_without_archive("p", repository, 0)->has_value());
}

TEST_CASE("what was in a plan's last backup is kept, and replaced as a whole") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    CHECK(store.places("p")->empty());
    const std::set<store::Place> first{
        {"/home", true, "UUID-A"}, {"/home", false}, {"/odd \xff\"name", false}};
    REQUIRE(store.set_places("p", first));
    REQUIRE(store.set_places("q", {{"/srv", false}}));
    CHECK(*store.places("p") == first);
    REQUIRE(store.set_places("p", {{"/etc", false}}));
    CHECK(store.places("p")->size() == 1);
    CHECK(store.places("q")->size() == 1);
}
