#include "backup/sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.hpp"

namespace guardian::backup {
namespace {

namespace fs = std::filesystem;

bool is_link(const fs::path& path) {
    std::error_code error;
    return fs::is_symlink(fs::symlink_status(path, error));
}

bool is_saved_elsewhere(const core::JobSpec& job, const fs::path& destination) {
    return std::any_of(job.paths.begin(), job.paths.end(), [&](const std::string& p) {
        return !is_link(p) && is_within(destination.native(), p);
    });
}

}  // namespace

std::string why_not_saved(const core::JobSpec& job, const std::string& path) {
    std::error_code error;
    const auto name = printable(path, 400);
    if (!fs::exists(fs::symlink_status(path, error))) return fmt::format("the source {} is missing", name);
    if (!is_link(path)) return "";
    const auto destination = fs::canonical(path, error);
    if (error) return fmt::format("the source {} is a symbolic link to nothing", name);
    if (is_saved_elsewhere(job, destination)) return "";
    return fmt::format(
        "the source {} is a symbolic link, of which Borg saves nothing but the link: write {} in its place",
        name, printable(destination.string(), 400));
}

}  // namespace guardian::backup
