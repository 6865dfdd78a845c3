#pragma once
/// The control socket: accepts clients, reads one JSON request a line from each, hands it over with who
/// asked, and sends the answer. Bounds everything: 32 clients at a time (a newcomer is turned away), 4 KiB a
/// request, 5 s to send it. A client that misbehaves is dropped; it costs nothing else. Runs in the loop's
/// thread.

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "daemon/loop.hpp"

namespace guardian::daemon {

/// Who is at the other end, as the kernel says.
struct Peer {
    pid_t pid = -1;
    bool root = false;
    bool in_group = false;  ///< of the group `guardian`
};

/// Sends the answer (one line, without the newline). May be called later, once, or never.
using Reply = std::function<void(std::string)>;
using RequestHandler = std::function<void(const std::string& line, const Peer& peer, Reply reply)>;

class ControlServer {
  public:
    /// Takes the socket's path over from a daemon that is gone; the caller holds the daemon's lock.
    [[nodiscard]] static Result<std::unique_ptr<ControlServer>> listen(Loop& loop, const std::string& path,
                                                                       RequestHandler handler);
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

  private:
    struct Impl;
    explicit ControlServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::daemon
