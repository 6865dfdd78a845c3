#pragma once
/// The SQLite file itself: opening, the schema and its migrations, moving a broken one aside. Internal to
/// src/store.

#include <SQLiteCpp/SQLiteCpp.h>

#include <memory>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace guardian::store {

inline constexpr int schema_version = 4;

struct OpenedDatabase {
    std::unique_ptr<SQLite::Database> db;
    std::string path;     ///< empty: in memory
    std::string trouble;  ///< what had to be done to get it
};

/// Always gives a database, the last resort being one in memory, with what the one in the file knows of the drives.
[[nodiscard]] OpenedDatabase open_writable(const std::string& state_dir);
[[nodiscard]] OpenedDatabase open_in_memory(std::string trouble);

/// As open_writable(), after the database with this inode was found to be broken: it is moved aside, unless
/// another process has done so already.
[[nodiscard]] OpenedDatabase begin_anew(const std::string& state_dir, std::uint64_t broken,
                                        const std::string& why);

struct ReadableDatabase {
    std::unique_ptr<SQLite::Database> db;
    /// Nobody else had it open, so it is read without SQLite's own locks: valid only while the reading lock
    /// that was held at its opening is held, for it keeps every writer from opening it.
    bool at_rest = false;
};

/// Creates nothing and changes nothing. Call it with the reading lock held.
[[nodiscard]] Result<ReadableDatabase> open_readable(const std::string& state_dir);
/// Invalid where there is no lock file: then nobody ever opened a database there.
[[nodiscard]] Fd reading_lock(const std::string& state_dir);

/// Every page is read; false when something is wrong.
[[nodiscard]] bool is_sound(SQLite::Database& db);

/// Whether closing it leaves its log as it is: a broken database is kept with all that was written.
void keep_log(SQLite::Database& db, bool keep);

/// Renames the database and its companions to NAME.broken-N; the new name, or why not.
[[nodiscard]] Result<std::string> move_aside(const std::string& path);

[[nodiscard]] std::string database_path(const std::string& state_dir);

/// The inode behind the path, 0 when there is none: tells whether someone moved the file aside.
[[nodiscard]] std::uint64_t inode_of(const std::string& path);

}  // namespace guardian::store
