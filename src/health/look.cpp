#include "health/look.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"
#include "core/drive_health.hpp"

namespace guardian::health {
namespace {

/// What sysfs and udev say may be the bridge's: of a drive that is known already it is no word.
store::DriveIdentity identity_of(store::Store& store, const KnownDrive& k, const core::SmartReport& r) {
    store::DriveIdentity told{k.id, r.kind, r.model, r.serial, r.firmware, r.bytes};
    if (const auto known = store.drive(k.id); known && *known) return told;
    if (told.model.empty()) told.model = k.drive.model;
    if (told.serial.empty()) told.serial = k.drive.serial;
    if (told.bytes == 0) told.bytes = k.drive.bytes;
    return told;
}

/// Those that Guardian started and that are over by what the drive's log says now.
void end_self_tests(store::Store& store, const std::string& id, const core::SmartReport& report, Time now) {
    if (report.test_remaining) return;
    const auto all = store.self_tests(id);
    if (!all) return;
    for (const auto& started : *all) {
        if (started.ended) continue;
        // It is not in the log: to be repeated; where there is no log, nobody can say.
        auto result = report.has_self_test_log ? core::TestResult::interrupted : core::TestResult::unfinished;
        for (const auto& logged : report.self_tests) {
            const bool later_than_begun =
                !started.hours || !logged.hours || *logged.hours >= static_cast<std::int64_t>(*started.hours % 65536);
            if (logged.extended != started.extended || !later_than_begun) continue;
            result = logged.result;
            break;
        }
        (void)store.end_self_test(started.id, now, result);
    }
}

/// A drive tells its WWN through one bridge and not through the next: model and serial make it the same. And two drives
/// whose maker gave them one WWN are told apart by their serials; not by their models, which a bridge may shorten.
std::string known_identity(store::Store& store, const core::SmartReport& r) {
    const auto id = drive_identity(r);
    const auto by_serial = serial_identity(r);
    const auto all = store.drives();
    if (!all || by_serial.empty()) return id;
    for (const auto& known : *all) {
        const bool same_serial = known.drive.serial == r.serial;
        const bool same = same_serial && known.drive.model == r.model;
        if (same && (id == by_serial || known.drive.id == by_serial)) return known.drive.id;
        // One that never told anything has the serial of its bridge.
        if (known.drive.id == id && known.read_at && !same_serial && !known.drive.serial.empty()) return by_serial;
    }
    return id;
}

/// Of a number that got better, no more is accepted than what is left. Heat comes and goes.
Result<> accept_less(store::Store& store, const std::string& id, const core::Acknowledged& acknowledged,
                     const core::SmartReport& report, const core::Signs& signs) {
    for (const auto& [sign, accepted] : acknowledged) {
        const auto value = signs[sign];
        if (!value || sign == core::Sign::temperature) continue;
        const bool is_better = sign == core::Sign::spare ? *value > accepted.value : *value < accepted.value;
        auto less = accepted;
        if (is_better) less.value = *value;
        std::erase_if(less.attributes, [&](unsigned a) { return core::is_off_threshold(report, a); });
        if (less == accepted) continue;
        if (auto kept = store.accept_less(id, sign, less); !kept) return kept;
    }
    return {};
}

struct Judged {
    core::Assessment assessment;
    core::Acknowledged acknowledged;
    Result<> read;  ///< whether the store could be asked; what the drive itself says is judged in any case
};

Judged judge(store::Store& store, const std::string& id, const core::SmartReport& report, Time now) {
    Judged out;
    const auto history = store.history(id, now);
    const auto acknowledged = store.acknowledged(id);
    const auto before = store.drive(id);
    if (!history) out.read = history.error();
    if (!acknowledged) out.read = acknowledged.error();
    if (!before) out.read = before.error();
    if (acknowledged) out.acknowledged = *acknowledged;
    const auto& past = history ? *history : core::History{};
    out.assessment = core::assess(past, report, out.acknowledged);
    if (before && *before) core::carry_over(out.assessment, (*before)->reasons, past, report);
    return out;
}

/// Some enclosures give each of their drives one serial number. A WWN is one drive's, on whatever ways it is reached.
bool is_told_already(const Seen& seen, const std::string& id) {
    return !id.starts_with("wwn-") &&
           std::any_of(seen.told.begin(), seen.told.end(), [&](const KnownDrive& k) { return k.id == id; });
}

/// That it told nothing.
Result<> keep_attempt(store::Store& store, const KnownDrive& k, const core::SmartReport& report, const std::string& why, bool asleep,
                      Time now, Seen& seen) {
    ++seen.silent;
    auto kept = store.keep_attempt({identity_of(store, k, report), now, why, asleep});
    if (!kept || store.in_memory())
        seen.unkept.push_back({k.id, {core::Verdict::unknown, {{"no-answer", core::Verdict::unknown, {}, why}}, {}}, asleep});
    return kept;
}

/// The only drive of a target; of a job's folders, or among several, a drive without a name may be any.
bool is_sole(const Seen& seen) { return seen.below == 1 && !seen.subject.starts_with("job:"); }

bool was_worse(store::Store& store, const std::string& id, core::Verdict now) {
    const auto before = store.drive(id);
    return before && *before && (*before)->verdict > now;
}

/// What stands under its id may be of another drive: it is judged by its own words alone, and no other's trouble ends by them.
Result<> keep_unnamed(store::Store& store, const KnownDrive& k, ReadAnswer& answer, Time now, Seen& seen) {
    const Error error{ErrorCode::absent, fmt::format("{} does not say who it is", k.drive.node), "", ""};
    const auto said = core::assess({}, answer.report, {});
    if (said.verdict == core::Verdict::unknown) ++seen.silent;
    if (said.verdict == core::Verdict::unknown || seen.subject.empty()) return error;
    const auto id = unnamed_id(seen.subject, seen.below, seen.unnamed);
    seen.drives.insert(id);
    if (!is_sole(seen) && was_worse(store, id, said.verdict)) {
        (void)store.keep_attempt({{id, {}, "", "", "", 0}, now, fmt::format("{} does not say who it is, and tells nothing so bad; if "
                                  "it was that drive: guardian smart forget {} --anyway", k.drive.node, id), false});
        return error;
    }
    seen.answered.insert(id);
    const auto& r = answer.report;
    const auto kept = store.keep_reading({{id, r.kind, r.model.empty() ? k.drive.model : r.model, "", r.firmware, r.bytes},
                                          now, core::signs_of(r), said.verdict, said.reasons, std::move(answer.json)});
    if (!kept || store.in_memory()) seen.unkept.push_back({id, said});
    return error;
}

Result<> keep_report(store::Store& store, KnownDrive& k, ReadAnswer answer, Time now, Seen& seen) {
    auto& report = answer.report;
    if (auto id = known_identity(store, report); !id.empty()) {
        k.one_of_several = k.one_of_several || (!k.id.empty() && k.id != id);
        k.id = std::move(id);
    } else if (k.may_be_another || k.one_of_several) {
        k.id.clear();
    } else if (k.id.empty()) {
        k.id = identity_from_outside(k.drive);
    }
    if (is_told_already(seen, k.id)) k.id.clear();
    if (k.id.empty()) {
        ++seen.unnamed;
        return keep_unnamed(store, k, answer, now, seen);
    }
    // The reader's clock is this machine's; a report has only its seconds, or none.
    report.read_at_s = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    auto [assessment, acknowledged, read] = judge(store, k.id, report, now);
    const auto signs = core::signs_of(report);
    if (!k.key.empty()) (void)store.set_attachment(k.key, {answer.device_type, k.one_of_several ? "" : k.id}, now);
    if (assessment.verdict == core::Verdict::unknown)
        return keep_attempt(store, k, report, assessment.reasons.front().text, false, now, seen);
    seen.told.push_back(k);
    seen.answered.insert(k.id);
    // What was judged without the past is not for keeping.
    auto kept = !read ? read
                      : store.keep_reading({identity_of(store, k, report), now, signs, assessment.verdict,
                                            assessment.reasons, std::move(answer.json)});
    if (!kept || store.in_memory()) seen.unkept.push_back({k.id, assessment});
    if (!kept) return kept;
    end_self_tests(store, k.id, report, now);
    return accept_less(store, k.id, acknowledged, report, signs);
}

}  // namespace

std::string unnamed_id(const std::string& subject, std::size_t below, std::size_t which) {
    return below > 1 ? fmt::format("unnamed:{}:{}", subject, which) : "unnamed:" + subject;
}

bool is_unnamed(std::string_view id) { return id.starts_with("unnamed:"); }

std::string identity_from_outside(const Drive& d) {
    core::SmartReport r;
    r.wwn = d.wwn;
    r.model = d.model;
    r.serial = d.serial;
    return drive_identity(r);
}

Result<> look_at_drive(store::Store& store, KnownDrive& k, const std::string& smartctl, Time now, Seen& seen) {
    auto answer = read_drive({k.drive, k.device_type, smartctl});
    if (answer.kind == ReadAnswer::Kind::report) return keep_report(store, k, std::move(answer), now, seen);
    const bool asleep = answer.kind == ReadAnswer::Kind::asleep;
    const auto why = asleep ? "it sleeps, and was not woken" : answer.trouble;
    seen.troubles.push_back(fmt::format("{}: {}", k.drive.node, printable(why, 500)));
    if (k.may_be_another) k.id.clear();
    if (k.id.empty() && !k.one_of_several && !k.may_be_another) k.id = identity_from_outside(k.drive);
    // A virtual disk, or a loop device: there is nothing that could ever be told of it.
    if (k.id.empty()) {
        ++seen.unnamed;
        ++seen.silent;
        seen.asleep = seen.asleep || asleep;
        return {};
    }
    return keep_attempt(store, k, answer.report, why, asleep, now, seen);
}

KnownDrive known_drive(store::Store& store, const Drive& drive) {
    KnownDrive k{drive, attachment_key(drive), "", ""};
    if (const auto known = store.attachment(k.key); !k.key.empty() && known && *known) {
        k.device_type = (*known)->device_type;
        k.id = (*known)->drive;
        k.one_of_several = k.id.empty();
    }
    return k;
}

Result<std::vector<KnownDrive>> known_drives(store::Store& store, const std::vector<core::DeviceNumber>& devices) {
    const auto drives = drives_below(devices);
    if (!drives) return drives.error();
    std::vector<KnownDrive> out;
    for (const auto& drive : *drives) out.push_back(known_drive(store, drive));
    return out;
}

bool may_be_another(const store::TargetDrives& all, const std::string& subject, const std::string& drive) {
    const auto mine = all.find(subject);
    if (mine != all.end() && !mine->second.empty()) return !mine->second.contains(drive);
    return std::any_of(all.begin(), all.end(), [&](const auto& other) {
        return other.first != subject && !other.first.starts_with("job:") && other.second.contains(drive);
    });
}

Result<Seen> look_at(store::Store& store, const std::string& subject, const std::vector<core::DeviceNumber>& devices,
                     const std::string& smartctl, Time now) {
    auto drives = known_drives(store, devices);
    if (!drives) return drives.error();
    const auto met = store.target_drives();
    Seen seen;
    seen.subject = subject;
    seen.below = drives->size();
    for (auto& k : *drives) {
        k.may_be_another = met && may_be_another(*met, subject, k.id);
        if (auto done = look_at_drive(store, k, smartctl, now, seen); !done) seen.troubles.push_back(done.error().text());
        if (!k.id.empty()) seen.drives.insert(k.id);
    }
    return seen;
}

std::uint64_t filesystem_errors(const core::Device& device, const std::string& sysfs) {
    const auto name = std::filesystem::path(device.syspath).filename().string();
    const auto text = read_file(sysfs + "/fs/ext4/" + name + "/errors_count");
    std::uint64_t n = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), n);
    return n;
}

}  // namespace guardian::health
