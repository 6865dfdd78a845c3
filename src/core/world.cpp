#include "core/world.hpp"

#include <algorithm>
#include <array>

namespace guardian::core {
namespace {

template <class All>
auto* by_name(All& all, std::string_view name) {
    const auto it = std::find_if(all.begin(), all.end(), [&](const auto& x) { return x.spec.name == name; });
    return it == all.end() ? nullptr : &*it;
}

}  // namespace

Target* World::target(std::string_view name) { return by_name(targets, name); }
const Target* World::target(std::string_view name) const { return by_name(targets, name); }
Plan* World::plan(std::string_view name) { return by_name(plans, name); }
const Plan* World::plan(std::string_view name) const { return by_name(plans, name); }

Sources* World::source(std::string_view job) {
    const auto it = std::find_if(sources.begin(), sources.end(), [&](const Sources& s) { return s.job == job; });
    return it == sources.end() ? nullptr : &*it;
}
const Sources* World::source(std::string_view job) const { return const_cast<World*>(this)->source(job); }

std::string Incident::key() const { return std::string(to_string(kind)) + ":" + subject; }

std::string_view to_string(IncidentKind k) {
    switch (k) {
        case IncidentKind::ambiguous: return "ambiguous";
        case IncidentKind::refused: return "refused";
        case IncidentKind::failed: return "failed";
        case IncidentKind::held_back: return "held-back";
        case IncidentKind::stale: return "stale";
        case IncidentKind::missed: return "missed";
        case IncidentKind::still_mounted: return "still-mounted";
        case IncidentKind::dead_mount: return "dead-mount";
        case IncidentKind::store: return "store";
        case IncidentKind::configuration: return "configuration";
        case IncidentKind::no_udevd: return "no-udevd";
        case IncidentKind::timer: return "timer";
        case IncidentKind::unit: return "unit";
        case IncidentKind::disk: return "disk";
        case IncidentKind::disk_unknown: return "disk-unknown";
        case IncidentKind::source: return "source";
        case IncidentKind::source_watch: return "source-watch";
        case IncidentKind::source_unknown: return "source-unknown";
    }
    return "";
}

std::optional<IncidentKind> incident_kind_from(std::string_view text) {
    static constexpr std::array all{
        IncidentKind::ambiguous,  IncidentKind::refused,       IncidentKind::failed,
        IncidentKind::held_back,  IncidentKind::stale,         IncidentKind::missed,
        IncidentKind::still_mounted, IncidentKind::dead_mount, IncidentKind::store,
        IncidentKind::configuration, IncidentKind::no_udevd,   IncidentKind::timer,
        IncidentKind::unit,       IncidentKind::disk,          IncidentKind::disk_unknown,
        IncidentKind::source,     IncidentKind::source_watch,  IncidentKind::source_unknown};
    for (const auto k : all)
        if (to_string(k) == text) return k;
    return std::nullopt;
}

}  // namespace guardian::core
