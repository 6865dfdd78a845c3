#include "backup/inhibitor.hpp"

#include <fcntl.h>
#include <systemd/sd-bus.h>

#include "base/text.hpp"

namespace guardian::backup {
namespace {

struct Unref {
    void operator()(sd_bus* b) const { ::sd_bus_flush_close_unref(b); }
    void operator()(sd_bus_message* m) const { ::sd_bus_message_unref(m); }
};

Error cannot(ErrorCode code, std::string reason) {
    return {code, "sleep and shutdown are not held back during the run", std::move(reason), ""};
}

bool nobody_there(const sd_bus_error& error) {
    return ::sd_bus_error_has_name(&error, SD_BUS_ERROR_SERVICE_UNKNOWN) != 0 ||
           ::sd_bus_error_has_name(&error, SD_BUS_ERROR_NAME_HAS_NO_OWNER) != 0;
}

}  // namespace

Result<Fd> inhibit_sleep(const std::string& why) {
    sd_bus* raw = nullptr;
    if (const int r = ::sd_bus_open_system(&raw); r < 0)
        return cannot(ErrorCode::absent, "there is no D-Bus");
    const std::unique_ptr<sd_bus, Unref> bus{raw};
    constexpr std::uint64_t time_out_us = 10'000'000;
    ::sd_bus_set_method_call_timeout(raw, time_out_us);
    sd_bus_message* answer = nullptr;
    sd_bus_error error{};
    const int r = ::sd_bus_call_method(raw, "org.freedesktop.login1", "/org/freedesktop/login1",
                                       "org.freedesktop.login1.Manager", "Inhibit", &error, &answer, "ssss",
                                       "sleep:shutdown:handle-lid-switch", "Guardian", why.c_str(), "block");
    const std::unique_ptr<sd_bus_message, Unref> reply{answer};
    const auto code = nobody_there(error) ? ErrorCode::absent : ErrorCode::external;
    const auto reason = error.message != nullptr ? printable(error.message, 300) : errno_error("", -r).reason;
    ::sd_bus_error_free(&error);
    if (r < 0) return cannot(code, reason);
    int fd = -1;
    if (::sd_bus_message_read(answer, "h", &fd) < 0)
        return cannot(ErrorCode::external, "logind gave no lock");
    return Fd{::fcntl(fd, F_DUPFD_CLOEXEC, 3)};
}

}  // namespace guardian::backup
