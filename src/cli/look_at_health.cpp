#include "cli/look_at_health.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "base/child.hpp"
#include "base/text.hpp"
#include "core/kernel_words.hpp"
#include "report/health_memory.hpp"
#include "report/told_health.hpp"
#include "watch/kernel_log.hpp"

namespace guardian::cli {
namespace {

constexpr Duration deadline = std::chrono::minutes{3};

/// What it found is in the store; what is known besides, it says. A probe that hangs is left behind.
std::string run_probe(const std::string& config_path, const std::string& subject, const std::vector<Interrupt>& interrupts) {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return "";
    Command c;
    c.argv = {self.string(), "--config", config_path, "probe", "health", "--aloud", subject};
    c.environment = own_environment();
    Limits limits;
    limits.deadline = deadline;
    limits.interrupt_wait = std::chrono::seconds{1};
    limits.terminate_wait = std::chrono::seconds{1};
    // It says what it could not keep, and ends with an error because of it.
    const auto exit = run_child(c, limits, interrupts);
    return exit ? exit->out : "";
}

void recall(store::Store& store, const core::TargetSpec& target, std::optional<Time> began, backup::StopSources& stops,
            core::HealthState& known) {
    auto looked = report::recalled_drives(store, target.name, began);
    auto events = report::recalled_events(store, target.name, now());
    if (looked) known.drives = std::move(looked->drives);
    if (events) known.events = std::move(*events);
    // What the daemon only heard so far counts here: the disk is there.
    for (const auto& device : stops.devices())
        if (device.uuid == target.uuid)
            if (const auto words = report::recalled_words(store, target.name, device.plug)) core::add_heard(known, *words);
}

/// What the kernel says while the run goes on. Taken as it comes, because what nobody takes is written over in a storm.
class Ear {
  public:
    explicit Ear(watch::KernelLog log) : log_(std::move(log)) {}

    [[nodiscard]] int fd() const { return log_.fd(); }

    void listen() {
        constexpr int rounds_max = 100;
        bool more = true;
        for (int i = 0; i < rounds_max && more; ++i) {
            auto said = log_.drain();
            more = said.more;
            missed_ = missed_ || said.missed;
            std::erase_if(said.lines, [](const auto& line) { return !core::kernel_words(line.text); });
            for (auto& line : said.lines) keep(std::move(line));
        }
        missed_ = missed_ || more;
    }

    [[nodiscard]] bool missed() const { return missed_; }
    [[nodiscard]] std::vector<watch::KernelLine> take() { return std::exchange(lines_, {}); }

  private:
    void keep(watch::KernelLine line) {
        constexpr std::size_t lines_max = 10'000;
        missed_ = missed_ || lines_.size() >= lines_max;
        if (lines_.size() < lines_max) lines_.push_back(std::move(line));
    }

    watch::KernelLog log_;
    std::vector<watch::KernelLine> lines_;
    bool missed_ = false;
};

/// What the kernel said of the disk since the last look; of one that was pulled it says nothing.
void hear(const std::vector<watch::KernelLine>& lines, const core::TargetSpec& target, backup::StopSources& stops,
          store::Store& store, core::HealthState& heard) {
    if (const auto why = stops.stopped(); lines.empty() || (why && why->code == ErrorCode::vanished)) return;
    for (const auto& device : stops.devices()) {
        if (device.uuid != target.uuid) continue;
        for (const auto& line : lines)
            if (const auto words = core::kernel_words(line.text); words && core::is_about(*words, device))
                (void)core::hear(heard, {line.at, words->sign, printable(line.text, 300)});
    }
    // The daemon may not be there to keep it.
    for (const auto& e : core::confirm_heard(heard)) (void)store.add_drive_event(target.name, e);
}

std::shared_ptr<Ear> open_ear(backup::StopSources& stops) {
    auto log = watch::KernelLog::open();
    if (!log) return nullptr;
    auto ear = std::make_shared<Ear>(std::move(*log));
    stops.also({ear->fd(), [ear] {
                    ear->listen();
                    return std::optional<Error>{};
                }});
    return ear;
}

}  // namespace

backup::LookAtHealth look_at_health(const std::string& config_path, const core::Config& config,
                                    const core::TargetSpec& target, store::Store& store, backup::StopSources& stops) {
    const auto ear = open_ear(stops);
    auto heard = std::make_shared<core::HealthState>();
    return [&config_path, &config, &target, &store, &stops, ear, heard] {
        const auto began = now();
        const auto said = run_probe(config_path, "target:" + target.name, stops.interrupts());
        core::HealthState known;
        const auto told = report::told_look(said, now());
        recall(store, target, told.came_to_its_end ? std::nullopt : std::optional{began}, stops, known);
        // A probe that died said nothing.
        report::add_told(known.drives, told.came_to_its_end ? told.drives : report::read_told(config, now())[target.name], now());
        // It was tried, whether or not there is a drive that could tell anything.
        known.tried_at = now();
        if (ear) {
            ear->listen();
            known.missed = ear->missed();
            hear(ear->take(), target, stops, store, *heard);
        }
        core::add_heard(known, heard->events);
        return known;
    };
}

void look_now(const std::string& config_path, const std::string& subject) {
    (void)run_probe(config_path, subject.starts_with("job:") ? subject : "target:" + subject, {});
}

}  // namespace guardian::cli
