#include "backup/base_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "backup/borg.hpp"
#include "base/fd.hpp"

namespace guardian::backup {
namespace {

/// Why nothing can be written in the folder; empty: there is some room.
std::string obstacle_in(const std::string& folder) {
    constexpr off_t some_room = 1'000'000;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return error.message();
    const auto path = folder + "/room.tmp";
    const Fd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!fd.valid()) return std::strerror(errno);
    const int failure = ::posix_fallocate(fd.get(), 0, some_room);
    ::unlink(path.c_str());
    return failure == 0 ? "" : std::strerror(failure);
}

}  // namespace

BaseFolder usable_base_folder(const core::Config& config) {
    const auto usual = borg_base_dir(config);
    const auto why = obstacle_in(usual);
    if (why.empty()) return {usual, ""};
    const auto other = config.runtime_dir + "/borg";
    return {
        other,
        fmt::format("Borg's cache in {} cannot be written ({}); this run uses a new one in {}, which takes "
                    "longer. Make room, or make it writable",
                    usual, why, other)};
}

}  // namespace guardian::backup
