#include "cli/disk_list.hpp"

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/child.hpp"
#include "base/text.hpp"
#include "health/drives.hpp"
#include "health/smartctl_answer.hpp"
#include "watch/blank_disks.hpp"
#include "watch/block_devices.hpp"
#include "watch/mount_table.hpp"

namespace guardian::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using machine::Disk;
using machine::DiskUse;

/// /dev/mapper/NAME is a link to what udev calls /dev/dm-N.
std::string real_node(const std::string& source) {
    std::error_code error;
    if (!source.starts_with("/dev/")) return source;
    const auto node = fs::canonical(source, error);
    return error ? source : node.string();
}

std::vector<std::string> swapped_to() {
    std::vector<std::string> out;
    std::ifstream file("/proc/swaps");
    for (std::string name, rest; file >> name && std::getline(file, rest);)
        if (name.starts_with('/')) out.push_back(real_node(name));
    return out;
}

/// Of several drives below one filesystem the worst tells; what is not known weighs more than what is good.
int weight(const std::string& health) {
    return health == "failing" ? 3 : health == "unknown" ? 2 : health == "asleep" ? 1 : 0;
}

void add_health(std::vector<Disk>& disks) {
    const auto program = find_program("smartctl");
    if (!program) return;
    std::map<std::string, std::string> known;  // several partitions are one drive
    for (auto& d : disks) {
        const auto drives = health::drives_below({d.device.number});
        if (!drives) continue;
        d.health = "good";
        for (const auto& drive : *drives) {
            if (!known.contains(drive.node)) known[drive.node] = ask_health(*program, drive);
            if (weight(known[drive.node]) > weight(d.health)) d.health = known[drive.node];
        }
    }
}

Tone tone_of_health(const std::string& health) {
    return health == "failing" ? Tone::bad : health == "good" ? Tone::good : Tone::faint;
}

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

/// What does not fit into the table's line, each in a line of its own where the screen is narrow.
std::vector<Cells> details(const Disk& d, std::size_t width) {
    std::vector<std::string> parts;
    if (!d.device.uuid.empty()) parts.push_back("UUID " + d.device.uuid);
    if (!d.device.serial.empty()) parts.push_back("serial " + d.device.serial);
    if (!d.mounts.empty()) parts.push_back("mounted: " + join(d.mounts, ", "));
    std::vector<Cells> out;
    for (std::string line; const auto& p : parts) {
        if (!line.empty() && columns(line) + columns(p) + 2 <= width)
            out.back()[0].text += ", " + p;
        else
            out.push_back({{"      " + p, Tone::faint}});
        line = out.back()[0].text;
    }
    return out;
}

Row row_of(const Disk& d, const std::string& number, std::size_t width) {
    const bool offered = d.use == DiskUse::free;
    Row row;
    row.cells = {{number, Tone::strong},
                 {d.device.node, offered ? Tone::strong : Tone::plain},
                 {d.bytes > 0 ? format_bytes(d.bytes) : "-"},
                 {or_dash(d.device.fstype)},
                 {or_dash(d.device.label)},
                 {d.health, tone_of_health(d.health)},
                 {or_dash(d.device.model)}};
    row.below = details(d, width);
    return row;
}

json::object json_of(const Disk& d) {
    json::array mounts;
    for (const auto& m : d.mounts) mounts.emplace_back(valid_utf8(m));
    const auto text = [](const std::string& s) { return valid_utf8(s); };
    return {{"node", text(d.device.node)},
            {"model", text(d.device.model)},
            {"size", d.bytes},
            {"serial", text(d.device.serial)},
            {"filesystem", text(d.device.fstype)},
            {"label", text(d.device.label)},
            {"uuid", text(d.device.uuid)},
            {"mounts", std::move(mounts)},
            {"health", d.health},
            {"use", machine::to_string(d.use)}};
}

}  // namespace

std::string ask_health(const std::string& smartctl, const health::Drive& drive, const health::AtaWays& ata) {
    if (!health::said_asleep_by({drive, "", smartctl}, ata).empty()) return "asleep";
    Limits limits;
    limits.deadline = std::chrono::seconds{10};
    limits.interrupt_wait = limits.terminate_wait = limits.kill_wait = std::chrono::seconds{1};
    // Its exit code is a sum of many things; what it prints says the one that is asked for.
    const auto ended =
        run_child(plain_command(smartctl, {"--health", "--json=c", "-n", "standby,3", drive.node}), limits);
    return ended && !ended->stopped ? health_in(ended->out) : "unknown";
}

std::string health_in(const std::string& text) {
    if (health::outcome_of(text).asleep) return "asleep";
    json::error_code error;
    const auto value = json::parse(text, error);
    if (error || !value.is_object()) return "unknown";
    const auto* status = value.get_object().if_contains("smart_status");
    if (status == nullptr || !status->is_object()) return "unknown";
    const auto* passed = status->get_object().if_contains("passed");
    if (passed == nullptr || !passed->is_bool()) return "unknown";
    return passed->get_bool() ? "good" : "failing";
}

Result<std::vector<core::Mount>> mounts_by_node() {
    auto mounts = watch::MountTable::snapshot();
    if (!mounts) return mounts.error();
    for (auto& m : *mounts) m.source = real_node(m.source);
    return mounts;
}

Result<std::vector<Disk>> attached_disks() {
    // Its database goes stale without it: a disk that is full would be called empty.
    if (!watch::udevd_runs())
        return Error{ErrorCode::external, "the disks cannot be listed", "no udevd runs on this machine",
                     "start systemd-udevd"};
    const auto devices = watch::BlockDevices::snapshot();
    if (!devices) return devices.error();
    const auto blank = watch::blank_disks();
    if (!blank) return blank.error();
    const auto mounts = mounts_by_node();
    if (!mounts) return mounts.error();
    auto disks = machine::disks_of(*devices, *blank, *mounts, swapped_to());
    for (auto& d : disks) d.bytes = watch::size_of(d.device);
    add_health(disks);
    return disks;
}

void print_disks(Screen& screen, const std::vector<Disk>& disks) {
    if (disks.empty()) return screen.line({{"no disk with a filesystem is plugged in"}});
    const std::vector<Column> titles{{"NO", 2, true}, {"DISK", 9},   {"SIZE", 6, true}, {"HOLDS", 5},
                                     {"LABEL", 8},    {"HEALTH", 7}, {"MODEL", 8}};
    std::vector<Row> rows;
    for (std::size_t i = 0; i < disks.size(); ++i) {
        const auto number = disks[i].use == DiskUse::free ? std::to_string(i + 1) : "";
        rows.push_back(row_of(disks[i], number, screen.width()));
        for (const auto& line : wrap(machine::remark_on(disks[i]), screen.width() - 6))
            rows.back().below.push_back({{"      " + line, Tone::warn}});
    }
    table(screen, titles, rows);
}

std::string disks_json(const std::vector<Disk>& disks) {
    json::array all;
    for (const auto& d : disks) all.emplace_back(json_of(d));
    return json::serialize(json::object{{"disks", std::move(all)}});
}

}  // namespace guardian::cli
