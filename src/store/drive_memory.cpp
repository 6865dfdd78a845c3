/// The store's memory around drives: what was accepted, where they are plugged in, the targets on them,
/// self-tests, and the kernel's words.

#include "base/names.hpp"
#include "base/text.hpp"
#include "store/drive_rows.hpp"
#include "store/impl.hpp"
#include "store/rows.hpp"

namespace guardian::store {
namespace {

constexpr auto events_for = std::chrono::days{365};

constexpr Names<core::TestResult, 7> test_results{
    {{core::TestResult::passed, "passed"},
     {core::TestResult::aborted, "aborted"},
     {core::TestResult::interrupted, "interrupted"},
     {core::TestResult::unfinished, "unfinished"},
     {core::TestResult::failed, "failed"},
     {core::TestResult::running, "running"},
     {core::TestResult::refused, "refused"}}};

SelfTestRecord self_test_row(SQLite::Statement& q) {
    SelfTestRecord t;
    t.id = q.getColumn(0).getInt64();
    t.extended = text_column(q, 1) == "extended";
    t.started = time_column(q, 2).value_or(Time{});
    t.ended = time_column(q, 3);
    t.result = test_result_from(text_column(q, 4));
    if (!q.getColumn(5).isNull() && q.getColumn(5).getInt64() >= 0)
        t.hours = static_cast<std::uint64_t>(q.getColumn(5).getInt64());
    return t;
}

void insert_self_test(SQLite::Database& db, const std::string& drive, const SelfTestRecord& t) {
    SQLite::Statement q(db, "INSERT INTO self_tests (drive, kind, started, hours) VALUES (?,?,?,?)");
    q.bind(1, drive);
    q.bind(2, t.extended ? "extended" : "short");
    q.bind(3, to_micros(t.started));
    if (t.hours) q.bind(4, as_signed(*t.hours));
    q.exec();
}

void thin_self_tests(SQLite::Database& db, const std::string& drive) {
    SQLite::Statement q(db,
                        "DELETE FROM self_tests WHERE drive = ?1 AND id NOT IN "
                        "(SELECT id FROM self_tests WHERE drive = ?1 ORDER BY id DESC LIMIT ?2)");
    bind_all(q, drive, static_cast<std::int64_t>(most_self_tests));
    q.exec();
}

/// By their number where there are too many: a clock that was set back does not keep the old ones for ever.
/// Those of one kind must not push out the others.
void thin_events(SQLite::Database& db, const std::string& subject, const core::KernelEvent& newest) {
    SQLite::Statement q(db,
                        "DELETE FROM drive_events WHERE subject = ?1 AND (at < ?2 OR (kind = ?4 AND id NOT IN "
                        "(SELECT id FROM drive_events WHERE subject = ?1 AND kind = ?4 ORDER BY id DESC LIMIT ?3)))");
    bind_all(q, subject, to_micros(later(newest.at, -Duration{events_for})),
             static_cast<std::int64_t>(most_events_of_a_kind), std::string(to_string(newest.sign)));
    q.exec();
}

}  // namespace

std::string_view to_string(core::TestResult r) {
    return name_of(test_results, r);
}
std::optional<core::TestResult> test_result_from(std::string_view text) {
    return named(test_results, text);
}

Result<core::Acknowledged> Store::acknowledged(std::string_view drive) {
    core::Acknowledged out;
    const auto done = impl_->guard("cannot read what was accepted of the drive", [&](SQLite::Database& db) {
        out.clear();
        SQLite::Statement q(db, "SELECT sign, value, verdict, attributes FROM acknowledged WHERE drive = ?");
        q.bind(1, drive_key(drive));
        while (q.executeStep()) {
            const auto sign = core::sign_from(text_column(q, 0));
            const auto value = q.getColumn(1).getInt64();
            const auto worst = core::verdict_from(text_column(q, 2)).value_or(core::Verdict::watch);
            if (sign && value >= 0)
                out.insert_or_assign(*sign, core::Accepted{static_cast<std::uint64_t>(value), worst,
                                                           attributes_from(text_column(q, 3))});
        }
    });
    if (!done) return done.error();
    return out;
}

Result<> Store::acknowledge(std::string_view drive, core::Sign sign, const core::Accepted& accepted, Time at) {
    return impl_->durably("cannot record what was accepted of the drive", [&](SQLite::Database& db) {
        SQLite::Statement q(db,
                            "INSERT OR REPLACE INTO acknowledged (drive, sign, value, at, verdict, attributes) "
                            "VALUES (?,?,?,?,?,?)");
        bind_all(q, drive_key(drive), std::string(core::to_string(sign)), as_signed(accepted.value), to_micros(at),
                 std::string(core::to_string(accepted.worst)), attributes_text(accepted.attributes));
        q.exec();
    });
}

Result<> Store::accept_less(std::string_view drive, core::Sign sign, const core::Accepted& less) {
    return impl_->durably("cannot record what was accepted of the drive", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "UPDATE acknowledged SET value = ?, attributes = ? WHERE drive = ? AND sign = ?");
        bind_all(q, as_signed(less.value), attributes_text(less.attributes), drive_key(drive),
                 std::string(core::to_string(sign)));
        q.exec();
    });
}

Result<std::optional<Time>> Store::accepted_at(std::string_view drive) {
    std::optional<Time> at;
    const auto done = impl_->guard("cannot read what was accepted of the drive", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "SELECT max(at) FROM acknowledged WHERE drive = ?");
        q.bind(1, drive_key(drive));
        if (q.executeStep()) at = time_column(q, 0);
    });
    if (!done) return done.error();
    return at;
}

Result<std::optional<Attachment>> Store::attachment(std::string_view key) {
    std::optional<Attachment> found;
    const auto done = impl_->guard("cannot read what is plugged in there", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "SELECT device_type, drive FROM attachments WHERE key = ?");
        q.bind(1, valid_utf8(key, 500));
        if (q.executeStep()) found = Attachment{text_column(q, 0), text_column(q, 1)};
    });
    if (!done) return done.error();
    return found;
}

Result<std::map<std::string, Attachment>> Store::attachments() {
    std::map<std::string, Attachment> out;
    const auto done = impl_->guard("cannot read where drives are plugged in", [&](SQLite::Database& db) {
        out.clear();
        SQLite::Statement q(db, "SELECT key, device_type, drive FROM attachments LIMIT ?");
        q.bind(1, static_cast<std::int64_t>(most_attachments));
        while (q.executeStep()) out[text_column(q, 0)] = {text_column(q, 1), text_column(q, 2)};
    });
    if (!done) return done.error();
    return out;
}

Result<> Store::set_attachment(std::string_view key, const Attachment& a, Time at) {
    return impl_->change("cannot record where the drive is plugged in", [&](SQLite::Database& db) {
        SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
        SQLite::Statement q(
            db, "INSERT OR REPLACE INTO attachments (key, device_type, drive, at) VALUES (?,?,?,?)");
        bind_all(q, valid_utf8(key, 500), valid_utf8(a.device_type, 100), drive_key(a.drive), to_micros(at));
        q.exec();
        SQLite::Statement d(db,
                            "DELETE FROM attachments WHERE key <> ?1 AND key NOT IN "
                            "(SELECT key FROM attachments WHERE key <> ?1 ORDER BY at DESC LIMIT ?2)");
        bind_all(d, valid_utf8(key, 500), static_cast<std::int64_t>(most_attachments) - 1);
        d.exec();
        transaction.commit();
    });
}

Result<TargetDrives> Store::target_drives() {
    TargetDrives out;
    const auto done = impl_->guard("cannot read which drives the targets are on", [&](SQLite::Database& db) {
        out.clear();
        SQLite::Statement q(db, "SELECT target, drive FROM target_drives");
        while (q.executeStep()) out[text_column(q, 0)].insert(text_column(q, 1));
    });
    if (!done) return done.error();
    return out;
}

Result<> Store::set_target_drives(std::string_view target, const std::set<std::string>& drives) {
    return impl_->change("cannot record which drives the target is on", [&](SQLite::Database& db) {
        SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
        SQLite::Statement d(db, "DELETE FROM target_drives WHERE target = ?");
        d.bind(1, std::string(target));
        d.exec();
        for (const auto& drive : drives) {
            SQLite::Statement q(db, "INSERT OR REPLACE INTO target_drives (target, drive) VALUES (?,?)");
            bind_all(q, std::string(target), drive_key(drive));
            q.exec();
        }
        transaction.commit();
    });
}

Result<std::int64_t> Store::begin_self_test(std::string_view drive, const SelfTestRecord& t) {
    std::int64_t id = 0;
    const auto done = impl_->change("cannot record the self-test", [&](SQLite::Database& db) {
        SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
        insert_self_test(db, drive_key(drive), t);
        id = db.getLastInsertRowid();
        thin_self_tests(db, drive_key(drive));
        transaction.commit();
    });
    if (!done) return done.error();
    return id;
}

Result<> Store::end_self_test(std::int64_t id, Time at, core::TestResult result) {
    return impl_->change("cannot record how the self-test ended", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "UPDATE self_tests SET ended = ?, result = ? WHERE id = ?");
        bind_all(q, to_micros(at), std::string(to_string(result)), id);
        q.exec();
    });
}

Result<std::vector<SelfTestRecord>> Store::self_tests(std::string_view drive) {
    std::vector<SelfTestRecord> out;
    const auto done = impl_->guard("cannot read the drive's self-tests", [&](SQLite::Database& db) {
        out.clear();
        SQLite::Statement q(db,
                            "SELECT id, kind, started, ended, result, hours FROM self_tests WHERE drive = ? "
                            "ORDER BY id DESC LIMIT ?");
        bind_all(q, drive_key(drive), static_cast<std::int64_t>(most_self_tests));
        while (q.executeStep()) out.push_back(self_test_row(q));
    });
    if (!done) return done.error();
    return out;
}

Result<> Store::forget_target_health(std::string_view target) {
    return impl_->change("cannot forget the drives of the target", [&](SQLite::Database& db) {
        for (const auto* statement :
             {"DELETE FROM drive_events WHERE subject = ?", "DELETE FROM target_drives WHERE target = ?"}) {
            SQLite::Statement q(db, statement);
            q.bind(1, drive_key(target));
            q.exec();
        }
    });
}

Result<> Store::forget_drive(std::string_view id) {
    return impl_->durably("cannot forget the drive", [&](SQLite::Database& db) {
        for (const auto* statement :
             {"DELETE FROM target_drives WHERE drive = ?", "DELETE FROM attachments WHERE drive = ?",
              "DELETE FROM readings WHERE drive = ?", "DELETE FROM reports WHERE drive = ?",
              "DELETE FROM acknowledged WHERE drive = ?", "DELETE FROM self_tests WHERE drive = ?",
              "DELETE FROM drives WHERE id = ?"}) {
            SQLite::Statement q(db, statement);
            q.bind(1, drive_key(id));
            q.exec();
        }
    });
}

Result<> Store::add_drive_event(std::string_view subject, const core::KernelEvent& e, std::string_view plug) {
    return impl_->change("cannot record what the kernel says of the drive", [&](SQLite::Database& db) {
        SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
        SQLite::Statement q(db, "INSERT INTO drive_events (subject, at, kind, text, plug) VALUES (?,?,?,?,?)");
        bind_all(q, drive_key(subject), to_micros(e.at), std::string(to_string(e.sign)),
                 valid_utf8(e.text, 1000), valid_utf8(plug, 500));
        q.exec();
        thin_events(db, drive_key(subject), e);
        transaction.commit();
    });
}

Result<> Store::confirm_drive_events(std::string_view subject, std::string_view plug) {
    return impl_->change("cannot record that what the kernel says of the drive counts", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "UPDATE drive_events SET plug = '' WHERE subject = ? AND plug = ?");
        bind_all(q, drive_key(subject), valid_utf8(plug, 500));
        q.exec();
    });
}

Result<> Store::forget_heard_events(std::string_view subject) {
    return impl_->change("cannot forget what the kernel said of the drive", [&](SQLite::Database& db) {
        SQLite::Statement q(db, "DELETE FROM drive_events WHERE subject = ? AND plug <> ''");
        q.bind(1, drive_key(subject));
        q.exec();
    });
}

Result<std::vector<core::KernelEvent>> Store::drive_events(std::string_view subject, std::string_view plug) {
    std::vector<core::KernelEvent> out;
    const auto done =
        impl_->guard("cannot read what the kernel said of the drive", [&](SQLite::Database& db) {
            out.clear();
            SQLite::Statement q(
                db, "SELECT at, kind, text FROM drive_events WHERE subject = ? AND plug = ? ORDER BY id DESC LIMIT ?");
            bind_all(q, drive_key(subject), valid_utf8(plug, 500), static_cast<std::int64_t>(most_events));
            while (q.executeStep())
                out.push_back({time_column(q, 0).value_or(Time{}),
                               core::kernel_sign_from(text_column(q, 1)).value_or(core::KernelSign::io_error),
                               text_column(q, 2)});
        });
    if (!done) return done.error();
    return out;
}

}  // namespace guardian::store
