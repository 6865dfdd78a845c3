#include "store/database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "base/fd.hpp"

namespace guardian::store {
namespace {

constexpr int busy_ms = 10'000;

/// Each entry brings the schema from its index to the next version. Never change one that was released.
constexpr std::array<const char*, schema_version> migrations{R"sql(
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  plan TEXT NOT NULL, target TEXT NOT NULL, repository TEXT NOT NULL,
  trigger TEXT NOT NULL, outcome TEXT NOT NULL,
  started INTEGER NOT NULL, ended INTEGER,
  plug TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', held_back TEXT NOT NULL DEFAULT '',
  pid INTEGER NOT NULL, pid_start INTEGER NOT NULL, boot TEXT NOT NULL,
  borg_version TEXT NOT NULL DEFAULT '', archive TEXT NOT NULL DEFAULT '', archive_id TEXT NOT NULL DEFAULT '',
  original INTEGER NOT NULL DEFAULT 0, compressed INTEGER NOT NULL DEFAULT 0,
  deduplicated INTEGER NOT NULL DEFAULT 0, files INTEGER NOT NULL DEFAULT 0,
  step TEXT, progress_path TEXT NOT NULL DEFAULT '', progress_percent INTEGER NOT NULL DEFAULT -1,
  progress_at INTEGER NOT NULL DEFAULT 0,
  warnings INTEGER NOT NULL DEFAULT 0, log_tail TEXT NOT NULL DEFAULT '');
CREATE INDEX runs_of_plan ON runs (plan, id);
CREATE INDEX runs_by_outcome ON runs (plan, outcome, id);
CREATE INDEX runs_going ON runs (id) WHERE outcome = 'running';
CREATE TABLE steps (
  run INTEGER NOT NULL REFERENCES runs(id), step TEXT NOT NULL,
  started INTEGER NOT NULL, ended INTEGER, exit_code INTEGER, detail TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (run, step)) WITHOUT ROWID;
CREATE TABLE warnings (
  run INTEGER NOT NULL REFERENCES runs(id), path TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX warnings_of_run ON warnings (run);
CREATE TABLE targets (
  name TEXT PRIMARY KEY, plug TEXT NOT NULL, plugged_at INTEGER, last_seen INTEGER,
  ejected_plug TEXT NOT NULL, released_run INTEGER NOT NULL);
CREATE TABLE plans (name TEXT PRIMARY KEY, known_since INTEGER NOT NULL);
CREATE TABLE incidents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
  opened INTEGER NOT NULL, ended INTEGER);
CREATE UNIQUE INDEX incidents_open ON incidents (key) WHERE ended IS NULL;
)sql"};

void migrate(SQLite::Database& db) {
    int version = db.execAndGet("PRAGMA user_version").getInt();
    if (version == schema_version) return;
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    version = db.execAndGet("PRAGMA user_version").getInt();  // another process may have been first
    if (version > schema_version)
        throw SQLite::Exception(fmt::format("made by a newer Guardian (schema {}, this one knows {})", version,
                                            schema_version));
    for (; version < schema_version; ++version) db.exec(migrations[static_cast<std::size_t>(version)]);
    db.exec(fmt::format("PRAGMA user_version = {}", schema_version));
    transaction.commit();
}

std::unique_ptr<SQLite::Database> open_and_migrate(const std::string& path) {
    auto db = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busy_ms);
    db->exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
             "PRAGMA cache_size = -1024; PRAGMA journal_size_limit = 4194304;");
    migrate(*db);
    // A table that is not what it should be shows itself here, not in the middle of a run.
    db->execAndGet("SELECT count(*) FROM incidents WHERE ended IS NULL");
    db->execAndGet("SELECT max(id) FROM runs");
    return db;
}

bool is_broken(const SQLite::Exception& e) {
    const int code = e.getErrorCode();
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR || code == SQLITE_FORMAT;
}

/// Lives as long as the opening takes: two processes must not both move aside and begin anew.
Fd opening_lock(const std::string& state_dir) {
    Fd fd{::open((state_dir + "/guardian.db.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (fd.valid()) ::flock(fd.get(), LOCK_EX);
    return fd;
}

OpenedDatabase in_memory(std::string trouble) {
    auto db = std::make_unique<SQLite::Database>(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    migrate(*db);
    return {std::move(db), "", std::move(trouble)};
}

OpenedDatabase begin_anew(const std::string& path, const std::string& why) {
    const auto aside = move_aside(path);
    if (!aside) return in_memory(aside.error().text() + "; nothing is being recorded");
    try {
        return {open_and_migrate(path), path,
                fmt::format("the database {} could not be read ({}); it was moved to {} and a new one begun: the "
                            "history is in the old one, backups go on",
                            path, why, *aside)};
    } catch (const SQLite::Exception& e) {
        return in_memory(fmt::format("the database {} cannot be made ({}); nothing is being recorded", path, e.what()));
    }
}

}  // namespace

std::string database_path(const std::string& state_dir) { return state_dir + "/guardian.db"; }

std::uint64_t inode_of(const std::string& path) {
    struct stat st {};
    return ::stat(path.c_str(), &st) == 0 ? st.st_ino : 0;
}

OpenedDatabase open_writable(const std::string& state_dir) {
    std::error_code error;
    std::filesystem::create_directories(state_dir, error);
    const auto path = database_path(state_dir);
    const auto lock = opening_lock(state_dir);
    const auto old_umask = ::umask(0077);
    OpenedDatabase opened;
    try {
        opened = {open_and_migrate(path), path, ""};
    } catch (const SQLite::Exception& e) {
        opened = is_broken(e) ? begin_anew(path, e.what())
                              : in_memory(fmt::format("the database {} cannot be written ({}); nothing is being "
                                                      "recorded. Make room or make {} writable",
                                                      path, e.what(), state_dir));
    }
    ::umask(old_umask);
    return opened;
}

Result<std::unique_ptr<SQLite::Database>> open_readable(const std::string& state_dir) {
    const auto path = database_path(state_dir);
    if (::access(path.c_str(), R_OK) != 0) return errno_error("cannot read the database " + path, errno);
    try {
        auto db = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READONLY, busy_ms);
        const int version = db->execAndGet("PRAGMA user_version").getInt();
        if (version != schema_version)
            return Error{ErrorCode::io, "cannot read the database " + path,
                         fmt::format("its schema is {}, this program knows {}", version, schema_version),
                         "start guardiand, which migrates it"};
        return db;
    } catch (const SQLite::Exception& e) {
        return Error{ErrorCode::io, "cannot read the database " + path, e.what(),
                     "the next run or guardiand moves it aside and begins a new one"};
    }
}

bool is_sound(SQLite::Database& db) {
    try {
        return db.execAndGet("PRAGMA quick_check(1)").getString() == "ok";
    } catch (const SQLite::Exception&) {
        return false;
    }
}

Result<std::string> move_aside(const std::string& path) {
    std::string aside;
    for (int n = 1; n < 1000; ++n) {
        aside = fmt::format("{}.broken-{}", path, n);
        if (::access(aside.c_str(), F_OK) != 0) break;
    }
    if (::rename(path.c_str(), aside.c_str()) != 0)
        return errno_error(fmt::format("cannot move the broken database {} aside", path), errno);
    for (const auto* companion : {"-wal", "-shm"})
        ::rename((path + companion).c_str(), (aside + companion).c_str());
    return aside;
}

}  // namespace guardian::store
