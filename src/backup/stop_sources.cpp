#include "backup/stop_sources.hpp"

#include <fmt/format.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace guardian::backup {

Result<std::unique_ptr<StopSources>> StopSources::open() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int s : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, s);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    Fd signals{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!signals.valid()) return errno_error("cannot watch for signals", errno);
    auto devices = watch::BlockDevices::open();
    if (!devices) return devices.error();
    return std::unique_ptr<StopSources>{new StopSources{std::move(signals), std::move(*devices)}};
}

StopSources::StopSources(Fd signals, watch::BlockDevices devices)
    : signals_(std::move(signals)),
      devices_(std::move(devices)),
      interrupts_{{signals_.get(), [this] { return take_signal(); }},
                  {devices_.fd(), [this] { return look_at_device(); }}} {}

StopSources::~StopSources() = default;

void StopSources::expect(const core::Device& device) {
    expected_ = device;
}

void StopSources::also(Interrupt interrupt) { interrupts_.push_back(std::move(interrupt)); }

std::vector<core::Device> StopSources::devices() {
    devices_.settle();
    return devices_.all();
}

std::optional<Error> StopSources::stopped() {
    take_signal();
    look_at_device();
    return why_;
}

std::optional<Error> StopSources::take_signal() {
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
    if (!why_) {
        const auto* name = info.ssi_signo == SIGINT   ? "Ctrl-C (SIGINT)"
                           : info.ssi_signo == SIGHUP ? "SIGHUP"
                                                      : "SIGTERM";
        why_ = Error{ErrorCode::cancelled, "stopped", fmt::format("by {}", name), ""};
    }
    return why_;
}

std::optional<Error> StopSources::look_at_device() {
    devices_.drain();
    if (!expected_) return std::nullopt;
    const auto all = devices_.all();
    const bool there = std::any_of(all.begin(), all.end(), [&](const core::Device& d) {
        return d.number == expected_->number && d.uuid == expected_->uuid && d.plug == expected_->plug;
    });
    if (there) return std::nullopt;
    // The daemon's SIGTERM for the same reason may have come first: the disk being gone is what matters.
    if (!why_ || why_->code == ErrorCode::cancelled)
        why_ = Error{ErrorCode::vanished, "the disk went away in the middle",
                     fmt::format("{} with UUID {} is gone", expected_->node, expected_->uuid),
                     "plug it in again: the next run carries on by itself"};
    return why_;
}

}  // namespace guardian::backup
