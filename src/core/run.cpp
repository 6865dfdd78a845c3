#include "core/run.hpp"

#include <array>

namespace guardian::core {

std::string_view to_string(Outcome o) {
    switch (o) {
        case Outcome::running: return "running";
        case Outcome::success: return "success";
        case Outcome::warning: return "warning";
        case Outcome::failed: return "failed";
        case Outcome::refused: return "refused";
        case Outcome::aborted: return "aborted";
        case Outcome::vanished: return "vanished";
        case Outcome::cancelled: return "cancelled";
        case Outcome::absent: return "absent";
    }
    return "";
}

std::string_view to_string(Trigger t) {
    switch (t) {
        case Trigger::daemon: return "daemon";
        case Trigger::timer: return "timer";
        case Trigger::asked: return "asked";
        case Trigger::person: return "person";
    }
    return "";
}

std::string_view to_string(Step s) {
    switch (s) {
        case Step::identify: return "identify";
        case Step::mount: return "mount";
        case Step::preflight: return "preflight";
        case Step::prepare: return "prepare";
        case Step::create: return "create";
        case Step::prune: return "prune";
        case Step::compact: return "compact";
        case Step::check: return "check";
        case Step::release: return "release";
    }
    return "";
}

namespace {

template <class E, std::size_t N>
std::optional<E> from(std::string_view text, const std::array<E, N>& all) {
    for (const auto e : all)
        if (to_string(e) == text) return e;
    return std::nullopt;
}

}  // namespace

std::optional<Outcome> outcome_from(std::string_view text) {
    static constexpr std::array all{Outcome::running, Outcome::success,  Outcome::warning,
                                    Outcome::failed,  Outcome::refused,  Outcome::aborted,
                                    Outcome::vanished, Outcome::cancelled, Outcome::absent};
    return from(text, all);
}

std::optional<Trigger> trigger_from(std::string_view text) {
    static constexpr std::array all{Trigger::daemon, Trigger::timer, Trigger::asked, Trigger::person};
    return from(text, all);
}

std::optional<Step> step_from(std::string_view text) {
    static constexpr std::array all{Step::identify, Step::mount, Step::preflight, Step::prepare, Step::create,
                                    Step::prune, Step::compact, Step::check, Step::release};
    return from(text, all);
}

}  // namespace guardian::core
