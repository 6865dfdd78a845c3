#include "watch/wall_timer.hpp"

#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace guardian::watch {

Result<WallTimer> WallTimer::open() {
    Fd fd{::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (!fd.valid()) return errno_error("cannot make a timer", errno);
    return WallTimer{std::move(fd)};
}

void WallTimer::arm(std::optional<Time> at) {
    // Armed even when there is nothing to wait for: only an armed timer notices that the clock was set.
    constexpr std::int64_t far_future = 253'402'300'799'000'000;
    const auto us = std::clamp<std::int64_t>(at ? to_micros(*at) : far_future, 1, far_future);
    itimerspec spec{};
    spec.it_value.tv_sec = us / 1'000'000;
    spec.it_value.tv_nsec = us % 1'000'000 * 1000;
    ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, nullptr);
}

bool WallTimer::drain() {
    std::uint64_t times = 0;
    return ::read(fd_.get(), &times, sizeof times) < 0 && errno == ECANCELED;
}

}  // namespace guardian::watch
