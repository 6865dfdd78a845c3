#include "watch/kernel_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>

namespace guardian::watch {
namespace {

constexpr const char* path = "/dev/kmsg";

bool is_kernel_log(int fd) {
    struct stat st {};
    return ::fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 11);
}

/// By the clock that the kernel's log goes by: it stands still while the machine sleeps.
Duration since_boot() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return std::chrono::seconds{t.tv_sec} + std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{t.tv_nsec});
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

KernelLines KernelLog::drain() {
    KernelLines out;
    const auto boot = now() - since_boot();
    std::array<char, 8192> record{};
    for (int i = 0; i < lines_at_once; ++i) {
        const auto n = ::read(fd_.get(), record.data(), record.size());
        // Overwritten; the next read goes on after it.
        if (n < 0 && errno == EPIPE) {
            out.missed = true;
            sleep_.forget();
        }
        if (n < 0 && (errno == EPIPE || errno == EINTR)) continue;
        if (n <= 0) return out;
        if (auto r = kernel_record({record.data(), static_cast<std::size_t>(n)}); r && !sleep_.explains(r->text))
            out.lines.push_back({boot + r->since_boot, std::move(r->text)});
    }
    out.more = true;
    return out;
}

/// "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS[,…];TEXT\n KEY=VALUE\n…", with the facility in the priority's upper bits.
std::optional<KernelRecord> kernel_record(std::string_view record) {
    std::array<std::uint64_t, 3> head{};
    const auto* at = record.data();
    const auto* const end = record.data() + record.size();
    for (auto& number : head) {
        const auto [after, error] = std::from_chars(at, end, number);
        if (error != std::errc{} || after == end || *after != ',') return std::nullopt;
        at = after + 1;
    }
    constexpr std::uint64_t years = 100ULL * 366 * 24 * 3600 * 1'000'000;
    const auto text = record.find(';');
    if (text == std::string_view::npos || head[0] >> 3 != 0 || head[2] > years) return std::nullopt;
    const auto line = record.substr(text + 1);
    return KernelRecord{Duration{static_cast<std::int64_t>(head[2])}, std::string(line.substr(0, line.find('\n')))};
}

}  // namespace guardian::watch
