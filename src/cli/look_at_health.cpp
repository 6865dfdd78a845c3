#include "cli/look_at_health.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/child.hpp"
#include "base/text.hpp"
#include "core/kernel_words.hpp"
#include "report/health_memory.hpp"
#include "watch/kernel_log.hpp"

namespace guardian::cli {
namespace {

constexpr Duration deadline = std::chrono::minutes{3};

/// What it found is in the store; a probe that hangs is left behind.
void run_probe(const std::string& config_path, const std::string& target, const backup::StopSources& stops) {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return;
    Command c;
    c.argv = {self.string(), "--config", config_path, "probe", "health", "target:" + target};
    c.environment = own_environment();
    Limits limits;
    limits.deadline = deadline;
    limits.interrupt_wait = std::chrono::seconds{1};
    limits.terminate_wait = std::chrono::seconds{1};
    (void)run_child(c, limits, stops.interrupts());
}

/// What the kernel said of the disk since the last look; of one that was pulled it says nothing.
void hear(watch::KernelLog& log, const core::TargetSpec& target, backup::StopSources& stops, store::Store& store,
          core::HealthState& heard) {
    const auto lines = log.drain();
    if (lines.empty() || stops.stopped()) return;
    for (const auto& device : stops.devices()) {
        if (device.uuid != target.uuid) continue;
        for (const auto& line : lines)
            if (const auto words = core::kernel_words(line.text); words && core::is_about(*words, device))
                (void)core::hear(heard, {line.at, words->sign, printable(line.text, 300)});
    }
    // The daemon may not be there to keep it.
    for (const auto& e : core::confirm_heard(heard)) (void)store.add_drive_event(target.name, e);
}

}  // namespace

backup::LookAtHealth look_at_health(const std::string& config_path, const core::TargetSpec& target, store::Store& store,
                                    backup::StopSources& stops) {
    auto opened = watch::KernelLog::open();
    std::shared_ptr<watch::KernelLog> log;
    if (opened) log = std::make_shared<watch::KernelLog>(std::move(*opened));
    auto heard = std::make_shared<core::HealthState>();
    return [&config_path, &target, &store, &stops, log, heard] {
        const auto began = now();
        run_probe(config_path, target.name, stops);
        auto looked = report::recalled_drives(store, target.name, began);
        auto events = report::recalled_events(store, target.name, now());
        core::HealthState known;
        if (looked) known.drives = std::move(looked->drives);
        if (events) known.events = std::move(*events);
        // It was tried, whether or not there is a drive that could tell anything.
        known.tried_at = now();
        if (log) hear(*log, target, stops, store, *heard);
        for (const auto& e : heard->events)
            if (core::hear(known, e)) (void)core::confirm_heard(known);
        return known;
    };
}

}  // namespace guardian::cli
