#include "watch/block_devices.hpp"

#include <libudev.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <map>

#include "base/child.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "watch/sysfs.hpp"

namespace guardian::watch {
namespace {

struct Unref {
    void operator()(udev* u) const { udev_unref(u); }
    void operator()(udev_monitor* m) const { udev_monitor_unref(m); }
    void operator()(udev_enumerate* e) const { udev_enumerate_unref(e); }
    void operator()(udev_device* d) const { udev_device_unref(d); }
    void operator()(udev_queue* q) const { udev_queue_unref(q); }
};
template <class T>
using Handle = std::unique_ptr<T, Unref>;

using Devices = std::map<std::string, core::Device>;  ///< by syspath

// A storm of events on other disks must not push out the one that matters.
constexpr int receive_buffer_bytes = 16 * 1024 * 1024;

std::string property(udev_device* d, const char* name) {
    const char* value = udev_device_get_property_value(d, name);
    // udev's own values are short; a hostile label is not given room.
    return value == nullptr ? "" : std::string(value).substr(0, 512);
}

/// Names one plugging-in: the kernel counts the disks it has seen, within one boot.
std::string plug_of(udev_device* d, const std::string& boot) {
    auto sequence = property(d, "DISKSEQ");
    if (sequence.empty()) sequence = "t" + property(d, "USEC_INITIALIZED");
    return boot + ":" + sequence + ":" + property(d, "MAJOR") + ":" + property(d, "MINOR");
}

/// All that a mapped device stands on. Bounded, whatever is stacked there.
void add_below(const std::string& syspath, std::vector<std::string>& out) {
    constexpr std::size_t most = 64;
    for (const auto& slave : slaves_of(syspath)) {
        if (out.size() >= most || std::find(out.begin(), out.end(), slave.string()) != out.end()) continue;
        out.push_back(slave.string());
        add_below(slave.string(), out);
    }
}

core::Device describe(udev_device* d, const std::string& boot) {
    core::Device out;
    out.node = property(d, "DEVNAME");
    const auto number = udev_device_get_devnum(d);
    out.number = {major(number), minor(number)};
    if (property(d, "ID_FS_USAGE") == "filesystem") out.uuid = property(d, "ID_FS_UUID");
    out.uuid_sub = property(d, "ID_FS_UUID_SUB");
    out.fstype = property(d, "ID_FS_TYPE");
    out.label = property(d, "ID_FS_LABEL");
    out.serial = property(d, "ID_SERIAL_SHORT");
    out.serial_full = property(d, "ID_SERIAL");
    out.model = property(d, "ID_MODEL");
    out.syspath = udev_device_get_syspath(d);
    add_below(out.syspath, out.below);
    out.plug = plug_of(d, boot);
    return out;
}

/// A device below another one (multipath, dm-crypt, dm-linear) shows the same filesystem: it is a part of the
/// upper one, not a second disk.
bool is_component(const core::Device& d, const Devices& all) {
    std::error_code error;
    for (const auto& holder : std::filesystem::directory_iterator(d.syspath + "/holders", error)) {
        const auto name = holder.path().filename();
        for (const auto& [path, other] : all)
            if (std::filesystem::path(path).filename() == name && other.uuid == d.uuid) return true;
    }
    return false;
}

/// In a storm of events udevd is never done: then what it has is taken as it is.
constexpr auto queue_wait = std::chrono::milliseconds{500};

/// While udevd looks at a device anew, its record has (systemd 257) no filesystem in it; and one plugging-in
/// is several events.
void wait_for_udevd(udev* context) {
    using Clock = std::chrono::steady_clock;
    const Handle<udev_queue> queue{udev_queue_new(context)};
    const int fd = queue ? udev_queue_get_fd(queue.get()) : -1;  // before it is looked at
    const auto end = Clock::now() + queue_wait;
    while (fd >= 0 && udev_queue_get_queue_is_empty(queue.get()) == 0) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd p{fd, POLLIN, 0};
        if (left <= 0 || ::poll(&p, 1, static_cast<int>(left)) <= 0) return;
        udev_queue_flush(queue.get());
    }
}

/// By sysfs alone.
bool is_empty(const std::string& syspath) {
    const auto sectors = read_file(syspath + "/size");
    return !sectors || trim(*sectors) == "0";
}

}  // namespace

struct BlockDevices::Impl {
    Handle<udev> context;
    Handle<udev_monitor> monitor;
    Devices devices;  ///< only those with a filesystem
    Devices blank;    ///< as they were when they had one
    std::string boot = boot_id();

    bool take(udev_device* d) {
        const char* action = udev_device_get_action(d);
        const auto path = std::string(udev_device_get_syspath(d));
        auto seen = describe(d, boot);
        if (action != nullptr && std::string(action) == "remove") return forget(path);
        if (seen.uuid.empty()) return lose(path, seen.plug);
        blank.erase(path);
        auto& known = devices[path];
        if (known == seen) return false;
        known = std::move(seen);
        return true;
    }

    bool forget(const std::string& path) { return blank.erase(path) + devices.erase(path) > 0; }

    /// No filesystem is found on it; which is no wonder where there is no medium in the drive.
    bool lose(const std::string& path, const std::string& plug) {
        const auto& known = devices.contains(path) ? devices : blank;
        const auto lost = known.find(path);
        if (lost == known.end()) return false;
        if (lost->second.plug != plug || is_empty(path)) return forget(path);
        return blank.insert(devices.extract(path)).inserted;
    }

    /// After events were lost.
    void lose_what_is_not_in(const Devices& found) {
        auto before = devices;
        before.insert(blank.begin(), blank.end());
        for (const auto& [path, device] : before) {
            if (found.contains(path)) continue;
            const Handle<udev_device> d{udev_device_new_from_syspath(context.get(), path.c_str())};
            if (d)
                lose(path, plug_of(d.get(), boot));
            else
                forget(path);
        }
        std::erase_if(blank, [&](const auto& lost) { return found.contains(lost.first); });
    }

    Result<Devices> enumerate() const {
        const Handle<udev_enumerate> e{udev_enumerate_new(context.get())};
        if (!e) return Error{ErrorCode::io, "cannot list the block devices", "out of memory", ""};
        udev_enumerate_add_match_subsystem(e.get(), "block");
        // Which only those have that udevd is done with.
        udev_enumerate_add_match_property(e.get(), "ID_FS_USAGE", "filesystem");
        if (const int r = udev_enumerate_scan_devices(e.get()); r < 0)
            return errno_error("cannot list the block devices", -r);
        Devices found;
        udev_list_entry* entry = nullptr;
        udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(e.get())) {
            const Handle<udev_device> d{
                udev_device_new_from_syspath(context.get(), udev_list_entry_get_name(entry))};
            if (!d) continue;  // gone since
            auto seen = describe(d.get(), boot);
            if (!seen.uuid.empty()) found.emplace(seen.syspath, std::move(seen));
        }
        return found;
    }

    bool refresh() {
        auto found = enumerate();
        if (!found) return false;
        const auto blank_before = blank;
        lose_what_is_not_in(*found);
        if (*found == devices && blank == blank_before) return false;
        devices = std::move(*found);
        return true;
    }

    [[nodiscard]] std::vector<core::Device> list() const {
        std::vector<core::Device> out;
        for (const auto& [path, device] : devices)
            if (!is_component(device, devices)) out.push_back(device);
        return out;
    }

    Result<> subscribe() {
        monitor.reset(udev_monitor_new_from_netlink(context.get(), "udev"));
        if (!monitor) return errno_error("cannot listen to udev", errno);
        udev_monitor_filter_add_match_subsystem_devtype(monitor.get(), "block", nullptr);
        udev_monitor_set_receive_buffer_size(monitor.get(), receive_buffer_bytes);
        if (const int r = udev_monitor_enable_receiving(monitor.get()); r < 0)
            return errno_error("cannot listen to udev", -r);
        return {};
    }
};

BlockDevices::BlockDevices(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BlockDevices::BlockDevices(BlockDevices&&) noexcept = default;
BlockDevices& BlockDevices::operator=(BlockDevices&&) noexcept = default;
BlockDevices::~BlockDevices() = default;

Result<BlockDevices> BlockDevices::open() {
    auto impl = std::make_unique<Impl>();
    impl->context.reset(udev_new());
    if (!impl->context) return Error{ErrorCode::io, "cannot reach udev", "out of memory", ""};
    if (auto done = impl->subscribe(); !done) return done.error();
    impl->refresh();
    return BlockDevices{std::move(impl)};
}

Result<std::vector<core::Device>> BlockDevices::snapshot() {
    Impl impl;
    impl.context.reset(udev_new());
    if (!impl.context) return Error{ErrorCode::io, "cannot reach udev", "out of memory", ""};
    wait_for_udevd(impl.context.get());
    auto found = impl.enumerate();
    if (!found) return found.error();
    impl.devices = std::move(*found);
    return impl.list();
}

int BlockDevices::fd() const {
    return udev_monitor_get_fd(impl_->monitor.get());
}

bool BlockDevices::settle() {
    wait_for_udevd(impl_->context.get());
    return drain();
}

bool BlockDevices::drain() {
    bool changed = false, lost = false;
    for (int failures = 0; failures < 1000;) {
        errno = 0;
        const Handle<udev_device> d{udev_monitor_receive_device(impl_->monitor.get())};
        if (d)
            changed = impl_->take(d.get()) || changed;
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR) {
            lost = true;  // ENOBUFS, or an event that could not be understood
            ++failures;
        }
    }
    // Only now: what was still queued when the socket overflowed is older than what was lost.
    return (lost && impl_->refresh()) || changed;
}

bool BlockDevices::enumerate() {
    return impl_->refresh();
}

std::vector<core::Device> BlockDevices::all() const {
    return impl_->list();
}

std::vector<core::Device> BlockDevices::blank() const {
    std::vector<core::Device> out;
    for (const auto& [path, device] : impl_->blank) out.push_back(device);
    return out;
}

bool udevd_runs(const std::string& control_socket) {
    // The socket's file outlives a udevd that was killed: only one that listens answers.
    const Fd fd{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    control_socket.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
    return errno == EACCES || errno == EPERM || errno == EAGAIN;
}

}  // namespace guardian::watch
