#include "watch/mount_table.hpp"

#include <fmt/format.h>
#include <libmount/libmount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace guardian::watch {
namespace {

struct Unref {
    void operator()(libmnt_monitor* m) const { mnt_unref_monitor(m); }
    void operator()(libmnt_table* t) const { mnt_unref_table(t); }
    void operator()(libmnt_iter* i) const { mnt_free_iter(i); }
};
template <class T>
using Handle = std::unique_ptr<T, Unref>;

std::string text_or_empty(const char* s) {
    return s == nullptr ? "" : s;
}

/// btrfs shows an anonymous device number; the node in /dev (not the disk behind it) has the real one.
core::DeviceNumber device_number(dev_t from_table, const std::string& source) {
    struct stat st {};
    if (major(from_table) == 0 && source.starts_with("/dev/") && ::stat(source.c_str(), &st) == 0 &&
        S_ISBLK(st.st_mode))
        return {major(st.st_rdev), minor(st.st_rdev)};
    return {major(from_table), minor(from_table)};
}

bool is_gone(core::DeviceNumber number, const std::string& source) {
    if (!source.starts_with("/dev/")) return false;
    const auto in_sysfs = fmt::format("/sys/dev/block/{}:{}", number.major, number.minor);
    if (number.major != 0) return ::access(in_sysfs.c_str(), F_OK) != 0;
    return ::access(source.c_str(), F_OK) != 0;
}

core::Mount describe(libmnt_fs* fs) {
    core::Mount m;
    m.id = static_cast<unsigned>(mnt_fs_get_id(fs));
    m.point = text_or_empty(mnt_fs_get_target(fs));
    m.source = text_or_empty(mnt_fs_get_source(fs));
    m.fstype = text_or_empty(mnt_fs_get_fstype(fs));
    m.number = device_number(mnt_fs_get_devno(fs), m.source);
    const char* of_filesystem = mnt_fs_get_fs_options(fs);
    const char* of_mount = mnt_fs_get_vfs_options(fs);
    const auto has_ro = [](const char* options) {
        return options != nullptr && mnt_optstr_get_option(options, "ro", nullptr, nullptr) == 0;
    };
    m.read_only = has_ro(of_filesystem) || has_ro(of_mount);
    m.device_gone = is_gone(m.number, m.source);
    return m;
}

}  // namespace

struct MountTable::Impl {
    Handle<libmnt_monitor> monitor;
    std::vector<core::Mount> mounts;
};

MountTable::MountTable(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MountTable::MountTable(MountTable&&) noexcept = default;
MountTable& MountTable::operator=(MountTable&&) noexcept = default;
MountTable::~MountTable() = default;

Result<std::vector<core::Mount>> MountTable::snapshot() {
    const Handle<libmnt_table> table{mnt_new_table_from_file("/proc/self/mountinfo")};
    if (!table) return errno_error("cannot read /proc/self/mountinfo", errno);
    const Handle<libmnt_iter> walk{mnt_new_iter(MNT_ITER_FORWARD)};
    std::vector<core::Mount> out;
    libmnt_fs* fs = nullptr;
    while (mnt_table_next_fs(table.get(), walk.get(), &fs) == 0) out.push_back(describe(fs));
    return out;  // in the kernel's order, the newest last: ids are used again, and do not tell
}

Result<MountTable> MountTable::open() {
    auto impl = std::make_unique<Impl>();
    impl->monitor.reset(mnt_new_monitor());
    if (!impl->monitor || mnt_monitor_enable_kernel(impl->monitor.get(), 1) != 0)
        return errno_error("cannot watch the mount table", errno);
    if (mnt_monitor_get_fd(impl->monitor.get()) < 0)
        return errno_error("cannot watch the mount table", errno);
    auto first = snapshot();
    if (!first) return first.error();
    impl->mounts = std::move(*first);
    return MountTable{std::move(impl)};
}

int MountTable::fd() const {
    return mnt_monitor_get_fd(impl_->monitor.get());
}

bool MountTable::drain() {
    mnt_monitor_event_cleanup(impl_->monitor.get());
    auto seen = snapshot();
    if (!seen || *seen == impl_->mounts) return false;
    impl_->mounts = std::move(*seen);
    return true;
}

const std::vector<core::Mount>& MountTable::all() const {
    return impl_->mounts;
}

}  // namespace guardian::watch
