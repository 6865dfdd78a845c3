#include "health/drives.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <optional>
#include <set>

#include "base/file.hpp"
#include "base/text.hpp"
#include "health/udev_words.hpp"
#include "watch/sysfs.hpp"

namespace guardian::health {
namespace {

namespace fs = std::filesystem;

// More than any stack of devices has; sysfs itself has no cycles, but it changes while it is read.
constexpr std::size_t nodes_max = 1024;
constexpr std::size_t devices_max = 256;
constexpr std::size_t word_max = 120;

/// The first line of a small file of sysfs, made fit to show; empty: there is none.
std::string word(const fs::path& path) {
    const auto text = read_file(path.string());
    if (!text) return "";
    return printable(trim(text->substr(0, text->find('\n'))), word_max);
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
    Number n{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc{} || end == text.data()) return {};
    return n;
}

std::optional<core::DeviceNumber> device_number(const fs::path& folder) {
    const auto text = word(folder / "dev");
    const auto colon = text.find(':');
    if (colon == std::string::npos) return {};
    const auto major = number_in<unsigned>(std::string_view(text).substr(0, colon));
    const auto minor = number_in<unsigned>(std::string_view(text).substr(colon + 1));
    if (!major || !minor) return {};
    return core::DeviceNumber{*major, *minor};
}

/// The last part of where a link leads; empty: it is none.
std::string leads_to(const fs::path& link) {
    std::error_code error;
    const auto target = fs::read_symlink(link, error);
    return error ? "" : target.filename().string();
}

bool is_running(const fs::path& disk) {
    const auto state = word(disk / "device" / "state");
    return state.empty() || state == "running" || state == "live";
}

/// The paths to one drive of a multipath device: the first that works stands for all.
std::vector<fs::path> one_of(std::vector<fs::path> paths) {
    const auto works = std::find_if(paths.begin(), paths.end(), is_running);
    if (works != paths.end()) return {*works};
    if (paths.size() > 1) paths.resize(1);
    return paths;
}

/// What the device stands on; empty: it is at the bottom.
std::vector<fs::path> below(const fs::path& device) {
    std::error_code error;
    if (fs::exists(device / "partition", error)) return {device.parent_path()};
    auto slaves = watch::slaves_of(device);
    return word(device / "dm" / "uuid").starts_with("mpath-") ? one_of(std::move(slaves)) : slaves;
}

std::set<fs::path> bottom_of(std::vector<fs::path> open) {
    std::set<fs::path> seen, out;
    while (!open.empty() && seen.size() < nodes_max) {
        const auto device = open.back();
        open.pop_back();
        if (!seen.insert(device).second) continue;
        const auto next = below(device);
        if (next.empty()) out.insert(device);
        open.insert(open.end(), next.begin(), next.end());
    }
    return out;
}

/// The USB device above, as "152d:0583".
std::string usb_id_of(const fs::path& device) {
    for (auto at = device; at.has_relative_path(); at = at.parent_path()) {
        const auto vendor = word(at / "idVendor");
        if (!vendor.empty()) return to_lower(vendor.substr(0, 8) + ":" + word(at / "idProduct").substr(0, 8));
    }
    return "";
}

bool has_part(const fs::path& path, std::string_view start) {
    return std::any_of(path.begin(), path.end(), [&](const fs::path& p) {
        const auto part = p.string();
        return part.starts_with(start) && part.size() > start.size() &&
               part.find_first_not_of("0123456789:-", start.size()) == std::string::npos;
    });
}

Transport transport_of(const fs::path& disk, const Drive& drive) {
    const auto subsystem = leads_to(disk / "device" / "subsystem");
    if (!drive.usb_id.empty()) return Transport::usb;
    if (drive.name.starts_with("nvme")) return Transport::nvme;
    if (subsystem == "virtio") return Transport::virtio;
    if (subsystem != "scsi") return Transport::other;
    if (has_part(disk, "ata") || word(disk / "device" / "vendor") == "ATA") return Transport::ata;
    return has_part(disk, "end_device-") ? Transport::sas : Transport::scsi;
}

/// SCSI's page of the unit's serial number, as the kernel read it when the drive came: four bytes, then the
/// serial.
std::string serial_page(const fs::path& path) {
    const auto page = read_file(path.string());
    return page && page->size() > 4 ? printable(trim(page->substr(4)), word_max) : "";
}

std::string first_of(std::initializer_list<std::string> words) {
    for (const auto& w : words)
        if (!w.empty()) return w;
    return "";
}

/// udev's word comes first: it may be the drive's own where sysfs knows the bridge's only.
void add_words(Drive& drive, const fs::path& disk, const UdevWords& udev) {
    const auto device = disk / "device";
    drive.model = first_of({udev.model, word(device / "model")});
    drive.serial = first_of(
        {udev.serial, word(device / "serial"), word(disk / "serial"), serial_page(device / "vpd_pg80")});
    drive.wwn = first_of({udev.wwn, word(disk / "wwid"), word(device / "wwid")});
}

std::string node_of(const fs::path& disk) {
    const auto uevent = read_file((disk / "uevent").string());
    for (const auto& line : split_lines(uevent ? *uevent : ""))
        if (line.starts_with("DEVNAME=")) return "/dev/" + line.substr(8);
    return "/dev/" + disk.filename().string();
}

Drive described(const fs::path& disk, bool real) {
    Drive drive;
    drive.syspath = disk.string();
    drive.name = disk.filename().string();
    drive.node = node_of(disk);
    drive.number = device_number(disk).value_or(core::DeviceNumber{});
    drive.usb_id = usb_id_of(disk);
    drive.transport = transport_of(disk, drive);
    drive.bytes = number_in<std::uint64_t>(word(disk / "size")).value_or(0) * 512;
    drive.rotational = word(disk / "queue" / "rotational") == "1";
    add_words(drive, disk, real ? udev_words(drive.number) : UdevWords{});
    return drive;
}

std::vector<fs::path> folders_of(const std::vector<core::DeviceNumber>& devices, const std::string& sysfs) {
    std::vector<fs::path> out;
    for (const auto& d : devices) {
        std::error_code error;
        auto folder = fs::canonical(fmt::format("{}/dev/block/{}:{}", sysfs, d.major, d.minor), error);
        if (!error) out.push_back(std::move(folder));
        if (out.size() >= devices_max) break;
    }
    return out;
}

std::string safe(const std::string& text) {
    std::string out;
    for (const char c : text.substr(0, 64)) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        out += plain || c == '-' || c == '.' || c == ':' ? c : '_';
    }
    return out;
}

}  // namespace

Result<std::vector<Drive>> drives_below(const std::vector<core::DeviceNumber>& devices,
                                        const std::string& sysfs) {
    auto start = folders_of(devices, sysfs);
    if (start.empty())
        return Error{ErrorCode::absent, "cannot find the drives below a filesystem",
                     "none of its devices is attached", ""};
    std::vector<Drive> out;
    for (const auto& disk : bottom_of(std::move(start))) out.push_back(described(disk, sysfs == "/sys"));
    std::sort(out.begin(), out.end(), [](const Drive& a, const Drive& b) { return a.node < b.node; });
    return out;
}

std::vector<core::DeviceNumber> all_disks() {
    std::vector<core::DeviceNumber> out;
    std::error_code error;
    for (auto i = fs::directory_iterator("/sys/block", error); !error && i != fs::directory_iterator();
         i.increment(error))
        if (const auto number = device_number(i->path())) out.push_back(*number);
    return out;
}

bool is_suspended(const Drive& drive) {
    return !drive.syspath.empty() &&
           word(fs::path(drive.syspath) / "device" / "power" / "runtime_status") == "suspended";
}

bool is_made_up(const std::string& serial) {
    if (serial.size() < 4) return true;
    if (serial.find_first_not_of(serial[0]) == std::string::npos) return true;
    return serial.starts_with("0123456789") || serial.starts_with("123456789");
}

std::string attachment_key(const Drive& drive) {
    const bool has_serial = !is_made_up(drive.serial);
    if (drive.wwn.empty() && !has_serial) return "";
    return fmt::format("{}/{}/{}/{}/{}/{}", to_string(drive.transport), safe(drive.usb_id), drive.bytes,
                       safe(drive.model), has_serial ? safe(drive.serial) : "", safe(drive.wwn));
}

std::string_view to_string(Transport transport) {
    switch (transport) {
        case Transport::ata:
            return "ata";
        case Transport::usb:
            return "usb";
        case Transport::nvme:
            return "nvme";
        case Transport::sas:
            return "sas";
        case Transport::scsi:
            return "scsi";
        case Transport::virtio:
            return "virtio";
        case Transport::other:
            return "other";
    }
    return "";
}

}  // namespace guardian::health
