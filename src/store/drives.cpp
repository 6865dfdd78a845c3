/// The store's drives: the newest state, the history and its thinning.

#include "store/drives.hpp"

#include "base/text.hpp"
#include "store/compress.hpp"
#include "store/drive_rows.hpp"
#include "store/impl.hpp"
#include "store/rows.hpp"

namespace guardian::store {
namespace {

using namespace std::chrono;

constexpr auto all_for = days{7}, daily_for = days{365};

bool is_known(SQLite::Database& db, const std::string& id) {
    SQLite::Statement q(db, "SELECT 1 FROM drives WHERE id = ?");
    q.bind(1, id);
    return q.executeStep();
}

/// A stick that gives itself a new name at each plugging-in must not fill the disk.
void prove_room(SQLite::Database& db, const std::string& id) {
    if (is_known(db, id)) return;
    if (db.execAndGet("SELECT count(*) FROM drives").getInt64() >= static_cast<std::int64_t>(most_drives))
        throw SQLite::Exception("too many drives are known already", SQLITE_FULL);
}

/// What was not told this time stays as it is known.
void keep_identity(SQLite::Database& db, const DriveIdentity& d, Time at) {
    const auto id = drive_key(d.id);
    prove_room(db, id);
    SQLite::Statement q(db,
                        "INSERT INTO drives (id, kind, model, serial, firmware, bytes, first_seen, tried_at) "
                        "VALUES (?1,?2,?3,?4,?5,?6,?7,?7) ON CONFLICT (id) DO UPDATE SET "
                        "kind = CASE excluded.kind WHEN 'unknown' THEN kind ELSE excluded.kind END, "
                        "model = CASE excluded.model WHEN '' THEN model ELSE excluded.model END, "
                        "serial = CASE excluded.serial WHEN '' THEN serial ELSE excluded.serial END, "
                        "firmware = CASE excluded.firmware WHEN '' THEN firmware ELSE excluded.firmware END, "
                        "bytes = CASE excluded.bytes WHEN 0 THEN bytes ELSE excluded.bytes END, "
                        "tried_at = excluded.tried_at");
    bind_all(q, id, std::string(core::to_string(d.kind)), valid_utf8(d.model, 100), valid_utf8(d.serial, 100),
             valid_utf8(d.firmware, 100), as_signed(d.bytes), to_micros(at));
    q.exec();
}

/// A look that began earlier may end later: for as long as one may take, it makes nothing better than the newer one found it.
bool is_overtaken(SQLite::Database& db, const DriveReading& r) {
    SQLite::Statement q(db, "SELECT verdict FROM drives WHERE id = ?1 AND read_at > ?2 AND read_at <= ?3");
    bind_all(q, drive_key(r.drive.id), to_micros(r.at), to_micros(later(r.at, minutes{10})));
    return q.executeStep() && r.verdict < core::verdict_from(text_column(q, 0)).value_or(core::Verdict::unknown);
}

void keep_state(SQLite::Database& db, const DriveReading& r) {
    if (is_overtaken(db, r)) return;
    SQLite::Statement q(db,
                        "UPDATE drives SET read_at = ?, trouble = '', unknown_since = NULL, verdict = ?, "
                        "reasons = ?, signs = ? WHERE id = ?");
    bind_all(q, to_micros(r.at), std::string(core::to_string(r.verdict)), reasons_text(r.reasons),
             signs_text(r.signs), drive_key(r.drive.id));
    q.exec();
}

void add_reading(SQLite::Database& db, const DriveReading& r) {
    SQLite::Statement q(db, "INSERT OR REPLACE INTO readings (drive, at, verdict, signs) VALUES (?,?,?,?)");
    bind_all(q, drive_key(r.drive.id), to_micros(r.at), std::string(core::to_string(r.verdict)),
             signs_text(r.signs));
    q.exec();
}

void add_report(SQLite::Database& db, const DriveReading& r) {
    if (r.report.empty() || r.report.size() > most_report_bytes) return;
    const auto frame = compressed(r.report);
    if (frame.empty()) return;
    SQLite::Statement q(db, "INSERT OR REPLACE INTO reports (drive, at, report) VALUES (?,?,?)");
    q.bind(1, drive_key(r.drive.id));
    q.bind(2, to_micros(r.at));
    q.bindNoCopy(3, frame.data(), static_cast<int>(frame.size()));
    q.exec();
}

/// How many there may be, and not only how old: a clock that was wrong once must not cost the whole history.
void thin_readings(SQLite::Database& db, const std::string& drive, Time newest) {
    SQLite::Statement q(
        db,
        "DELETE FROM readings WHERE drive = ?1 AND at <> (SELECT min(at) FROM readings WHERE drive = ?1) "
        "AND at NOT IN (SELECT at FROM readings WHERE drive = ?1 AND at >= ?2 ORDER BY at DESC LIMIT ?4) "
        "AND at NOT IN (SELECT max(at) FROM readings WHERE drive = ?1 AND at >= ?3 AND at < ?2 GROUP BY at / "
        "?5) "
        "AND at NOT IN (SELECT max(at) FROM readings WHERE drive = ?1 AND at < ?3 GROUP BY at / ?6 "
        "ORDER BY 1 DESC LIMIT ?7)");
    bind_all(q, drive, to_micros(later(newest, -Duration{all_for})),
             to_micros(later(newest, -Duration{daily_for})), static_cast<std::int64_t>(most_recent_readings),
             Duration{days{1}}.count(), Duration{weeks{1}}.count(),
             static_cast<std::int64_t>(most_weekly_readings));
    q.exec();
}

void thin_reports(SQLite::Database& db, const std::string& drive) {
    SQLite::Statement q(db,
                        "DELETE FROM reports WHERE drive = ?1 "
                        "AND at NOT IN (SELECT at FROM reports WHERE drive = ?1 ORDER BY at DESC LIMIT ?2) "
                        "AND at NOT IN (SELECT max(at) FROM reports WHERE drive = ?1 "
                        "GROUP BY strftime('%Y-%m', at / 1000000, 'unixepoch') ORDER BY 1 DESC LIMIT ?3)");
    bind_all(q, drive, static_cast<std::int64_t>(newest_reports),
             static_cast<std::int64_t>(most_monthly_reports));
    q.exec();
}

}  // namespace

Result<> Store::keep_reading(const DriveReading& r) {
    return impl_->change("cannot record what the drive told", [&](SQLite::Database& db) {
        SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
        keep_identity(db, r.drive, r.at);
        keep_state(db, r);
        add_reading(db, r);
        add_report(db, r);
        thin_readings(db, drive_key(r.drive.id), r.at);
        thin_reports(db, drive_key(r.drive.id));
        transaction.commit();
    });
}

Result<> Store::keep_attempt(const DriveAttempt& a) {
    return impl_->change("cannot record that the drive told nothing", [&](SQLite::Database& db) {
        SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
        keep_identity(db, a.drive, a.at);
        SQLite::Statement q(db,
                            "UPDATE drives SET trouble = ?, unknown_since = CASE WHEN ? THEN unknown_since "
                            "ELSE coalesce(unknown_since, ?) END WHERE id = ?");
        bind_all(q, valid_utf8(a.trouble, 1000), a.asleep ? 1 : 0, to_micros(a.at), drive_key(a.drive.id));
        q.exec();
        transaction.commit();
    });
}

Result<> Store::keep_verdict(std::string_view drive, const std::optional<Time>& read_at, core::Verdict verdict,
                             const std::vector<core::Reason>& reasons) {
    return impl_->change("cannot record the verdict on the drive", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "UPDATE drives SET verdict = ?, reasons = ? WHERE id = ? AND read_at IS ?");
        bind_all(q, std::string(core::to_string(verdict)), reasons_text(reasons), drive_key(drive));
        if (read_at) q.bind(4, to_micros(*read_at));
        q.exec();
    });
}

Result<std::vector<DriveRecord>> Store::drives() {
    std::vector<DriveRecord> out;
    const auto done = impl_->guard("cannot read the drives", [&](SQLite::Database& db) {
        out.clear();
        SQLite::Statement q(db, std::string(drive_columns) + "ORDER BY first_seen, id LIMIT ?");
        q.bind(1, static_cast<std::int64_t>(most_drives));
        while (q.executeStep()) out.push_back(drive_row(q));
    });
    if (!done) return done.error();
    return out;
}

Result<std::optional<DriveRecord>> Store::drive(std::string_view id) {
    std::optional<DriveRecord> found;
    const auto done = impl_->guard("cannot read what is known of the drive", [&](SQLite::Database& db) {
        SQLite::Statement q(db, std::string(drive_columns) + "WHERE id = ?");
        q.bind(1, drive_key(id));
        if (q.executeStep()) found = drive_row(q);
    });
    if (!done) return done.error();
    return found;
}

Result<core::History> Store::history(std::string_view drive, Time before) {
    core::History out;
    const auto done = impl_->guard("cannot read the drive's history", [&](SQLite::Database& db) {
        out.clear();
        SQLite::Statement q(db, "SELECT at, signs FROM readings WHERE drive = ? AND at < ? ORDER BY at");
        bind_all(q, drive_key(drive), to_micros(before));
        while (q.executeStep()) out.push_back({time_column(q, 0), signs_from(text_column(q, 1))});
    });
    if (!done) return done.error();
    return out;
}

Result<std::optional<std::string>> Store::newest_report(std::string_view drive) {
    std::optional<std::string> found;
    const auto done = impl_->guard("cannot read the drive's report", [&](SQLite::Database& db) {
        // Not what a clock that was ahead once left behind.
        SQLite::Statement q(db,
                            "SELECT report FROM reports WHERE drive = ?1 AND at <= "
                            "(SELECT read_at FROM drives WHERE id = ?1) ORDER BY at DESC LIMIT 1");
        q.bind(1, drive_key(drive));
        if (q.executeStep()) found = decompressed(q.getColumn(0).getString(), most_report_bytes);
    });
    if (!done) return done.error();
    return found;
}

}  // namespace guardian::store
