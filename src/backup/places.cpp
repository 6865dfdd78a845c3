#include "backup/places.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "backup/exclusion.hpp"
#include "base/text.hpp"

namespace guardian::backup {
namespace {

bool is_source(const core::JobSpec& job, const std::string& path) {
    return std::find(job.paths.begin(), job.paths.end(), path) != job.paths.end();
}

bool is_excluded(const core::JobSpec& job, const std::string& path) {
    return std::any_of(job.exclude.begin(), job.exclude.end(),
                       [&](const std::string& pattern) { return excludes(pattern, path); });
}

bool is_saved(const core::JobSpec& job, const std::string& path) {
    if (job.one_file_system) return is_source(job, path);
    return !is_excluded(job, path) && std::any_of(job.paths.begin(), job.paths.end(),
                                                  [&](const std::string& s) { return is_within(path, s); });
}

/// Not the kernel's own, what lives in memory, images that packages bring and take, and containers' layers.
/// autofs does: Borg walking in mounts what belongs there, or fails.
bool holds_files(const core::Mount& m) {
    static constexpr std::array others{
        "tmpfs",       "ramfs",       "devtmpfs",       "devpts",  "proc",     "sysfs",      "cgroup",
        "cgroup2",     "securityfs",  "debugfs",        "tracefs", "configfs", "bpf",        "pstore",
        "efivarfs",    "mqueue",      "hugetlbfs",      "fusectl", "nsfs",     "rpc_pipefs", "overlay",
        "binfmt_misc", "squashfs",    "iso9660",        "udf",     "erofs",    "selinuxfs",  "nfsd",
        "fuse.lxcfs",  "fuse.portal", "fuse.gvfsd-fuse"};
    return std::none_of(others.begin(), others.end(), [&](const char* type) { return m.fstype == type; });
}

/// The filesystem that the source lies on, when it is not the root's.
const core::Mount* holder_of(const std::string& source, const std::vector<core::Mount>& mounts) {
    const core::Mount* holder = nullptr;
    for (const auto& m : mounts)
        if (is_within(source, m.point) && (holder == nullptr || m.point.size() >= holder->point.size()))
            holder = &m;
    return holder;
}

bool concerns(const core::JobSpec& job, const store::Place& place) {
    if (!place.mounted) return is_source(job, place.path);
    return is_saved(job, place.path) ||
           std::any_of(job.paths.begin(), job.paths.end(),
                       [&](const std::string& s) { return is_within(s, place.path); });
}

bool is_of_a_target(const core::Config& config, const std::string& path) {
    return std::any_of(config.targets.begin(), config.targets.end(),
                       [&](const core::TargetSpec& t) { return is_within(path, t.mount); });
}

bool has_something(const std::string& source) {
    std::error_code error;
    return std::filesystem::exists(std::filesystem::symlink_status(source, error)) &&
           !std::filesystem::is_empty(source, error);
}

/// Names may change with the order of plugging in: a disk's filesystem is known by its UUID.
std::string filesystem_of(const core::Mount& m, const std::vector<core::Device>& devices) {
    for (const auto& d : devices)
        if (d.node == m.source || (d.number == m.number && d.number.major != 0)) return d.uuid;
    return m.source.starts_with("/dev/") || m.fstype == "autofs" ? "" : m.source;
}

std::string lost(const store::Place& place, const std::set<store::Place>& now) {
    const auto path = printable(place.path, 400);
    const auto here = std::find_if(now.begin(), now.end(), [&](const store::Place& p) {
        return p.path == place.path && p.mounted == place.mounted;
    });
    if (here == now.end())
        return place.mounted ? fmt::format("{} was mounted at the last backup and is not now", path)
                             : fmt::format("the source {} is empty, and was not at the last backup", path);
    if (place.filesystem == here->filesystem || place.filesystem.empty() || here->filesystem.empty())
        return "";
    return fmt::format("on {} is another filesystem ({}) than at the last backup ({})", path,
                       printable(here->filesystem, 100), printable(place.filesystem, 100));
}

}  // namespace

std::set<store::Place> places_of(const core::Config& config, const core::JobSpec& job,
                                 const std::vector<core::Mount>& mounts,
                                 const std::vector<core::Device>& devices) {
    std::set<store::Place> out;
    const auto add_mount = [&](const core::Mount& m) {
        std::erase_if(out,
                      [&](const store::Place& p) { return p.mounted && p.path == m.point; });  // it is on top
        out.insert({m.point, true, filesystem_of(m, devices)});
    };
    for (const auto& source : job.paths) {
        if (has_something(source)) out.insert({source, false, ""});
        const auto* holder = holder_of(source, mounts);
        if (holder != nullptr && holder->point != "/" && holds_files(*holder)) add_mount(*holder);
    }
    for (const auto& m : mounts)
        if (m.point != "/" && holds_files(m) && is_saved(job, m.point) && !is_of_a_target(config, m.point))
            add_mount(m);
    return out;
}

std::vector<std::string> lost_places(const core::JobSpec& job, const std::set<store::Place>& before,
                                     const std::set<store::Place>& now) {
    std::vector<std::string> out;
    for (const auto& place : before) {
        if (!concerns(job, place)) continue;
        if (auto why = lost(place, now); !why.empty()) out.push_back(std::move(why));
    }
    return out;
}

}  // namespace guardian::backup
