/// What stands in the file is not trusted: it becomes the harmless reading of it, never a success.

#include "sample.hpp"

using namespace guardian;
using namespace guardian::test;
using core::Outcome;

namespace {

/// One good run of plan "p", changed by a statement behind the store's back.
store::RunRecord after(const std::string& statement) {
    const StateFolder folder;
    std::int64_t id = 0;
    {
        auto store = Store::open_for_writing(folder.path());
        id = keep_run(store, "p", 0, Outcome::failed).run.id;
    }
    sql(folder, statement);
    auto store = Store::open_for_writing(folder.path());
    auto back = store.run(id);
    REQUIRE(back);
    REQUIRE(*back);
    return **back;
}

}  // namespace

TEST_CASE("an unknown outcome is a failure, however much it looks like a success") {
    for (const auto* word :
         {"", "SUCCESS", "success ", "ok", "succes", "\xff\xfe", "running ", "checkpoint"}) {
        INFO(word);
        const StateFolder folder;
        {
            auto store = Store::open_for_writing(folder.path());
            keep_run(store, "p", 0, Outcome::success);
        }
        sql(folder, "UPDATE runs SET outcome = '" + std::string(word) + "'");
        auto store = Store::open_for_writing(folder.path());
        CHECK(store.runs("p", 1)->front().run.outcome == Outcome::failed);
        const auto m = *store.plan("p", repository);
        CHECK_FALSE(m.last_success);
        CHECK_FALSE(m.running);
        CHECK(m.failures == 1);
        CHECK_FALSE(store.last_whole("p", repository)->has_value());
    }
}

TEST_CASE("a blob or a number where the outcome should be is no success") {
    CHECK(after("UPDATE runs SET outcome = x'00ff00'").run.outcome == Outcome::failed);
    CHECK(after("UPDATE runs SET outcome = 1").run.outcome == Outcome::failed);
}

TEST_CASE("times out of range can still be shown") {
    for (const auto* number :
         {"9223372036854775807", "-9223372036854775808", "'not a number'", "1e300", "NULL"}) {
        INFO(number);
        const auto r =
            after(std::string("UPDATE runs SET ended = ") + number + ", progress_at = 9223372036854775807");
        const auto zone = [](Time) { return std::chrono::seconds{3600}; };
        if (r.run.ended) CHECK_FALSE(rfc3339(*r.run.ended, zone).empty());
        CHECK_FALSE(rfc3339(r.progress.at, zone).empty());
        CHECK(r.progress.at < Time::max());
    }
}

TEST_CASE("negative counts are none") {
    const auto r =
        after("UPDATE runs SET original = -1, compressed = -9223372036854775808, files = 'x', warnings = -5");
    CHECK(r.statistics.original == 0);
    CHECK(r.statistics.compressed == 0);
    CHECK(r.statistics.files == 0);
    CHECK(r.warnings == 0);
}

TEST_CASE("percentages stay between none and all") {
    CHECK(after("UPDATE runs SET progress_percent = 100000").progress.percent == 100);
    CHECK(after("UPDATE runs SET progress_percent = -7").progress.percent == -1);
}

TEST_CASE("a process id that kill() would take for a whole group is none") {
    for (const auto* pid : {"-1", "0", "-4711", "4294967295", "9223372036854775807", "'x'"}) {
        INFO(pid);
        CHECK(after(std::string("UPDATE runs SET pid = ") + pid).pid == 0);
    }
    CHECK(after("UPDATE runs SET pid = 4194304").pid == 4194304);
}

TEST_CASE("unknown triggers and steps have a harmless reading") {
    const auto r = after("UPDATE runs SET trigger = 'witchcraft', step = 'format the disk'");
    CHECK(r.run.trigger == core::Trigger::daemon);
    CHECK_FALSE(r.step);
}

TEST_CASE("text comes out as valid UTF-8") {
    const auto r = after(
        "UPDATE runs SET reason = CAST(x'61ff62' AS TEXT), log_tail = CAST(x'c3' AS TEXT), plug = x'80'");
    CHECK(r.run.reason ==
          "a\xEF\xBF\xBD"
          "b");
    CHECK(r.log_tail == "\xEF\xBF\xBD");
    CHECK(r.run.plug == "\xEF\xBF\xBD");
}

TEST_CASE("an incident of an unknown kind is still an incident") {
    const StateFolder folder;
    {
        auto store = Store::open_for_writing(folder.path());
        REQUIRE(store.raise_incident({core::IncidentKind::stale, "p", "text"}, at(1)));
    }
    sql(folder, "UPDATE incidents SET kind = 'unheard of', text = CAST(x'ff' AS TEXT)");
    auto store = Store::open_for_writing(folder.path());
    const auto open = *store.open_incidents();
    REQUIRE(open.size() == 1);
    CHECK(open[0].incident.kind == core::IncidentKind::failed);
    CHECK(open[0].incident.text == "\xEF\xBF\xBD");
}

TEST_CASE("names with quotes, newlines and control characters are kept as they are") {
    const StateFolder folder;
    auto store = Store::open_for_writing(folder.path());
    const std::string odd = "a'; DROP TABLE runs; --\n\"\x01\x1b[31m";
    const auto r = keep_run(store, odd, 0, Outcome::success);
    CHECK(store.runs(odd, 10)->size() == 1);
    CHECK(store.plan(odd, repository)->last_success->plan == odd);
    REQUIRE(store.set_target(odd, {odd, {}, {}, odd, 0}));
    CHECK(store.target(odd)->plug == odd);
    CHECK((*store.run(r.run.id))->run.plan == odd);
}
