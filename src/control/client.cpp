#include "control/client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/fd.hpp"

namespace guardian::control {
namespace {

constexpr std::size_t most_bytes = 16 * 1024 * 1024;

Result<Fd> connect_to(const std::string& path) {
    const std::string context = "cannot reach guardiand on " + path;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Error{ErrorCode::config, context, "the path is longer than a socket's may be",
                     "choose a shorter runtime_dir"};
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd.valid()) return errno_error(context, errno);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    if (errno == ECONNREFUSED) return Error{ErrorCode::absent, context, "it does not run", ""};
    return errno_error(context, errno);
}

}  // namespace

std::string socket_path(const std::string& runtime_dir) {
    return runtime_dir + "/daemon/control.sock";
}

Result<std::string> request(const std::string& runtime_dir, const std::string& line, Duration deadline) {
    using Clock = std::chrono::steady_clock;
    auto fd = connect_to(socket_path(runtime_dir));
    if (!fd) return fd.error();
    const auto text = line + "\n";
    if (::send(fd->get(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
        return errno_error("cannot send the request to guardiand", errno);
    const auto end = Clock::now() + deadline;
    std::string answer;
    while (answer.size() < most_bytes) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd p{fd->get(), POLLIN, 0};
        if (left <= 0 || ::poll(&p, 1, static_cast<int>(left)) <= 0)
            return Error{ErrorCode::timeout, "guardiand does not answer", "nothing came in time",
                         "see its log"};
        std::array<char, 65536> buffer{};
        const auto n = ::recv(fd->get(), buffer.data(), buffer.size(), 0);
        if (n <= 0) break;
        answer.append(buffer.data(), static_cast<std::size_t>(n));
        if (const auto newline = answer.find('\n'); newline != std::string::npos)
            return answer.substr(0, newline);
    }
    return Error{ErrorCode::io, "guardiand gave no whole answer",
                 answer.empty() ? "it closed the connection" : "it was cut", ""};
}

bool request_done(const std::string& runtime_dir, const std::string& line, Duration deadline) {
    const auto answer = request(runtime_dir, line, deadline);
    return answer && answer->find("\"ok\":true") != std::string::npos;
}

}  // namespace guardian::control
