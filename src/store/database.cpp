#include "store/database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "store/rows.hpp"

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
  warnings INTEGER NOT NULL DEFAULT 0, log_tail TEXT NOT NULL DEFAULT '',
  mounted_itself INTEGER NOT NULL DEFAULT 0);
CREATE INDEX runs_of_plan ON runs (plan, id);
CREATE INDEX runs_by_outcome ON runs (plan, outcome, id);
CREATE INDEX runs_by_plug ON runs (plug, id);
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
CREATE TABLE places (plan TEXT NOT NULL, path TEXT NOT NULL, mounted INTEGER NOT NULL,
  PRIMARY KEY (plan, path, mounted)) WITHOUT ROWID;
CREATE TABLE incidents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
  opened INTEGER NOT NULL, ended INTEGER);
CREATE UNIQUE INDEX incidents_open ON incidents (key) WHERE ended IS NULL;
)sql",
                                                             R"sql(
ALTER TABLE runs ADD COLUMN aside_owed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX runs_aside_owed ON runs (plan, id) WHERE aside_owed;
ALTER TABLE places ADD COLUMN filesystem TEXT NOT NULL DEFAULT '';
CREATE TABLE doubts (run INTEGER NOT NULL REFERENCES runs(id), doubt TEXT NOT NULL,
  PRIMARY KEY (run, doubt)) WITHOUT ROWID;
)sql",
                                                             R"sql(
ALTER TABLE runs ADD COLUMN held_by_health INTEGER NOT NULL DEFAULT 0;
CREATE TABLE drives (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, model TEXT NOT NULL, serial TEXT NOT NULL, firmware TEXT NOT NULL,
  bytes INTEGER NOT NULL, first_seen INTEGER NOT NULL, read_at INTEGER, tried_at INTEGER,
  trouble TEXT NOT NULL DEFAULT '', unknown_since INTEGER,
  verdict TEXT NOT NULL DEFAULT 'unknown', reasons TEXT NOT NULL DEFAULT '[]', signs TEXT NOT NULL DEFAULT '{}')
  WITHOUT ROWID;
CREATE TABLE target_drives (target TEXT NOT NULL, drive TEXT NOT NULL, PRIMARY KEY (target, drive)) WITHOUT ROWID;
CREATE TABLE attachments (
  key TEXT PRIMARY KEY, device_type TEXT NOT NULL, drive TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE readings (
  drive TEXT NOT NULL, at INTEGER NOT NULL, verdict TEXT NOT NULL, signs TEXT NOT NULL,
  PRIMARY KEY (drive, at)) WITHOUT ROWID;
CREATE TABLE reports (
  id INTEGER PRIMARY KEY, drive TEXT NOT NULL, at INTEGER NOT NULL, report BLOB NOT NULL, UNIQUE (drive, at));
CREATE TABLE acknowledged (
  drive TEXT NOT NULL, sign TEXT NOT NULL, value INTEGER NOT NULL, at INTEGER NOT NULL, verdict TEXT NOT NULL,
  PRIMARY KEY (drive, sign)) WITHOUT ROWID;
CREATE TABLE self_tests (
  id INTEGER PRIMARY KEY AUTOINCREMENT, drive TEXT NOT NULL, kind TEXT NOT NULL,
  started INTEGER NOT NULL, ended INTEGER, result TEXT, hours INTEGER);
CREATE INDEX self_tests_of_drive ON self_tests (drive, id);
CREATE TABLE drive_events (
  id INTEGER PRIMARY KEY, subject TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
  plug TEXT NOT NULL DEFAULT '');
CREATE INDEX drive_events_of ON drive_events (subject, at);
)sql",
                                                             R"sql(
ALTER TABLE acknowledged ADD COLUMN attributes TEXT NOT NULL DEFAULT '';
)sql"};

/// Run numbers go on growing over the loss of a database: the daemon tells by them what came later, and no
/// number is ever used twice. How far they were nobody knows; more than one a millisecond there never were.
void number_runs_on(SQLite::Database& db) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch()).count();
    db.exec(fmt::format("INSERT INTO sqlite_sequence (name, seq) VALUES ('runs', {})", ms));
}

enum class Numbers { from_one, go_on };

std::string aside_path(const std::string& path, int n) {
    return fmt::format("{}.broken-{}", path, n);
}

void migrate(SQLite::Database& db, Numbers numbers) {
    int version = db.execAndGet("PRAGMA user_version").getInt();
    if (version == schema_version) return;
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    version = db.execAndGet("PRAGMA user_version").getInt();  // another process may have been first
    if (version > schema_version || version < 0)
        throw SQLite::Exception(
            fmt::format("made by a newer Guardian (schema {}, this one knows {})", version, schema_version),
            SQLITE_FORMAT);
    const bool is_new = version == 0;
    for (; version < schema_version; ++version) db.exec(migrations[static_cast<std::size_t>(version)]);
    if (is_new && numbers == Numbers::go_on) number_runs_on(db);
    db.exec(fmt::format("PRAGMA user_version = {}", schema_version));
    transaction.commit();
}

/// A table that is not what it should be shows itself at the opening, not in the middle of a run.
void prove_schema(SQLite::Database& db) {
    for (const auto* columns : {
             "run, step, started, ended, exit_code, detail FROM steps",
             "run, path, text FROM warnings",
             "name, plug, plugged_at, last_seen, ejected_plug, released_run FROM targets",
             "name, known_since FROM plans",
             "plan, path, mounted, filesystem FROM places",
             "aside_owed FROM runs",
             "run, doubt FROM doubts",
             "id, key, kind, subject, text, opened, ended FROM incidents WHERE ended IS NULL",
             "id, kind, model, serial, firmware, bytes, first_seen, read_at, tried_at, trouble, unknown_since, "
             "verdict, reasons, signs FROM drives",
             "target, drive FROM target_drives",
             "key, device_type, drive, at FROM attachments",
             "drive, at, verdict, signs FROM readings",
             "id, drive, at, report FROM reports",
             "drive, sign, value, at, verdict, attributes FROM acknowledged",
             "id, drive, kind, started, ended, result, hours FROM self_tests",
             "id, subject, at, kind, text, plug FROM drive_events",
         })
        SQLite::Statement(db, std::string("SELECT ") + columns + " LIMIT 1").executeStep();
    SQLite::Statement(db, std::string(run_columns) + "ORDER BY id DESC LIMIT 1").executeStep();
}

/// SQLite opens a file that it may not write for reading, and says so only at the first write.
void prove_writable(SQLite::Database& db) {
    if (::sqlite3_db_readonly(db.getHandle(), "main") != 0)
        throw SQLite::Exception("it is read-only", SQLITE_READONLY);
}

void prove_regular(const std::string& path) {
    // Nor a link: root must not write where the daemon's user points.
    struct stat st {};
    if (::lstat(path.c_str(), &st) == 0 && !S_ISREG(st.st_mode))
        throw SQLite::Exception("it is not a regular file", SQLITE_NOTADB);
}

/// A state folder with pins, or with a database that was moved aside, has had runs.
Numbers numbers_of(const std::string& path) {
    const auto pins = std::filesystem::path(path).parent_path().parent_path() / "pins.json";
    const bool had_runs =
        ::access(pins.c_str(), F_OK) == 0 || ::access(aside_path(path, 1).c_str(), F_OK) == 0;
    return had_runs ? Numbers::go_on : Numbers::from_one;
}

std::unique_ptr<SQLite::Database> open_and_migrate(const std::string& path) {
    prove_regular(path);
    auto db = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busy_ms);
    keep_log(*db, true);
    db->exec(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
        "PRAGMA cache_size = -1024; PRAGMA journal_size_limit = 4194304;");
    prove_writable(*db);
    migrate(*db, numbers_of(path));
    prove_schema(*db);
    keep_log(*db, false);
    return db;
}

bool is_broken(const SQLite::Exception& e) {
    const int code = e.getErrorCode();
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR || code == SQLITE_FORMAT;
}

/// A damaged header can say that the file is only to be read.
bool wrongly_read_only(const SQLite::Exception& e, const std::string& path) {
    return e.getErrorCode() == SQLITE_READONLY && ::access(path.c_str(), W_OK) == 0;
}

std::string lock_path(const std::string& state_dir) {
    return state_dir + "/guardian.db.lock";
}

/// Lives as long as the opening takes: two processes must not both move aside and begin anew.
Fd opening_lock(const std::string& state_dir) {
    Fd fd{::open(lock_path(state_dir).c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (fd.valid()) ::flock(fd.get(), LOCK_EX);
    return fd;
}

/// What it makes is for root alone. The umask is the process's: one thread only.
class PrivateFiles {
  public:
    PrivateFiles() : before_(::umask(0077)) {}
    ~PrivateFiles() { ::umask(before_); }
    PrivateFiles(const PrivateFiles&) = delete;
    PrivateFiles& operator=(const PrivateFiles&) = delete;

  private:
    mode_t before_;
};

/// The runner is root, the daemon need not be: what the one makes in the other's folder is the other's.
/// SQLite does the same with the companions of a database that is there.
void give_to_owner_of(const std::string& folder) {
    struct stat st {};
    if (::geteuid() != 0 || ::stat(folder.c_str(), &st) != 0 || st.st_uid == 0) return;
    const auto path = database_path(folder);
    for (const auto& file : {path, path + "-wal", path + "-shm", lock_path(folder)})
        (void)!::lchown(file.c_str(), st.st_uid, st.st_gid);
}

/// A path as SQLite reads it in a URI.
std::string uri_of(const std::string& path) {
    static constexpr std::string_view plain =
        "/-_.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    std::string out = "file:";
    for (const char c : path)
        out += plain.find(c) != std::string_view::npos
                   ? std::string(1, c)
                   : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return out;
}

bool is_at_rest(const std::string& path) {
    const auto wal = path + "-wal", shared = path + "-shm";
    return ::access(wal.c_str(), F_OK) != 0 && ::access(shared.c_str(), F_OK) != 0;
}

void copy_drives(SQLite::Database& memory, const std::string& uri) {
    SQLite::Statement attach(memory, "ATTACH DATABASE ? AS kept");
    attach.bind(1, uri);
    attach.exec();
    try {
        SQLite::Transaction transaction(memory);
        if (memory.execAndGet("PRAGMA kept.user_version").getInt() == schema_version)
            for (const auto* table : {"drives", "target_drives", "attachments", "readings", "acknowledged", "self_tests",
                                      "drive_events"})
                memory.exec(fmt::format("INSERT INTO main.{0} SELECT * FROM kept.{0}", table));
        transaction.commit();
    } catch (const SQLite::Exception&) {
        memory.tryExec("DETACH DATABASE kept");
        throw;
    }
    memory.exec("DETACH DATABASE kept");
}

/// A disk that is known to be failing must not become one of which nothing is known because nothing can be recorded. Without
/// room SQLite cannot make what it reads the newest changes through: then the file is read as it lies, without them.
void take_drives_along(SQLite::Database& memory, const std::string& path) {
    std::vector<const char*> ways = {"?immutable=1"};
    if (!is_at_rest(path)) ways.insert(ways.begin(), "?mode=ro");
    for (const auto* how : ways) {
        try {
            return copy_drives(memory, uri_of(path) + how);
        } catch (const SQLite::Exception&) {  // NOLINT(bugprone-empty-catch): the next way, or none
        }
    }
}

OpenedDatabase nothing_recorded(const std::string& path, const std::string& why) {
    auto opened = open_in_memory(
        fmt::format("the database {} cannot be written ({}); nothing is being recorded. Make room, or make "
                    "it writable",
                    path, why));
    if (::access(path.c_str(), R_OK) == 0) take_drives_along(*opened.db, path);
    return opened;
}

/// The caller holds the opening lock.
OpenedDatabase replace(const std::string& path, const std::string& why) {
    const auto aside = move_aside(path);
    if (!aside) return open_in_memory(aside.error().text() + "; nothing is being recorded");
    try {
        auto db = open_and_migrate(path);
        return {
            std::move(db), path,
            fmt::format("the database {} could not be read ({}); it was moved to {} and a new one begun: the "
                        "history is in the old one, with all that was known of the disks' health; backups go on",
                        path, why, *aside)};
    } catch (const SQLite::Exception& e) {
        return nothing_recorded(path, e.what());
    }
}

/// The caller holds the opening lock.
OpenedDatabase open_or_replace(const std::string& path) {
    try {
        return {open_and_migrate(path), path, ""};
    } catch (const SQLite::Exception& e) {
        return is_broken(e) || wrongly_read_only(e, path) ? replace(path, e.what())
                                                          : nothing_recorded(path, e.what());
    }
}

/// A database in WAL mode that nobody has open would get companions from its reader: it is read as it lies.
std::unique_ptr<SQLite::Database> open_as_it_lies(const std::string& path, bool at_rest) {
    const auto uri = uri_of(path) + (at_rest ? "?immutable=1" : "");
    return std::make_unique<SQLite::Database>(uri, SQLite::OPEN_READONLY | SQLite::OPEN_URI, busy_ms);
}

}  // namespace

std::string database_path(const std::string& state_dir) {
    return state_dir + "/guardian.db";
}

std::uint64_t inode_of(const std::string& path) {
    struct stat st {};
    return ::stat(path.c_str(), &st) == 0 ? st.st_ino : 0;
}

OpenedDatabase open_in_memory(std::string trouble) {
    auto db = std::make_unique<SQLite::Database>(
        ":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_URI);
    migrate(*db, Numbers::go_on);
    return {std::move(db), "", std::move(trouble)};
}

OpenedDatabase open_writable(const std::string& state_dir) {
    std::error_code error;
    std::filesystem::create_directories(state_dir, error);
    const auto lock = opening_lock(state_dir);
    const PrivateFiles umask;
    auto opened = open_or_replace(database_path(state_dir));
    give_to_owner_of(state_dir);
    return opened;
}

OpenedDatabase begin_anew(const std::string& state_dir, std::uint64_t broken, const std::string& why) {
    const auto path = database_path(state_dir);
    const auto lock = opening_lock(state_dir);
    const PrivateFiles umask;
    auto opened = inode_of(path) == broken ? replace(path, why) : open_or_replace(path);
    give_to_owner_of(state_dir);
    return opened;
}

Fd reading_lock(const std::string& state_dir) {
    Fd fd{::open(lock_path(state_dir).c_str(), O_RDONLY | O_CLOEXEC)};
    if (fd.valid()) ::flock(fd.get(), LOCK_SH);
    return fd;
}

Result<ReadableDatabase> open_readable(const std::string& state_dir) {
    const auto path = database_path(state_dir);
    if (::access(path.c_str(), R_OK) != 0) return errno_error("cannot read the database " + path, errno);
    try {
        prove_regular(path);
        const bool at_rest = is_at_rest(path);
        auto db = open_as_it_lies(path, at_rest);
        const int version = db->execAndGet("PRAGMA user_version").getInt();
        if (version != schema_version)
            return Error{ErrorCode::io, "cannot read the database " + path,
                         fmt::format("its schema is {}, this program knows {}", version, schema_version),
                         "start guardiand, which migrates it"};
        return ReadableDatabase{std::move(db), at_rest};
    } catch (const SQLite::Exception& e) {
        return Error{ErrorCode::io, "cannot read the database " + path, e.what(),
                     "the next run or guardiand moves it aside and begins a new one"};
    }
}

bool is_sound(SQLite::Database& db) {
    try {
        return db.execAndGet("PRAGMA quick_check(1)").getString() == "ok";
    } catch (const SQLite::Exception& e) {
        // Being busy, or short of memory, says nothing about the file.
        return !is_broken(e) && e.getErrorCode() != SQLITE_IOERR;
    }
}

void keep_log(SQLite::Database& db, bool keep) {
    ::sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

Result<std::string> move_aside(const std::string& path) {
    std::string aside;
    for (int n = 1; n < 1000; ++n) {
        aside = aside_path(path, n);
        if (::access(aside.c_str(), F_OK) != 0) break;
    }
    if (::rename(path.c_str(), aside.c_str()) != 0)
        return errno_error(fmt::format("cannot move the broken database {} aside", path), errno);
    for (const auto* companion : {"-wal", "-shm"})
        ::rename((path + companion).c_str(), (aside + companion).c_str());
    return aside;
}

}  // namespace guardian::store
