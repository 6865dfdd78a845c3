#pragma once
/// Wakes at a moment of the wall clock, and when the clock is set: a timerfd on CLOCK_REALTIME that is
/// cancelled by a jump. After a sleep of the machine it fires at once if the moment has passed.

#include <optional>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace guardian::watch {

class WallTimer {
  public:
    [[nodiscard]] static Result<WallTimer> open();

    /// Wakes at the moment (in the past: at once); empty: only when the clock is set.
    void arm(std::optional<Time> at);

    [[nodiscard]] int fd() const { return fd_.get(); }

    /// Takes the wake-up. True when the clock was set.
    bool drain();

  private:
    explicit WallTimer(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

}  // namespace guardian::watch
