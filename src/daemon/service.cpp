#include "daemon/service.hpp"

#include <fmt/format.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include <cstdlib>

#include "base/text.hpp"

namespace guardian::daemon {
namespace {

void notify(const std::string& text) {
    ::sd_notify(0, text.c_str());
}

std::uint64_t monotonic_us() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(t.tv_nsec) / 1000;
}

Fd every(std::uint64_t us) {
    Fd timer{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
    const timespec period{static_cast<time_t>(us / 1'000'000), static_cast<long>(us % 1'000'000 * 1000)};
    const itimerspec spec{period, period};
    ::timerfd_settime(timer.get(), 0, &spec, nullptr);
    return timer;
}

}  // namespace

Service::Service(Loop& loop, std::function<bool()> progress)
    : has_listener_(std::getenv("NOTIFY_SOCKET") != nullptr), progress_(std::move(progress)) {
    std::uint64_t deadline_us = 0;
    if (::sd_watchdog_enabled(0, &deadline_us) <= 0) return;
    timer_ = every(deadline_us / 3);
    loop.watch(timer_.get(), [this] { feed(); });
}

void Service::feed() {
    std::uint64_t times = 0;
    (void)!::read(timer_.get(), &times, sizeof times);
    if (progress_()) notify("WATCHDOG=1");
}

bool Service::has_listener() const {
    return has_listener_;
}

void Service::ready() {
    notify("READY=1");
}
void Service::reloading() {
    notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us()));
}
void Service::stopping() {
    notify("STOPPING=1");
}

void Service::status(const std::string& text) {
    if (text == said_) return;
    said_ = text;
    notify("STATUS=" + printable(text, 500));
}

}  // namespace guardian::daemon
