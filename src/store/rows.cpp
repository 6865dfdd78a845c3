#include "store/rows.hpp"

#include "base/text.hpp"

namespace guardian::store {
namespace {

/// The years 1 to 9999: beyond them a time cannot be shown, and comes from a damaged file.
Time sane_time(std::int64_t us) {
    constexpr std::int64_t first = -62'135'596'800'000'000, last = 253'402'300'799'000'000;
    return from_micros(std::clamp(us, first, last));
}

std::uint64_t count_column(SQLite::Statement& q, int column) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, q.getColumn(column).getInt64()));
}

core::Run run_of(SQLite::Statement& q) {
    core::Run r;
    r.id = q.getColumn(0).getInt64();
    r.plan = q.getColumn(1).getString();
    r.target = q.getColumn(2).getString();
    r.trigger = core::trigger_from(q.getColumn(4).getString()).value_or(core::Trigger::daemon);
    r.outcome = core::outcome_from(q.getColumn(5).getString()).value_or(core::Outcome::failed);
    r.started = sane_time(q.getColumn(6).getInt64());
    r.ended = time_column(q, 7);
    r.plug = q.getColumn(8).getString();
    r.reason = q.getColumn(9).getString();
    r.held_back = q.getColumn(10).getString();
    return r;
}

}  // namespace

std::optional<Time> time_column(SQLite::Statement& q, int column) {
    if (q.getColumn(column).isNull()) return std::nullopt;
    return sane_time(q.getColumn(column).getInt64());
}

void bind_time(SQLite::Statement& q, int index, const std::optional<Time>& t) {
    if (t) q.bind(index, to_micros(*t));
}

RunRecord run_row(SQLite::Statement& q) {
    RunRecord r;
    r.run = run_of(q);
    r.repository = q.getColumn(3).getString();
    r.pid = static_cast<pid_t>(q.getColumn(11).getInt64());
    r.pid_start = count_column(q, 12);
    r.boot = q.getColumn(13).getString();
    r.borg_version = q.getColumn(14).getString();
    r.archive = q.getColumn(15).getString();
    r.archive_id = q.getColumn(16).getString();
    r.statistics = {count_column(q, 17), count_column(q, 18), count_column(q, 19), count_column(q, 20)};
    if (!q.getColumn(21).isNull()) r.step = core::step_from(q.getColumn(21).getString());
    r.progress.so_far = r.statistics;
    r.progress.path = q.getColumn(22).getString();
    r.progress.percent = std::clamp(q.getColumn(23).getInt(), -1, 100);
    r.progress.at = sane_time(q.getColumn(24).getInt64());
    r.warnings = count_column(q, 25);
    r.log_tail = q.getColumn(26).getString();
    return r;
}

StepRecord step_row(SQLite::Statement& q) {
    StepRecord s;
    s.step = core::step_from(q.getColumn(0).getString()).value_or(core::Step::identify);
    s.started = sane_time(q.getColumn(1).getInt64());
    s.ended = time_column(q, 2);
    if (!q.getColumn(3).isNull()) s.exit_code = q.getColumn(3).getInt();
    s.detail = q.getColumn(4).getString();
    return s;
}

IncidentRecord incident_row(SQLite::Statement& q) {
    IncidentRecord r;
    r.id = q.getColumn(0).getInt64();
    r.incident.kind =
        core::incident_kind_from(q.getColumn(1).getString()).value_or(core::IncidentKind::failed);
    r.incident.subject = q.getColumn(2).getString();
    r.incident.text = q.getColumn(3).getString();
    r.opened = sane_time(q.getColumn(4).getInt64());
    r.ended = time_column(q, 5);
    return r;
}

void insert_ended_run(SQLite::Database& db, const RunRecord& r) {
    SQLite::Statement q(db,
                        "INSERT INTO runs (plan, target, repository, trigger, outcome, started, ended, plug, reason, "
                        "held_back, pid, pid_start, boot, archive, archive_id, original, compressed, deduplicated, "
                        "files, warnings, log_tail) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    bind_all(q, r.run.plan, r.run.target, r.repository, std::string(to_string(r.run.trigger)),
             std::string(to_string(r.run.outcome)), to_micros(r.run.started),
             to_micros(r.run.ended.value_or(r.run.started)), r.run.plug, valid_utf8(r.run.reason),
             valid_utf8(r.run.held_back), static_cast<std::int64_t>(r.pid), static_cast<std::int64_t>(r.pid_start),
             r.boot, valid_utf8(r.archive), r.archive_id, as_signed(r.statistics.original),
             as_signed(r.statistics.compressed), as_signed(r.statistics.deduplicated), as_signed(r.statistics.files),
             as_signed(r.warnings), valid_utf8(r.log_tail, 256 * 1024));
    q.exec();
}

}  // namespace guardian::store
