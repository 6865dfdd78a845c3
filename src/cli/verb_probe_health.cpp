/// guardian probe health SUBJECT: looks at the drives that a target, or a job's sources, are on, and keeps in the store
/// what they told. A child of the daemon or of a run, which may hang in its stead. SUBJECT is "target:NAME",
/// "target:NAME:short" or ":long" (and has the drives begin to test themselves), or "job:NAME".

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/child.hpp"
#include "base/text.hpp"
#include "cli/smart_machine.hpp"
#include "cli/verbs.hpp"
#include "control/client.hpp"
#include "health/look.hpp"
#include "health/recorded.hpp"
#include "report/health_memory.hpp"
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

/// The run that waits for this reads it; the daemon is told, and that there was a look at all. Neither may find it in the
/// store.
void say_unkept(const core::Config& config, const std::string& subject, std::vector<health::Unkept> unkept) {
    constexpr std::size_t told_max = 30'000;
    std::stable_sort(unkept.begin(), unkept.end(), [](const auto& a, const auto& b) {
        return a.assessment.verdict > b.assessment.verdict;
    });
    std::string told;
    for (const auto& u : unkept) {
        const auto line = health::assessment_json(u.drive, u.assessment) + "\n";
        fmt::print("{}", line);
        if (told.size() + line.size() <= told_max) told += line;
    }
    const auto request = boost::json::serialize(
        boost::json::object{{"op", "health-told"}, {"subject", subject}, {"text", valid_utf8(told)}});
    (void)control::request_done(config.runtime_dir, request);
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

/// One that says nothing, and was never named where it is plugged in, is taken for those of the drives on which the target
/// was before that did not speak now.
Result<> remember(store::Store& store, const std::string& subject, const health::Seen& seen) {
    auto drives = seen.drives;
    const auto before = store.target_drives();
    if (!before) return before.error();
    const auto known = before->find(subject);
    const auto why = seen.troubles.empty() ? "no drive was found below it" : seen.troubles.front();
    if (known != before->end() && (seen.drives.empty() || seen.unnamed > 0))
        for (const auto& id : known->second)
            if (drives.insert(id).second)
                (void)store.keep_attempt({{id, {}, "", "", "", 0}, now(), why, seen.asleep});
    return store.set_target_drives(subject, drives);
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

Result<> look_at_target(store::Store& store, const core::Config& config, const Subject& subject) {
    const auto* target = config.target(subject.name);
    if (target == nullptr || target->type != core::TargetType::disk)
        return Error{ErrorCode::usage, fmt::format("there is no disk \"{}\"", printable(subject.name, 60)), "", ""};
    const auto devices = devices_of_target(*target);
    if (!devices) return devices.error();
    keep_filesystem_errors(store, target->name, *devices);
    if (target->health.every == Duration::zero()) {
        say_unkept(config, target->name, {});
        return store.set_target_drives(target->name, {});
    }
    const auto seen = health::look_at(store, target->name, numbers_of(*devices), config.smartctl, now());
    if (!seen) return seen.error();
    for (const auto& trouble : seen->troubles) fmt::print(stderr, "{}\n", trouble);
    say_unkept(config, target->name, seen->unkept);
    if (!subject.test.empty()) start_tests(store, config, *target, seen->told, subject.test == "long");
    return remember(store, target->name, *seen);
}

Result<> look_at_sources(store::Store& store, const core::Config& config, const std::string& name) {
    const auto* job = config.job(name);
    if (job == nullptr)
        return Error{ErrorCode::usage, fmt::format("there is no job \"{}\"", printable(name, 60)), "", ""};
    const auto sources = report::sources_subject(name);
    const auto seen = health::look_at(store, sources, devices_of_job(config, *job), config.smartctl, now());
    // That nothing is there is no answer here.
    if (!seen) return Error{ErrorCode::external, seen.error().context, seen.error().reason, seen.error().remedy};
    say_unkept(config, sources, seen->unkept);
    return remember(store, sources, *seen);
}

}  // namespace

int probe_health(const Globals& globals, const std::string& text) {
    ::alarm(give_up_s);
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    const auto subject = parse(text);
    if (!subject)
        return complain({ErrorCode::usage, fmt::format("\"{}\" is nothing that could be looked at", printable(text, 80)),
                         "", "target:NAME or job:NAME"});
    auto store = store::Store::open_for_writing(config->store_dir());
    const auto done = subject->is_job ? look_at_sources(store, *config, subject->name)
                                      : look_at_target(store, *config, *subject);
    return done ? ok : complain(done.error());
}

}  // namespace guardian::cli
