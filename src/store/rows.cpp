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

/// A process id that is safe to hand to kill(): 0 and negative ones mean whole groups there.
pid_t pid_column(SQLite::Statement& q, int column) {
    const auto n = q.getColumn(column).getInt64();
    return n > 0 && n <= std::numeric_limits<pid_t>::max() ? static_cast<pid_t>(n) : 0;
}

core::Run run_of(SQLite::Statement& q) {
    core::Run r;
    r.id = q.getColumn(0).getInt64();
    r.plan = text_column(q, 1);
    r.target = text_column(q, 2);
    r.repository = text_column(q, 3);
    r.trigger = core::trigger_from(text_column(q, 4)).value_or(core::Trigger::daemon);
    r.outcome = core::outcome_from(text_column(q, 5)).value_or(core::Outcome::failed);
    r.started = sane_time(q.getColumn(6).getInt64());
    r.ended = time_column(q, 7);
    r.plug = text_column(q, 8);
    r.reason = text_column(q, 9);
    r.held_back = text_column(q, 10);
    return r;
}

}  // namespace

std::string text_column(SQLite::Statement& q, int column) {
    auto text = q.getColumn(column).getString();
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > 0; });
    return plain ? text : valid_utf8(text, std::max<std::size_t>(text.size() * 3, 16));
}

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
    r.pid = pid_column(q, 11);
    r.pid_start = count_column(q, 12);
    r.boot = text_column(q, 13);
    r.borg_version = text_column(q, 14);
    r.archive = text_column(q, 15);
    r.archive_id = text_column(q, 16);
    r.statistics = {count_column(q, 17), count_column(q, 18), count_column(q, 19), count_column(q, 20)};
    if (!q.getColumn(21).isNull()) r.step = core::step_from(text_column(q, 21));
    r.progress.so_far = r.statistics;
    r.progress.path = text_column(q, 22);
    r.progress.percent = std::clamp(q.getColumn(23).getInt(), -1, 100);
    r.progress.at = sane_time(q.getColumn(24).getInt64());
    r.warnings = count_column(q, 25);
    r.log_tail = text_column(q, 26);
    r.run.mounted_itself = q.getColumn(27).getInt() != 0;
    r.run.held_by_health = q.getColumn(28).getInt() != 0;
    return r;
}

StepRecord step_row(SQLite::Statement& q) {
    StepRecord s;
    s.step = core::step_from(text_column(q, 0)).value_or(core::Step::identify);
    s.started = sane_time(q.getColumn(1).getInt64());
    s.ended = time_column(q, 2);
    if (!q.getColumn(3).isNull()) s.exit_code = q.getColumn(3).getInt();
    s.detail = text_column(q, 4);
    return s;
}

IncidentRecord incident_row(SQLite::Statement& q) {
    IncidentRecord r;
    r.id = q.getColumn(0).getInt64();
    r.incident.kind = core::incident_kind_from(text_column(q, 1)).value_or(core::IncidentKind::failed);
    r.incident.subject = text_column(q, 2);
    r.incident.text = text_column(q, 3);
    r.opened = sane_time(q.getColumn(4).getInt64());
    r.ended = time_column(q, 5);
    return r;
}

void insert_ended_run(SQLite::Database& db, const RunRecord& r) {
    SQLite::Statement q(
        db,
        "INSERT INTO runs (plan, target, repository, trigger, outcome, started, ended, plug, reason, "
        "held_back, pid, pid_start, boot, borg_version, archive, archive_id, original, compressed, "
        "deduplicated, "
        "files, warnings, log_tail, mounted_itself, aside_owed, held_by_health) VALUES "
        "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    bind_all(q, r.run.plan, r.run.target, r.run.repository, std::string(to_string(r.run.trigger)),
             std::string(to_string(r.run.outcome)), to_micros(r.run.started),
             to_micros(r.run.ended.value_or(r.run.started)), r.run.plug, valid_utf8(r.run.reason),
             valid_utf8(r.run.held_back), static_cast<std::int64_t>(r.pid),
             static_cast<std::int64_t>(r.pid_start), r.boot, r.borg_version, valid_utf8(r.archive),
             r.archive_id, as_signed(r.statistics.original), as_signed(r.statistics.compressed),
             as_signed(r.statistics.deduplicated), as_signed(r.statistics.files), as_signed(r.warnings),
             valid_utf8(r.log_tail, 256 * 1024), r.run.mounted_itself ? 1 : 0, r.aside_owed ? 1 : 0, r.run.held_by_health ? 1 : 0);
    q.exec();
}

}  // namespace guardian::store
