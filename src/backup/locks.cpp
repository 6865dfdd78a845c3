#include "backup/locks.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "base/text.hpp"

namespace guardian::backup {
namespace {

std::string holder(const Fd& fd) {
    std::array<char, 200> buffer{};
    const auto n = ::pread(fd.get(), buffer.data(), buffer.size(), 0);
    return n > 0 ? printable(trim({buffer.data(), static_cast<std::size_t>(n)}), 150) : "another process";
}

Result<Lock> lock_file(const std::string& folder, const std::string& name, const std::string& what) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const auto path = folder + "/" + name + ".lock";
    Lock lock{Fd{::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)}};
    if (!lock.fd.valid()) return errno_error("cannot open the lock " + path, errno);
    if (::flock(lock.fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return errno_error("cannot take the lock " + path, errno);
        return Error{ErrorCode::busy, "cannot " + what, fmt::format("busy with: {}", holder(lock.fd)),
                     "wait for it to end (guardian status)"};
    }
    const auto text = fmt::format("{} (pid {})\n", what, ::getpid());
    if (::ftruncate(lock.fd.get(), 0) != 0 ||
        ::pwrite(lock.fd.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
        // The lock is held all the same; only its label is missing.
    }
    return lock;
}

}  // namespace

Result<Lock> lock_machine(const std::string& runtime_dir, const std::string& what) {
    return lock_file(runtime_dir, "run", what);
}

Result<Lock> lock_target(const std::string& runtime_dir, const std::string& target, const std::string& what) {
    return lock_file(runtime_dir, "target-" + target, what);
}

}  // namespace guardian::backup
