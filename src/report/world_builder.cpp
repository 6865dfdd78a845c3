#include "report/world_builder.hpp"

#include "base/child.hpp"
#include "core/incidents.hpp"
#include "core/observe.hpp"
#include "report/health_memory.hpp"
#include "watch/block_devices.hpp"
#include "watch/mount_table.hpp"

namespace guardian::report {
namespace {

Result<> recall_target(core::Target& t, store::Store& store) {
    const auto memory = store.target(t.spec.name);
    if (!memory) return memory.error();
    if (t.spec.type == core::TargetType::disk) t.plug = memory->plug;
    t.plugged_at = memory->plugged_at;
    t.last_seen = memory->last_seen;
    t.ejected_plug = memory->ejected_plug;
    t.released_run = memory->released_run;
    const auto owed = store.newest_owed_run(t.spec.name, t.plug);
    if (!owed) return owed.error();
    t.owed_run = *owed;
    if (t.spec.type != core::TargetType::disk) return {};
    auto health = recalled_health(store, t.spec.name, now());
    if (!health) return health.error();
    t.health = std::move(*health);
    // Whether it counts, a look at the disk will tell, if it was not pulled meanwhile.
    auto heard = recalled_words(store, t.spec.name, t.plug);
    if (!heard) return heard.error();
    t.health.heard = std::move(*heard);
    t.health.asked = !t.health.heard.empty();
    return {};
}

Result<> recall_plan(core::Plan& p, store::Store& store) {
    auto memory = store.plan(p.spec.name, core::repository_name(p.spec));
    if (!memory) return memory.error();
    if (memory->running && !p.known_since) p.active = memory->running->run;
    p.known_since = memory->known_since;
    p.last_run = std::move(memory->last_run);
    p.last_success = std::move(memory->last_success);
    p.last_telling = std::move(memory->last_telling);
    p.failures = memory->failures;
    return {};
}

/// Since when its failing is known, the open incident says.
Result<> recall_sources(core::Sources& s, store::Store& store) {
    auto health = recalled_health(store, sources_subject(s.job), now());
    if (!health) return health.error();
    s.health = std::move(*health);
    const auto open = store.open_incidents();
    if (!open) return open.error();
    for (const auto& record : *open)
        if (record.incident.kind == core::IncidentKind::source && record.incident.subject == s.job)
            s.failing_since = record.opened;
    if (!s.failing_since && core::diagnose(s.health).verdict == core::Verdict::failing) s.failing_since = now();
    return {};
}

}  // namespace

Result<> recall_unknown(core::World& world, store::Store& store) {
    for (auto& t : world.targets)
        if (!t.last_seen)
            if (auto done = recall_target(t, store); !done) return done;
    for (auto& s : world.sources)
        if (!s.health.tried_at)
            if (auto done = recall_sources(s, store); !done) return done;
    for (auto& p : world.plans)
        if (!p.known_since || !p.last_run)
            if (auto done = recall_plan(p, store); !done) return done;
    return {};
}

namespace {

/// What the daemon said of a release that failed: whether the disk is in use still, only the next one can
/// tell.
void recall_failed_releases(core::World& world) {
    for (auto& t : world.targets) {
        const auto incident =
            world.open.find(core::Incident{core::IncidentKind::still_mounted, t.spec.name, ""}.key());
        const bool was_ejected = !t.plug.empty() && t.ejected_plug == t.plug;
        if (incident == world.open.end() || (t.spec.when_done == core::WhenDone::keep && !was_ejected)) continue;
        const auto beginning = core::still_mounted_text(t.spec.name, "");
        const auto& text = incident->second.text;
        t.last_release =
            core::Attempt{now(), 1, text.starts_with(beginning) ? text.substr(beginning.size()) : text, true};
        t.eject_asked = was_ejected;
    }
}

}  // namespace

Result<core::World> remembered_world(const core::Config& config, store::Store& store) {
    core::World world;
    world.zone = local_zone();
    core::configured(world, config);
    if (auto done = recall_unknown(world, store); !done) return done.error();
    const auto open = store.open_incidents();
    if (!open) return open.error();
    for (const auto& record : *open) world.open[record.incident.key()] = record.incident;
    recall_failed_releases(world);
    return world;
}

namespace {

/// What ran before the repository was pinned was saved on another disk, or into another repository.
void forget_up_to(core::Plan& p, std::int64_t number) {
    const auto is_older = [&](const std::optional<core::Run>& run) { return run && run->id <= number; };
    if (is_older(p.last_success)) p.last_success.reset();
    if (is_older(p.last_telling)) p.last_telling.reset();
    if (!is_older(p.last_run)) return;
    p.last_run.reset();
    p.failures = 0;
}

}  // namespace

void apply_pins(core::World& world, const store::Pins& pins) {
    for (auto& t : world.targets) {
        const auto pin = pins.find(t.spec.name);
        t.pinned_at = pin == pins.end() ? std::nullopt : std::optional{pin->second.at};
        t.pinned_after = pin == pins.end() ? 0 : pin->second.after_run;
    }
    for (auto& p : world.plans) {
        const auto pin = pins.find(p.spec.target);
        if (pin == pins.end()) continue;
        const auto repository = pin->second.repositories.find(p.spec.repository);
        if (repository != pin->second.repositories.end()) forget_up_to(p, repository->second.after_run);
    }
}

Result<core::World> present_world(const core::Config& config, store::Store& store) {
    auto world = remembered_world(config, store);
    if (!world) return world.error();
    if (const auto pins = store::load_pins(config.state_dir)) apply_pins(*world, *pins);
    if (const auto devices = watch::BlockDevices::snapshot()) core::devices_seen(*world, *devices, now());
    if (const auto mounts = watch::MountTable::snapshot()) core::mounts_seen(*world, *mounts);
    return world;
}

bool runner_lives(const store::RunRecord& record) {
    if (record.pid <= 0 || record.boot != boot_id()) return false;
    const auto started = process_start(record.pid);
    return started && *started == record.pid_start;
}

}  // namespace guardian::report
