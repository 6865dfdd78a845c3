#include "outside.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace sim {

Disk& Outside::disk(const std::string& name) {
    for (auto& d : disks)
        if (d.name == name) return d;
    throw std::logic_error("no such disk: " + name);
}

const Disk* Outside::disk_on(const std::string& plug) const {
    for (const auto& d : disks)
        if (d.plugged && d.device.plug == plug) return &d;
    return nullptr;
}

void drop_old(std::vector<core::KernelEvent>& events, Time now) {
    constexpr auto week = std::chrono::days{7};
    std::erase_if(events, [&](const core::KernelEvent& e) {
        return now - e.at >= week || e.at - now > std::chrono::days{1};
    });
}

KnownHealth Memory::known(const std::string& subject, Time now) const {
    KnownHealth k;
    const auto drive = drive_of.find(subject);
    if (drive != drive_of.end()) {
        k.drive = drive->second;
        k.book = drives.at(k.drive);
        k.tried_at = k.book.tried_at;
    }
    const auto said = events.find(subject);
    if (said != events.end()) k.counted = said->second;
    drop_old(k.counted, now);
    return k;
}

std::vector<core::KernelEvent> Memory::heard_on(const std::string& target, const std::string& plug) const {
    const auto said = heard.find(target);
    return said != heard.end() && said->second.plug == plug ? said->second.events : std::vector<core::KernelEvent>{};
}

std::vector<const Disk*> Outside::plugged(const std::string& uuid) const {
    std::vector<const Disk*> out;
    for (const auto& d : disks)
        if (d.plugged && d.uuid == uuid) out.push_back(&d);
    return out;
}

LiveMount* Outside::mount_at(const std::string& point) {
    for (auto& m : mounts)
        if (m.line.point == point) return &m;
    return nullptr;
}

const LiveMount* Outside::mount_at(const std::string& point) const {
    return const_cast<Outside*>(this)->mount_at(point);
}

std::vector<core::Device> Outside::devices() const {
    std::vector<core::Device> out;
    for (const auto& d : disks)
        if (d.plugged) out.push_back(d.device);
    // udev promises no order.
    if (plugs_ % 2 != 0) std::reverse(out.begin(), out.end());
    return out;
}

std::vector<core::Mount> Outside::mount_lines() const {
    std::vector<core::Mount> out;
    for (const auto& m : mounts) out.push_back(m.line);
    return out;
}

unsigned Outside::free_letter() const {
    unsigned letter = 1;
    const auto node_of = [](unsigned l) { return fmt::format("/dev/sd{}1", static_cast<char>('a' + l)); };
    const auto taken = [&](const std::string& node) {
        return std::any_of(disks.begin(), disks.end(),
                           [&](const Disk& d) { return d.plugged && d.device.node == node; }) ||
               std::any_of(mounts.begin(), mounts.end(),
                           [&](const LiveMount& m) { return m.line.source == node; });
    };
    while (taken(node_of(letter))) ++letter;
    return letter;
}

/// The kernel gives a new disk the lowest free letter, and with it the number and name of one that was
/// pulled, unless a dead mount still holds that.
void Outside::plug_in(Disk& d, Random& random) {
    const auto letter = free_letter();
    d.plugged = true;
    ++plugs_;
    auto& dev = d.device;
    dev.number =
        random.percent(80) ? core::DeviceNumber{8, letter * 16 + 1} : core::DeviceNumber{259, fresh_minor_++};
    dev.node = fmt::format("/dev/sd{}1", static_cast<char>('a' + letter));
    dev.uuid = d.uuid;
    dev.uuid_sub = d.uuid_sub;
    dev.fstype = d.fstype;
    dev.serial = d.serial;
    dev.serial_full = "Maker_" + d.serial;
    dev.plug = fmt::format("boot:{}:{}", plugs_, dev.node);
}

void Outside::pull(Disk& d) {
    d.plugged = false;
    drives[d.name].test.reset();  // it has no power
    for (auto& m : mounts)
        if (m.disk == d.name) m.line.device_gone = true;
}

LiveMount& Outside::mount(const core::TargetSpec& target, const std::string& disk_name,
                          const std::string& point) {
    LiveMount m;
    m.line.id = 30;
    m.birth = ++mounts_ever_;
    const auto taken = [&](unsigned id) {
        return std::any_of(mounts.begin(), mounts.end(), [&](const LiveMount& o) { return o.line.id == id; });
    };
    while (taken(m.line.id)) ++m.line.id;
    m.line.point = point;
    m.target = target.name;
    m.disk = disk_name;
    if (disk_name.empty()) {
        m.line.number = {0, 50};
        m.line.source = target.source;
        m.line.fstype = "cifs";
    } else {
        const auto& d = disk(disk_name);
        m.line.number = d.device.number;
        m.line.source = d.device.node;
        m.line.fstype = d.fstype;
    }
    mounts.push_back(m);
    return mounts.back();
}

void Outside::unmount(unsigned id) {
    std::erase_if(mounts, [&](const LiveMount& m) { return m.line.id == id; });
    held.erase(id);
}

}  // namespace sim
