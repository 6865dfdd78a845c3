#include "samples.hpp"

namespace guardian::test {
namespace {

using namespace std::chrono_literals;
using core::Outcome;
using core::TargetState;
using std::chrono::days;

constexpr auto created = days{0} + 3min + 7s;

core::Device samsung() {
    core::Device d;
    d.node = "/dev/sdb1";
    d.fstype = "ext4";
    d.label = "backup";
    d.serial = "S5R9NF0T123456X";
    d.model = "Samsung PSSD T7";
    return d;
}

report::TargetStatus disk(TargetState state, const std::string& explanation) {
    report::TargetStatus t;
    t.target.spec.name = "usb";
    t.target.spec.uuid = "5f0c6a0e-2f0e-4f43-9d4c-6f3f1f0a7a11";
    t.target.spec.mount = "/mnt/backup";
    if (state != TargetState::absent) t.target.devices = {samsung()};
    t.target.pinned_at = sample_now() - days{90};
    t.target.plugged_at = sample_now() - 2h;
    t.target.last_seen = sample_now() - 2h;
    t.state = state;
    t.explanation = explanation;
    t.drives = {{"wwn-0x5002538f00000001", "Samsung PSSD T7 S5R9NF0T123456X", core::Verdict::watch,
                 "8 sectors cannot be read now.", sample_now() - 3h}};
    return t;
}

report::TargetStatus share(TargetState state, const std::string& explanation) {
    report::TargetStatus t;
    t.target.spec.name = "nas";
    t.target.spec.type = core::TargetType::share;
    t.target.spec.mount = "/mnt/nas";
    t.state = state;
    t.explanation = explanation;
    return t;
}

report::PlanStatus plan(const std::string& name, const std::string& job, const std::string& target,
                        const std::string& schedule, const std::string& state) {
    report::PlanStatus p;
    p.plan.spec.name = name;
    p.plan.spec.job = job;
    p.plan.spec.target = target;
    p.plan.spec.repository = "john-ai";
    p.plan.spec.schedule = core::Schedule::parse(schedule).value();
    p.plan.spec.stale_after = 30h;
    p.state = state;
    p.next_slot = p.plan.spec.schedule.next(sample_now(), utc());
    return p;
}

report::PlanStatus saved(report::PlanStatus p, const store::RunRecord& success) {
    p.plan.last_success = success.run;
    p.plan.last_run = success.run;
    return p;
}

report::Status named() {
    report::Status s;
    s.name = "john-ai";
    s.at = sample_now();
    s.zone = utc();
    s.daemon = {true, 812, "0.1.0", sample_now() - days{3}, ""};
    return s;
}

store::IncidentRecord incident(std::int64_t id, core::IncidentKind kind, const std::string& subject,
                               const std::string& text, Duration ago) {
    return {id, {kind, subject, text}, sample_now() - ago, {}};
}

}  // namespace

Time sample_now() {
    using namespace std::chrono;
    return Time{sys_days{2026y / November / 23} + 3h + 12min};
}

UtcOffset utc() {
    return [](Time) { return std::chrono::seconds{0}; };
}

store::RunRecord success_run(std::int64_t id, const std::string& plan, Duration ago, Duration took) {
    store::RunRecord r;
    r.run.id = id;
    r.run.plan = plan;
    r.run.target = plan.ends_with("nas") ? "nas" : "usb";
    r.run.outcome = Outcome::success;
    r.run.started = sample_now() - ago;
    r.run.ended = r.run.started + took;
    r.run.repository = "/mnt/backup/john-ai";
    r.borg_version = "1.2.4";
    r.archive = plan + "-2026-11-23T02:00:07";
    r.archive_id = std::string(62, 'a') + "42";
    r.statistics = {182'400'000'000, 121'700'000'000, 1'270'000'000, 1'234'567};
    return r;
}

store::RunRecord failed_run(std::int64_t id, const std::string& plan, Duration ago) {
    auto r = success_run(id, plan, ago, 4s);
    r.run.outcome = Outcome::failed;
    r.run.reason =
        "cannot mount /dev/sdb1 on /mnt/backup: Structure needs cleaning; check it with fsck.ext4 while it "
        "is "
        "mounted nowhere";
    r.archive.clear();
    r.archive_id.clear();
    r.statistics = {};
    r.step = core::Step::mount;
    return r;
}

store::RunRecord running_run(std::int64_t id, const std::string& plan) {
    auto r = success_run(id, plan, created, 0s);
    r.run.outcome = Outcome::running;
    r.run.ended.reset();
    r.archive.clear();
    r.archive_id.clear();
    r.statistics = {};
    r.step = core::Step::create;
    r.progress = {
        {12'300'000'000, 9'000'000'000, 320'500'000, 45'678},
        "/home/john/Pictures/2025/12-christmas/raw/a-rather-long-folder-name/IMG_20251224_183012.dng",
        -1,
        sample_now()};
    return r;
}

report::Status quiet_status() {
    auto s = named();
    s.targets = {disk(TargetState::safe_to_unplug, "nothing due, mounted nowhere"),
                 share(TargetState::absent, "not mounted; asked when something is due")};
    const auto usb = success_run(42, "system-usb", 72min, 6min + 3s);
    auto nas = success_run(41, "system-nas", 26h, 41min);
    nas.run.outcome = Outcome::warning;
    nas.warnings = 3;
    s.plans = {saved(plan("system-usb", "system", "usb", "*-*-* 02:00", "ok"), usb),
               saved(plan("system-nas", "system", "nas", "Sun 01:00", "warning"), nas)};
    s.runs = {usb, nas, success_run(40, "system-usb", 25h + 12min, 5min + 50s)};
    return s;
}

report::Status trouble_status() {
    auto s = named();
    s.daemon = {};
    s.incidents = {
        incident(7, core::IncidentKind::refused, "usb",
                 "/dev/sdb1 carries the UUID of target usb, but its marker is another's; nothing is written. "
                 "If it "
                 "is yours: guardian init usb --adopt",
                 2h + 1min),
        incident(6, core::IncidentKind::stale, "vms-nas",
                 "no backup vms-nas for more than 1 d 6 h: the last is of 2026-11-17 01:00; share nas",
                 days{4} + 20h)};
    s.targets = {disk(TargetState::refused, "its marker is another's"),
                 share(TargetState::absent, "not mounted; asked when something is due")};
    const auto old_success = success_run(12, "vms-nas", days{6} + 2h + 12min, 22min);
    const auto failed = failed_run(44, "system-usb", 2h);
    auto dead = running_run(43, "system-usb");
    dead.run.started = sample_now() - 26h;
    dead.run.outcome = Outcome::aborted;
    dead.run.reason = "its process is gone without having said how it ended";
    auto first = saved(plan("system-usb", "system", "usb", "*-*-* 02:00", "failed"),
                       success_run(40, "system-usb", 49h, 6min));
    first.plan.last_run = failed.run;
    first.plan.failures = 2;
    first.due = first.stale = true;
    auto second = saved(plan("vms-nas", "vms", "nas", "hourly", "stale"), old_success);
    second.due = second.stale = true;
    s.plans = {first, second};
    s.runs = {failed, dead, success_run(40, "system-usb", 49h, 6min), old_success};
    return s;
}

report::Status running_status() {
    auto s = named();
    s.targets = {disk(TargetState::busy, "a run is going"), share(TargetState::busy, "a run is going")};
    auto usb = saved(plan("system-usb", "system", "usb", "*-*-* 02:00", "running"),
                     success_run(40, "system-usb", 25h, 6min));
    usb.running = running_run(44, "system-usb");
    auto nas =
        saved(plan("vms-nas", "vms", "nas", "hourly", "running"), success_run(12, "vms-nas", 72min, 22min));
    nas.running = running_run(43, "vms-nas");
    nas.running->step = core::Step::prune;
    nas.running->progress = {{}, "", 45, sample_now()};
    auto waiting = plan("containers-usb", "containers", "usb", "Mon..Fri 02:30", "due");
    waiting.plan.last_success = success_run(11, "containers-usb", days{3}, 1min).run;
    waiting.due = true;
    s.plans = {usb, nas, waiting};
    s.runs = {*usb.running, *nas.running, success_run(40, "system-usb", 25h, 6min)};
    return s;
}

report::Status first_status() {
    auto s = named();
    s.daemon.since = sample_now() - 50s;
    s.targets = {disk(TargetState::absent, "never seen")};
    s.targets[0].drives.clear();
    s.plans = {plan("system-usb", "system", "usb", "*-*-* 02:00", "never-ran")};
    s.plans[0].due = true;
    return s;
}

}  // namespace guardian::test
