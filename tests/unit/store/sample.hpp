#pragma once
/// Runs and times for the tests of the store.

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "store/store.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/result.hpp"

namespace guardian::test {

using store::RunRecord;
using store::Store;

using StateFolder = MemoryFolder;

inline Time at(std::int64_t seconds) {
    return Time{std::chrono::seconds{1'700'000'000 + seconds}};
}

inline const std::string repository = "/mnt/backup/john";

inline RunRecord begun(const std::string& plan, std::int64_t seconds,
                       const std::string& plug = "boot:7:8:1") {
    RunRecord r;
    r.run.plan = plan;
    r.run.target = "usb";
    r.run.started = at(seconds);
    r.run.plug = plug;
    r.run.repository = repository;
    r.pid = 4711;
    r.pid_start = 123456;
    r.boot = "boot";
    r.borg_version = "borg 1.2.4";
    return r;
}

/// Begins and ends a run; its record, with the id.
inline RunRecord keep_run(Store& store, const std::string& plan, std::int64_t seconds, core::Outcome outcome,
                          const std::string& plug = "boot:7:8:1") {
    auto r = begun(plan, seconds, plug);
    const auto id = store.begin_run(r);
    REQUIRE(id);
    r.run.id = *id;
    r.run.outcome = outcome;
    r.run.ended = at(seconds + 60);
    r.statistics = {static_cast<std::uint64_t>(1000 + seconds), 500, 100, 10};
    REQUIRE(store.end_run(r));
    return r;
}

inline void sql(const Folder& folder, const std::string& statement) {
    SQLite::Database db(folder / "guardian.db", SQLite::OPEN_READWRITE);
    db.exec("PRAGMA foreign_keys = OFF");
    db.exec(statement);
}

/// Works as a store should: what is written is read again.
inline bool records(Store& store) {
    auto r = begun("probe", 5);
    const auto id = store.begin_run(r);
    if (!id) return false;
    const auto back = store.run(*id);
    return back && *back && (*back)->run.plan == "probe";
}

}  // namespace guardian::test
