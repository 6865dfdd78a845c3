#include "watch/kernel_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

namespace guardian::watch {
namespace {

constexpr const char* path = "/dev/kmsg";

bool is_kernel_log(int fd) {
    struct stat st {};
    return ::fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 11);
}

/// More in one go are left for the next: a storm must not keep the daemon from everything else.
constexpr int lines_at_once = 2000;

}  // namespace

Result<KernelLog> KernelLog::open() {
    const bool given = is_kernel_log(STDIN_FILENO);
    Fd fd{given ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : ::open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    if (!fd.valid()) return errno_error(std::string("cannot read the kernel's log ") + path, errno);
    if (::fcntl(fd.get(), F_SETFL, O_RDONLY | O_NONBLOCK) != 0 || ::lseek(fd.get(), 0, SEEK_END) < 0)
        return errno_error(std::string("cannot read the kernel's log ") + path, errno);
    return KernelLog{std::move(fd)};
}

std::vector<std::string> KernelLog::drain() {
    std::vector<std::string> lines;
    std::array<char, 8192> record{};
    for (int i = 0; i < lines_at_once; ++i) {
        const auto n = ::read(fd_.get(), record.data(), record.size());
        if (n < 0 && errno == EPIPE) continue;  // overwritten; the next read goes on after it
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        if (auto line = kernel_line({record.data(), static_cast<std::size_t>(n)}); !line.empty())
            lines.push_back(std::move(line));
    }
    return lines;
}

/// "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS[,…];TEXT\n KEY=VALUE\n…", with the facility in the priority's upper bits.
std::string kernel_line(std::string_view record) {
    unsigned priority = 0;
    const auto [end, error] = std::from_chars(record.data(), record.data() + record.size(), priority);
    const auto text = record.find(';');
    if (error != std::errc{} || text == std::string_view::npos || priority >> 3 != 0) return "";
    const auto line = record.substr(text + 1);
    return std::string(line.substr(0, line.find('\n')));
}

}  // namespace guardian::watch
