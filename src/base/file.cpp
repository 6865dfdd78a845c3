#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "base/fd.hpp"

namespace guardian {
namespace {

constexpr std::size_t file_max = 1'048'576;

Result<std::string> read_all(int fd, const std::string& context) {
    std::string text;
    std::array<char, 65536> buffer{};
    while (true) {
        const auto n = ::read(fd, buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error(context, errno);
        if (n == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(n));
        if (text.size() > file_max) return Error{ErrorCode::io, context, "it is larger than 1 MiB", ""};
    }
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
    const auto context = "cannot read " + path;
    const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!fd.valid()) return errno_error(context, errno);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return errno_error(context, errno);
    if (!S_ISREG(info.st_mode))
        return Error{ErrorCode::io, context, "it is not a plain file", "name the file itself"};
    return read_all(fd.get(), context);
}

Result<> replace_file(const std::string& path, const std::string& text, unsigned mode) {
    const auto temporary = path + ".new";
    Fd fd{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!fd.valid()) return errno_error("cannot write " + temporary, errno);
    // Whatever the umask, and whoever left the file there.
    if (::fchmod(fd.get(), mode) != 0) return errno_error("cannot write " + temporary, errno);
    errno = ENOSPC;  // a short write sets none
    if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(fd.get()) != 0)
        return errno_error("cannot write " + temporary, errno);
    if (::rename(temporary.c_str(), path.c_str()) != 0) return errno_error("cannot write " + path, errno);
    const Fd folder{
        ::open(std::filesystem::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder.valid() || ::fsync(folder.get()) != 0)
        return errno_error("cannot sync the folder of " + path, errno);
    return {};
}

}  // namespace guardian
