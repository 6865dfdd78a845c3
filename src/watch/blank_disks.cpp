#include "watch/blank_disks.hpp"

#include <fmt/format.h>
#include <libudev.h>
#include <sys/sysmacros.h>

#include <filesystem>
#include <fstream>
#include <memory>

namespace guardian::watch {
namespace {

namespace fs = std::filesystem;

struct Unref {
    void operator()(udev* u) const { udev_unref(u); }
    void operator()(udev_enumerate* e) const { udev_enumerate_unref(e); }
    void operator()(udev_device* d) const { udev_device_unref(d); }
};
template <class T>
using Handle = std::unique_ptr<T, Unref>;

constexpr std::uint64_t least_bytes = 1'000'000'000;

std::string property(udev_device* d, const char* name) {
    const char* value = udev_device_get_property_value(d, name);
    return value == nullptr ? "" : std::string(value).substr(0, 512);
}

core::Device described(udev_device* d) {
    core::Device out;
    out.node = property(d, "DEVNAME");
    const auto number = udev_device_get_devnum(d);
    out.number = {major(number), minor(number)};
    out.serial = property(d, "ID_SERIAL_SHORT");
    out.model = property(d, "ID_MODEL");
    out.syspath = udev_device_get_syspath(d);
    return out;
}

/// Device mapper's, RAID's and network's are put together from others, and may be a virtual machine's.
bool is_of_a_disk(const std::string& node) {
    for (const auto* made_up :
         {"/dev/dm-", "/dev/md", "/dev/nbd", "/dev/drbd", "/dev/ram", "/dev/zram", "/dev/sr"})
        if (node.starts_with(made_up)) return false;
    return true;
}

bool is_in_parts_or_held(const fs::path& syspath) {
    std::error_code error;
    for (const auto& holder : fs::directory_iterator(syspath / "holders", error))
        return !holder.path().empty();
    for (const auto& below : fs::directory_iterator(syspath, error))
        if (fs::exists(below.path() / "partition", error)) return true;
    return false;
}

bool is_blank(udev_device* d) {
    // What udevd is not done with may carry anything.
    if (udev_device_get_is_initialized(d) <= 0 || !is_of_a_disk(property(d, "DEVNAME"))) return false;
    for (const auto* mark : {"ID_FS_USAGE", "ID_FS_TYPE", "ID_PART_TABLE_TYPE", "ID_FS_AMBIVALENT"})
        if (!property(d, mark).empty()) return false;
    return !is_in_parts_or_held(udev_device_get_syspath(d));
}

}  // namespace

Result<std::vector<core::Device>> blank_disks() {
    const Handle<udev> context{udev_new()};
    const Handle<udev_enumerate> e{context ? udev_enumerate_new(context.get()) : nullptr};
    if (!e) return Error{ErrorCode::io, "cannot list the block devices", "out of memory", ""};
    udev_enumerate_add_match_subsystem(e.get(), "block");
    if (const int r = udev_enumerate_scan_devices(e.get()); r < 0)
        return errno_error("cannot list the block devices", -r);
    std::vector<core::Device> out;
    udev_list_entry* entry = nullptr;
    udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(e.get())) {
        const Handle<udev_device> d{
            udev_device_new_from_syspath(context.get(), udev_list_entry_get_name(entry))};
        if (!d || !is_blank(d.get())) continue;
        auto device = described(d.get());
        if (size_of(device) >= least_bytes) out.push_back(std::move(device));
    }
    return out;
}

std::uint64_t size_of(const core::Device& device) {
    constexpr std::uint64_t sector = 512;
    std::ifstream file(fs::path(device.syspath) / "size");
    std::uint64_t sectors = 0;
    return file >> sectors ? sectors * sector : 0;
}

}  // namespace guardian::watch
