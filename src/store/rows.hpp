#pragma once
/// Between rows and values. What stands in the file is not trusted: an unknown word or a number out of range
/// becomes the harmless reading of it, never a success.

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <limits>

#include "store/store.hpp"

namespace guardian::store {

inline constexpr const char* run_columns =
    "SELECT id, plan, target, repository, trigger, outcome, started, ended, plug, reason, held_back, pid, "
    "pid_start, "
    "boot, borg_version, archive, archive_id, original, compressed, deduplicated, files, step, "
    "progress_path, "
    "progress_percent, progress_at, warnings, log_tail, mounted_itself, held_by_health FROM runs ";

template <class... Args>
void bind_all(SQLite::Statement& q, const Args&... args) {
    int i = 0;
    (q.bind(++i, args), ...);
}

inline std::int64_t as_signed(std::uint64_t n) {
    return static_cast<std::int64_t>(
        std::min<std::uint64_t>(n, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())));
}

/// Valid UTF-8, so that whatever shows it (JSON above all) stays valid too.
[[nodiscard]] std::string text_column(SQLite::Statement& q, int column);
[[nodiscard]] RunRecord run_row(SQLite::Statement& q);
[[nodiscard]] StepRecord step_row(SQLite::Statement& q);
[[nodiscard]] IncidentRecord incident_row(SQLite::Statement& q);
[[nodiscard]] std::optional<Time> time_column(SQLite::Statement& q, int column);
void bind_time(SQLite::Statement& q, int index, const std::optional<Time>& t);
void insert_ended_run(SQLite::Database& db, const RunRecord& r);

}  // namespace guardian::store
