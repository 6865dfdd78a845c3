#include "backup/inhibitor.hpp"

#include <fcntl.h>
#include <systemd/sd-bus.h>

namespace guardian::backup {

Fd inhibit_sleep(const std::string& why) {
    sd_bus* bus = nullptr;
    if (::sd_bus_open_system(&bus) < 0) return Fd{};
    constexpr std::uint64_t time_out_us = 2'000'000;
    ::sd_bus_set_method_call_timeout(bus, time_out_us);
    sd_bus_message* reply = nullptr;
    const int r = ::sd_bus_call_method(bus, "org.freedesktop.login1", "/org/freedesktop/login1",
                                       "org.freedesktop.login1.Manager", "Inhibit", nullptr, &reply, "ssss",
                                       "sleep:shutdown:handle-lid-switch", "Guardian", why.c_str(), "block");
    int fd = -1;
    Fd held;
    if (r >= 0 && ::sd_bus_message_read(reply, "h", &fd) >= 0) held = Fd{::fcntl(fd, F_DUPFD_CLOEXEC, 3)};
    ::sd_bus_message_unref(reply);
    ::sd_bus_flush_close_unref(bus);
    return held;
}

}  // namespace guardian::backup
