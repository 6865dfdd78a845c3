/// guardian doctor: Guardian's own folders, the targets and the plans.

#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "backup/mounting.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/doctor.hpp"
#include "cli/look.hpp"
#include "core/target_state.hpp"
#include "machine/fstab.hpp"
#include "store/pins.hpp"
#include "watch/mount_table.hpp"

namespace guardian::cli {
namespace {

namespace fs = std::filesystem;
using core::TargetSpec;
using core::TargetType;

constexpr std::uint64_t least_state_bytes = 100'000'000;

// Guardian's own folders.

/// What root trusts may be changed by root alone; the store is the daemon's.
Check folder_check(const Patient& patient, const std::string& name, const std::string& path, bool roots) {
    struct stat st {};
    if (look_at(path, patient.mounts) != Seen::there || ::stat(path.c_str(), &st) != 0)
        return bad(name, path + " is not there", "guardian init TARGET makes it");
    const auto found = fmt::format("{}, mode {:04o}", path, st.st_mode & 07777);
    if (!S_ISDIR(st.st_mode)) return bad(name, path + " is not a folder", "move it elsewhere");
    if ((st.st_mode & S_IWOTH) != 0)
        return bad(name, found + ": everyone may write there", "chmod o-w " + path);
    if (roots && st.st_uid != 0)
        return bad(name, fmt::format("{}: it is user {}'s", found, st.st_uid), "chown root " + path);
    if (roots && (st.st_mode & S_IWGRP) != 0 && st.st_gid != 0)
        return bad(name, found + ": its group may write there", "chmod g-w " + path);
    return good(name, found);
}

/// Where systemd starts it, guardiand is not root, and has to write there.
Check store_check(const Patient& patient) {
    const auto path = patient.config.store_dir();
    auto check = folder_check(patient, "store", path, false);
    const auto* user = ::getpwnam("guardian");
    std::error_code error;
    struct stat st {};
    if (check.state != CheckState::ok || user == nullptr ||
        !fs::is_directory(patient.paths.systemd(), error) || ::stat(path.c_str(), &st) != 0 ||
        st.st_uid == user->pw_uid)
        return check;
    return bad("store", fmt::format("{}: it is user {}'s, and guardiand cannot write there", path, st.st_uid),
               "chown -R guardian:guardian " + path);
}

Check space_check(const Patient& patient) {
    const auto& path = patient.config.state_dir;
    const auto space = space_on(path, patient.mounts);
    if (!space) return doubtful("its space", "not looked at: it is on no disk of this machine's", "");
    const auto found = format_bytes(space->free) + " free";
    if (space->free >= least_state_bytes) return good("its space", found);
    return bad("its space", found + ", and 100 MB are wanted", "make room: df -h " + path);
}

// The targets.

/// "mount point of usb"
std::string name_of(const std::string& what, const TargetSpec& target) {
    return what + " of " + target.name;
}

core::Target seen(const Patient& patient, const TargetSpec& spec) {
    core::Target t;
    t.spec = spec;
    if (spec.type == TargetType::disk)
        std::copy_if(patient.devices.begin(), patient.devices.end(), std::back_inserter(t.devices),
                     [&](const core::Device& d) { return d.uuid == spec.uuid; });
    t.mounts = patient.mounts;
    return t;
}

Result<store::Pins> pins_of(const Patient& patient) {
    const auto& folder = patient.config.state_dir;
    if (look_at(folder, patient.mounts) != Seen::no_answer) return store::load_pins(folder);
    return Error{ErrorCode::timeout, "cannot look into " + folder, "it does not answer", ""};
}

Check pins_check(const TargetSpec& target, const Result<store::Pins>& pins) {
    const auto name = "target " + target.name;
    if (!pins && pins.error().code == ErrorCode::denied)
        return doubtful(name, "whether it is initialised cannot be read", "sudo guardian doctor");
    if (!pins) return bad(name, pins.error().text(), fmt::format("guardian init {} --adopt", target.name));
    const auto pin = pins->find(target.name);
    if (pin == pins->end()) return bad(name, "it is not initialised", "guardian init " + target.name);
    return good(name, "initialised on " + format_minute(pin->second.at, local_zone()));
}

Check presence_check(const core::Target& target) {
    const auto name = name_of("disk", target.spec);
    if (core::ambiguous(target)) {
        std::vector<std::string> nodes;
        for (const auto& d : target.devices) nodes.push_back(d.node);
        return bad(name, "several disks have its UUID: " + join(nodes, ", "), "unplug all but one");
    }
    if (target.devices.empty()) return good(name, "not plugged in");
    if (core::serial_differs(target))
        return bad(name, "the disk's serial number is " + target.devices.front().serial,
                   "unplug it, or change serial in the configuration");
    return good(name, "plugged in: " + target.devices.front().node);
}

/// A run may have begun since the mount table was read.
bool is_mounted_now(const std::string& point) {
    const auto mounts = watch::MountTable::snapshot();
    return mounts && backup::top_mount(*mounts, point).has_value();
}

/// Nothing is mounted there: it is a folder of the machine's own, and what lies in it would be hidden.
Check empty_point_check(const Patient& patient, const TargetSpec& target) {
    const auto name = name_of("mount point", target);
    switch (look_at(target.mount, patient.mounts)) {
        case Seen::missing:
            return doubtful(name, "the mount point is not there: a run makes it", "mkdir -p " + target.mount);
        case Seen::no_answer:
            return bad(name, target.mount + " does not answer", "look at what is mounted above it: findmnt");
        case Seen::there:
            break;
    }
    std::error_code error;
    if (fs::is_symlink(target.mount, error) || fs::weakly_canonical(target.mount, error) != target.mount)
        return bad(name, target.mount + " is or lies behind a symbolic link",
                   "write the real path in the configuration");
    if (!fs::is_directory(target.mount, error))
        return bad(name, target.mount + " is not a folder", "move it elsewhere");
    if (lies_local(target.mount, patient.mounts) && !fs::is_empty(target.mount, error) &&
        !is_mounted_now(target.mount))
        return bad(name, "files lie in " + target.mount + ", which the mount would hide",
                   "move them elsewhere");
    return good(name, target.mount + ", empty");
}

Check mounted_check(const Patient& patient, const core::Target& target, const core::Mount& mount) {
    const auto name = name_of("mount point", target.spec);
    const auto& point = target.spec.mount;
    if (target.spec.type == TargetType::share) return good(name, "mounted on " + point);
    if (mount.device_gone) return bad(name, "a dead mount is on " + point, "umount --lazy " + point);
    if (!core::belongs_to(target, mount))
        return bad(name, fmt::format("{} is mounted on {}, not the target", mount.source, point),
                   "umount " + point);
    const auto space = space_on(point, patient.mounts);
    const auto found = "mounted on " + point;
    if (!space) return good(name, found);
    return good(name,
                fmt::format("{}, {} of {} free", found, format_bytes(space->free), format_bytes(space->all)));
}

Check point_check(const Patient& patient, const core::Target& target) {
    const auto mount = backup::top_mount(patient.mounts, target.spec.mount);
    if (mount && mount->fstype != "autofs") return mounted_check(patient, target, *mount);
    if (mount)
        return good(name_of("mount point", target.spec), target.spec.mount + " is mounted when it is used");
    return empty_point_check(patient, target.spec);
}

/// There need not be one.
std::optional<Check> fstab_check(const Patient& patient, const TargetSpec& target) {
    const auto path = patient.paths.fstab();
    const auto text = read_file(path);
    const auto entry = text ? machine::fstab_entry_of(*text, target.mount) : std::nullopt;
    if (!entry || target.type == TargetType::share) return std::nullopt;
    const auto name = name_of("fstab", target);
    const auto place = fmt::format("{}:{}", path, entry->line);
    const auto named = machine::names_filesystem(*entry, target.uuid);
    if (!named)
        return doubtful(name, fmt::format("{}: names it as {}", place, entry->source),
                        "name it as UUID=" + target.uuid);
    if (*named) return good(name, place + " agrees");
    return bad(name, fmt::format("{}: another filesystem ({})", place, entry->source),
               "write UUID=" + target.uuid + " there");
}

// The plans.

Check paths_check(const Patient& patient, const core::PlanSpec& plan, const core::JobSpec& job) {
    std::vector<std::string> missing, silent;
    for (const auto& path : job.paths) {
        const auto found = look_at(path, patient.mounts);
        if (found == Seen::missing) missing.push_back(path);
        if (found == Seen::no_answer) silent.push_back(path);
        if (missing.size() + silent.size() >= 10) break;
    }
    const auto name = "plan " + plan.name;
    if (!silent.empty())
        return bad(name, "no answer from " + join(silent, ", "), "look at what is mounted there: findmnt");
    if (!missing.empty())
        return bad(name, "not there: " + join(missing, ", "),
                   fmt::format("change paths of [job.{}]", job.name));
    return good(name, fmt::format("{} to save", count_words(job.paths.size(), "path", "paths")));
}

}  // namespace

Checks folder_checks(const Patient& patient) {
    Checks out{folder_check(patient, "state folder", patient.config.state_dir, true), store_check(patient)};
    if (out.front().state == CheckState::ok) out.push_back(space_check(patient));
    return out;
}

Checks target_checks(const Patient& patient) {
    const auto pins = pins_of(patient);
    Checks out;
    for (const auto& spec : patient.config.targets) {
        const auto target = seen(patient, spec);
        out.push_back(pins_check(spec, pins));
        if (spec.type == TargetType::disk) out.push_back(presence_check(target));
        out.push_back(point_check(patient, target));
        if (auto fstab = fstab_check(patient, spec)) out.push_back(std::move(*fstab));
    }
    return out;
}

Checks plan_checks(const Patient& patient) {
    Checks out;
    for (const auto& plan : patient.config.plans)
        if (const auto* job = patient.config.job(plan.job)) out.push_back(paths_check(patient, plan, *job));
    return out;
}

}  // namespace guardian::cli
