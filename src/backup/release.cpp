#include "backup/release.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "backup/locks.hpp"
#include "backup/mounting.hpp"
#include "backup/proof.hpp"
#include "core/observe.hpp"
#include "core/target_state.hpp"
#include "watch/block_devices.hpp"
#include "watch/mount_table.hpp"

namespace guardian::backup {
namespace {

struct View {
    std::vector<core::Device> devices;
    std::vector<core::Mount> mounts;  ///< the whole table
    core::World world;
};

Result<View> look(const core::Config& config) {
    auto devices = watch::BlockDevices::snapshot();
    if (!devices) return devices.error();
    auto mounts = watch::MountTable::snapshot();
    if (!mounts) return mounts.error();
    View view{std::move(*devices), std::move(*mounts), {}};
    core::configured(view.world, config);
    core::devices_seen(view.world, view.devices, now());
    core::mounts_seen(view.world, view.mounts);
    return view;
}

/// What is left of a disk that was pulled: a block device's mount, and no filesystem on that device any more.
bool is_left_behind(const View& view, const core::Mount& m) {
    if (m.device_gone) return true;
    return m.source.starts_with("/dev/") &&
           std::none_of(view.devices.begin(), view.devices.end(),
                        [&](const core::Device& d) { return d.number == m.number || d.node == m.source; });
}

Result<bool> detach_left_behind(const View& view, const core::Target& t) {
    bool any = false;
    auto left = view.mounts;
    for (auto m = t.mounts.rbegin(); m != t.mounts.rend(); ++m) {  // newest first
        if (m->point != t.spec.mount || !is_left_behind(view, *m)) continue;
        if (auto top = must_lie_on_top(left, *m); !top) return top.error();
        if (auto done = detach(m->point); !done) return done.error();
        std::erase(left, *m);
        any = true;
    }
    return any;
}

/// A Borg whose runner was killed takes a moment to die: not worth an incident.
Result<> unmount_patiently(const std::string& point) {
    auto done = unmount(point);
    if (done || done.error().code != ErrorCode::busy) return done;
    std::this_thread::sleep_for(std::chrono::seconds{2});
    return unmount(point);
}

/// Whatever of the target is mounted, here or elsewhere, newest first.
Result<int> unmount_all(const core::Config& config, const core::TargetSpec& target) {
    int count = 0;
    while (true) {
        const auto view = look(config);
        if (!view) return view.error();
        const auto& t = *view->world.target(target.name);
        const core::Mount* newest = nullptr;
        for (const auto& m : t.mounts)
            if (core::belongs_to(t, m)) newest = &m;
        if (newest == nullptr) return count;
        if (auto top = must_lie_on_top(view->mounts, *newest); !top) return top.error();
        if (auto done = unmount_patiently(newest->point); !done) return done.error();
        if (++count > 16)
            return Error{ErrorCode::busy, "cannot unmount target " + target.name,
                         "it is mounted again and again", ""};
    }
}

}  // namespace

Result<> must_be_unused(const core::Device& device) {
    for (int tries = 0;; ++tries) {
        const Fd fd{::open(device.node.c_str(), O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC)};
        if (fd.valid() || errno != EBUSY) return {};
        if (tries == 2) break;
        std::this_thread::sleep_for(std::chrono::seconds{1});  // udev, or an fsck, is looking at it
    }
    const auto holders = holders_elsewhere(device.number);
    return Error{ErrorCode::busy, fmt::format("{} is unmounted here, and still in use", device.node),
                 holders.empty()
                     ? "by a mount in a container, by LVM, RAID, swap, or a program that has it to itself"
                     : "it is mounted in the mount namespace of " + holders,
                 "end that before you unplug it"};
}

Result<std::string> release_target(const core::Config& config, const core::TargetSpec& target) {
    const auto lock = lock_target(config.runtime_dir, target.name, "release " + target.name);
    if (!lock) return lock.error();
    const auto view = look(config);
    if (!view) return view.error();
    const auto& t = *view->world.target(target.name);
    const auto device = t.devices.empty() ? std::nullopt : std::optional{t.devices.front()};
    if (target.type == core::TargetType::disk) {
        const auto detached = detach_left_behind(*view, t);
        if (!detached) return detached.error();
        if (*detached && !device) return std::string("the dead mount is detached");
    }
    const auto count = unmount_all(config, target);
    if (!count) return count.error();
    for (const auto& d : t.devices)
        if (auto unused = must_be_unused(d); !unused) return unused.error();
    const auto mounts = watch::MountTable::snapshot();
    if (!mounts) return mounts.error();
    for (const auto& d : t.devices)
        if (auto unused = rest_of_drive_is_unused(d, *mounts); !unused) return unused.error();
    if (target.when_done != core::WhenDone::power_off || !device) return std::string("unmounted");
    if (auto done = power_off(*device, *mounts); !done) return done.error();
    return std::string("unmounted and powered off");
}

}  // namespace guardian::backup
