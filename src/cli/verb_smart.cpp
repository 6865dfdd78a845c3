/// guardian smart [DRIVE], and smart ack and smart test: from the store, so that a drive that is not plugged
/// in, or cannot answer any more, is shown as it was last heard of.

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <fstream>
#include <map>

#include "base/text.hpp"
#include "cli/ask_daemon.hpp"
#include "cli/drive_choice.hpp"
#include "cli/look_at_health.hpp"
#include "cli/screen_bar.hpp"
#include "cli/screen_smart.hpp"
#include "cli/smart_machine.hpp"
#include "cli/verbs.hpp"
#include "control/client.hpp"
#include "health/look.hpp"
#include "health/smartctl_json.hpp"
#include "report/drive_html.hpp"
#include "report/drive_report.hpp"
#include "report/health_memory.hpp"
#include "report/told_health.hpp"
#include "watch/block_devices.hpp"

namespace guardian::cli {
namespace {

using report::DriveReport;
using store::Store;

std::vector<std::string> targets_on(const store::TargetDrives& targets, const std::string& drive) {
    std::vector<std::string> out;
    for (const auto& [target, drives] : targets)
        if (drives.contains(drive)) out.push_back(target);
    return out;
}

void add_newest(Store& store, report::DriveFacts& facts) {
    const auto text = store.newest_report(facts.record.drive.id);
    if (!text || !*text) return;
    if (auto report = health::parse_smartctl_json(**text)) facts.newest = std::move(*report);
    facts.counters = report::counters_of(**text);
}

/// What the kernel said is kept by target; newest first.
Result<std::vector<core::KernelEvent>> events_of(Store& store, const std::vector<std::string>& targets) {
    std::vector<core::KernelEvent> all;
    for (const auto& target : targets) {
        auto events = store.drive_events(target);
        if (!events) return events.error();
        all.insert(all.end(), events->begin(), events->end());
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.at > b.at; });
    return all;
}

/// With all that is stored of it.
Result<DriveReport> whole_report(Store& store, report::DriveFacts facts, Time at) {
    const auto& id = facts.record.drive.id;
    auto history = store.history(id, later(facts.record.read_at.value_or(at), Duration{1}));
    auto accepted = store.acknowledged(id);
    auto tests = store.self_tests(id);
    auto events = events_of(store, facts.targets);
    if (!history) return history.error();
    if (!accepted) return accepted.error();
    if (!tests) return tests.error();
    if (!events) return events.error();
    add_newest(store, facts);
    facts.history = std::move(*history);
    facts.acknowledged = std::move(*accepted);
    facts.tests = std::move(*tests);
    facts.events = std::move(*events);
    return report::make_drive_report(std::move(facts), at);
}

struct Known {
    std::vector<store::DriveRecord> drives;
    store::TargetDrives targets;
    std::map<std::string, core::HealthState> health;  ///< by target
};

Result<Known> known_in(Store& store, Time at) {
    auto drives = store.drives();
    if (!drives) return drives.error();
    auto targets = store.target_drives();
    if (!targets) return targets.error();
    Known known{std::move(*drives), std::move(*targets), {}};
    for (const auto& [target, ids] : known.targets) {
        auto health = report::recalled_health(store, target, at);
        if (!health) return health.error();
        known.health[target] = std::move(*health);
    }
    return known;
}

/// The kernel's words that count now and can only be of this drive; oldest first.
std::vector<core::KernelEvent> recent_of(const Known& known, const report::DriveFacts& facts) {
    std::vector<core::KernelEvent> out;
    const auto drive = report::drive_state(facts.record);
    for (const auto& target : facts.targets) {
        const auto events = core::part_of(known.health.at(target), drive).events;
        out.insert(out.end(), events.begin(), events.end());
    }
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    return out;
}

/// Of a target that is configured it is worth saying why nothing is known.
Error nothing_known_of(const core::TargetSpec& target) {
    if (target.type != core::TargetType::disk)
        return {ErrorCode::usage, fmt::format("target {} is a share: Guardian knows nothing of its drives", target.name), "", ""};
    if (target.health.every == Duration::zero())
        return {ErrorCode::absent, fmt::format("the drive of target {} is not asked", target.name),
                "health_every = \"never\"", ""};
    return {ErrorCode::absent, fmt::format("no drive of target {} is known", target.name),
            "it was not plugged in yet, or it tells nothing, as a virtual disk or some enclosures do",
            "plug it in; guardian doctor says what can be asked"};
}

Result<store::DriveRecord> chosen(const core::Config& config, Store& store, const Known& known, const std::string& typed) {
    const auto at = typed.starts_with("/dev/") ? drive_at(store, typed) : std::string{};
    const auto& name = at.empty() ? typed : at;
    const auto devices = name.starts_with("/dev/")
                             ? watch::BlockDevices::snapshot()
                             : Result<std::vector<core::Device>>{std::vector<core::Device>{}};
    const auto id =
        choose_drive(known.drives, known.targets, devices ? *devices : std::vector<core::Device>{}, name);
    if (const auto* target = config.target(typed); !id && target != nullptr && !known.targets.contains(typed))
        return nothing_known_of(*target);
    if (!id) return id.error();
    return *std::find_if(known.drives.begin(), known.drives.end(),
                         [&](const auto& d) { return d.drive.id == *id; });
}

/// No store yet is no drive yet.
Result<Store> store_to_read(const core::Config& config) {
    auto store = Store::open_for_reading(config.store_dir());
    if (!store && store.error().code == ErrorCode::absent) return Store::empty_in_memory();
    return store;
}

SmartScreen screen_here(const Globals& globals, bool all) {
    return {terminal_size(STDOUT_FILENO).columns, globals.color, locale_is_utf8(), all};
}

report::DriveFacts facts_of(const core::Config& config, const store::DriveRecord& record, const Known& known,
                            const std::set<std::string>& attached) {
    report::DriveFacts facts;
    facts.record = record;
    facts.targets = targets_on(known.targets, record.drive.id);
    for (const auto& target : facts.targets)
        if (const auto* spec = config.target(target)) {
            facts.policies.push_back(spec->health);
            facts.lets = std::max(facts.lets, core::allowed(spec->health, known.health.at(target)));
        }
    for (const auto& plan : config.plans)
        if (std::find(facts.targets.begin(), facts.targets.end(), plan.target) != facts.targets.end())
            facts.plans.push_back(plan.name);
    facts.recent = recent_of(known, facts);
    facts.attached = attached.contains(record.drive.id);
    return facts;
}

/// What cannot be told by the drive alone, behind some bridges, is told by the filesystem on it.
std::set<std::string> plugged_in(const core::Config& config, Store& store, const Known& known) {
    auto ids = attached_drives(store);
    const auto devices = watch::BlockDevices::snapshot();
    if (!devices) return ids;
    for (const auto& [name, drives] : known.targets) {
        const auto* spec = config.target(name);
        const auto is_of_it = [&](const core::Device& d) { return spec != nullptr && d.uuid == spec->uuid; };
        if (std::any_of(devices->begin(), devices->end(), is_of_it)) ids.insert(drives.begin(), drives.end());
    }
    return ids;
}

/// What is shown is what the store holds.
void say_what_was_not_kept(const core::Config& config, Time at) {
    const auto answer = ask(config, "ping");
    if (!answer) return;
    for (const auto& d : report::told_look(text_of(*answer, "unkept"), at).drives) {
        std::vector<std::string> why;
        for (const auto& r : d.reasons) why.push_back(r.text);
        fmt::print(stderr, "guardian: {} is {}: {} (seen by guardiand, which cannot keep it: guardian status)\n", d.name,
                   to_string(d.verdict), printable(join(why, " "), 1000));
    }
}

int show_all(const Globals& globals, const core::Config& config, Store& store, const Known& known, bool json, Time at) {
    const auto attached = plugged_in(config, store, known);
    std::vector<DriveReport> drives;
    for (const auto& record : known.drives)
        drives.push_back(report::make_drive_report(facts_of(config, record, known, attached), at));
    if (json)
        fmt::print("{}\n", report::drives_to_json(drives, local_zone(), false));
    else
        fmt::print("{}", render_drives(drives, at, screen_here(globals, false)));
    return ok;
}

/// A target may be on several drives.
Result<std::vector<store::DriveRecord>> all_chosen(const core::Config& config, Store& store, const Known& known,
                                                   const std::string& typed) {
    const auto on_target = known.targets.find(typed);
    if (on_target == known.targets.end() || on_target->second.size() < 2) {
        auto one = chosen(config, store, known, typed);
        if (!one) return one.error();
        return std::vector{std::move(*one)};
    }
    std::vector<store::DriveRecord> out;
    for (const auto& d : known.drives)
        if (on_target->second.contains(d.drive.id)) out.push_back(d);
    return out;
}

int write_page(const std::string& file, const DriveReport& drive, Time at) {
    const auto page = report::drive_html(drive, at, local_zone());
    if (file == "-") return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() && std::fflush(stdout) == 0 ? ok : failed;
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << page;
    out.close();
    if (!out) return complain(errno_error("cannot write " + printable(file, 300), errno));
    return ok;
}

int show_chosen(const Globals& globals, const SmartOptions& options, const core::Config& config, Store& store,
                const Known& known, Time at) {
    const auto records = all_chosen(config, store, known, options.drive);
    if (!records) return complain(records.error());
    const auto attached = plugged_in(config, store, known);
    std::vector<DriveReport> drives;
    for (const auto& record : *records) {
        auto drive = whole_report(store, facts_of(config, record, known, attached), at);
        if (!drive) return complain(drive.error());
        drives.push_back(std::move(*drive));
    }
    if (!options.html.empty() && drives.size() > 1)
        return complain({ErrorCode::usage, fmt::format("target {} is on {} drives, and a page is of one", options.drive, drives.size()),
                         "", "name the drive; guardian smart lists them"});
    if (!options.html.empty()) return write_page(options.html, drives.front(), at);
    if (options.json) fmt::print("{}\n", report::drives_to_json(drives, local_zone(), true));
    for (std::size_t i = 0; i < drives.size() && !options.json; ++i)
        fmt::print("{}{}", i == 0 ? "" : "\n", render_drive(drives[i], local_zone(), at, screen_here(globals, options.all)));
    return ok;
}

// For what changes the store: in memory, it would be forgotten at once.

Result<Store> store_to_write(const core::Config& config) {
    auto store = Store::open_for_writing(config.store_dir());
    if (store.in_memory())
        return Error{ErrorCode::denied, "cannot record anything", store.trouble(), "run it as root"};
    return store;
}

/// What is accepted counts at once, and not with the next reading only. The newest one may not be kept any more, so it is
/// not judged again: its reasons lose those that stand on the number.
Result<> keep_without(Store& store, const store::DriveRecord& record, core::Sign sign) {
    auto reasons = record.reasons;
    std::erase_if(reasons, [&](const core::Reason& r) { return r.sign == sign; });
    auto verdict = record.verdict;
    if (reasons.size() != record.reasons.size()) {
        verdict = core::Verdict::healthy;
        for (const auto& r : reasons) verdict = std::max(verdict, r.verdict);
    }
    return store.keep_verdict(record.drive.id, record.read_at, verdict, reasons);
}

/// What had been made of the number so far; of one of which nothing was made, no more than a sign to watch is accepted.
core::Verdict made_of(const store::DriveRecord& record, core::Sign sign) {
    auto worst = core::Verdict::watch;
    for (const auto& r : record.reasons)
        if (r.sign == sign) worst = std::max(worst, r.verdict);
    return worst;
}

Error not_to_be_accepted(core::Sign sign, std::string_view why) {
    return {ErrorCode::usage, fmt::format("the {} cannot be accepted", core::in_words(sign)), std::string(why), ""};
}

std::string names_to_accept() {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < core::sign_count; ++i)
        if (const auto sign = static_cast<core::Sign>(i); report::why_never_accepted(sign).empty())
            names.push_back(fmt::format("{} ({})", core::to_string(sign), core::in_words(sign)));
    return join(names, ", ");
}

bool stands_on(const core::Reason& reason, const std::string& attribute) {
    return std::any_of(reason.attributes.begin(), reason.attributes.end(),
                       [&](unsigned a) { return std::to_string(a) == attribute; });
}

/// Of an attribute that is at its threshold that is meant, and not what it counts.
std::optional<core::Sign> sign_of_attribute(const store::DriveRecord& record, const std::string& text) {
    for (const auto& r : record.reasons)
        if (r.sign && stands_on(r, text)) return r.sign;
    return std::nullopt;
}

/// Those that reasons stand on, and those that were accepted before and are quiet.
Result<std::set<unsigned>> attributes_to_accept(Store& store, const store::DriveRecord& record, core::Sign sign) {
    const auto before = store.acknowledged(record.drive.id);
    if (!before) return before.error();
    const auto known = before->find(sign);
    auto out = known == before->end() ? std::set<unsigned>{} : known->second.attributes;
    for (const auto& r : record.reasons)
        if (r.sign == sign) out.insert(r.attributes.begin(), r.attributes.end());
    return out;
}

/// The maker's own limit of failure, whatever the attribute counts.
bool is_failed_attribute(const store::DriveRecord& record, const std::string& text) {
    return std::any_of(record.reasons.begin(), record.reasons.end(),
                       [&](const core::Reason& r) { return !r.sign && stands_on(r, text); });
}

Result<core::Sign> sign_named(const store::DriveRecord& record, const std::string& text) {
    if (is_failed_attribute(record, text))
        return Error{ErrorCode::usage, fmt::format("attribute {} cannot be accepted", text),
                     "its maker calls the drive about to fail by it", ""};
    auto sign = sign_of_attribute(record, text);
    if (!sign) sign = core::sign_from(text);
    if (!sign)
        return Error{ErrorCode::usage, fmt::format("there is no number \"{}\" to accept", printable(text, 100)), "",
                     "choose one of " + names_to_accept() + ", or the number of an ATA attribute"};
    const auto why = report::why_never_accepted(*sign);
    if (!why.empty()) return not_to_be_accepted(*sign, why);
    return *sign;
}

Result<std::string> accept(Store& store, const store::DriveRecord& record, const std::string& named) {
    if (health::is_unnamed(record.drive.id))
        return Error{ErrorCode::usage, "nothing can be accepted of it", "it does not say who it is, and the next may be another", ""};
    const auto meant = sign_named(record, named);
    if (!meant) return meant.error();
    const auto sign = *meant;
    const auto value = record.signs[sign];
    const auto name = printable(report::drive_name(record.drive), 300);
    if (!value)
        return Error{ErrorCode::absent, fmt::format("{} does not tell its {}", name, core::in_words(sign)),
                     "", "guardian smart " + printable(record.drive.id, 300) + " shows what it tells"};
    if (*value == 0 && sign != core::Sign::spare)
        return Error{ErrorCode::usage, fmt::format("there is nothing to accept of {}", name),
                     fmt::format("{}: 0", core::in_words(sign)), ""};
    auto attributes = attributes_to_accept(store, record, sign);
    if (!attributes) return attributes.error();
    const core::Accepted accepted{*value, made_of(record, sign), std::move(*attributes)};
    if (auto kept = store.acknowledge(record.drive.id, sign, accepted, now()); !kept) return kept.error();
    if (auto kept = keep_without(store, record, sign); !kept) return kept.error();
    return fmt::format("Accepted of {}: {} {}. It stays quiet until that gets worse.", name, core::in_words(sign),
                       report::accepted_words(sign, accepted));
}

bool is_plugged_in(const core::TargetSpec& target) {
    const auto devices = watch::BlockDevices::snapshot();
    return !devices || std::any_of(devices->begin(), devices->end(), [&](const auto& d) { return d.uuid == target.uuid; });
}

/// Looks now at what it was on. Of one that is not found beside others, and of what is not plugged in, it is known.
bool may_be_in_use(const Globals& globals, const core::Config& config, Store& store, const std::string& subject,
                   const std::string& id) {
    const auto* target = config.target(subject);
    if (target == nullptr && !subject.starts_with("job:")) return false;
    if (target != nullptr && !is_plugged_in(*target)) return false;
    const auto began = now();
    look_now(globals.config_path, subject);
    const auto on = store.target_drives();
    const auto record = store.drive(id);
    if (!on || !record || !*record) return true;
    const auto found = on->find(subject);
    if (found == on->end() || !found->second.contains(id)) return false;
    const auto& r = **record;
    return !r.tried_at || *r.tried_at < began || !r.trouble.starts_with(report::not_found_any_more);
}

/// The store for writing and the drive that is meant; then the work.
template <class Work>
int with_drive(const Globals& globals, const std::string& name, const Work& work) {
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    auto store = store_to_write(*config);
    if (!store) return complain(store.error());
    const auto known = known_in(*store, now());
    if (!known) return complain(known.error());
    const auto record = chosen(*config, *store, *known, name);
    if (!record) return complain(record.error());
    const Result<std::string> said = work(*config, *store, *record);
    if (!said) return complain(said.error());
    fmt::print("{}\n", *said);
    return ok;
}

}  // namespace

int smart(const Globals& globals, const SmartOptions& options) {
    if (options.drive.empty() && (!options.html.empty() || options.all))
        return complain(
            {ErrorCode::usage, "--html and --all are of one drive", "", "name it: guardian smart DRIVE"});
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    const auto at = now();
    say_what_was_not_kept(*config, at);
    auto store = store_to_read(*config);
    if (!store) return complain(store.error());
    const auto known = known_in(*store, at);
    if (!known) return complain(known.error());
    return options.drive.empty() ? show_all(globals, *config, *store, *known, options.json, at)
                                 : show_chosen(globals, options, *config, *store, *known, at);
}

int smart_ack(const Globals& globals, const SmartAckOptions& options) {
    return with_drive(globals, options.drive, [&](const core::Config& config, Store& store, const store::DriveRecord& record) {
        auto said = accept(store, record, options.sign);
        // guardiand goes by what it read last.
        if (said) (void)control::request_done(config.runtime_dir, R"({"op":"health-changed"})");
        return said;
    });
}

int smart_forget(const Globals& globals, const SmartForgetOptions& options) {
    return with_drive(globals, options.drive, [&](const core::Config& config, Store& store, const store::DriveRecord& record) -> Result<std::string> {
        const auto& id = record.drive.id;
        const auto name = printable(report::drive_name(record.drive), 300);
        const auto on = store.target_drives();
        if (!on) return on.error();
        for (const auto& subject : targets_on(*on, id))
            if (!options.anyway && may_be_in_use(globals, config, store, subject, id))
                return Error{ErrorCode::busy, name + " may be in use",
                             fmt::format("{} was looked at, and it was found, or nothing was told", subject),
                             "unplug it first; or, if you know better, with --anyway"};
        if (auto done = store.forget_drive(id); !done) return done.error();
        const auto request = boost::json::serialize(boost::json::object{{"op", "drive-forgotten"}, {"drive", id}});
        (void)control::request_done(config.runtime_dir, request);
        return fmt::format("Forgotten: {}.", name);
    });
}

int smart_test(const Globals& globals, const SmartTestOptions& options) {
    return with_drive(globals, options.drive, [&](const core::Config& config, Store& store, const store::DriveRecord& record) {
        return start_self_test(store, config, record.drive.id, options.kind == "long");
    });
}

}  // namespace guardian::cli
