#include "simulation.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sim {

using std::chrono::hours;
using std::chrono::minutes;

Simulation::Simulation(std::uint64_t seed, Mutation mutation, bool print)
    : random_(seed), mutation_(mutation), print_(print), oracle_(out_, config_, view_) {
    make_scenario();
    after(Duration::zero(), [this] { start_daemon(); });
    after(hours{1}, [this] { something_happens(); });
    after(hours{2}, [this] { drives_age(); });
}

void Simulation::after(Duration delay, std::function<void()> act) {
    queue_.push({out_.awake + delay, events_++, std::move(act)});
}

void Simulation::live(Duration span) {
    const auto until = out_.lived + span;
    while (out_.lived < until) next_event();
    totals_["days"] += std::chrono::duration_cast<std::chrono::days>(out_.lived).count();
}

/// How long until the timer that the daemon set on the wall clock goes off.
std::optional<Duration> Simulation::until_alarm() const {
    if (!view_.up || !look_again_) return std::nullopt;
    return std::max(*look_again_ - out_.clock, Duration::zero());
}

void Simulation::pass(Duration span) {
    out_.awake += span;
    out_.lived += span;
    out_.clock += span;
}

void Simulation::next_event() {
    const auto until_event = queue_.top().at - out_.awake;
    const auto alarm = until_alarm();
    if (alarm && *alarm <= until_event) {
        pass(*alarm);
        ++totals_["alarms"];
        wake();
        return;
    }
    const auto event = queue_.top();
    queue_.pop();
    pass(until_event);
    if (random_.percent(30)) audit();
    event.act();
}

void Simulation::note(std::string line) {
    auto text = fmt::format("{:>9.4f} d  {}  {}",
                            std::chrono::duration<double, std::ratio<86400>>(out_.lived).count(),
                            guardian::rfc3339(out_.clock, world_.zone), line);
    if (print_) fmt::print("{}\n", text);
    trace_.push_back(std::move(text));
    if (trace_.size() > 40) trace_.pop_front();
}

}  // namespace sim
