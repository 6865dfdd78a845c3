#include "backup/places.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/text.hpp"

namespace guardian::backup {
namespace {

bool is_within(const std::string& path, const std::string& folder) {
    return path == folder || folder == "/" || (path.starts_with(folder) && path[folder.size()] == '/');
}

bool is_source(const core::JobSpec& job, const std::string& path) {
    return std::find(job.paths.begin(), job.paths.end(), path) != job.paths.end();
}

/// Of the exclude patterns those that are a plain path.
bool is_excluded(const core::JobSpec& job, const std::string& path) {
    return std::any_of(job.exclude.begin(), job.exclude.end(),
                       [&](const std::string& e) { return e.starts_with('/') && is_within(path, e); });
}

bool is_saved(const core::JobSpec& job, const std::string& path) {
    if (job.one_file_system) return is_source(job, path);
    return !is_excluded(job, path) && std::any_of(job.paths.begin(), job.paths.end(),
                                                  [&](const std::string& s) { return is_within(path, s); });
}

/// Images that packages bring and take are nobody's files.
bool holds_files(const core::Mount& m) {
    static constexpr std::array images{"squashfs", "iso9660", "udf", "erofs"};
    static constexpr std::array remote{"nfs", "nfs4",     "cifs", "smb3",      "zfs",
                                       "9p",  "virtiofs", "ceph", "fuse.sshfs"};
    const auto is = [&](const char* type) { return m.fstype == type; };
    if (std::any_of(images.begin(), images.end(), is)) return false;
    return m.source.starts_with("/dev/") || std::any_of(remote.begin(), remote.end(), is);
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

}  // namespace

std::set<store::Place> places_of(const core::Config& config, const core::JobSpec& job,
                                 const std::vector<core::Mount>& mounts) {
    std::set<store::Place> out;
    for (const auto& source : job.paths)
        if (has_something(source)) out.insert({source, false});
    for (const auto& m : mounts)
        if (m.point != "/" && holds_files(m) && is_saved(job, m.point) && !is_of_a_target(config, m.point))
            out.insert({m.point, true});
    return out;
}

std::vector<std::string> lost_places(const core::JobSpec& job, const std::set<store::Place>& before,
                                     const std::set<store::Place>& now) {
    std::vector<std::string> out;
    for (const auto& place : before) {
        if (now.contains(place) || !(place.mounted ? is_saved(job, place.path) : is_source(job, place.path)))
            continue;
        out.push_back(place.mounted ? fmt::format("{} was mounted at the last backup and is not now",
                                                  printable(place.path, 400))
                                    : fmt::format("the source {} is empty, and was not at the last backup",
                                                  printable(place.path, 400)));
    }
    return out;
}

}  // namespace guardian::backup
