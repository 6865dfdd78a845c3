/// guardian probe share TARGET: a child of the daemon, with a deadline, that may hang in its stead.

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/fd.hpp"
#include "cli/verbs.hpp"

namespace guardian::cli {
namespace {

constexpr int connect_ms = 5000;
constexpr unsigned give_up_s = 20;  // name resolution has no deadline of its own

struct FreeAddresses {
    void operator()(addrinfo* a) const { ::freeaddrinfo(a); }
};

bool connects(const addrinfo& a) {
    const Fd fd{::socket(a.ai_family, a.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a.ai_protocol)};
    if (!fd.valid()) return false;
    if (::connect(fd.get(), a.ai_addr, a.ai_addrlen) == 0) return true;
    pollfd p{fd.get(), POLLOUT, 0};
    if (errno != EINPROGRESS || ::poll(&p, 1, connect_ms) != 1) return false;
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

/// host:port, or [v6]:port.
std::pair<std::string, std::string> split_address(const std::string& text) {
    const auto colon = text.rfind(':');
    auto host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return {host, colon == std::string::npos ? "" : text.substr(colon + 1)};
}

}  // namespace

int probe_share(const Globals& globals, const std::string& name) {
    ::alarm(give_up_s);
    const auto config = load_config(globals);
    if (!config) return complain(config.error());
    const auto* target = config->target(name);
    if (target == nullptr || target->type != core::TargetType::share)
        return complain({ErrorCode::usage, fmt::format("there is no share \"{}\"", name), "", ""});
    const auto [host, port] = split_address(target->answers_at);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int r = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); r != 0)
        return complain(
            {ErrorCode::absent, fmt::format("share {} does not answer", name), ::gai_strerror(r), ""});
    const std::unique_ptr<addrinfo, FreeAddresses> addresses{found};
    for (const auto* a = addresses.get(); a != nullptr; a = a->ai_next)
        if (connects(*a)) return ok;
    return complain({ErrorCode::absent, fmt::format("share {} does not answer", name),
                     fmt::format("no connection to {}", target->answers_at), ""});
}

}  // namespace guardian::cli
