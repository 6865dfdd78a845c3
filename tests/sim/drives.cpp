/// The drives' lives, and who looks at them: SMART and the kernel tell of what is true, late, falsely at a
/// pull, or not at all; the daemon's probes and the runs look, and the store keeps what they were told.

#include <fmt/format.h>

#include <algorithm>

#include "simulation.hpp"

namespace sim {

using core::KernelSign;
using core::Verdict;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

/// As the daemon makes it of the store's row: what was told long ago says nothing good, what was bad stays.
core::DriveState state_of(const KnownHealth& k) {
    core::DriveState d;
    d.id = k.drive;
    d.name = "Maker " + k.drive;
    d.verdict = k.book.told;
    if (k.book.unknown_since && d.verdict == Verdict::healthy) d.verdict = Verdict::unknown;
    d.read_at = k.book.read_at;
    d.unknown_since = k.book.unknown_since;
    d.trouble = k.book.trouble;
    d.asleep = k.book.asleep;
    if (k.book.told == Verdict::watch || k.book.told == Verdict::failing)
        d.reasons = {{"pending-sectors", k.book.told, std::nullopt, "Some sectors cannot be read."}};
    return d;
}

core::Looked looked_of(const KnownHealth& k) {
    core::Looked looked;
    if (!k.drive.empty()) looked.drives = {state_of(k)};
    looked.tests = {k.book.short_done, k.book.long_done, k.book.testing};
    return looked;
}

core::HealthState health_of(const KnownHealth& k) {
    core::HealthState h;
    auto looked = looked_of(k);
    h.drives = std::move(looked.drives);
    h.tests = looked.tests;
    h.events = k.counted;
    h.tried_at = k.tried_at;
    return h;
}

/// Without what was said while it was pulled.
std::vector<core::KernelEvent> spoken(std::vector<core::KernelEvent> events) {
    std::erase_if(events, [](const core::KernelEvent& e) { return e.text == "pulled"; });
    return events;
}

Duration length_of(const SelfTest& test) {
    return test.is_long ? Duration{hours{3}} : Duration{minutes{2}};
}

}  // namespace

// ---- what is true

void Simulation::drives_age() {
    std::vector<std::string> all;
    for (const auto& d : out_.disks) all.push_back(d.name);
    for (const auto& j : config_.jobs)
        if (j.watch_sources) all.push_back(job_key(j.name));
    // The originals are what is mostly in.
    const auto drive = random_.percent(40) ? std::string{"usb original"} : random_.pick(all);
    random_.percent(35) ? kernel_speaks() : drive_ages(drive);
    after(random_.percent(15) ? random_.span(seconds{1}, minutes{40}) : random_.span(hours{3}, days{9}),
          [this] { drives_age(); });
}

/// Mostly one way; now and then a person puts in a new one, or accepts what it told.
void Simulation::drive_ages(const std::string& name) {
    auto& d = out_.drives[name];
    const auto n = random_.between(0, 99);
    if (n < 15) d.asleep = !d.asleep;
    if (n >= 15 && n < 35) d.mute = !d.mute;
    if (n < 35) return;
    if (d.state == Verdict::healthy) {
        d.state = random_.percent(70) ? Verdict::watch : Verdict::failing;
    } else {
        const bool worse = d.state == Verdict::watch && random_.percent(60);
        d.state = worse ? Verdict::failing : Verdict::healthy;
        if (!worse) d.mute = d.asleep = false;
    }
    ++totals_[d.state == Verdict::healthy ? "drives well again"
              : d.state == Verdict::watch ? "drives to watch"
                                          : "drives failing"];
    note(fmt::format("{} is {} now", name, core::to_string(d.state)));
    const auto disk =
        std::find_if(out_.disks.begin(), out_.disks.end(), [&](const Disk& x) { return x.name == name; });
    if (disk != out_.disks.end() && d.state != Verdict::healthy && random_.percent(40))
        kernel_says(*disk, KernelSign::io_error, false);
}

/// A few words about one disk, seconds or minutes apart.
void Simulation::kernel_speaks() {
    std::vector<std::string> in;
    for (const auto& d : out_.disks)
        if (d.plugged) in.push_back(d.name);
    if (in.empty()) return;
    const auto name = random_.pick(in);
    const auto sign =
        random_.percent(50) ? KernelSign::usb_reset : static_cast<KernelSign>(random_.between(0, 3));
    Duration when{};
    for (auto n = random_.between(1, 4); n > 0; --n) {
        after(when, [this, name, sign] { kernel_says(out_.disk(name), sign, false); });
        when += random_.span(seconds{1}, minutes{5});
    }
}

void Simulation::kernel_says(const Disk& disk, KernelSign sign, bool by_pull) {
    const auto* t = view_.up ? world_.target(disk.target) : nullptr;
    if (t == nullptr || (!disk.plugged && !by_pull)) return;
    // By the device's name alone it is known whom it is about. What is said of a clone is not held against the disk.
    const bool known = std::any_of(t->devices.begin(), t->devices.end(),
                                   [&](const core::Device& d) { return d.plug == disk.device.plug; });
    if (!known || t->plug != disk.device.plug) return;
    ++totals_[by_pull ? "kernel events of a pull" : "kernel events"];
    note(fmt::format("the kernel says {} of {}{}", core::to_string(sign), disk.name,
                     by_pull ? ", pulled" : ""));
    const core::KernelEvent event{out_.clock, sign, by_pull ? "pulled" : "sector 4711"};
    auto& book = view_.health[disk.target];
    const auto is_like = [&](const core::KernelEvent& e) {
        const auto ago = event.at - e.at;
        return e.sign == sign && ago >= Duration::zero() && ago < minutes{1};
    };
    const bool repeated = std::any_of(book.heard.begin(), book.heard.end(), is_like) ||
                          std::any_of(book.counted.begin(), book.counted.end(), is_like);
    if (!repeated && !by_pull) book.heard.push_back(event);
    if (!repeated) view_.happened.try_emplace(disk.target, out_.awake);
    if (core::kernel_said(world_, disk.target, disk.device.plug, event)) {
        auto& heard = out_.memory.heard[disk.target];
        if (heard.plug != disk.device.plug) heard = {disk.device.plug, {}};
        heard.events.push_back(event);
    }
    wake();
}

/// Or the kernel alone is heard.
bool Simulation::is_asked(const std::string& target) const {
    const auto* t = config_.target(target);
    return t != nullptr && t->health.every != Duration::zero();
}

void Simulation::want_look(const std::string& target) {
    if (world_.target(target) == nullptr) return;
    ++totals_["looks wanted"];
    core::look_asked(world_, target);
    view_.happened.try_emplace(target, out_.awake);
}

void Simulation::begin_test(const std::string& name, core::ProbeHealth::Test test) {
    auto& d = out_.drives[name];
    if (d.mute || d.asleep) return;
    ++totals_["self-tests begun"];
    note(name + " begins to test itself");
    d.test = SelfTest{test == core::ProbeHealth::Test::long_one, out_.clock, out_.awake};
}

/// One of them tells nothing, one sleeps on, and what was told is written down.
void Simulation::read_drive(const std::string& name) {
    auto& d = out_.drives[name];
    auto& b = out_.memory.drives[name];
    b.tried_at = out_.clock;
    b.asleep = d.asleep;
    b.trouble = d.asleep ? "it sleeps" : d.mute ? "it does not answer" : "";
    if (d.asleep) ++totals_["looks at what sleeps"];
    if (d.mute && !d.asleep) ++totals_["looks that failed"];
    if (d.mute && !d.asleep && !b.unknown_since) b.unknown_since = out_.clock;
    if (d.mute || d.asleep) return;
    if (d.test && out_.awake - d.test->since >= length_of(*d.test)) {
        ++totals_["self-tests done"];
        if (d.test->is_long) d.long_done = d.test->started;
        d.short_done = d.test->started;
        d.test.reset();
    } else if (b.testing && !d.test) {
        ++totals_["self-tests cut off"];
    }
    b.told = d.state;
    b.read_at = out_.clock;
    b.unknown_since.reset();
    b.testing = d.test.has_value();
    b.short_done = d.short_done;
    b.long_done = d.long_done;
}

// ---- the daemon

void Simulation::carry_out_look(const core::ProbeHealth& probe) {
    const bool job = probe.of == core::ProbeHealth::Of::job;
    const auto plug = job ? std::string{} : world_.target(probe.name)->plug;
    ++totals_[job ? "looks at sources" : "looks"];
    core::health_probe_started(world_, probe, out_.clock);
    if (probe.test != core::ProbeHealth::Test::none) view_.test_asked[probe.name] = {plug, out_.clock};
    view_.looking.insert(job ? job_key(probe.name) : probe.name);
    if (!job) view_.looked_plug[probe.name] = plug;
    const auto* disk = job ? nullptr : out_.disk_on(plug);
    if (disk != nullptr && probe.test != core::ProbeHealth::Test::none) begin_test(disk->name, probe.test);
    const auto takes =
        random_.percent(8) ? random_.span(minutes{1}, hours{1}) : random_.span(milliseconds{50}, seconds{20});
    after(takes, [this, probe, plug, life = daemon_life_] {
        const bool lives = view_.up && life == daemon_life_;
        if (!lives) ++totals_["looks cut off by a restart"];
        if (lives) end_look(probe, plug);
    });
}

void Simulation::end_look(const core::ProbeHealth& probe, const std::string& plug) {
    const bool job = probe.of == core::ProbeHealth::Of::job;
    const auto subject = job ? job_key(probe.name) : probe.name;
    const auto* disk = job ? nullptr : out_.disk_on(plug);
    view_.looking.erase(subject);
    if (job) tell_sources(probe.name);
    if (disk != nullptr && is_asked(probe.name)) read_drive(disk->name);
    // Another has come in its place meanwhile: this was not about that.
    if (disk != nullptr && world_.target(probe.name)->plug == plug) tell_look(probe.name, *disk);
    if (!job && disk == nullptr) ++totals_["looks that found it pulled"];
    core::health_probe_ended(world_, probe, out_.clock);
    view_.health[subject].tried_at = out_.clock;
    drop_old(view_.health[subject].counted, out_.clock);
    view_.happened.erase(subject);
    oracle_.note_look(subject);
    wake();
}

/// What was read of the target's disk, which is there still.
void Simulation::tell_look(const std::string& target, const Disk& disk) {
    auto& book = view_.health[target];
    if (is_asked(target)) {
        out_.memory.drive_of[target] = book.drive = disk.name;
        book.book = out_.memory.drives[disk.name];
    }
    book.tried_at = out_.clock;
    const auto counted = core::health_seen(world_, target, looked_of(book), out_.clock);
    totals_["kernel events counted"] += static_cast<std::int64_t>(counted.size());
    oracle_.judge_counted(target, counted);
    book.counted.insert(book.counted.end(), book.heard.begin(), book.heard.end());
    book.heard.clear();
    out_.memory.heard.erase(target);
    drop_old(book.counted, out_.clock);
    out_.memory.events[target] = book.counted;
    view_.happened.erase(target);
    view_.looked_plug[target] = disk.device.plug;
    view_.looked.insert(target);
    oracle_.note_look(target);
}

void Simulation::tell_sources(const std::string& job) {
    const auto key = job_key(job);
    read_drive(key);
    out_.memory.drive_of[key] = key;
    auto& book = view_.health[key];
    book = out_.memory.known(key, out_.clock);
    view_.looked.insert(key);
    core::sources_seen(world_, job, looked_of(book), out_.clock);
    if (oracle_.verdict(book) != Verdict::failing) view_.failing_since.erase(job);
    if (oracle_.verdict(book) == Verdict::failing) {
        auto& since = view_.failing_since.try_emplace(job, out_.clock).first->second;
        if (since > out_.clock + hours{24}) since = out_.clock;  // the clock was wrong then
    }
    out_.memory.failing_since = view_.failing_since;
}

/// From the store: what was not written down is not known any more.
void Simulation::recall_health() {
    for (auto& t : world_.targets) {
        if (t.spec.type != core::TargetType::disk) continue;
        auto& book = view_.health[t.spec.name];
        book = out_.memory.known(t.spec.name, out_.clock);
        t.health = health_of(book);
        t.health.heard = out_.memory.heard_on(t.spec.name, t.plug);
        t.health.asked = !t.health.heard.empty();
        book.heard = spoken(t.health.heard);
        if (t.health.asked) view_.happened.try_emplace(t.spec.name, out_.awake);
        totals_["kernel events over a restart"] += static_cast<std::int64_t>(book.heard.size());
    }
    view_.failing_since = out_.memory.failing_since;
    for (auto& s : world_.sources) {
        auto& book = view_.health[job_key(s.job)];
        book = out_.memory.known(job_key(s.job), out_.clock);
        s.health = health_of(book);
        const auto since = out_.memory.failing_since.find(s.job);
        if (since != out_.memory.failing_since.end()) s.failing_since = since->second;
    }
}

void Simulation::forget_health() {
    view_.health.clear();
    view_.looking.clear();
    view_.looked_plug.clear();
    view_.looked.clear();
    view_.test_asked.clear();
    view_.happened.clear();
    view_.failing_since.clear();
}

/// The daemon is about to notice that a disk is gone: what was heard may have been the pulling of it.
void Simulation::forget_heard() {
    for (const auto& t : world_.targets)
        if (out_.disk_on(t.plug) == nullptr ||
            std::any_of(t.devices.begin(), t.devices.end(),
                        [&](const core::Device& d) { return out_.disk_on(d.plug) == nullptr; }))
            view_.health[t.spec.name].heard.clear();
}

// ---- the runs

/// It reads the drive itself, writes down what that told, and lets the daemon know, if that knows this
/// plugging-in.
core::OnVerdict Simulation::look_in_run(Runner& r) {
    if (r.disk.empty()) return core::OnVerdict::backup;
    const auto& disk = out_.disk(r.disk);
    ++totals_["looks by runs"];
    if (r.target.health.every != Duration::zero()) {
        read_drive(disk.name);
        out_.memory.drive_of[r.target.name] = disk.name;
    }
    const auto* t = view_.up ? world_.target(r.target.name) : nullptr;
    if (t != nullptr && t->plug == r.run.plug && !t->devices.empty()) {
        tell_look(r.target.name, disk);
        wake();
    }
    auto known = health_of(out_.memory.known(r.target.name, out_.clock));
    core::add_heard(known, out_.memory.heard_on(r.target.name, r.run.plug));
    const auto allowed = core::allowed(r.target.health, known);
    const bool blind = mutation_ == Mutation::prune_on_watch && allowed == core::OnVerdict::keep;
    if (allowed != core::OnVerdict::backup && !blind && !r.holds) {
        r.holds = true;
        if (r.step == core::Step::prune || r.step == core::Step::compact) ++totals_["worse in mid-run"];
    }
    return allowed;
}

/// Before anything is deleted, and before its room is given back.
void Simulation::hold_back(Runner& r) {
    (void)look_in_run(r);
    if (r.holds && r.run.held_back.empty()) {
        ++totals_["runs held back for the disk's health"];
        r.run.held_back = "the disk shows signs of failing";
        r.run.held_by_health = true;
    }
    if (r.holds || r.fate == Fate::held_back) return;
    ++totals_["prunes"];
    auto known = out_.memory.known(r.target.name, out_.clock);
    for (const auto& e : spoken(out_.memory.heard_on(r.target.name, r.run.plug))) known.counted.push_back(e);
    oracle_.judge_prune(r.target, known);
}

}  // namespace sim
