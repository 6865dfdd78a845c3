#include "daemon/daemon.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "base/child.hpp"
#include "base/exit_code.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "config/config.hpp"
#include "control/client.hpp"
#include "core/observe.hpp"
#include "core/target_state.hpp"
#include "report/world_builder.hpp"
#include "store/pins.hpp"

namespace guardian::daemon {
namespace {

Result<Fd> daemon_lock(const std::string& folder) {
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    const auto path = folder + "/guardiand.lock";
    Fd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!fd.valid()) return errno_error("cannot open " + path, errno);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
        return Error{ErrorCode::busy, "cannot start", fmt::format("another guardiand holds {}", path), ""};
    return fd;
}

/// What the daemon starts goes by the configuration that the daemon goes by, whatever has become of the file
/// since.
std::string path_in_force(const core::Config& config) {
    return config.daemon_dir() + "/guardian.toml";
}

/// guardian.service may write nowhere else, and the units' user owns only those.
Result<> must_lie_where_the_unit_lets(const core::Config& config) {
    const core::Config defaults;
    if (config.state_dir == defaults.state_dir && config.runtime_dir == defaults.runtime_dir) return {};
    return Error{
        ErrorCode::config, "state_dir and runtime_dir cannot be others than the defaults under systemd",
        fmt::format("guardian.service may write only {} and {}", defaults.state_dir, defaults.runtime_dir),
        fmt::format("leave both keys out; to have the state elsewhere, mount that on {}",
                    defaults.state_dir)};
}

/// The configuration: what is written there, or moved there in one step, is in force at once for the units.
/// And /etc/localtime, by which the schedules go.
Fd watch_files(const std::string& config_path) {
    Fd events{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    const auto folder = std::filesystem::path(config_path).parent_path();
    if (!events.valid()) return events;
    ::inotify_add_watch(events.get(), folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO);
    ::inotify_add_watch(events.get(), "/etc", IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_MASK_ADD);
    return events;
}

}  // namespace

Result<DaemonParts> make_parts(Loop& loop, const std::string& config_path, config::Loaded loaded,
                               bool under_systemd) {
    auto& config = loaded.config;
    if (under_systemd)
        if (auto done = must_lie_where_the_unit_lets(config); !done) return done.error();
    auto lock = daemon_lock(config.daemon_dir());
    if (!lock) return lock.error();
    if (auto kept = replace_file(path_in_force(config), loaded.text); !kept) return kept.error();
    // The units run as root, and trust no file of the daemon's.
    auto launcher = under_systemd ? systemd_launcher(loop, config_path, [&loop] { loop.stop(1); })
                                  : spawn_launcher(loop, path_in_force(config));
    if (!launcher) return launcher.error();
    auto devices = watch::BlockDevices::open();
    if (!devices) return devices.error();
    auto mounts = watch::MountTable::open();
    if (!mounts) return mounts.error();
    auto timer = watch::WallTimer::open();
    if (!timer) return timer.error();
    auto kernel_log = watch::KernelLog::open();
    if (!kernel_log) spdlog::warn("{}: what the kernel says of the disks is not heard", kernel_log.error().text());
    auto store = store::Store::open_for_writing(config.store_dir());
    store.check();
    return DaemonParts{
        config_path,         std::move(loaded.text), std::move(config), std::move(*launcher),
        std::move(*devices), std::move(*mounts),     std::move(*timer),
        kernel_log ? std::optional{std::move(*kernel_log)} : std::nullopt,
        watch_files(config_path),
        std::move(store),    std::move(*lock),       under_systemd};
}

Daemon::Daemon(Loop& loop, DaemonParts parts) : loop_(loop), parts_(std::move(parts)), started_(now()) {}
Daemon::~Daemon() = default;

Result<> Daemon::start() {
    if (auto done = remember(); !done) return done;
    // First, so that no announcement finds nobody; it is read once the loop runs.
    auto control = ControlServer::listen(
        loop_, control::socket_path(parts_.config.runtime_dir),
        [this](const std::string& line, const Peer& peer, const Reply& reply) { handle(line, peer, reply); });
    if (!control) return control.error();
    control_ = std::move(*control);
    told_drives_ = report::read_told(parts_.config, now());
    std::erase_if(told_drives_, [&](const auto& of) { return !is_looked_at(of.first); });
    if (!told_drives_.empty()) recall_health();
    // In this order: what an aborted run has left mounted is known only once the mounts are.
    look_around();
    find_running_runs();
    loop_.watch(parts_.devices.fd(), [this] { devices_changed(); });
    loop_.watch(parts_.mounts.fd(), [this] { mounts_changed(); });
    loop_.watch(parts_.timer.fd(), [this] { clock_woke(); });
    if (parts_.kernel_log) loop_.watch(parts_.kernel_log->fd(), [this] { kernel_spoke(); });
    if (parts_.file_events.valid()) loop_.watch(parts_.file_events.get(), [this] { files_changed(); });
    if (!watch::udevd_runs())
        set_notice(core::IncidentKind::no_udevd,
                   "no udevd runs on this machine: no disk can be noticed when it is plugged in; start "
                   "systemd-udevd");
    look_at_timers();
    act();
    return {};
}

// ---- what was observed
// ---------------------------------------------------------------------------------------

void Daemon::devices_changed() {
    const bool changed = parts_.devices.drain();
    // Only udevd sends what was received.
    if (clear_notice(core::IncidentKind::no_udevd) && !changed) act();
    if (!changed) return;
    take_devices();
    act();
}

void Daemon::take_devices() {
    spdlog::debug("udev: the block devices changed");
    // Before it is known that its disk has gone, or died.
    (void)take_kernel_words();
    const auto hearing = targets_that_hear();
    for (const auto& name : core::devices_seen(world_, parts_.devices.all(), now(), parts_.devices.blank())) {
        const auto* t = world_.target(name);
        if (t->blank_since)
            spdlog::warn("target {}: it is plugged in, and no filesystem is found on it any more", name);
        else if (t->devices.empty())
            spdlog::info("target {}: unplugged", name);
        else
            spdlog::info("target {}: plugged in as {}", name, printable(t->devices.front().node, 100));
        keep_target(name);
    }
    forget_pulled(hearing);
    // Which mounts are a target's depends on which devices are.
    see_mounts();
}

void Daemon::mounts_changed() {
    if (!parts_.mounts.drain()) return;
    see_mounts();
    act();
}

void Daemon::see_mounts() {
    for (const auto& name : core::mounts_seen(world_, parts_.mounts.all())) keep_target(name);
}

void Daemon::clock_woke() {
    if (parts_.timer.drain()) spdlog::info("the clock was set");
    world_.zone = local_zone();
    act();
}

void Daemon::look_around() {
    parts_.devices.drain();
    parts_.mounts.drain();
    core::devices_seen(world_, parts_.devices.all(), now(), parts_.devices.blank());
    see_mounts();
    for (const auto& t : world_.targets) {
        if (!t.devices.empty())
            spdlog::info("target {}: is there as {}", t.spec.name, printable(t.devices.front().node, 100));
        keep_target(t.spec.name);
    }
}

void Daemon::release_ended(const std::string& target, const End& end) {
    const auto told = released_.extract(target);
    auto said = told ? told.mapped() : Said{};
    if (!told) said.text = end.trouble.empty() ? "the release ended and said nothing" : end.trouble;
    if (said.done)
        spdlog::info("target {}: {}", target, said.text);
    else
        spdlog::warn("target {}: {}", target, said.text);
    // The mount table is looked at first, so that the World never shows a released target still mounted.
    parts_.mounts.drain();
    see_mounts();
    core::release_ended(world_, target, said.done ? "" : said.text, now(), said.in_use);
    keep_target(target);
    if (const auto* t = world_.target(target);
        said.done && t != nullptr &&
        core::target_state(world_, *t, now()) == core::TargetState::safe_to_unplug)
        spdlog::info("target {}: safe to unplug", target);
    act();
    if (!said.done) refuse_ejects(target, said.text);
    answer_ejects();
}

void Daemon::probe_ended(const std::string& target, const End& end) {
    const bool answers = end.exit_code == exit_code::ok;
    core::probe_ended(world_, target, answers, now());
    spdlog::info("share {}: {}", target, answers ? "answers" : "does not answer");
    act();
}

// ---- deciding and doing
// --------------------------------------------------------------------------------------

bool Daemon::act() {
    // Each decision changes the World so that it is not made again; the bound is for a mistake in that.
    for (int round = 0; round < 64; ++round) {
        const auto decisions = core::decide(world_, now());
        for (const auto& decision : decisions.now)
            std::visit([this](const auto& d) { carry_out(d); }, decision);
        if (decisions.now.empty()) {
            parts_.timer.arm(decisions.look_again);
            if (on_decided) on_decided();
            return true;
        }
    }
    spdlog::critical("the decisions do not settle: a mistake in Guardian. Looking again in a minute");
    parts_.timer.arm(now() + std::chrono::minutes{1});
    return false;
}

std::string Daemon::summary() const {
    const auto incidents = world_.open.empty() ? "" : fmt::format("; {} open incidents", world_.open.size());
    std::optional<std::pair<Time, std::string>> next;
    for (const auto& p : world_.plans) {
        if (p.active) return fmt::format("running {}{}", p.spec.name, incidents);
        const auto slot = p.leaving ? std::nullopt : p.spec.schedule.next(now(), world_.zone);
        if (slot && (!next || *slot < next->first)) next = {*slot, p.spec.name};
    }
    return fmt::format("next: {}{}",
                       next ? next->second + " on " + format_minute(next->first, world_.zone) : "nothing",
                       incidents);
}

void Daemon::carry_out(const core::Release& decision) {
    const auto& target = decision.target;
    released_.erase(target);
    const auto started = parts_.launcher->start_release(
        target, [this, target](const End& end) { release_ended(target, end); });
    core::release_started(world_, target);
    if (started) return;
    spdlog::error("{}", started.error().text());
    core::release_ended(world_, target, started.error().text(), now());
}

void Daemon::carry_out(const core::ProbeShare& decision) {
    const auto& target = decision.target;
    const auto started =
        parts_.launcher->start_probe(target, [this, target](const End& end) { probe_ended(target, end); });
    core::probe_started(world_, target);
    if (started) return;
    spdlog::error("{}", started.error().text());
    core::probe_ended(world_, target, false, now());
}

void Daemon::carry_out(const core::RaiseIncident& decision) {
    const auto& incident = decision.incident;
    const auto done = parts_.store.raise_incident(incident, now());
    // Its words may change with the hours that passed.
    const auto level = world_.open.contains(incident.key()) ? spdlog::level::warn : spdlog::level::err;
    world_.open[incident.key()] = incident;
    spdlog::log(level, "incident {}: {}", printable(incident.key(), 100), printable(incident.text, 2000));
    note_store(done);
}

void Daemon::carry_out(const core::EndIncident& decision) {
    const auto key = decision.incident.key();
    const auto done = parts_.store.end_incident(key, now());
    world_.open.erase(key);
    spdlog::info("incident {} is over", printable(key, 100));
    note_store(done);
}

void Daemon::files_changed() {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    while (::read(parts_.file_events.get(), buffer.data(), buffer.size()) > 0) {
    }
    see_zone();
    follow_config();
}

/// Slots are other moments in another zone.
void Daemon::see_zone() {
    world_.zone = local_zone();
    act();
}

// ---- systemd's timers, which keep the schedule too

void Daemon::look_at_timers() {
    for (const auto& p : world_.plans)
        if (!p.leaving) look_at_timer(p.spec.name);
}

void Daemon::look_again() {
    // It waited for the clock to be right, or a person has started it.
    std::vector<std::string> plans;
    for (const auto& [key, notice] : world_.notices)
        if (notice.kind == core::IncidentKind::timer) plans.push_back(notice.subject);
    for (const auto& plan : plans) look_at_timer(plan);
    if (!parts_.under_systemd || !parts_.store.in_memory() || !parts_.store.could_be_in_file()) return;
    spdlog::warn("the store can be written again: guardiand begins anew, to know what is in it");
    loop_.stop(1);
}

void Daemon::look_at_timer(const std::string& plan) {
    parts_.launcher->look_at_timer(plan, [this, plan](const std::string& wrong) {
        const auto* p = world_.plan(plan);
        if (wrong.empty() || p == nullptr || p->leaving)
            clear_notice(core::IncidentKind::timer, plan);
        else
            set_notice(
                core::IncidentKind::timer,
                fmt::format("{}: guardiand alone keeps the schedule of {}. guardian apply; if it is masked, "
                            "systemctl unmask it before",
                            wrong, plan),
                plan);
        act();
    });
}

// ---- remembering
// ---------------------------------------------------------------------------------------------

Result<> Daemon::remember() {
    auto world = report::remembered_world(parts_.config, parts_.store);
    if (!world) return world.error();
    world_ = std::move(*world);
    keep_plans();
    read_pins();
    if (!parts_.store.trouble().empty()) set_notice(core::IncidentKind::store, parts_.store.trouble());
    return {};
}

void Daemon::keep_target(const std::string& name) {
    const auto* t = world_.target(name);
    if (t == nullptr) return;
    note_store(parts_.store.set_target(
        name, {t->plug, t->plugged_at, t->last_seen, t->ejected_plug, t->released_run}));
}

void Daemon::keep_plans() {
    for (auto& p : world_.plans) {
        if (p.known_since) continue;
        p.known_since = now();
        note_store(parts_.store.plan_seen(p.spec.name, *p.known_since));
    }
}

void Daemon::read_pins() {
    const auto pins = store::load_pins(parts_.config.state_dir);
    if (pins) {
        report::apply_pins(world_, *pins);
        clear_notice(core::IncidentKind::store, "pins.json");
    } else {
        set_notice(core::IncidentKind::store, pins.error().text(), "pins.json");
    }
}

void Daemon::note_store(const Result<>& done) {
    const auto& trouble = parts_.store.trouble();
    if (!done)
        set_notice(
            core::IncidentKind::store,
            done.error().text() + "; check the space and the permissions of " + parts_.config.state_dir);
    else if (!trouble.empty())
        set_notice(core::IncidentKind::store, trouble);
    else
        clear_notice(core::IncidentKind::store);
}

void Daemon::set_notice(core::IncidentKind kind, std::string text, const std::string& subject) {
    const core::Incident incident{kind, subject, std::move(text)};
    world_.notices[incident.key()] = incident;
}

bool Daemon::clear_notice(core::IncidentKind kind, const std::string& subject) {
    return world_.notices.erase(core::Incident{kind, subject, ""}.key()) > 0;
}

bool Daemon::config_changed() const {
    return config::load_file(parts_.config_path).text != parts_.config_text;
}

std::string Daemon::trouble() const {
    auto text = valid_utf8(parts_.store.trouble());
    if (!world_.notices.contains(core::Incident{core::IncidentKind::configuration, "guardiand", ""}.key()) &&
        config_changed())
        text +=
            fmt::format("{}{} has changed since guardiand read it, and goes by what it said then: {}",
                        text.empty() ? "" : "; ", printable(parts_.config_path, 500),
                        parts_.under_systemd ? "guardian apply" : fmt::format("kill -HUP {}", ::getpid()));
    return text;
}

void Daemon::follow_config() {
    if (parts_.under_systemd && config_changed()) (void)reload();
}

Result<> Daemon::reload() {
    auto loaded = config::load_file(parts_.config_path);
    if (!loaded.ok()) {
        for (const auto& problem : loaded.problems) spdlog::error("{}", printable(problem.text(), 2000));
        const Error error{ErrorCode::config,
                          parts_.config_path + " is broken; the old configuration stays in force",
                          loaded.problems.front().text(), "guardian config check"};
        set_notice(core::IncidentKind::configuration, printable(error.text(), 2000));
        act();
        return error;
    }
    if (loaded.config.state_dir != parts_.config.state_dir ||
        loaded.config.runtime_dir != parts_.config.runtime_dir) {
        const Error error{ErrorCode::config, "state_dir and runtime_dir cannot change while guardiand runs",
                          "the old configuration stays in force", "restart guardiand"};
        spdlog::error("{}", error.text());
        set_notice(core::IncidentKind::configuration, error.text());
        act();
        return error;
    }
    if (auto kept = replace_file(path_in_force(parts_.config), loaded.text); !kept) {
        spdlog::error("the configuration is not read again: {}", kept.error().text());
        set_notice(core::IncidentKind::configuration, kept.error().text());
        act();
        return kept.error();
    }
    clear_notice(core::IncidentKind::configuration);
    // Of a plan that has left the configuration.
    std::erase_if(world_.notices, [](const auto& n) { return n.second.kind == core::IncidentKind::timer; });
    // look_around() may take the event away that would tell.
    if (watch::udevd_runs()) clear_notice(core::IncidentKind::no_udevd);
    parts_.config = std::move(loaded.config);
    parts_.config_text = std::move(loaded.text);
    world_.zone = local_zone();
    core::configured(world_, parts_.config);
    note_store(report::recall_unknown(world_, parts_.store));
    keep_plans();
    read_pins();
    look_around();
    spdlog::info("the configuration was read again");
    look_at_timers();
    act();
    return {};
}

}  // namespace guardian::daemon
