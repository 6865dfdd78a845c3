#pragma once
/// What guardiand owes systemd as a service of Type=notify: that it is ready, what it is doing, and that it
/// still makes progress. The watchdog is fed only after the daemon has looked at its World and decided, so a
/// daemon that goes round in circles or waits for something is found out. Does nothing when systemd does not
/// ask. Runs in the loop's thread.

#include <functional>
#include <string>

#include "base/fd.hpp"
#include "daemon/loop.hpp"

namespace guardian::daemon {

class Service {
  public:
    /// `progress` decides once more, and says whether it came to an end.
    Service(Loop& loop, std::function<bool()> progress);
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// Whether someone is told what status() says.
    [[nodiscard]] bool has_listener() const;

    void ready();
    void reloading();
    void stopping();
    void status(const std::string& text);

  private:
    void feed();

    bool has_listener_;
    std::function<bool()> progress_;
    std::string said_;
    Fd timer_;
};

}  // namespace guardian::daemon
