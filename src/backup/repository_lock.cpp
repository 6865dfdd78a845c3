#include "backup/repository_lock.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <fstream>

#include "base/text.hpp"

namespace guardian::backup {
namespace {

struct CloseDir {
    void operator()(DIR* d) const { ::closedir(d); }
};

namespace json = boost::json;

std::vector<std::string> entries(DIR* folder) {
    std::vector<std::string> names;
    while (const auto* entry = ::readdir(folder)) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") names.push_back(name);
        if (names.size() == 100) break;
    }
    return names;
}

struct Self {
    const std::string& host_id;
    const std::string& program;
};

std::string base_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

std::string process_name(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/comm", pid));
    std::string name;
    std::getline(file, name);
    return printable(name, 40);
}

/// Python's command line has the program's name in it, whatever a person has called it.
bool runs(pid_t pid, const std::string& program) {
    std::ifstream file(fmt::format("/proc/{}/cmdline", pid));
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    return text.find("borg") != std::string::npos || text.find(base_name(program)) != std::string::npos;
}

/// A process that runs Borg under this id may hold the lock. Whether the lock is older than this boot is not
/// asked: only the clock could tell, and it may have been wrong when the machine came up.
bool may_hold(pid_t pid, const std::string& program) {
    return (::kill(pid, 0) == 0 || errno == EPERM) && runs(pid, program);
}

LockHolder judge(std::string name, const std::string& host, pid_t pid, const Self& self) {
    if (host != self.host_id) return {LockState::foreign, std::move(name), 0};
    return {may_hold(pid, self.program) ? LockState::alive : LockState::dead, std::move(name), pid};
}

/// lock.exclusive: a folder with one file, named after the holder. An empty one is a lock being made or a
/// broken one: Borg waits for it.
std::vector<LockHolder> exclusive_holders(const Fd& root, const std::string& repository, const Self& self) {
    std::vector<LockHolder> out;
    const auto path = repository + "/lock.exclusive";
    const int fd = ::openat(root.get(), path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, CloseDir> folder{fd < 0 ? nullptr : ::fdopendir(fd)};
    if (!folder) return out;
    for (auto& name : entries(folder.get())) {
        const auto parts = parse_lock_name(name);
        out.push_back(parts ? judge(name, parts->first, parts->second, self)
                            : LockHolder{LockState::foreign, std::move(name), 0});
    }
    return out;
}

std::string read_roster(const Fd& root, const std::string& repository) {
    const auto path = repository + "/lock.roster";
    const Fd fd{::openat(root.get(), path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    std::array<char, 65536> buffer{};
    const auto n = fd.valid() ? ::read(fd.get(), buffer.data(), buffer.size()) : 0;
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
}

/// lock.roster: {"shared": [["HOSTID", PID, THREAD], …], …}. Readers (a borg mount, say) are only there, and
/// break-lock would take their lock too. What is not such a roster, Borg takes for an empty one.
std::vector<LockHolder> roster_holders(const Fd& root, const std::string& repository, const Self& self) {
    std::vector<LockHolder> out;
    json::error_code error;
    const auto roster = json::parse(read_roster(root, repository), error);
    if (error || !roster.is_object()) return out;
    for (const auto& [kind, list] : roster.get_object()) {
        if (!list.is_array()) continue;
        for (const auto& entry : list.get_array()) {
            const auto* parts = entry.if_array();
            if (parts == nullptr || parts->size() != 3 || !(*parts)[0].is_string() || !(*parts)[1].is_int64())
                continue;
            const std::string host((*parts)[0].get_string());
            const auto pid =
                static_cast<pid_t>(std::clamp<std::int64_t>((*parts)[1].get_int64(), 0, INT_MAX));
            out.push_back(judge(fmt::format("{}.{}", host, pid), host, pid, self));
        }
    }
    return out;
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

LockHolder find_lock(const Fd& root, const std::string& repository, const BorgContext& context) {
    const Self self{context.host_id, context.program};
    auto holders = exclusive_holders(root, repository, self);
    const auto readers = roster_holders(root, repository, self);
    holders.insert(holders.end(), readers.begin(), readers.end());
    LockHolder worst;
    for (const auto& h : holders)
        if (h.state > worst.state) worst = h;
    return worst;
}

Result<> settle_repository_lock(const BorgContext& context, const Fd& root, const std::string& repository) {
    const auto holder = find_lock(root, repository, context);
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
