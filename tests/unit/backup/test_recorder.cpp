/// Where a run writes what happens: a store that fails never stops it.

#include "sample.hpp"

using namespace guardian;
using namespace guardian::backup;
using namespace guardian::test;

namespace {

store::RunRecord record_of(const std::string& plan) {
    store::RunRecord r;
    r.run.plan = plan;
    r.run.target = "usb";
    r.run.started = now();
    return r;
}

void live_through(Recorder& recorder) {
    auto record = record_of("p");
    recorder.begin_run(record);
    recorder.begin_step(core::Step::create);
    recorder.progress({{1, 1, 1, 1}, "/x", 5, {}});
    recorder.warning({"/x", "text"});
    recorder.log_line("a line");
    recorder.end_step(0, "done", true);
    record.run.outcome = core::Outcome::warning;
    record.run.ended = now();
    recorder.end_run(record);
}

}  // namespace

TEST_CASE("a run is recorded from its beginning to its end") {
    auto store = store::Store::empty_in_memory();
    Heard heard;
    Recorder recorder(store, heard);
    live_through(recorder);
    const auto runs = *store.runs("p", 10);
    REQUIRE(runs.size() == 1);
    CHECK(runs[0].run.outcome == core::Outcome::warning);
    CHECK(runs[0].warnings == 1);
    CHECK(runs[0].log_tail == "a line\n");
    CHECK(store.steps(runs[0].run.id)->size() == 1);
    CHECK(heard.warnings == std::vector<std::string>{"text"});
    CHECK(heard.ended.size() == 1);
}

TEST_CASE("a store that fails is told once, and the run goes on to its end") {
    const Folder folder;
    { const auto made = store::Store::open_for_writing(folder.path()); }
    auto store = *store::Store::open_for_reading(folder.path());  // refuses every write
    Heard heard;
    Recorder recorder(store, heard);
    live_through(recorder);
    REQUIRE(heard.warnings.size() == 2);
    CHECK(heard.warnings[0].find("not being recorded") != std::string::npos);
    CHECK(heard.warnings[1] == "text");
    CHECK(heard.begun == std::vector<core::Step>{core::Step::create});
    REQUIRE(heard.ended.size() == 1);
    CHECK(heard.ended[0].run.outcome == core::Outcome::warning);
    CHECK(heard.ended[0].warnings == 1);
    CHECK(recorder.warnings() == 1);
}

TEST_CASE("of a flood of warnings the first thousand are kept, and all are counted") {
    auto store = store::Store::empty_in_memory();
    Heard heard;
    Recorder recorder(store, heard);
    auto record = record_of("p");
    recorder.begin_run(record);
    for (int i = 0; i < 1500; ++i) recorder.warning({"", std::to_string(i)});
    recorder.end_run(record);
    const auto kept = *store.warnings(record.run.id);
    REQUIRE(kept.size() == 1000);
    CHECK(kept.back().text == "999");
    CHECK((*store.run(record.run.id))->warnings == 1500);
}

TEST_CASE("of a long log the newest whole lines are kept") {
    auto store = store::Store::empty_in_memory();
    Heard heard;
    Recorder recorder(store, heard);
    auto record = record_of("p");
    recorder.begin_run(record);
    for (int i = 0; i < 20'000; ++i) recorder.log_line("line " + std::to_string(i));
    recorder.end_run(record);
    const auto tail = (*store.run(record.run.id))->log_tail;
    CHECK(tail.size() <= 64 * 1024);
    CHECK(tail.size() >= 32 * 1024 - 20);
    CHECK(tail.starts_with("line "));
    CHECK(tail.ends_with("line 19999\n"));
}
