#pragma once
/// The daemon's event loop: descriptors and what to do when they become readable. One thread; every callback
/// runs in it, and none may block. Sleeps until an event; nothing polls. Hides Asio from everyone else.

#include <functional>
#include <memory>

#include "base/fd.hpp"

namespace boost::asio {
class io_context;
}

namespace guardian::daemon {

class Loop {
  public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Calls `ready` each time the descriptor is readable, for as long as the loop lives. Not owned.
    void watch(int fd, std::function<void()> ready);

    /// Calls `ready` once, when the descriptor is first readable, and closes it after.
    void watch_once(Fd fd, std::function<void()> ready);

    /// Until stop(): the exit code that was given to it.
    int run();
    void stop(int exit_code = 0);

    [[nodiscard]] boost::asio::io_context& context();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace guardian::daemon
