#include "health/look.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"
#include "core/drive_health.hpp"
#include "health/recorded.hpp"

namespace guardian::health {
namespace {

/// For a drive that never told who it is: what sysfs and udev say, which may be its bridge's.
std::string identity_from_outside(const Drive& d) {
    core::SmartReport r;
    r.wwn = d.wwn;
    r.model = d.model;
    r.serial = d.serial;
    return drive_identity(r);
}

store::DriveIdentity identity_of(const KnownDrive& k, const core::SmartReport& r) {
    return {k.id, r.kind, r.model.empty() ? k.drive.model : r.model, r.serial.empty() ? k.drive.serial : r.serial,
            r.firmware, r.bytes != 0 ? r.bytes : k.drive.bytes};
}

/// Those that Guardian started and that are over by what the drive's log says now.
void end_self_tests(store::Store& store, const std::string& id, const core::SmartReport& report, Time now) {
    if (report.test_remaining) return;
    const auto all = store.self_tests(id);
    if (!all) return;
    for (const auto& started : *all) {
        if (started.ended) continue;
        // It is not in the log: to be repeated; where there is no log, nobody can say.
        auto result = report.self_tests.empty() ? core::TestResult::unfinished : core::TestResult::interrupted;
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
/// whose maker gave them one WWN are told apart by their serials.
std::string known_identity(store::Store& store, const core::SmartReport& r) {
    const auto id = drive_identity(r);
    const auto by_serial = serial_identity(r);
    const auto all = store.drives();
    if (!all || by_serial.empty()) return id;
    for (const auto& known : *all) {
        const bool same = known.drive.model == r.model && known.drive.serial == r.serial;
        if (same && (id == by_serial || known.drive.id == by_serial)) return known.drive.id;
        if (known.drive.id == id && !same && !known.drive.serial.empty()) return by_serial;
    }
    return id;
}

/// Of a number that got better, no more is accepted than what is left. Heat comes and goes.
Result<> accept_less(store::Store& store, const std::string& id, const core::Acknowledged& acknowledged,
                     const core::Signs& signs, Time now) {
    for (const auto& [sign, accepted] : acknowledged) {
        const auto value = signs[sign];
        if (!value || sign == core::Sign::temperature) continue;
        const bool is_better = sign == core::Sign::spare ? *value > accepted.value : *value < accepted.value;
        if (!is_better) continue;
        if (auto kept = store.acknowledge(id, sign, {*value, accepted.worst}, now); !kept) return kept;
    }
    return {};
}

Result<> keep_report(store::Store& store, KnownDrive& k, ReadAnswer answer, Time now, Seen& seen) {
    auto& report = answer.report;
    if (auto id = known_identity(store, report); !id.empty()) {
        k.one_of_several = k.one_of_several || (!k.id.empty() && k.id != id);
        k.id = std::move(id);
    }
    if (k.id.empty()) k.id = identity_from_outside(k.drive);
    if (k.id.empty()) {
        ++seen.unnamed;
        return Error{ErrorCode::absent, fmt::format("{} does not say who it is", k.drive.node), "", ""};
    }
    // The reader's clock is this machine's; a report has only its seconds, or none.
    report.read_at_s = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    const auto history = store.history(k.id, now);
    if (!history) return history.error();
    const auto acknowledged = store.acknowledged(k.id);
    if (!acknowledged) return acknowledged.error();
    auto assessment = core::assess(*history, report, *acknowledged);
    if (const auto before = store.drive(k.id); before && *before) core::carry_over(assessment, (*before)->reasons, report);
    const auto signs = core::signs_of(report);
    if (!k.key.empty()) (void)store.set_attachment(k.key, {answer.device_type, k.one_of_several ? "" : k.id}, now);
    if (assessment.verdict == core::Verdict::unknown)
        return store.keep_attempt({identity_of(k, report), now, assessment.reasons.front().text, false});
    auto kept = store.keep_reading(
        {identity_of(k, report), now, signs, assessment.verdict, assessment.reasons, std::move(answer.json)});
    if (!kept || store.in_memory()) seen.unkept.push_back(assessment_json(k.id, assessment));
    if (!kept) return kept;
    end_self_tests(store, k.id, report, now);
    return accept_less(store, k.id, *acknowledged, signs, now);
}

}  // namespace

Result<> look_at_drive(store::Store& store, KnownDrive& k, const std::string& smartctl, Time now, Seen& seen) {
    auto answer = read_drive({k.drive, k.device_type, smartctl});
    if (answer.kind == ReadAnswer::Kind::report) return keep_report(store, k, std::move(answer), now, seen);
    const bool asleep = answer.kind == ReadAnswer::Kind::asleep;
    const auto why = asleep ? "it sleeps, and was not woken" : answer.trouble;
    seen.troubles.push_back(fmt::format("{}: {}", k.drive.node, printable(why, 500)));
    if (k.id.empty() && !k.one_of_several) k.id = identity_from_outside(k.drive);
    // A virtual disk, or a loop device: there is nothing that could ever be told of it.
    if (k.id.empty()) {
        ++seen.unnamed;
        seen.asleep = seen.asleep || asleep;
        return {};
    }
    return store.keep_attempt({identity_of(k, answer.report), now, why, asleep});
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

Result<Seen> look_at(store::Store& store, const std::vector<core::DeviceNumber>& devices, const std::string& smartctl,
                     Time now) {
    auto drives = known_drives(store, devices);
    if (!drives) return drives.error();
    Seen seen;
    for (auto& k : *drives) {
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
