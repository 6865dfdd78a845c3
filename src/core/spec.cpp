#include "core/spec.hpp"

#include <algorithm>

namespace guardian::core {
namespace {

template <class T>
const T* by_name(const std::vector<T>& all, std::string_view name) {
    const auto it = std::find_if(all.begin(), all.end(), [&](const T& x) { return x.name == name; });
    return it == all.end() ? nullptr : &*it;
}

}  // namespace

const TargetSpec* Config::target(std::string_view wanted) const { return by_name(targets, wanted); }
const JobSpec* Config::job(std::string_view wanted) const { return by_name(jobs, wanted); }
const PlanSpec* Config::plan(std::string_view wanted) const { return by_name(plans, wanted); }

std::string_view to_string(TargetType t) {
    switch (t) {
        case TargetType::disk: return "disk";
        case TargetType::share: return "share";
    }
    return "";
}

std::string_view to_string(WhenDone w) {
    switch (w) {
        case WhenDone::keep: return "keep";
        case WhenDone::unmount: return "unmount";
        case WhenDone::power_off: return "power-off";
    }
    return "";
}

std::string_view to_string(OnPlug o) {
    switch (o) {
        case OnPlug::due: return "due";
        case OnPlug::always: return "always";
        case OnPlug::never: return "never";
    }
    return "";
}

}  // namespace guardian::core
