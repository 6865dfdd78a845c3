/// The store's memory of targets, plans and incidents.

#include "base/text.hpp"
#include "store/impl.hpp"
#include "store/rows.hpp"

namespace guardian::store {
namespace {

/// Whose past it is: a plan that moved to another target or repository has none there.
struct Series {
    std::string plan, repository;
};

std::optional<core::Run> first_run(SQLite::Database& db, const Series& series, const char* condition) {
    SQLite::Statement q(db, std::string(run_columns) + "WHERE plan = ? AND repository = ? AND " + condition +
                                " ORDER BY id DESC LIMIT 1");
    bind_all(q, series.plan, series.repository);
    if (!q.executeStep()) return std::nullopt;
    return run_row(q).run;
}

constexpr const char* is_success = "outcome IN ('success', 'warning')";

int failures_in_a_row(SQLite::Database& db, const Series& series, const core::Run& newest) {
    if (core::satisfies(newest.outcome)) return 0;
    SQLite::Statement q(db,
                        "SELECT count(*) FROM runs WHERE plan = ?1 AND repository = ?2 AND outcome <> "
                        "'running' AND plug = ?3 AND id > "
                        "coalesce((SELECT max(id) FROM runs WHERE plan = ?1 AND repository = ?2 "
                        "AND outcome IN ('success','warning')), 0)");
    bind_all(q, series.plan, series.repository, newest.plug);
    return q.executeStep() ? q.getColumn(0).getInt() : 0;
}

std::optional<RunRecord> running_run(SQLite::Database& db, std::string_view plan) {
    SQLite::Statement q(
        db, std::string(run_columns) + "WHERE plan = ? AND outcome = 'running' ORDER BY id DESC LIMIT 1");
    q.bind(1, std::string(plan));
    if (!q.executeStep()) return std::nullopt;
    return run_row(q);
}

}  // namespace

Result<TargetMemory> Store::target(std::string_view name) {
    TargetMemory m;
    const auto done = impl_->guard("cannot read what is known of the target", [&](SQLite::Database& db) {
        SQLite::Statement q(db,
                            "SELECT plug, plugged_at, last_seen, ejected_plug, released_run FROM targets "
                            "WHERE name = ?");
        q.bind(1, std::string(name));
        if (!q.executeStep()) return;
        m = {text_column(q, 0), time_column(q, 1), time_column(q, 2), text_column(q, 3),
             q.getColumn(4).getInt64()};
    });
    if (!done) return done.error();
    return m;
}

Result<> Store::set_target(std::string_view name, const TargetMemory& m) {
    return impl_->change("cannot record what is known of the target", [&](SQLite::Database& db) {
        SQLite::Statement q(
            db,
            "INSERT OR REPLACE INTO targets (name, plug, plugged_at, last_seen, ejected_plug, "
            "released_run) VALUES (?,?,?,?,?,?)");
        q.bind(1, std::string(name));
        q.bind(2, m.plug);
        bind_time(q, 3, m.plugged_at);
        bind_time(q, 4, m.last_seen);
        q.bind(5, m.ejected_plug);
        q.bind(6, m.released_run);
        q.exec();
    });
}

Result<PlanMemory> Store::plan(std::string_view name, std::string_view repository) {
    const Series series{std::string(name), std::string(repository)};
    PlanMemory m;
    const auto done = impl_->guard("cannot read what is known of the plan", [&](SQLite::Database& db) {
        m = {};
        // One snapshot: a run that ends between two of these is to be seen either going or over.
        const SQLite::Transaction snapshot(db);
        m.last_run = first_run(db, series, "outcome <> 'running'");
        m.last_success = first_run(db, series, is_success);
        m.last_telling = first_run(db, series, "outcome NOT IN ('running', 'cancelled', 'absent')");
        if (m.last_run) m.failures = failures_in_a_row(db, series, *m.last_run);
        m.running = running_run(db, name);
        SQLite::Statement q(db, "SELECT known_since FROM plans WHERE name = ?");
        q.bind(1, std::string(name));
        if (q.executeStep()) m.known_since = time_column(q, 0);
    });
    if (!done) return done.error();
    return m;
}

Result<std::int64_t> Store::newest_run_number() {
    std::int64_t number = 0;
    const auto done = impl_->guard("cannot read the number of the newest run", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "SELECT seq FROM sqlite_sequence WHERE name = 'runs'");
        if (q.executeStep()) number = q.getColumn(0).getInt64();
    });
    if (!done) return done.error();
    return number;
}

Result<std::int64_t> Store::newest_owed_run(std::string_view target, std::string_view plug) {
    // Each half ends at its first row, however many runs there are.
    static constexpr const char* query =
        "SELECT coalesce(max(id), 0) FROM ("
        "SELECT * FROM (SELECT id FROM runs WHERE plug = ?1 AND target = ?2 AND (trigger <> 'person' OR "
        "mounted_itself) "
        "AND outcome NOT IN ('running', 'absent') ORDER BY id DESC LIMIT 1) UNION ALL "
        "SELECT * FROM (SELECT id FROM runs WHERE plug = ?3 AND target = ?2 AND mounted_itself "
        "AND outcome NOT IN ('running', 'absent') ORDER BY id DESC LIMIT 1))";
    std::int64_t id = 0;
    const auto done = impl_->guard("cannot read what is known of the target", [&](SQLite::Database& db) {
        SQLite::Statement q(db, query);
        bind_all(q, std::string(plug), std::string(target), std::string(core::no_plug));
        if (q.executeStep()) id = q.getColumn(0).getInt64();
    });
    if (!done) return done.error();
    return id;
}

Result<> Store::plan_seen(std::string_view name, Time at) {
    return impl_->change("cannot record the plan", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "INSERT OR IGNORE INTO plans (name, known_since) VALUES (?,?)");
        bind_all(q, std::string(name), to_micros(at));
        q.exec();
    });
}

namespace {
constexpr const char* is_whole = "archive <> '' AND NOT aside_owed AND archive NOT LIKE '%.partial'";
}

Result<std::optional<Time>> Store::latest_archive(std::string_view plan, std::string_view repository) {
    std::optional<Time> latest;
    const auto done = impl_->guard("cannot read when the plan was run", [&](SQLite::Database& db) {
        SQLite::Statement q(
            db,
            std::string("SELECT max(started) FROM runs WHERE plan = ? AND repository = ? AND ") + is_whole);
        bind_all(q, std::string(plan), std::string(repository));
        if (q.executeStep()) latest = time_column(q, 0);
    });
    if (!done) return done.error();
    return latest;
}

Result<std::optional<RunRecord>> Store::last_whole(std::string_view plan, std::string_view repository) {
    std::optional<RunRecord> found;
    const auto done =
        impl_->guard("cannot read what is known of the last archive", [&](SQLite::Database& db) {
            SQLite::Statement q(db, std::string(run_columns) + "WHERE plan = ? AND repository = ? AND " +
                                        is_whole + " ORDER BY id DESC LIMIT 1");
            bind_all(q, std::string(plan), std::string(repository));
            if (q.executeStep()) found = run_row(q);
        });
    if (!done) return done.error();
    return found;
}

Result<std::set<Place>> Store::places(std::string_view plan) {
    std::set<Place> out;
    const auto done = impl_->guard("cannot read what was in the last backup", [&](SQLite::Database& db) {
        out.clear();
        SQLite::Statement q(db, "SELECT path, mounted, filesystem FROM places WHERE plan = ?");
        q.bind(1, std::string(plan));
        // The bytes of a path as they were bound: it need not be UTF-8.
        while (q.executeStep())
            out.insert(
                {q.getColumn(0).getString(), q.getColumn(1).getInt() != 0, q.getColumn(2).getString()});
    });
    if (!done) return done.error();
    return out;
}

Result<> Store::set_places(std::string_view plan, const std::set<Place>& places) {
    return impl_->change("cannot record what is in the backup", [&](SQLite::Database& db) {
        SQLite::Transaction transaction(db);
        SQLite::Statement d(db, "DELETE FROM places WHERE plan = ?");
        d.bind(1, std::string(plan));
        d.exec();
        for (const auto& place : places) {
            SQLite::Statement q(
                db, "INSERT OR REPLACE INTO places (plan, path, mounted, filesystem) VALUES (?,?,?,?)");
            bind_all(q, std::string(plan), place.path, place.mounted ? 1 : 0, place.filesystem);
            q.exec();
        }
        transaction.commit();
    });
}

Result<> Store::raise_incident(const core::Incident& incident, Time at) {
    return impl_->durably("cannot record an incident", [&](SQLite::Database& db) {
        SQLite::Statement u(db, "UPDATE incidents SET text = ? WHERE key = ? AND ended IS NULL");
        bind_all(u, valid_utf8(incident.text), valid_utf8(incident.key()));
        if (u.exec() > 0) return;
        SQLite::Statement q(db,
                            "INSERT INTO incidents (key, kind, subject, text, opened) VALUES (?,?,?,?,?)");
        bind_all(q, valid_utf8(incident.key()), std::string(to_string(incident.kind)),
                 valid_utf8(incident.subject), valid_utf8(incident.text), to_micros(at));
        q.exec();
    });
}

Result<> Store::end_incident(std::string_view key, Time at) {
    return impl_->durably("cannot record the end of an incident", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "UPDATE incidents SET ended = ? WHERE key = ? AND ended IS NULL");
        bind_all(q, to_micros(at), valid_utf8(key));
        q.exec();
    });
}

namespace {
constexpr const char* incident_columns = "SELECT id, kind, subject, text, opened, ended FROM incidents ";
}

Result<std::vector<IncidentRecord>> Store::open_incidents() {
    std::vector<IncidentRecord> out;
    const auto done = impl_->guard("cannot read the incidents", [&](SQLite::Database& db) {
        out.clear();
        SQLite::Statement q(db, std::string(incident_columns) + "WHERE ended IS NULL ORDER BY id");
        while (q.executeStep()) out.push_back(incident_row(q));
    });
    if (!done) return done.error();
    return out;
}

Result<std::vector<IncidentRecord>> Store::incidents(std::size_t most) {
    std::vector<IncidentRecord> out;
    const auto done = impl_->guard("cannot read the incidents", [&](SQLite::Database& db) {
        out.clear();
        SQLite::Statement q(db, std::string(incident_columns) + "ORDER BY id DESC LIMIT ?");
        q.bind(1, static_cast<std::int64_t>(most));
        while (q.executeStep()) out.push_back(incident_row(q));
    });
    if (!done) return done.error();
    return out;
}

}  // namespace guardian::store
