#include "backup/mounting.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libmount/libmount.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>

#include "base/text.hpp"
#include "watch/mount_table.hpp"

namespace guardian::backup {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view hardening = "nosuid,nodev,noexec";

struct FstabEntry {
    std::string source, fstype, options;
};

struct Unref {
    void operator()(libmnt_table* t) const { mnt_unref_table(t); }
};

std::optional<FstabEntry> fstab_entry(const std::string& point) {
    const std::unique_ptr<libmnt_table, Unref> table{mnt_new_table()};
    if (!table || mnt_table_parse_fstab(table.get(), nullptr) != 0) return std::nullopt;
    auto* entry = mnt_table_find_target(table.get(), point.c_str(), MNT_ITER_FORWARD);
    if (entry == nullptr) return std::nullopt;
    const auto text = [](const char* s) { return s == nullptr ? std::string() : std::string(s); };
    return FstabEntry{text(mnt_fs_get_source(entry)), text(mnt_fs_get_fstype(entry)),
                      text(mnt_fs_get_options(entry))};
}

Limits within(std::chrono::seconds deadline) {
    Limits l;
    l.deadline = deadline;
    l.interrupt_wait = std::chrono::seconds{2};
    l.terminate_wait = std::chrono::seconds{2};
    l.kill_wait = std::chrono::seconds{2};
    return l;
}

/// The mount table has real paths: what is mounted through a link would not be found again.
Result<> no_link_leads_to(const std::string& point) {
    std::error_code error;
    const auto real = fs::weakly_canonical(point, error).string();
    if (error) return Error{ErrorCode::io, "cannot look at the mount point " + point, error.message(), ""};
    if (real == point) return {};
    return Error{ErrorCode::refused, "cannot mount on " + point,
                 fmt::format("it is, or lies behind, a symbolic link to {}", printable(real, 1000)),
                 fmt::format("write mount = \"{}\" for the target in guardian.toml", printable(real, 1000))};
}

Result<> point_is_free(const std::string& point) {
    if (auto plain = no_link_leads_to(point); !plain) return plain.error();
    std::error_code error;
    fs::create_directories(point, error);
    if (error) return Error{ErrorCode::io, "cannot make the mount point " + point, error.message(), ""};
    const auto table = watch::MountTable::snapshot();
    if (!table) return table.error();
    if (const auto there = top_mount(*table, point))
        return Error{
            ErrorCode::refused, "cannot mount on " + point,
            fmt::format("{} ({}) is mounted there already", printable(there->source, 200), there->fstype),
            "unmount it, or give the target another mount point"};
    if (!fs::is_empty(point, error) || error)
        return Error{ErrorCode::refused, "cannot mount on " + point,
                     error ? error.message() : "files lie underneath, written there while the disk was away",
                     "move them elsewhere: the mount would hide them"};
    return {};
}

std::string with_hardening(const std::string& options) {
    std::string out;
    for (std::size_t start = 0; start <= options.size() && !options.empty();) {
        const auto end = std::min(options.find(',', start), options.size());
        const auto option = options.substr(start, end - start);
        // For boot and for users, not for mount(2); and what would undo the hardening.
        static const std::vector<std::string> dropped{"noauto", "auto",     "nofail",  "user", "users",
                                                      "owner",  "group",    "_netdev", "exec", "suid",
                                                      "dev",    "defaults", "ro",      ""};
        if (std::find(dropped.begin(), dropped.end(), option) == dropped.end() && !option.starts_with("x-"))
            out += option + ",";
        start = end + 1;
    }
    return out + std::string(hardening);
}

Result<> run_mount(std::vector<std::string> arguments, const std::string& context,
                   const std::vector<Interrupt>& interrupts) {
    const auto command = find_command("mount", arguments);
    if (!command) return command.error();
    auto done = run_tool(*command, within(std::chrono::seconds{90}), context, interrupts);
    if (done) return {};
    auto error = done.error();
    if (error.remedy.empty() && error.code == ErrorCode::external)
        error.remedy =
            "look at dmesg; if the filesystem is damaged, check it with fsck once the disk's health is known";
    return error;
}

}  // namespace

std::optional<core::Mount> top_mount(const std::vector<core::Mount>& all, const std::string& point) {
    std::optional<core::Mount> top;
    for (const auto& m : all)
        if (m.point == point) top = m;
    return top;
}

Result<> must_lie_on_top(const std::vector<core::Mount>& all, const core::Mount& mount) {
    const auto top = top_mount(all, mount.point);
    if (!top || top->id == mount.id) return {};
    return Error{ErrorCode::busy, "cannot unmount " + mount.point,
                 fmt::format("{} ({}) was mounted over it", printable(top->source, 200), top->fstype),
                 "unmount that first: Guardian takes only the target's own mount away"};
}

Result<> mount_disk(const core::TargetSpec& target, const core::Device& device,
                    const std::vector<Interrupt>& interrupts) {
    if (auto free = point_is_free(target.mount); !free) return free.error();
    const auto entry = fstab_entry(target.mount);
    std::vector<std::string> arguments{"-o", with_hardening(entry ? entry->options : "")};
    const auto& type =
        entry && !entry->fstype.empty() && entry->fstype != "auto" ? entry->fstype : device.fstype;
    if (!type.empty()) arguments.insert(arguments.end(), {"-t", type});
    arguments.insert(arguments.end(), {"--source", device.node, "--target", target.mount});
    return run_mount(std::move(arguments), fmt::format("cannot mount {} on {}", device.node, target.mount),
                     interrupts);
}

Result<> mount_share(const core::TargetSpec& target, const std::vector<Interrupt>& interrupts) {
    if (auto free = point_is_free(target.mount); !free) return free.error();
    const auto entry = fstab_entry(target.mount);
    const auto source = !target.source.empty() ? target.source : entry ? entry->source : "";
    if (source.empty())
        return Error{ErrorCode::config, "cannot mount the share " + target.name,
                     fmt::format("it has no source, and fstab has no entry for {}", target.mount),
                     "write one of them"};
    std::vector<std::string> arguments{"-o", with_hardening(entry ? entry->options : "")};
    if (entry && !entry->fstype.empty()) arguments.insert(arguments.end(), {"-t", entry->fstype});
    arguments.insert(arguments.end(), {"--source", source, "--target", target.mount});
    return run_mount(std::move(arguments),
                     fmt::format("cannot mount the share {} on {}", target.name, target.mount), interrupts);
}

Result<> unmount(const std::string& point) {
    const auto command = find_command("umount", {"--", point});
    if (!command) return command.error();
    // Writing back what is cached can take long on a slow disk.
    auto done = run_tool(*command, within(std::chrono::minutes{15}), "cannot unmount " + point);
    if (done) return {};
    const auto holders = holders_of(point);
    auto error = done.error();
    // Not by a process: another mount below it, a loop device or a swap file on it.
    if (error.reason.find("busy") != std::string::npos) error.code = ErrorCode::busy;
    if (holders.empty()) return error;
    return Error{ErrorCode::busy, "cannot unmount " + point, "held open by " + holders,
                 "close it there; Guardian tries again and never forces it"};
}

Result<> detach(const std::string& point) {
    const auto command = find_command("umount", {"--lazy", "--", point});
    if (!command) return command.error();
    auto done = run_tool(*command, within(std::chrono::seconds{30}), "cannot detach the dead mount " + point);
    if (done) return {};
    return done.error();
}

namespace {

bool link_lies_below(const fs::path& link, const std::string& point) {
    std::error_code error;
    const auto aim = fs::read_symlink(link, error);
    return !error && is_within(aim.string(), point);
}

bool holds(const fs::path& process, const std::string& point) {
    for (const auto* name : {"cwd", "root", "exe"})
        if (link_lies_below(process / name, point)) return true;
    std::error_code error;
    for (const auto& fd : fs::directory_iterator(process / "fd", error))
        if (link_lies_below(fd.path(), point)) return true;
    return false;
}

std::string process_name(const fs::path& process) {
    std::ifstream file(process / "comm");
    std::string name;
    std::getline(file, name);
    return printable(name, 40);
}

}  // namespace

std::string holders_of(const std::string& point) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& process : fs::directory_iterator("/proc", error)) {
        const auto pid = process.path().filename().string();
        if (pid.find_first_not_of("0123456789") != std::string::npos || !holds(process.path(), point))
            continue;
        if (names.size() == 10) {
            names.emplace_back("and more");
            break;
        }
        names.push_back(fmt::format("{} (pid {})", process_name(process.path()), pid));
    }
    return join(names, ", ");
}

std::string holders_elsewhere(core::DeviceNumber number) {
    const auto wanted = fmt::format("{}:{}", number.major, number.minor);
    std::set<fs::path> seen;
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& process : fs::directory_iterator("/proc", error)) {
        const auto pid = process.path().filename().string();
        if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
        if (!seen.insert(fs::read_symlink(process.path() / "ns" / "mnt", error)).second) continue;
        std::ifstream table(process.path() / "mountinfo");
        for (std::string id, parent, device, rest;
             table >> id >> parent >> device && std::getline(table, rest);)
            if (device == wanted) {
                names.push_back(fmt::format("{} (pid {})", process_name(process.path()), pid));
                break;
            }
    }
    return join(names, ", ");
}

namespace {

/// Nothing when the file is not there.
Result<bool> write_attribute(const fs::path& file) {
    const Fd fd{::open(file.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!fd.valid()) return false;
    if (::write(fd.get(), "1", 1) != 1) return errno_error("cannot write " + file.string(), errno);
    return true;
}

/// The USB device above the disk that can be switched off, if there is one.
std::optional<fs::path> usb_port(const fs::path& disk, const std::string& sysfs) {
    std::error_code error;
    for (auto up = disk; up != up.root_path() && up.string().size() > sysfs.size(); up = up.parent_path())
        if (fs::exists(up / "idVendor", error) && fs::exists(up / "remove", error)) return up;
    return std::nullopt;
}

bool is_swapped_to(const std::string& node, const std::string& swaps) {
    std::ifstream file(swaps);
    for (std::string name, rest; file >> name && std::getline(file, rest);)
        if (name == node) return true;
    return false;
}

/// What uses the block device, as "is mounted on /media/x"; empty: nothing.
std::string use_of(const fs::path& block, const std::string& number, const std::vector<core::Mount>& mounts,
                   const std::string& swaps) {
    const auto node = "/dev/" + block.filename().string();
    for (const auto& m : mounts)
        if (m.source == node || fmt::format("{}:{}", m.number.major, m.number.minor) == number)
            return "is mounted on " + printable(m.point, 200);
    if (is_swapped_to(node, swaps)) return "is swapped to";
    std::error_code error;
    for (const auto& holder : fs::directory_iterator(block / "holders", error))
        return "is part of /dev/" + printable(holder.path().filename().string(), 100);
    return "";
}

/// What uses one of the disks and partitions below the folder, as "/dev/sdb2, on the same drive, is mounted
/// on /media/x"; empty: nothing.
std::string use_below(const fs::path& folder, const std::vector<core::Mount>& mounts,
                      const std::string& sysfs, const std::string& swaps) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(sysfs + "/dev/block", error)) {
        const auto block = fs::canonical(entry.path(), error);
        if (error || !is_within(block.string(), folder.string())) continue;
        const auto use = use_of(block, entry.path().filename().string(), mounts, swaps);
        if (!use.empty())
            return fmt::format("/dev/{}, on the same drive, {}", block.filename().string(), use);
    }
    return "";
}

/// The folder of the drive that the device is, or is a partition of.
Result<fs::path> drive_of(const core::Device& device, const std::string& sysfs) {
    std::error_code error;
    const auto link = fmt::format("{}/dev/block/{}:{}", sysfs, device.number.major, device.number.minor);
    auto folder = fs::canonical(link, error);
    if (error)
        return Error{ErrorCode::absent, "cannot find the drive of " + device.node, error.message(), ""};
    return fs::exists(folder / "partition", error) ? folder.parent_path() : folder;
}

}  // namespace

Result<> rest_of_drive_is_unused(const core::Device& device, const std::vector<core::Mount>& mounts,
                                 const std::string& sysfs, const std::string& swaps) {
    const auto drive = drive_of(device, sysfs);
    if (!drive) return {};  // it has gone
    const auto use = use_below(*drive, mounts, sysfs, swaps);
    if (use.empty()) return {};
    return Error{ErrorCode::busy, device.node + " is unmounted, and its drive is still in use", use,
                 "let go of that too before you unplug the drive; if it is to stay in: when_done = \"keep\""};
}

Result<> power_off(const core::Device& device, const std::vector<core::Mount>& mounts,
                   const std::string& sysfs, const std::string& swaps) {
    const auto drive = drive_of(device, sysfs);
    if (!drive) return drive.error();
    const auto usb = usb_port(*drive, sysfs);
    if (const auto use = use_below(usb.value_or(*drive), mounts, sysfs, swaps); !use.empty())
        return Error{ErrorCode::external, "cannot power off " + device.node, use,
                     "let go of that too before you unplug the drive; the target itself is unmounted"};
    // SCSI first, so that the disk parks its heads; then the USB port above it, if there is one.
    auto scsi = write_attribute(*drive / "device" / "delete");
    if (!scsi) return scsi.error();
    if (usb) {
        auto removed = write_attribute(*usb / "remove");
        if (!removed) return removed.error();
        if (*removed) return {};
    }
    if (*scsi) return {};
    return Error{ErrorCode::external, "cannot power off " + device.node,
                 "this kind of device has no switch for it",
                 "it is unmounted and can be unplugged all the same"};
}

}  // namespace guardian::backup
