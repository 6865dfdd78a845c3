#pragma once
/// The inside of Store: the open database, and the one place where SQLite's exceptions become Errors.

#include <sqlite3.h>

#include "store/database.hpp"
#include "store/rows.hpp"
#include "store/store.hpp"

namespace guardian::store {

/// What is committed while it lives is on the platter. The setting cannot change within a transaction.
class FullSync {
  public:
    explicit FullSync(SQLite::Database& db) : db_(db) { db_.exec("PRAGMA synchronous = FULL"); }
    ~FullSync() { db_.tryExec("PRAGMA synchronous = NORMAL"); }
    FullSync(const FullSync&) = delete;
    FullSync& operator=(const FullSync&) = delete;

  private:
    SQLite::Database& db_;
};

struct Store::Impl {
    std::string state_dir;
    std::string path;  ///< empty: in memory, or read-only
    std::string trouble;
    std::string failing;  ///< why the newest write did not work; empty: it did
    std::unique_ptr<SQLite::Database> db;
    std::uint64_t inode = 0;
    bool writable = false;
    bool at_rest = false;

    void adopt(OpenedDatabase opened) {
        db = std::move(opened.db);
        path = std::move(opened.path);
        if (!opened.trouble.empty()) trouble = std::move(opened.trouble);
        inode = path.empty() ? 0 : inode_of(path);
        writable = true;
    }

    void begin_anew(const std::string& why) {
        keep_log(*db, true);
        db.reset();
        adopt(store::begin_anew(state_dir, inode, why));
    }

    /// Another process may have moved the file aside, or removed it: what is written must not go there.
    void follow_file() {
        if (path.empty() || inode_of(path) == inode) return;
        const auto was = path;
        adopt(open_writable(state_dir));
        if (trouble.empty())
            trouble = "the database " + was +
                      " was moved aside as broken, or removed, while it was in use; the history "
                      "before is in " +
                      was + ".broken-…, if anywhere";
    }

    /// For a reader: opens what is there now, unless it is open already.
    Result<> look_anew() {
        const auto there = inode_of(database_path(state_dir));
        if (db && !at_rest && there == inode) return {};
        auto opened = open_readable(state_dir);
        if (!opened) return opened.error();
        db = std::move(opened->db);
        at_rest = opened->at_rest;
        inode = there;
        return {};
    }

    /// Runs `work`; when the database turns out to be broken, moves it aside and runs it once more.
    template <class Work>
    Result<> guard(const char* context, const Work& work) {
        const auto lock = writable ? Fd{} : reading_lock(state_dir);
        if (writable)
            follow_file();
        else if (auto there = look_anew(); !there)
            return there;
        for (int attempt = 0;; ++attempt) {
            try {
                work(*db);
                return {};
            } catch (const SQLite::Exception& e) {
                const bool broken = e.getErrorCode() == SQLITE_CORRUPT || e.getErrorCode() == SQLITE_NOTADB;
                if (!broken || attempt > 0 || path.empty())
                    return Error{ErrorCode::io, context, e.what(), ""};
                begin_anew(e.what());
            }
        }
    }

    /// As guard(), for what changes something: that it did not work is kept for trouble().
    template <class Work>
    Result<> change(const char* context, const Work& work) {
        auto done = guard(context, work);
        failing = done ? ""
                       : "the database " + path + " cannot be written (" + done.error().reason +
                             "): what happens now is not being recorded";
        return done;
    }

    /// As change(), and on the platter when it returns.
    template <class Work>
    Result<> durably(const char* context, const Work& work) {
        return change(context, [&](SQLite::Database& database) {
            const FullSync sync(database);
            SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
            work(database);
            transaction.commit();
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
