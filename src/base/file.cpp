#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "base/fd.hpp"

namespace guardian {

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
