#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/timerfd.h>
#include <systemd/sd-bus.h>

#include <cerrno>
#include <map>

#include "base/text.hpp"
#include "daemon/launcher.hpp"

namespace guardian::daemon {
namespace {

constexpr const char* systemd = "org.freedesktop.systemd1";
constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager = "org.freedesktop.systemd1.Manager";

struct Unref {
    void operator()(sd_bus* b) const { ::sd_bus_flush_close_unref(b); }
    void operator()(sd_bus_slot* s) const { ::sd_bus_slot_unref(s); }
    void operator()(sd_bus_message* m) const { ::sd_bus_message_unref(m); }
};
using Bus = std::unique_ptr<sd_bus, Unref>;
using Slot = std::unique_ptr<sd_bus_slot, Unref>;
using Message = std::unique_ptr<sd_bus_message, Unref>;

std::string text_of(const sd_bus_error* e, int fallback) {
    if (e != nullptr && e->message != nullptr) return printable(e->message, 500);
    return errno_error("", -fallback).reason;
}

/// A call that waits for its answer, and who is told. Lives until then.
struct Call {
    std::function<void(sd_bus_message* reply, const sd_bus_error* error)> answered;
};

int take_answer(sd_bus_message* reply, void* userdata, sd_bus_error* /*unused*/) {
    const std::unique_ptr<Call> call{static_cast<Call*>(userdata)};
    call->answered(reply, ::sd_bus_message_get_error(reply));
    return 0;
}

class SystemdLauncher : public Launcher {
  public:
    SystemdLauncher(Loop& loop, Bus bus, Fd timer, std::unique_ptr<Launcher> spawned,
                    std::function<void()> lost)
        : bus_(std::move(bus)),
          timer_(std::move(timer)),
          spawned_(std::move(spawned)),
          lost_(std::move(lost)) {
        loop.watch(::sd_bus_get_fd(bus_.get()), [this] { process(); });
        loop.watch(timer_.get(), [this] { process(); });
    }

    Result<> start_run(const std::string& plan, core::Trigger /*the run asks for it*/, Ended ended) override {
        return start(run_unit(plan), std::move(ended));
    }
    void stop_run(const std::string& plan, pid_t /*pid*/) override {
        const auto unit = run_unit(plan);
        const auto done = call("StopUnit", unit, [unit](sd_bus_message*, const sd_bus_error* error) {
            if (error != nullptr) spdlog::error("cannot stop {}: {}", unit, text_of(error, 0));
        });
        if (!done) spdlog::error("cannot stop {}: {}", unit, done.error().text());
    }
    Result<> start_release(const std::string& target, Ended ended) override {
        return start(fmt::format("guardian-release@{}.service", target), std::move(ended));
    }
    /// It needs no more rights than the daemon has.
    Result<> start_probe(const std::string& target, Ended ended) override {
        return spawned_->start_probe(target, std::move(ended));
    }
    /// Asking a drive takes what the daemon has not.
    Result<> start_health_probe(const std::string& subject, Ended ended) override {
        return start(fmt::format("guardian-health@{}.service", subject), std::move(ended));
    }

    void look_at_timer(const std::string& plan, std::function<void(std::string)> told) override {
        const auto unit = fmt::format("guardian-run@{}.timer", plan);
        char* path = nullptr;
        if (::sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit.c_str(), &path) < 0) return;
        const std::unique_ptr<char, decltype(&::free)> owned{path, &::free};
        sd_bus_message* raw = nullptr;
        if (::sd_bus_message_new_method_call(bus_.get(), &raw, systemd, path,
                                             "org.freedesktop.DBus.Properties", "Get") < 0)
            return;
        const Message message{raw};
        ::sd_bus_message_append(raw, "ss", "org.freedesktop.systemd1.Unit", "ActiveState");
        const auto done = send(raw, [unit, told](sd_bus_message* reply, const sd_bus_error* error) {
            const char* state = nullptr;
            if (error != nullptr || ::sd_bus_message_read(reply, "v", "s", &state) < 0)
                return told(fmt::format("systemd does not tell about it: {}", text_of(error, -EBADMSG)));
            told(std::string_view(state) == "active" ? ""
                                                     : fmt::format("{} is {}", unit, printable(state, 40)));
        });
        if (!done) spdlog::warn("{}: {}", unit, done.error().text());
    }

  private:
    static std::string run_unit(const std::string& plan) {
        return fmt::format("guardian-run@{}.service", plan);
    }

    Result<> start(const std::string& unit, Ended ended) {
        // Of the jobs' ends only while there is one to wait for: otherwise every job of the machine would
        // wake the daemon. Asked for before the start, so that none is missed.
        if (auto listening = listen_to_jobs(); !listening) return listening;
        auto asked = call(
            "StartUnit", unit,
            [this, unit, ended = std::move(ended)](sd_bus_message* reply, const sd_bus_error* error) {
                const char* job = nullptr;
                if (error == nullptr && ::sd_bus_message_read(reply, "o", &job) >= 0) {
                    jobs_.emplace(job, ended);
                    return;
                }
                over(ended, fmt::format("systemd does not start {}: {}", unit, text_of(error, -EBADMSG)));
            });
        if (asked) ++waiting_;
        return asked;
    }

    Result<> listen_to_jobs() {
        if (removed_) return {};
        sd_bus_slot* slot = nullptr;
        const int r = ::sd_bus_match_signal_async(bus_.get(), &slot, systemd, manager_path, manager,
                                                  "JobRemoved", &SystemdLauncher::job_removed, nullptr, this);
        if (r < 0) return errno_error("cannot listen to systemd", -r);
        removed_.reset(slot);
        return {};
    }

    static int job_removed(sd_bus_message* signal, void* userdata, sd_bus_error* /*unused*/) {
        auto& self = *static_cast<SystemdLauncher*>(userdata);
        std::uint32_t id = 0;
        const char *job = nullptr, *unit = nullptr, *result = nullptr;
        if (::sd_bus_message_read(signal, "uoss", &id, &job, &unit, &result) < 0) return 0;
        const auto [first, last] = self.jobs_.equal_range(job);
        std::vector<Ended> all;
        for (auto it = first; it != last; ++it) all.push_back(std::move(it->second));
        self.jobs_.erase(first, last);
        if (!all.empty()) spdlog::debug("{}: {}", printable(unit, 200), printable(result, 40));
        // Told to stop: the process still ends.
        const bool still_ends = std::string_view(result) == "canceled";
        for (const auto& ended : all) still_ends ? self.wait_for_stop(unit, ended) : self.over(ended, "");
        return 0;
    }

    /// A stop's job lasts until the unit is inactive.
    void wait_for_stop(const std::string& unit, const Ended& ended) {
        const auto asked =
            call("StopUnit", unit, [this, ended](sd_bus_message* reply, const sd_bus_error* error) {
                const char* job = nullptr;
                if (error == nullptr && ::sd_bus_message_read(reply, "o", &job) >= 0)
                    jobs_.emplace(job, ended);
                else
                    over(ended, "");
            });
        if (!asked) over(ended, "");
    }

    /// The units' services are of type oneshot: their start's job lasts as long as they do.
    void over(const Ended& ended, std::string trouble) {
        if (--waiting_ == 0) removed_.reset();
        ended({std::nullopt, std::move(trouble)});
    }

    Result<> call(const char* method, const std::string& unit,
                  std::function<void(sd_bus_message*, const sd_bus_error*)> answered) {
        sd_bus_message* raw = nullptr;
        const int r =
            ::sd_bus_message_new_method_call(bus_.get(), &raw, systemd, manager_path, manager, method);
        if (r < 0) return errno_error(fmt::format("cannot ask systemd for {}", unit), -r);
        const Message message{raw};
        ::sd_bus_message_append(raw, "ss", unit.c_str(), "replace");
        return send(raw, std::move(answered));
    }

    Result<> send(sd_bus_message* message,
                  std::function<void(sd_bus_message*, const sd_bus_error*)> answered) {
        auto call = std::make_unique<Call>(Call{std::move(answered)});
        constexpr std::uint64_t default_time_out = 0;
        const int r =
            ::sd_bus_call_async(bus_.get(), nullptr, message, take_answer, call.get(), default_time_out);
        if (r < 0) return errno_error("cannot ask systemd", -r);
        (void)call.release();  // take_answer's
        ::sd_bus_flush(bus_.get());
        arm();
        return {};
    }

    void process() {
        std::uint64_t times = 0;
        (void)!::read(timer_.get(), &times, sizeof times);
        int r = 0;
        while ((r = ::sd_bus_process(bus_.get(), nullptr)) > 0) {
        }
        if (r < 0) {
            spdlog::error("the connection to systemd is lost: {}", errno_error("", -r).reason);
            lost_();
            return;
        }
        arm();
    }

    /// For calls that are never answered.
    void arm() {
        std::uint64_t at_us = 0;
        itimerspec spec{};
        if (::sd_bus_get_timeout(bus_.get(), &at_us) > 0 && at_us != UINT64_MAX) {
            spec.it_value.tv_sec = static_cast<time_t>(at_us / 1'000'000);
            spec.it_value.tv_nsec = static_cast<long>(at_us % 1'000'000 * 1000) + 1;
        }
        ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
    }

    Bus bus_;
    Fd timer_;
    std::unique_ptr<Launcher> spawned_;
    std::function<void()> lost_;
    std::multimap<std::string, Ended> jobs_;  ///< by path
    int waiting_ = 0;                         ///< started, and not known to have ended
    Slot removed_;
};

}  // namespace

Result<std::unique_ptr<Launcher>> systemd_launcher(Loop& loop, const std::string& config_path,
                                                   std::function<void()> lost) {
    auto spawned = spawn_launcher(loop, config_path);
    if (!spawned) return spawned.error();
    sd_bus* raw = nullptr;
    if (const int r = ::sd_bus_open_system(&raw); r < 0) {
        auto error = errno_error("cannot reach systemd over D-Bus", -r);
        error.remedy = "is dbus running?";
        return error;
    }
    Bus bus{raw};
    const char* name = nullptr;
    if (const int r = ::sd_bus_get_unique_name(bus.get(), &name); r < 0)
        return errno_error("cannot reach systemd over D-Bus", -r);
    Fd timer{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (!timer.valid()) return errno_error("cannot make a timer", errno);
    return std::unique_ptr<Launcher>{
        new SystemdLauncher{loop, std::move(bus), std::move(timer), std::move(*spawned), std::move(lost)}};
}

}  // namespace guardian::daemon
