/// Runs, steps, warnings: what is written is what is read.

#include "sample.hpp"

using namespace guardian;
using namespace guardian::test;
using core::Outcome;
using core::Step;

TEST_CASE("a new store is empty, sound and has no trouble") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    store.check();
    CHECK(store.trouble().empty());
    CHECK_FALSE(store.in_memory());
    CHECK(store.runs("", 10)->empty());
    CHECK(store.running()->empty());
    CHECK(store.open_incidents()->empty());
    CHECK_FALSE(store.run(1)->has_value());
    CHECK(store.warnings(1)->empty());
    CHECK(store.steps(1)->empty());
    CHECK(folder.has("guardian.db"));
}

TEST_CASE("what the store makes is for its owner alone, and the umask is left as it was") {
    const StateFolder folder;
    const auto before = ::umask(0022);
    const auto store = Store::open_for_writing(folder.path());
    CHECK(::umask(before) == 0022);
    for (const auto& name : folder.names()) {
        struct stat st {};
        REQUIRE(::stat((folder / name).c_str(), &st) == 0);
        INFO(name);
        CHECK((st.st_mode & 077) == 0);
    }
}

TEST_CASE("a state folder that is not there yet is made") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder / "a/b");
    CHECK_FALSE(store.in_memory());
    CHECK(records(store));
}

TEST_CASE("a run that has begun is running, with all that names its process") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    auto r = begun("system-usb", 0);
    r.run.trigger = core::Trigger::asked;
    const auto id = store.begin_run(r);
    REQUIRE(id);
    const auto running = store.running();
    REQUIRE(running->size() == 1);
    const auto& back = running->front();
    CHECK(back.run.id == *id);
    CHECK(back.run.outcome == Outcome::running);
    CHECK(back.run.trigger == core::Trigger::asked);
    CHECK(back.run.started == at(0));
    CHECK_FALSE(back.run.ended);
    CHECK(back.run.plug == "boot:7:8:1");
    CHECK(back.run.repository == "/mnt/backup/john");
    CHECK(back.pid == 4711);
    CHECK(back.pid_start == 123456);
    CHECK(back.boot == "boot");
    CHECK(back.borg_version == "borg 1.2.4");
    CHECK_FALSE(back.step);
}

TEST_CASE("steps are kept with their times, exit codes and words") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const auto id = *store.begin_run(begun("p", 0));
    REQUIRE(store.begin_step(id, Step::identify, at(1)));
    REQUIRE(store.end_step(id, Step::identify, at(2), std::nullopt, "/dev/sdb1"));
    REQUIRE(store.begin_step(id, Step::create, at(3)));
    CHECK((*store.run(id))->step == Step::create);
    REQUIRE(store.end_step(id, Step::create, at(9), 1, "bad \xff bytes"));
    REQUIRE(store.begin_step(id, Step::prune, at(10)));
    const auto steps = *store.steps(id);
    REQUIRE(steps.size() == 3);
    CHECK(steps[0] == store::StepRecord{Step::identify, at(1), at(2), std::nullopt, "/dev/sdb1"});
    CHECK(steps[1] == store::StepRecord{Step::create, at(3), at(9), 1, "bad \xEF\xBF\xBD bytes"});
    CHECK(steps[2] == store::StepRecord{Step::prune, at(10), std::nullopt, std::nullopt, ""});
}

TEST_CASE("progress is kept, and huge figures do not turn negative") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const auto id = *store.begin_run(begun("p", 0));
    const store::Progress progress{{UINT64_MAX, 2, 3, 4}, "/home/\xffx", 42, at(7)};
    REQUIRE(store.set_progress(id, progress));
    const auto back = (*store.run(id))->progress;
    CHECK(back.so_far.original == static_cast<std::uint64_t>(INT64_MAX));
    CHECK(back.so_far.files == 4);
    CHECK(back.path == "/home/\xEF\xBF\xBDx");
    CHECK(back.percent == 42);
    CHECK(back.at == at(7));
    REQUIRE(store.begin_step(id, Step::compact, at(8)));
    CHECK((*store.run(id))->progress.percent == -1);
}

TEST_CASE("warnings are kept in order, with path and text") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const auto id = *store.begin_run(begun("p", 0));
    for (int i = 0; i < 20; ++i)
        REQUIRE(store.add_warning(id, {"/f" + std::to_string(i), "text\n" + std::to_string(i)}));
    const auto back = *store.warnings(id);
    REQUIRE(back.size() == 20);
    CHECK(back[7] == store::Warning{"/f7", "text\n7"});
    CHECK(back[19] == store::Warning{"/f19", "text\n19"});
    CHECK(store.warnings(id + 1)->empty());
}

TEST_CASE("how a run ended is kept, and it is no longer running") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    auto r = begun("p", 0);
    r.run.id = *store.begin_run(r);
    r.run.outcome = Outcome::warning;
    r.run.ended = at(100);
    r.run.held_back = "it shrank";
    r.archive = "p-2026-11-23T02:00:00";
    r.archive_id = std::string(64, 'a');
    r.statistics = {10, 9, 8, 7};
    r.warnings = 3;
    r.log_tail = std::string(40'000, 'x') + "\nlast line";
    REQUIRE(store.end_run(r));
    CHECK(store.running()->empty());
    const auto back = *(*store.run(r.run.id));
    CHECK(back.run == r.run);
    CHECK(back.archive == r.archive);
    CHECK(back.archive_id == r.archive_id);
    CHECK(back.statistics == r.statistics);
    CHECK(back.warnings == 3);
    CHECK(back.log_tail == r.log_tail);
}

TEST_CASE("every outcome, trigger and step comes back as itself") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    for (const auto outcome : {Outcome::success, Outcome::warning, Outcome::failed, Outcome::refused,
                               Outcome::aborted, Outcome::vanished, Outcome::cancelled, Outcome::absent}) {
        const auto r = keep_run(store, "p", 0, outcome);
        CHECK((*store.run(r.run.id))->run.outcome == outcome);
    }
    for (const auto trigger : {core::Trigger::daemon, core::Trigger::asked, core::Trigger::person}) {
        auto r = begun("p", 0);
        r.run.trigger = trigger;
        CHECK((*store.run(*store.begin_run(r)))->run.trigger == trigger);
    }
}

TEST_CASE("runs are listed newest first, of one plan or of all, and no more than asked") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    for (int i = 0; i < 6; ++i) keep_run(store, i % 2 == 0 ? "even" : "odd", i, Outcome::success);
    CHECK(store.runs("", 100)->size() == 6);
    const auto newest = *store.runs("", 2);
    REQUIRE(newest.size() == 2);
    CHECK(newest[0].run.started == at(5));
    CHECK(newest[1].run.started == at(4));
    const auto even = *store.runs("even", 2);
    REQUIRE(even.size() == 2);
    CHECK(even[0].run.started == at(4));
    CHECK(even[1].run.started == at(2));
    CHECK(store.runs("nobody", 10)->empty());
    CHECK(store.runs("", 0)->empty());
}

TEST_CASE("a run whose runner is gone is marked as aborted") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const auto id = *store.begin_run(begun("p", 0));
    REQUIRE(store.mark_aborted(id, at(50), "the machine died"));
    const auto back = (*store.run(id))->run;
    CHECK(back.outcome == Outcome::aborted);
    CHECK(back.ended == at(50));
    CHECK(back.reason == "the machine died");
}

TEST_CASE("a run that has ended is never marked as aborted") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const auto r = keep_run(store, "p", 0, Outcome::success);
    REQUIRE(store.mark_aborted(r.run.id, at(5000), "the machine died"));
    CHECK((*store.run(r.run.id))->run == r.run);
}

TEST_CASE("the runner's own word on how its run ended stands over an abort") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    auto r = begun("p", 0);
    r.run.id = *store.begin_run(r);
    REQUIRE(store.mark_aborted(r.run.id, at(50), "nobody there"));
    r.run.outcome = Outcome::success;
    r.run.ended = at(60);
    REQUIRE(store.end_run(r));
    CHECK(store.runs("p", 10)->size() == 1);
    CHECK((*store.run(r.run.id))->run.outcome == Outcome::success);
}

TEST_CASE("the end of a run that was never recorded is recorded all the same") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    auto r = begun("p", 0);
    r.run.outcome = Outcome::success;
    r.run.ended = at(60);
    r.archive_id = std::string(64, 'b');
    REQUIRE(store.end_run(r));
    const auto runs = *store.runs("p", 10);
    REQUIRE(runs.size() == 1);
    CHECK(runs[0].run.outcome == Outcome::success);
    CHECK(runs[0].archive_id == r.archive_id);
    CHECK(runs[0].borg_version == "borg 1.2.4");
}

TEST_CASE("an end never overwrites another run that has its id now") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const auto other = keep_run(store, "other", 10, Outcome::failed);
    auto r = begun("p", 0);
    r.run.id = other.run.id;  // begun in a database that was moved aside since
    r.run.outcome = Outcome::success;
    r.run.ended = at(60);
    REQUIRE(store.end_run(r));
    CHECK((*store.run(other.run.id))->run == other.run);
    CHECK(store.runs("p", 10)->size() == 1);
}

TEST_CASE("ids grow, even after the newest run was deleted") {
    const StateFolder folder;
    std::int64_t last = 0;
    {
        auto store = Store::open_for_writing(folder.path());
        last = keep_run(store, "p", 0, Outcome::success).run.id;
    }
    sql(folder, "DELETE FROM steps; DELETE FROM runs");
    auto store = Store::open_for_writing(folder.path());
    CHECK(*store.begin_run(begun("p", 1)) > last);
}

TEST_CASE("everything is there again in another process's store") {
    const StateFolder folder;
    auto writer = Store::open_for_writing(folder.path());
    const auto r = keep_run(writer, "p", 0, Outcome::success);
    auto other = Store::open_for_writing(folder.path());
    CHECK((*other.run(r.run.id))->run == r.run);
    keep_run(other, "p", 10, Outcome::failed);
    CHECK(writer.runs("p", 10)->size() == 2);
}
