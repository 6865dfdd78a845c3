#include "store/store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/text.hpp"
#include "store/database.hpp"
#include "store/impl.hpp"
#include "store/rows.hpp"

namespace guardian::store {

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Store Store::open_for_writing(const std::string& state_dir) {
    auto impl = std::make_unique<Impl>();
    impl->state_dir = state_dir;
    impl->adopt(open_writable(state_dir));
    return Store{std::move(impl)};
}

Result<Store> Store::open_for_reading(const std::string& state_dir) {
    auto impl = std::make_unique<Impl>();
    impl->state_dir = state_dir;
    const auto lock = reading_lock(state_dir);
    if (auto there = impl->look_anew(); !there) return there.error();
    return Store{std::move(impl)};
}

Store Store::empty_in_memory() {
    auto impl = std::make_unique<Impl>();
    impl->adopt(open_in_memory(""));
    return Store{std::move(impl)};
}

void Store::check() {
    impl_->follow_file();
    if (impl_->path.empty() || is_sound(*impl_->db)) return;
    impl_->begin_anew("a page of it is damaged");
}

const std::string& Store::trouble() const {
    return impl_->failing.empty() ? impl_->trouble : impl_->failing;
}
bool Store::in_memory() const {
    return impl_->writable && impl_->path.empty();
}

bool Store::could_be_in_file() const {
    return !impl_->state_dir.empty() && !open_writable(impl_->state_dir).path.empty();
}

Result<std::int64_t> Store::begin_run(const RunRecord& r) {
    std::int64_t id = 0;
    const auto done = impl_->change("cannot record the start of the run", [&](SQLite::Database& db) {
        SQLite::Statement q(
            db,
            "INSERT INTO runs (plan, target, repository, trigger, outcome, started, plug, pid, "
            "pid_start, boot, borg_version) VALUES (?,?,?,?,'running',?,?,?,?,?,?)");
        bind_all(q, r.run.plan, r.run.target, r.run.repository, std::string(to_string(r.run.trigger)),
                 to_micros(r.run.started), r.run.plug, static_cast<std::int64_t>(r.pid),
                 static_cast<std::int64_t>(r.pid_start), r.boot, r.borg_version);
        q.exec();
        id = db.getLastInsertRowid();
    });
    if (!done) return done.error();
    return id;
}

Result<> Store::set_mounted_itself(std::int64_t run) {
    return impl_->change("cannot record that the run mounts the target", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "UPDATE runs SET mounted_itself = 1 WHERE id = ?");
        q.bind(1, run);
        q.exec();
    });
}

Result<> Store::begin_step(std::int64_t run, core::Step step, Time at) {
    return impl_->change("cannot record a step", [&](SQLite::Database& db) {
        SQLite::Transaction transaction(db);
        SQLite::Statement q(db, "INSERT OR REPLACE INTO steps (run, step, started) VALUES (?,?,?)");
        bind_all(q, run, std::string(to_string(step)), to_micros(at));
        q.exec();
        SQLite::Statement u(db, "UPDATE runs SET step = ?, progress_percent = -1 WHERE id = ?");
        bind_all(u, std::string(to_string(step)), run);
        u.exec();
        transaction.commit();
    });
}

Result<> Store::end_step(std::int64_t run, core::Step step, Time at, std::optional<int> exit_code,
                         std::string_view detail) {
    return impl_->change("cannot record a step", [&](SQLite::Database& db) {
        SQLite::Statement q(
            db, "UPDATE steps SET ended = ?, exit_code = ?, detail = ? WHERE run = ? AND step = ?");
        q.bind(1, to_micros(at));
        if (exit_code) q.bind(2, *exit_code);
        q.bind(3, valid_utf8(detail));
        q.bind(4, run);
        q.bind(5, std::string(to_string(step)));
        q.exec();
    });
}

Result<> Store::set_progress(std::int64_t run, const Progress& p) {
    return impl_->change("cannot record the progress", [&](SQLite::Database& db) {
        SQLite::Statement q(db,
                            "UPDATE runs SET original = ?, compressed = ?, deduplicated = ?, files = ?, "
                            "progress_path = ?, progress_percent = ?, progress_at = ? WHERE id = ?");
        bind_all(q, as_signed(p.so_far.original), as_signed(p.so_far.compressed),
                 as_signed(p.so_far.deduplicated), as_signed(p.so_far.files), valid_utf8(p.path, 4096),
                 p.percent, to_micros(p.at), run);
        q.exec();
    });
}

Result<> Store::add_warning(std::int64_t run, const Warning& w) {
    return impl_->change("cannot record a warning", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "INSERT INTO warnings (run, path, text) VALUES (?,?,?)");
        bind_all(q, run, valid_utf8(w.path, 4096), valid_utf8(w.text, 4096));
        q.exec();
    });
}

Result<> Store::archive_made(std::int64_t run, std::string_view archive) {
    return impl_->durably("cannot record the archive", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "UPDATE runs SET archive = ?, aside_owed = 1 WHERE id = ?");
        bind_all(q, valid_utf8(archive), run);
        q.exec();
    });
}

Result<> Store::archive_is_whole(std::int64_t run, const Statistics& s) {
    return impl_->change("cannot record that the archive is whole", [&](SQLite::Database& db) {
        SQLite::Statement q(db,
                            "UPDATE runs SET aside_owed = 0, original = ?, compressed = ?, deduplicated = ?, "
                            "files = ? WHERE id = ?");
        bind_all(q, as_signed(s.original), as_signed(s.compressed), as_signed(s.deduplicated),
                 as_signed(s.files), run);
        q.exec();
    });
}

Result<> Store::archive_set_aside(std::int64_t run, std::string_view name) {
    return impl_->durably("cannot record that the archive was set aside", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "UPDATE runs SET archive = ?, archive_id = '', aside_owed = 0 WHERE id = ?");
        bind_all(q, valid_utf8(name), run);
        q.exec();
    });
}

Result<std::vector<RunRecord>> Store::to_set_aside(std::string_view plan, std::string_view repository,
                                                   std::int64_t except_run) {
    return impl_->select_runs("WHERE aside_owed AND plan = ? AND repository = ? AND id <> ? ORDER BY id",
                              std::string(plan), std::string(repository), except_run);
}

Result<std::optional<RunRecord>> Store::oldest_without_archive(std::string_view plan,
                                                               std::string_view repository,
                                                               std::int64_t except_run) {
    auto rows = impl_->select_runs(
        "WHERE plan = ?1 AND repository = ?2 AND id <> ?3 AND archive = '' AND "
        "EXISTS (SELECT 1 FROM steps WHERE run = runs.id AND step = 'create') AND id > "
        "coalesce((SELECT max(id) FROM runs WHERE plan = ?1 AND repository = ?2 AND id <> ?3 AND "
        "EXISTS (SELECT 1 FROM steps WHERE run = runs.id AND step = 'prune' AND exit_code IS NOT NULL)), 0) "
        "ORDER BY id LIMIT 1",
        std::string(plan), std::string(repository), except_run);
    if (!rows) return rows.error();
    return rows->empty() ? std::optional<RunRecord>{} : std::optional{std::move(rows->front())};
}

Result<bool> Store::knows_archive(std::string_view plan, std::string_view repository,
                                  std::string_view archive) {
    const auto one = impl_->select_runs("WHERE plan = ? AND repository = ? AND archive = ? LIMIT 1",
                                        std::string(plan), std::string(repository), std::string(archive));
    if (!one) return one.error();
    return !one->empty();
}

Result<bool> Store::has_set_aside(std::string_view plan, std::string_view repository) {
    const auto one =
        impl_->select_runs("WHERE plan = ? AND repository = ? AND archive LIKE '%.partial' LIMIT 1",
                           std::string(plan), std::string(repository));
    if (!one) return one.error();
    return !one->empty();
}

Result<> Store::end_run(const RunRecord& r) {
    return impl_->durably("cannot record the end of the run", [&](SQLite::Database& db) {
        SQLite::Statement q(
            db,
            "UPDATE runs SET outcome = ?, ended = ?, reason = ?, held_back = ?, borg_version = ?, "
            "archive = ?, archive_id = ?, original = ?, compressed = ?, deduplicated = ?, files = ?, "
            "warnings = ?, log_tail = ?, plug = ?, aside_owed = ?, held_by_health = ?, progress_path = '', progress_percent = -1 "
            "WHERE id = ? AND plan = ? AND started = ?");
        bind_all(q, std::string(to_string(r.run.outcome)), to_micros(r.run.ended.value_or(r.run.started)),
                 valid_utf8(r.run.reason), valid_utf8(r.run.held_back), r.borg_version, valid_utf8(r.archive),
                 r.archive_id, as_signed(r.statistics.original), as_signed(r.statistics.compressed),
                 as_signed(r.statistics.deduplicated), as_signed(r.statistics.files), as_signed(r.warnings),
                 valid_utf8(r.log_tail, 256 * 1024), r.run.plug, r.aside_owed ? 1 : 0, r.run.held_by_health ? 1 : 0, r.run.id, r.run.plan,
                 to_micros(r.run.started));
        q.exec();
        // begin_run may have gone to a database that was moved aside since, and its id be another run's now.
        if (db.getChanges() == 0) insert_ended_run(db, r);
    });
}

Result<> Store::mark_aborted(std::int64_t run, Time at, std::string_view reason) {
    return impl_->durably("cannot record an aborted run", [&](SQLite::Database& db) {
        SQLite::Statement q(db,
                            "UPDATE runs SET outcome = 'aborted', ended = ?, reason = ? "
                            "WHERE id = ? AND outcome = 'running'");
        bind_all(q, to_micros(at), valid_utf8(reason), run);
        q.exec();
    });
}

Result<std::optional<RunRecord>> Store::run(std::int64_t id) {
    auto rows = impl_->select_runs("WHERE id = ?", id);
    if (!rows) return rows.error();
    return rows->empty() ? std::optional<RunRecord>{} : std::optional{std::move(rows->front())};
}

Result<std::vector<RunRecord>> Store::runs(std::string_view plan, std::size_t most) {
    const auto limit = static_cast<std::int64_t>(most);
    if (plan.empty()) return impl_->select_runs("ORDER BY id DESC LIMIT ?", limit);
    return impl_->select_runs("WHERE plan = ? ORDER BY id DESC LIMIT ?", std::string(plan), limit);
}

Result<std::vector<RunRecord>> Store::running() {
    return impl_->select_runs("WHERE outcome = 'running' ORDER BY id");
}

Result<std::vector<StepRecord>> Store::steps(std::int64_t run) {
    std::vector<StepRecord> out;
    const auto done = impl_->guard("cannot read the steps", [&](SQLite::Database& db) {
        out.clear();
        SQLite::Statement q(db,
                            "SELECT step, started, ended, exit_code, detail FROM steps WHERE run = ? "
                            "ORDER BY started, step");
        q.bind(1, run);
        while (q.executeStep()) out.push_back(step_row(q));
    });
    if (!done) return done.error();
    return out;
}

Result<std::vector<Warning>> Store::warnings(std::int64_t run) {
    std::vector<Warning> out;
    const auto done = impl_->guard("cannot read the warnings", [&](SQLite::Database& db) {
        out.clear();
        SQLite::Statement q(db, "SELECT path, text FROM warnings WHERE run = ? ORDER BY rowid");
        q.bind(1, run);
        while (q.executeStep()) out.push_back({text_column(q, 0), text_column(q, 1)});
    });
    if (!done) return done.error();
    return out;
}

Result<> Store::set_doubts(std::int64_t run, const std::set<std::string>& doubts) {
    return impl_->change("cannot record what there is doubt about", [&](SQLite::Database& db) {
        SQLite::Transaction transaction(db);
        SQLite::Statement d(db, "DELETE FROM doubts WHERE run = ?");
        d.bind(1, run);
        d.exec();
        for (const auto& doubt : doubts) {
            SQLite::Statement q(db, "INSERT INTO doubts (run, doubt) VALUES (?,?)");
            bind_all(q, run, doubt);
            q.exec();
        }
        transaction.commit();
    });
}

Result<std::set<std::string>> Store::doubts(std::int64_t run) {
    std::set<std::string> out;
    const auto done = impl_->guard("cannot read what there was doubt about", [&](SQLite::Database& db) {
        out.clear();
        SQLite::Statement q(db, "SELECT doubt FROM doubts WHERE run = ?");
        q.bind(1, run);
        while (q.executeStep()) out.insert(q.getColumn(0).getString());
    });
    if (!done) return done.error();
    return out;
}

}  // namespace guardian::store
