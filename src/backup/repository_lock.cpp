#include "backup/repository_lock.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>
#include <csignal>
#include <ctime>
#include <fstream>

#include "base/text.hpp"

namespace guardian::backup {
namespace {

struct CloseDir {
    void operator()(DIR* d) const { ::closedir(d); }
};

std::string first_entry(DIR* folder) {
    while (const auto* entry = ::readdir(folder)) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") return name;
    }
    return "";
}

std::string process_name(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/comm", pid));
    std::string name;
    std::getline(file, name);
    return printable(name, 40);
}

bool runs_borg(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/cmdline", pid));
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    return text.find("borg") != std::string::npos;
}

std::int64_t boot_time_now() {
    timespec wall{}, boot{};
    ::clock_gettime(CLOCK_REALTIME, &wall);
    ::clock_gettime(CLOCK_BOOTTIME, &boot);
    return wall.tv_sec - boot.tv_sec;
}

}  // namespace

std::optional<std::pair<std::string, pid_t>> parse_lock_name(std::string_view name) {
    const auto dash = name.rfind('-');
    const auto dot = name.substr(0, dash).rfind('.');
    if (dash == std::string_view::npos || dot == std::string_view::npos || dot + 1 >= dash)
        return std::nullopt;
    const auto digits = name.substr(dot + 1, dash - dot - 1);
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
    if (error != std::errc{} || end != digits.data() + digits.size() || pid <= 0) return std::nullopt;
    return std::pair{std::string(name.substr(0, dot)), pid};
}

LockHolder find_lock(const Fd& root, const std::string& repository, const std::string& host_id,
                     std::int64_t boot_time) {
    const auto path = repository + "/lock.exclusive";
    const int fd = ::openat(root.get(), path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return {};
    struct stat st {};
    ::fstat(fd, &st);
    const std::unique_ptr<DIR, CloseDir> folder{::fdopendir(fd)};
    LockHolder holder;
    holder.name = folder ? first_entry(folder.get()) : "";
    const auto parts = parse_lock_name(holder.name);
    if (!parts || parts->first != host_id) {
        // An empty folder is a lock being made or a broken one: Borg waits for it, and so do we.
        holder.state = holder.name.empty() ? LockState::free : LockState::foreign;
        return holder;
    }
    holder.pid = parts->second;
    // Two seconds for the clock's own wandering.
    const bool before_boot = st.st_mtim.tv_sec + 2 < boot_time;
    const bool living = ::kill(holder.pid, 0) == 0 && runs_borg(holder.pid);
    holder.state = before_boot || !living ? LockState::dead : LockState::alive;
    return holder;
}

Result<> settle_repository_lock(const BorgContext& context, const Fd& root, const std::string& repository) {
    const auto holder = find_lock(root, repository, context.host_id, boot_time_now());
    const auto what = fmt::format("the repository {} is locked", printable(repository, 200));
    switch (holder.state) {
        case LockState::free:
            return {};
        case LockState::dead: {
            Limits limits;
            limits.deadline = std::chrono::seconds{60};
            auto done =
                run_tool(break_lock_command(context), limits,
                         fmt::format("cannot break the dead lock of pid {} on {}", holder.pid, repository));
            if (!done) return done.error();
            return {};
        }
        case LockState::alive:
            return Error{
                ErrorCode::busy, what,
                fmt::format("by {} (pid {}), which is running", process_name(holder.pid), holder.pid),
                "wait for it to end"};
        case LockState::foreign:
            return Error{
                ErrorCode::busy, what,
                fmt::format("by another machine or user: {}", printable(holder.name, 120)),
                "if no Borg runs on it anywhere: borg break-lock " + printable(context.repository, 200)};
    }
    return {};
}

}  // namespace guardian::backup
