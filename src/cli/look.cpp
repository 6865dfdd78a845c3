#include "cli/look.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/child.hpp"
#include "base/text.hpp"

namespace guardian::cli {
namespace {

/// A link may lead to a share: none is followed.
int open_without_links(const std::string& path) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_NO_SYMLINKS;
    return static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how));
}

Seen look_in_a_child(const std::string& path) {
    const auto command = find_command("stat", {"--dereference", "--format=%F", "--", path});
    if (!command) return Seen::no_answer;
    Limits limits;
    limits.deadline = std::chrono::seconds{3};
    limits.interrupt_wait = limits.terminate_wait = limits.kill_wait = std::chrono::seconds{1};
    const auto ended = run_child(*command, limits);
    if (!ended || ended->stopped || ended->left_behind) return Seen::no_answer;
    return ended->code == 0 ? Seen::there : Seen::missing;
}

}  // namespace

bool is_local(const core::Mount& mount) {
    static constexpr std::array types{"btrfs", "tmpfs",    "ramfs",    "overlay", "zfs",
                                      "proc",  "devtmpfs", "bcachefs", "sysfs"};
    if (mount.fstype.starts_with("fuse") && mount.fstype != "fuseblk") return false;
    return mount.number.major != 0 ||
           std::any_of(types.begin(), types.end(), [&](const char* t) { return mount.fstype == t; });
}

std::optional<core::Mount> holder_of(const std::string& path, const std::vector<core::Mount>& mounts) {
    std::optional<core::Mount> holder;
    for (const auto& m : mounts)
        if (is_within(path, m.point) && (!holder || m.point.size() >= holder->point.size())) holder = m;
    return holder;
}

bool lies_local(const std::string& path, const std::vector<core::Mount>& mounts) {
    const auto holder = holder_of(path, mounts);
    return holder && !holder->device_gone && is_local(*holder);
}

Seen look_at(const std::string& path, const std::vector<core::Mount>& mounts) {
    if (!lies_local(path, mounts)) return look_in_a_child(path);
    const int fd = open_without_links(path);
    const int why = errno;
    if (const Fd held{fd}; held.valid()) return Seen::there;
    return why == ENOENT || why == ENOTDIR ? Seen::missing : look_in_a_child(path);
}

std::optional<Space> space_on(const std::string& path, const std::vector<core::Mount>& mounts) {
    struct statvfs st {};
    if (!lies_local(path, mounts)) return std::nullopt;
    const Fd fd{open_without_links(path)};
    if (!fd.valid() || ::fstatvfs(fd.get(), &st) != 0) return std::nullopt;
    return Space{static_cast<std::uint64_t>(st.f_bavail) * st.f_frsize,
                 static_cast<std::uint64_t>(st.f_blocks) * st.f_frsize};
}

}  // namespace guardian::cli
