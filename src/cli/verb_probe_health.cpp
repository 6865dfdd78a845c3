/// guardian probe health [--aloud] SUBJECT: looks at the drives that a target, or a job's sources, are on, and keeps in the store
/// what they told. A child of the daemon or of a run, which may hang in its stead. SUBJECT is "target:NAME",
/// "target:NAME:short" or ":long" (and has the drives begin to test themselves), or "job:NAME".

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/child.hpp"
#include "base/text.hpp"
#include "cli/ask_daemon.hpp"
#include "cli/smart_machine.hpp"
#include "cli/verbs.hpp"
#include "health/look.hpp"
#include "report/health_memory.hpp"
#include "report/told_health.hpp"
#include "store/store.hpp"
#include "watch/block_devices.hpp"
#include "watch/mount_table.hpp"

namespace guardian::cli {
namespace {

/// Each of some drives may take a few deadlines of smartctl.
constexpr unsigned give_up_s = 600;

struct Subject {
    bool is_job = false;
    std::string name;
    std::string test;  ///< short, long, or empty
};

std::optional<Subject> parse(const std::string& text) {
    const auto colon = text.find(':');
    const auto what = text.substr(0, colon);
    if (colon == std::string::npos || (what != "target" && what != "job")) return std::nullopt;
    Subject s{what == "job", text.substr(colon + 1), ""};
    const auto test = s.name.find(':');
    if (test == std::string::npos) return s;
    s.test = s.name.substr(test + 1);
    s.name.resize(test);
    if (s.is_job || (s.test != "short" && s.test != "long")) return std::nullopt;
    return s;
}

Result<std::vector<core::Device>> devices_of_target(const core::TargetSpec& target) {
    auto all = watch::BlockDevices::snapshot();
    if (!all) return all.error();
    std::erase_if(*all, [&](const core::Device& d) { return d.uuid != target.uuid; });
    if (all->empty()) return Error{ErrorCode::absent, fmt::format("disk {} is not there", target.name), "", ""};
    return *all;
}

core::DriveState told_of(const health::Unkept& u) {
    core::DriveState d;
    d.id = u.drive;
    d.verdict = u.assessment.verdict;
    d.tried_at = now();
    d.asleep = u.asleep;
    if (d.verdict == core::Verdict::unknown) {
        d.trouble = u.assessment.reasons.front().text;
    } else {
        d.reasons = u.assessment.reasons;
        d.read_at = d.tried_at;
    }
    return d;
}

/// What guardiand knows besides the store, by this look and those before it; empty: it is not there.
std::string answer_of_guardiand(const core::Config& config, const std::string& subject, const std::string& text) {
    const boost::json::object request{{"op", "health-told"}, {"subject", subject}, {"text", text}};
    const auto answer = ask(config, request, std::chrono::seconds{10});
    return answer ? text_of(*answer, "told") : "";
}

/// The store, and what guardiand knows besides.
struct Memory {
    store::Store& store;
    const core::Config& config;
    std::vector<core::DriveState> told;  ///< of the subject, by earlier looks
    bool aloud;                          ///< what the store does not know is said to a run, which waits for it
};

/// guardiand is told of each look, and adds what it knows by earlier ones; without it, that is done here.
void tell(const Memory& memory, const std::string& subject, report::ToldLook look) {
    const auto all = answer_of_guardiand(memory.config, subject, report::told_text(look));
    if (!memory.aloud) return;
    if (!all.empty()) return fmt::print("{}", all);
    auto told = memory.told;
    report::add_look(told, look);
    look.drives = std::move(told);
    fmt::print("{}", report::told_text(look));
}

/// What is saved with a folder because it is mounted below it. Patterns of Borg's are not taken apart here: a drive too many
/// is asked rather than one too few.
bool is_saved_with(const core::Config& config, const core::Mount& m, const std::string& path) {
    if (!is_within(m.point, path) || !m.source.starts_with("/dev/")) return false;
    const bool is_image = m.fstype == "squashfs" || m.fstype == "erofs" || m.fstype == "iso9660";
    return !is_image && std::none_of(config.targets.begin(), config.targets.end(),
                                     [&](const core::TargetSpec& t) { return t.mount == m.point; });
}

/// The mounts on which the job's folders lie, and those below that are saved with them, by the mount table: the folders
/// themselves may be on a dying disk.
std::vector<core::DeviceNumber> devices_of_job(const core::Config& config, const core::JobSpec& job) {
    std::vector<core::DeviceNumber> numbers;
    const auto mounts = watch::MountTable::snapshot();
    if (!mounts) return numbers;
    for (const auto& path : job.paths) {
        const core::Mount* nearest = nullptr;
        for (const auto& m : *mounts)
            if (is_within(path, m.point) && (nearest == nullptr || m.point.size() >= nearest->point.size())) nearest = &m;
        if (nearest != nullptr) numbers.push_back(nearest->number);
        for (const auto& m : *mounts)
            if (!job.one_file_system && is_saved_with(config, m, path)) numbers.push_back(m.number);
    }
    return numbers;
}

std::vector<core::DeviceNumber> numbers_of(const std::vector<core::Device>& devices) {
    std::vector<core::DeviceNumber> out;
    for (const auto& d : devices) out.push_back(d.number);
    return out;
}

bool is_in_trouble(const Memory& memory, const std::string& id) {
    const auto record = memory.store.drive(id);
    if (record && *record && (*record)->verdict >= core::Verdict::watch) return true;
    return std::any_of(memory.told.begin(), memory.told.end(),
                       [&](const auto& d) { return d.id == id && d.verdict >= core::Verdict::watch; });
}

bool has_any(const std::set<std::string>& all, const std::set<std::string>& of) {
    return std::any_of(of.begin(), of.end(), [&](const auto& id) { return all.contains(id); });
}

/// The newcomers that told something: those that did not may be the others behind a bridge's name.
std::set<std::string> newly_told(const health::Seen& seen, const std::set<std::string>& before) {
    std::set<std::string> out;
    for (const auto& k : seen.told)
        if (!k.id.empty() && !before.contains(k.id)) out.insert(k.id);
    return out;
}

/// Whether a drive that was below the subject, and was not met there now, still counts. A target may be on another disk now,
/// by whose own word that is known; but where it has lost one of its drives, or a job's folders lie on what was below the
/// place where a disk was mounted, that is no end of the trouble.
bool still_counts(const Memory& memory, const std::string& id, const health::Seen& seen, const std::set<std::string>& before) {
    const bool is_job = seen.subject.starts_with("job:");
    const bool all_named = seen.silent == 0 && seen.unnamed == 0;
    // The only drive of a target had no name, and has one now.
    const auto sole = health::unnamed_id(seen.subject, 1, 1);
    if (id == sole && !is_job) return !all_named;
    if (health::is_unnamed(id)) return is_in_trouble(memory, id);
    // Or it had a name, and has none now.
    if (seen.answered.contains(sole) && !is_job) return is_in_trouble(memory, id);
    if (seen.drives.empty() || seen.unnamed > 0 || newly_told(seen, before).empty()) return true;
    return is_in_trouble(memory, id) && (is_job || has_any(seen.drives, before));
}

std::string why_not_met(const health::Seen& seen, const std::string& id) {
    if (!seen.troubles.empty()) return seen.troubles.front();
    return fmt::format("{}; if it is out of use: guardian smart forget {}", report::not_found_any_more, printable(id, 200));
}

/// The drives that count for the subject now; a silent newcomer is taken for one that is missing.
std::set<std::string> counting_now(const Memory& memory, const health::Seen& seen, const std::set<std::string>& before) {
    auto drives = seen.drives;
    bool is_any_missing = false;
    for (const auto& id : before) {
        if (drives.contains(id) || !still_counts(memory, id, seen, before)) continue;
        is_any_missing = true;
        drives.insert(id);
        (void)memory.store.keep_attempt({{id, {}, "", "", "", 0}, now(), why_not_met(seen, id), seen.asleep});
    }
    const auto told = newly_told(seen, before);
    if (is_any_missing)
        std::erase_if(drives, [&](const auto& id) { return !before.contains(id) && !told.contains(id) && !seen.answered.contains(id); });
    return drives;
}

Result<> remember(const Memory& memory, const health::Seen& seen) {
    const auto all = memory.store.target_drives();
    if (!all) return all.error();
    auto before = all->contains(seen.subject) ? all->at(seen.subject) : std::set<std::string>{};
    for (const auto& d : memory.told) before.insert(d.id);
    report::ToldLook look;
    for (const auto& u : seen.unkept) look.drives.push_back(told_of(u));
    look.answered = seen.answered;
    look.counting = counting_now(memory, seen, before);
    tell(memory, seen.subject, look);
    return memory.store.set_target_drives(seen.subject, look.counting);
}

/// ext4 counts its errors in itself until it is checked: they are told again each day that they are there.
void keep_filesystem_errors(store::Store& store, const std::string& target, const std::vector<core::Device>& devices) {
    for (const auto& d : devices) {
        const auto n = health::filesystem_errors(d);
        if (n == 0) continue;
        const auto events = store.drive_events(target);
        const bool told = events && std::any_of(events->begin(), events->end(), [](const core::KernelEvent& e) {
            return e.sign == core::KernelSign::filesystem_error && e.at > now() - std::chrono::hours{24};
        });
        if (!told)
            (void)store.add_drive_event(target, {now(), core::KernelSign::filesystem_error,
                                                 fmt::format("{} ({})", core::noted_errors, n)});
    }
}

/// Of several drives one may never come to a result: the others are not tested again with it.
bool is_tested(store::Store& store, const core::HealthSpec& asked, const std::string& drive, bool extended) {
    const auto tests = report::recalled_tests(store, drive);
    if (!tests) return false;
    const auto& last = extended ? tests->last_long : tests->last_short;
    return last && *last <= now() && now() < later(*last, extended ? asked.long_test : asked.short_test);
}

/// It is tried again at each look, and noted once.
void note_refusal(store::Store& store, const std::string& drive, bool extended) {
    const auto tests = store.self_tests(drive);
    if (!tests) return;
    const auto newest =
        std::find_if(tests->begin(), tests->end(), [&](const auto& t) { return t.extended == extended; });
    const bool is_noted = newest != tests->end() && newest->result == core::TestResult::refused;
    store::SelfTestRecord test;
    test.extended = extended;
    test.started = now();
    const auto id = is_noted ? Result<std::int64_t>{newest->id} : store.begin_self_test(drive, test);
    if (id) (void)store.end_self_test(*id, now(), core::TestResult::refused);
}

void start_tests(store::Store& store, const core::Config& config, const core::TargetSpec& target,
                 const std::vector<health::KnownDrive>& drives, bool extended) {
    for (const auto& k : drives) {
        if (is_tested(store, target.health, k.id, extended)) continue;
        const auto done = begin_self_test(store, config, k, extended);
        fmt::print(stderr, "{}: {}\n", k.drive.node, done ? *done : done.error().text());
        if (!done && done.error().code != ErrorCode::busy) note_refusal(store, k.id, extended);
    }
}

Result<> look_at_target(Memory& memory, const Subject& subject) {
    const auto& config = memory.config;
    const auto* target = config.target(subject.name);
    if (target == nullptr || target->type != core::TargetType::disk)
        return Error{ErrorCode::usage, fmt::format("there is no disk \"{}\"", printable(subject.name, 60)), "", ""};
    const auto devices = devices_of_target(*target);
    if (!devices) return devices.error();
    keep_filesystem_errors(memory.store, target->name, *devices);
    if (target->health.every == Duration::zero()) {
        tell(memory, target->name, {});
        return memory.store.set_target_drives(target->name, {});
    }
    const auto seen = health::look_at(memory.store, target->name, numbers_of(*devices), config.smartctl, now());
    if (!seen) return seen.error();
    for (const auto& trouble : seen->troubles) fmt::print(stderr, "{}\n", trouble);
    if (!subject.test.empty()) start_tests(memory.store, config, *target, seen->told, subject.test == "long");
    return remember(memory, *seen);
}

Result<> look_at_sources(Memory& memory, const std::string& name) {
    const auto* job = memory.config.job(name);
    if (job == nullptr)
        return Error{ErrorCode::usage, fmt::format("there is no job \"{}\"", printable(name, 60)), "", ""};
    const auto seen = health::look_at(memory.store, report::sources_subject(name), devices_of_job(memory.config, *job),
                                      memory.config.smartctl, now());
    // That nothing is there is no answer here.
    if (!seen) return Error{ErrorCode::external, seen.error().context, seen.error().reason, seen.error().remedy};
    return remember(memory, *seen);
}

}  // namespace

int probe_health(const Globals& globals, const std::string& text, bool aloud) {
    ::alarm(give_up_s);
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    const auto subject = parse(text);
    if (!subject)
        return complain({ErrorCode::usage, fmt::format("\"{}\" is nothing that could be looked at", printable(text, 80)),
                         "", "target:NAME or job:NAME"});
    auto store = store::Store::open_for_writing(config->store_dir());
    const auto name = subject->is_job ? report::sources_subject(subject->name) : subject->name;
    Memory memory{store, *config, report::read_told(*config, now())[name], aloud};
    const auto done = subject->is_job ? look_at_sources(memory, subject->name) : look_at_target(memory, *subject);
    return done ? ok : complain(done.error());
}

}  // namespace guardian::cli
