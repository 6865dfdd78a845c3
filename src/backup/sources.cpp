#include "backup/sources.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "backup/exclusion.hpp"
#include "base/fd.hpp"
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

namespace {

/// Source: bford.info/cachedir. Borg leaves out such a folder even where it is a source itself.
bool is_tagged_as_cache(const fs::path& folder) {
    static constexpr std::string_view signature = "Signature: 8a477f597d28d172789f06886806bc55";
    // Whoever owns the source may have put a FIFO there, on which an open would wait for ever.
    const Fd fd{::open((folder / "CACHEDIR.TAG").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    std::string begin(signature.size(), '\0');
    return fd.valid() && ::read(fd.get(), begin.data(), begin.size()) == static_cast<ssize_t>(begin.size()) &&
           begin == signature;
}

std::string why_left_out(const core::JobSpec& job, const std::string& path, const std::string& name) {
    for (const auto& pattern : job.exclude)
        if (excludes(pattern, path))
            return fmt::format("the source {} is left out by the exclude pattern \"{}\"", name,
                               printable(pattern, 200));
    if (job.exclude_caches && is_tagged_as_cache(path))
        return fmt::format("the source {} holds a CACHEDIR.TAG and is left out by exclude_caches", name);
    return "";
}

}  // namespace

std::string why_not_saved(const core::JobSpec& job, const std::string& path) {
    std::error_code error;
    const auto name = printable(path, 400);
    if (!fs::exists(fs::symlink_status(path, error))) return fmt::format("the source {} is missing", name);
    if (!is_link(path)) {
        if (!fs::is_regular_file(path, error) && !fs::is_directory(path, error))
            return fmt::format("the source {} is neither a file nor a folder", name);
        return why_left_out(job, path, name);
    }
    const auto destination = fs::canonical(path, error);
    if (error) return fmt::format("the source {} is a symbolic link to nothing", name);
    if (is_saved_elsewhere(job, destination)) return "";
    return fmt::format(
        "the source {} is a symbolic link, of which Borg saves nothing but the link: write {} in its place",
        name, printable(destination.string(), 400));
}

}  // namespace guardian::backup
