#include "cli/drive_choice.hpp"

#include <fmt/format.h>

#include <set>

#include "base/text.hpp"

namespace guardian::cli {
namespace {

using Ids = std::set<std::string>;

bool begins(const std::string& text, const std::string& start) {
    return to_lower(text).starts_with(to_lower(start));
}

/// /dev/sdb is the disk of /dev/sdb1, /dev/nvme0n1 that of /dev/nvme0n1p1.
bool is_of_node(const core::Device& device, const std::string& node) {
    if (!device.node.starts_with(node)) return false;
    auto part = std::string_view(device.node).substr(node.size());
    if (part.starts_with('p')) part.remove_prefix(1);
    return part.find_first_not_of("0123456789") == std::string_view::npos;
}

Ids exactly(const std::vector<store::DriveRecord>& drives, const std::string& name) {
    Ids out;
    for (const auto& d : drives)
        if (d.drive.id == name || (!d.drive.serial.empty() && d.drive.serial == name)) out.insert(d.drive.id);
    return out;
}

Ids of_node(const std::vector<store::DriveRecord>& drives, const std::vector<core::Device>& devices,
            const std::string& node) {
    Ids out;
    for (const auto& device : devices)
        if (is_of_node(device, node) && !device.serial.empty()) out.merge(exactly(drives, device.serial));
    return out;
}

Ids beginning_with(const std::vector<store::DriveRecord>& drives, const std::string& name) {
    Ids out;
    for (const auto& d : drives)
        if (begins(d.drive.id, name) || begins(d.drive.model, name)) out.insert(d.drive.id);
    return out;
}

}  // namespace

Result<std::string> choose_drive(const std::vector<store::DriveRecord>& drives,
                                 const store::TargetDrives& targets, const std::vector<core::Device>& devices,
                                 const std::string& name) {
    auto found = exactly(drives, name);
    if (const auto it = targets.find(name); found.empty() && it != targets.end()) found = it->second;
    if (found.empty() && name.starts_with("/dev/")) found = of_node(drives, devices, name);
    if (found.empty() && !name.empty()) found = beginning_with(drives, name);
    if (found.size() == 1) return *found.begin();
    const auto shown = printable(name, 100);
    if (found.empty())
        return Error{ErrorCode::absent, fmt::format("no drive is known as \"{}\"", shown), "",
                     "guardian smart lists the drives"};
    return Error{ErrorCode::usage, fmt::format("\"{}\" can be one of {} drives", shown, found.size()),
                 printable(join({found.begin(), found.end()}, ", "), 500), "name it by its id or serial"};
}

}  // namespace guardian::cli
