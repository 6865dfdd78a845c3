#include "backup/proof.hpp"

#include <blkid.h>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "backup/borg_log.hpp"
#include "backup/marker.hpp"
#include "backup/mounting.hpp"
#include "base/text.hpp"
#include "core/target_state.hpp"
#include "watch/mount_table.hpp"

namespace guardian::backup {
namespace {

Error refused(std::string context, std::string reason, std::string remedy) {
    return {ErrorCode::refused, std::move(context), std::move(reason), std::move(remedy)};
}

std::string not_the_target(const core::TargetSpec& t) {
    return fmt::format("nothing is written to target {}", t.name);
}

/// Things moved while they were looked at: no proof, but nothing against the disk either; it is tried again.
Error unsettled(const core::TargetSpec& t, std::string reason) {
    return {ErrorCode::io, not_the_target(t), std::move(reason),
            "if it stays so, the disk has a bad connection"};
}

struct FreeProbe {
    void operator()(blkid_struct_probe* p) const { blkid_free_probe(p); }
};

/// The UUID in the superblock, spelled as udev spells it.
std::string superblock_uuid(int fd) {
    const std::unique_ptr<blkid_struct_probe, FreeProbe> probe{blkid_new_probe()};
    if (!probe || blkid_probe_set_device(probe.get(), fd, 0, 0) != 0) return "";
    blkid_probe_enable_superblocks(probe.get(), 1);
    blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_UUID);
    if (blkid_do_safeprobe(probe.get()) != 0) return "";
    const char* uuid = nullptr;
    return blkid_probe_lookup_value(probe.get(), "UUID", &uuid, nullptr) == 0 ? std::string(uuid) : "";
}

std::optional<unsigned> mount_id_of(int fd) {
    struct statx sx {};
    if (::statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &sx) != 0 || (sx.stx_mask & STATX_MNT_ID) == 0)
        return std::nullopt;
    return static_cast<unsigned>(sx.stx_mnt_id);
}

/// Opens what lies on this mount itself: through no symbolic link and across no other mount. Borg would
/// follow them, and the backup be on another disk.
Fd open_beneath(const Fd& root, const std::string& path, int flags) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    return Fd{static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how))};
}

Error not_beneath(const std::string& path, int error) {
    return {ErrorCode::external, fmt::format("the repository {} is not used", printable(path, 200)),
            error == ELOOP ? "a part of its path is a symbolic link: it may lead to another disk"
                           : "another filesystem is mounted in its path",
            "put the repository itself on the target"};
}

Error cannot_read(const std::string& repository, int error) {
    if (error == ELOOP || error == EXDEV) return not_beneath(repository, error);
    return errno_error(fmt::format("cannot read the repository {}", printable(repository, 200)), error);
}

bool is_ours(const core::TargetSpec& t, const core::Mount& m, const core::Device* device) {
    if (device == nullptr) return t.source.empty() || m.source == t.source;
    return m.number == device->number || m.source == device->node;
}

std::string nodes_of(const std::vector<core::Device>& devices) {
    std::vector<std::string> nodes;
    for (const auto& d : devices) nodes.push_back(d.node);
    return join(nodes, " and ");
}

}  // namespace

Result<core::Device> identify(const core::TargetSpec& spec, const std::vector<core::Device>& all) {
    core::Target t;
    t.spec = spec;
    for (const auto& d : all)
        if (d.uuid == spec.uuid) t.devices.push_back(d);
    if (t.devices.empty())
        return Error{ErrorCode::absent, fmt::format("target {} is not there", spec.name),
                     fmt::format("no device carries the UUID {}", spec.uuid), "plug the disk in"};
    if (core::ambiguous(t))
        return refused(not_the_target(spec),
                       fmt::format("{} carry the same UUID {}", nodes_of(t.devices), spec.uuid),
                       "unplug what is not the backup disk");
    if (core::serial_differs(t))
        return refused(not_the_target(spec),
                       fmt::format("the serial of {} is \"{}\" and not \"{}\"", t.devices[0].node,
                                   printable(t.devices[0].serial, 80), printable(spec.serial, 80)),
                       "if the drive was replaced, change the serial in guardian.toml");
    return t.devices.front();
}

Result<> prove_superblock(const core::TargetSpec& target, const core::Device& device) {
    const Fd fd{::open(device.node.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!fd.valid()) return errno_error("cannot open " + device.node, errno);
    struct stat st {};
    if (::fstat(fd.get(), &st) != 0 || !S_ISBLK(st.st_mode) || major(st.st_rdev) != device.number.major ||
        minor(st.st_rdev) != device.number.minor)
        return unsettled(target, device.node + " is another device than a moment ago");
    const auto uuid = superblock_uuid(fd.get());
    if (uuid.empty())
        return Error{ErrorCode::io, not_the_target(target),
                     fmt::format("the superblock of {} cannot be read", device.node),
                     "look at dmesg and at the disk's health"};
    if (to_lower(uuid) != to_lower(target.uuid))
        return refused(not_the_target(target),
                       fmt::format("the superblock of {} says UUID \"{}\", not {}", device.node,
                                   printable(uuid, 60), target.uuid),
                       "look at dmesg and at the disk's health");
    return {};
}

bool is_mounted_in_place(const core::TargetSpec& target, const core::Device* device) {
    const auto table = watch::MountTable::snapshot();
    if (!table) return false;
    const auto top = top_mount(*table, target.mount);
    return top && is_ours(target, *top, device);
}

Result<ProvenMount> prove_mount(const core::TargetSpec& target, const core::Device* device) {
    const auto context = not_the_target(target);
    ProvenMount proven{Fd{::open(target.mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)}, 0};
    if (!proven.root.valid()) return errno_error("cannot open the mount point " + target.mount, errno);
    const auto id = mount_id_of(proven.root.get());
    const auto table = watch::MountTable::snapshot();
    if (!table) return table.error();
    const auto top = top_mount(*table, target.mount);
    if (!top || !id || top->id != *id)
        return unsettled(target,
                         fmt::format("nothing is mounted on {}, or it changed this moment", target.mount));
    if (!is_ours(target, *top, device))
        return Error{ErrorCode::busy, context,
                     fmt::format("{} ({}) is mounted on {}, not the target", printable(top->source, 200),
                                 top->fstype, target.mount),
                     "unmount it, or give the target another mount point"};
    struct stat st {};
    if (::fstat(proven.root.get(), &st) != 0) return errno_error("cannot look at " + target.mount, errno);
    const bool anonymous = top->fstype == "btrfs" || device == nullptr;
    if (!anonymous && (major(st.st_dev) != device->number.major || minor(st.st_dev) != device->number.minor))
        return unsettled(
            target, fmt::format("the device number of {} is not that of {}", target.mount, device->node));
    if (top->read_only)
        return Error{ErrorCode::io, fmt::format("cannot write to target {}", target.name),
                     fmt::format("{} is mounted read-only, as after an error on the disk", target.mount),
                     "look at dmesg; unmount it, and check it with fsck once the disk's health is known"};
    proven.mount_id = *id;
    return proven;
}

Result<> prove_marker(const core::TargetSpec& target, const ProvenMount& mount, const store::Pin& pin) {
    const auto marker = read_marker(mount.root);
    if (!marker && marker.error().code == ErrorCode::absent)
        return refused(
            not_the_target(target),
            fmt::format("the filesystem on {} has the right UUID but not Guardian's marker {}: it may be a "
                        "stranger's disk with a copied UUID",
                        target.mount, marker_name),
            fmt::format("if it is yours: guardian init {}", target.name));
    if (!marker) return marker.error();
    if (marker->token != pin.token)
        return refused(
            not_the_target(target),
            fmt::format("the marker on {} is another's: it was made for target \"{}\" of \"{}\" on {}",
                        target.mount, printable(marker->target, 60), printable(marker->host, 60),
                        printable(marker->created, 40)),
            fmt::format("if it is yours all the same: guardian init {} --adopt", target.name));
    return {};
}

Result<std::string> repository_id(const Fd& root, const std::string& repository) {
    const auto fd = open_beneath(root, repository + "/config", O_RDONLY | O_NONBLOCK);
    if (!fd.valid()) return cannot_read(repository, errno);
    std::array<char, 65536> buffer{};
    const auto n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0) return cannot_read(repository, errno);
    // Python's configparser: [repository], then "id = …" on a line of its own.
    bool in_section = false;
    for (const auto& raw : split_lines({buffer.data(), static_cast<std::size_t>(n)})) {
        const auto line = trim(raw);
        if (line.starts_with('[')) in_section = line == "[repository]";
        const auto equals = line.find('=');
        if (!in_section || equals == std::string::npos || trim(line.substr(0, equals)) != "id") continue;
        auto id = trim(line.substr(equals + 1));
        if (is_borg_id(id)) return id;
    }
    return Error{ErrorCode::io, fmt::format("the repository {} is damaged", printable(repository, 200)),
                 "its config file holds no repository id",
                 "look at dmesg and at the disk's health before anything else"};
}

Result<> prove_place(const Fd& root, const std::string& repository) {
    for (auto slash = repository.find('/');; slash = repository.find('/', slash + 1)) {
        const auto part = repository.substr(0, slash);
        const auto fd = open_beneath(root, part, O_PATH);
        if (!fd.valid() && errno == ENOENT) return {};
        if (!fd.valid()) return cannot_read(part, errno);
        if (slash == std::string::npos) return {};
    }
}

namespace {

struct CloseFolder {
    void operator()(DIR* d) const { ::closedir(d); }
};

/// The folder with Borg's segments, and each folder in it.
Result<> prove_data(const Fd& root, const std::string& repository) {
    const auto path = repository + "/data";
    auto fd = open_beneath(root, path, O_RDONLY | O_DIRECTORY);
    if (!fd.valid()) return cannot_read(path, errno);
    const std::unique_ptr<DIR, CloseFolder> folder{::fdopendir(fd.release())};
    if (!folder) return cannot_read(path, errno);
    while (const auto* entry = ::readdir(folder.get())) {
        const auto inner = path + "/" + entry->d_name;
        if (entry->d_name[0] != '.' && !open_beneath(root, inner, O_PATH).valid())
            return cannot_read(inner, errno);
    }
    return {};
}

}  // namespace

Result<> prove_repository(const ProvenMount& mount, const core::PlanSpec& plan, const store::Pin& pin) {
    const auto& repository = plan.repository;
    const auto name = printable(repository, 200);
    const auto pinned = pin.repositories.find(repository);
    if (pinned == pin.repositories.end())
        return refused(fmt::format("the repository {} is not used", name),
                       "guardian init has not made or adopted it", "run guardian init for the target");
    const auto id = repository_id(mount.root, repository);
    if (!id && id.error().code == ErrorCode::absent)
        return Error{ErrorCode::absent, fmt::format("the repository {} is missing on the disk", name),
                     "guardian init made it, and it is not there any more",
                     "find out who removed it; only guardian init makes a new one"};
    if (!id) return id.error();
    if (*id != pinned->second.id)
        return refused(fmt::format("the repository {} is not used", name),
                       fmt::format("its id is {}… and not the pinned {}…: it was replaced", id->substr(0, 12),
                                   pinned->second.id.substr(0, 12)),
                       "find out who replaced it; guardian init TARGET --adopt takes it as it is");
    if (auto done = prove_data(mount.root, repository); !done) return done;
    return prove_encryption(plan, pinned->second.encryption);
}

Result<> prove_encryption(const core::PlanSpec& plan, const std::string& is) {
    if (plan.encryption == is) return {};
    return Error{ErrorCode::external,
                 fmt::format("the repository {} is not used", printable(plan.repository, 200)),
                 fmt::format("plan {} asks for encryption \"{}\", and the repository has \"{}\"", plan.name,
                             plan.encryption, printable(is, 60)),
                 "a repository's encryption cannot be changed: write what it has, or give the plan another "
                 "repository"};
}

}  // namespace guardian::backup
