#pragma once
/// The inside of Store: the open database, and the one place where SQLite's exceptions become Errors.

#include <sqlite3.h>

#include "store/database.hpp"
#include "store/rows.hpp"
#include "store/store.hpp"

namespace guardian::store {

struct Store::Impl {
    std::string state_dir;
    std::string path;  ///< empty: in memory, or read-only
    std::string trouble;
    std::unique_ptr<SQLite::Database> db;
    std::uint64_t inode = 0;
    bool writable = false;

    void adopt(OpenedDatabase opened) {
        db = std::move(opened.db);
        path = std::move(opened.path);
        if (!opened.trouble.empty()) trouble = std::move(opened.trouble);
        inode = path.empty() ? 0 : inode_of(path);
        writable = true;
    }

    void begin_anew(const std::string& why) {
        db.reset();
        const auto aside = move_aside(path);
        adopt(open_writable(state_dir));
        if (aside)
            trouble = "the database " + path + " could not be read (" + why + "); it was moved to " + *aside +
                      " and a new one begun: the history is in the old one, backups go on";
    }

    /// Another process may have moved the file aside, or removed it: what is written must not go there.
    void follow_file() {
        if (!path.empty() && inode_of(path) != inode) adopt(open_writable(state_dir));
    }

    /// Runs `work`; when the database turns out to be broken, moves it aside and runs it once more.
    template <class Work>
    Result<> guard(const char* context, const Work& work) {
        follow_file();
        for (int attempt = 0;; ++attempt) {
            try {
                work(*db);
                return {};
            } catch (const SQLite::Exception& e) {
                const bool broken = e.getErrorCode() == SQLITE_CORRUPT || e.getErrorCode() == SQLITE_NOTADB;
                if (!broken || attempt > 0 || path.empty()) return Error{ErrorCode::io, context, e.what(), ""};
                begin_anew(e.what());
            }
        }
    }

    /// As guard(), and on the platter when it returns.
    template <class Work>
    Result<> durably(const char* context, const Work& work) {
        return guard(context, [&](SQLite::Database& database) {
            database.exec("PRAGMA synchronous = FULL");
            SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
            work(database);
            transaction.commit();
            database.exec("PRAGMA synchronous = NORMAL");
        });
    }

    template <class... Args>
    Result<std::vector<RunRecord>> select_runs(const char* where, const Args&... args) {
        std::vector<RunRecord> out;
        const auto done = guard("cannot read the runs", [&](SQLite::Database& database) {
            out.clear();
            SQLite::Statement q(database, std::string(run_columns) + where);
            bind_all(q, args...);
            while (q.executeStep()) out.push_back(run_row(q));
        });
        if (!done) return done.error();
        return out;
    }
};

}  // namespace guardian::store
