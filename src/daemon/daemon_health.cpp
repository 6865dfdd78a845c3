/// The health of the drives: looked at by probes and runs, and heard of in the kernel's log.

#include <spdlog/spdlog.h>

#include "base/exit_code.hpp"
#include "base/text.hpp"
#include "core/kernel_words.hpp"
#include "core/observe.hpp"
#include "daemon/daemon.hpp"
#include "report/health_memory.hpp"

namespace guardian::daemon {
namespace {

using core::ProbeHealth;

/// As `guardian probe health` takes it.
std::string subject_of(const ProbeHealth& probe) {
    if (probe.of == ProbeHealth::Of::job) return "job:" + probe.name;
    switch (probe.test) {
        case ProbeHealth::Test::none: break;
        case ProbeHealth::Test::short_one: return fmt::format("target:{}:short", probe.name);
        case ProbeHealth::Test::long_one: return fmt::format("target:{}:long", probe.name);
    }
    return "target:" + probe.name;
}

}  // namespace

void Daemon::carry_out(const core::ProbeHealth& decision) {
    const auto began = now();
    const auto started = parts_.launcher->start_health_probe(
        subject_of(decision), [this, decision, began](const End& end) { health_probe_ended(decision, began, end); });
    core::health_probe_started(world_, decision, began);
    if (started) return;
    spdlog::error("{}", started.error().text());
    core::health_probe_ended(world_, decision, now());
}

void Daemon::health_probe_ended(const core::ProbeHealth& probe, Time began, const End& end) {
    if (!end.trouble.empty()) spdlog::error("the health of {} cannot be looked at: {}", probe.name, end.trouble);
    if (const int code = end.exit_code.value_or(0); code != exit_code::ok && code != exit_code::absent)
        spdlog::warn("the look at the health of {} ended with exit code {}", probe.name, code);
    core::health_probe_ended(world_, probe, now());
    if (probe.of == ProbeHealth::Of::target)
        see_health(probe.name, plug_looked_at(probe.name), began);
    else
        see_sources(probe.name, began);
    act();
}

std::string Daemon::plug_looked_at(const std::string& target) const {
    const auto* t = world_.target(target);
    return t == nullptr ? "" : t->health.plug;
}

/// Only of a disk that is still there, on the plugging-in that was looked at: what was heard while it was pulled does not
/// count.
void Daemon::see_health(const std::string& target, const std::string& plug, std::optional<Time> looked_since) {
    if (parts_.devices.drain()) take_devices();
    const auto* t = world_.target(target);
    if (t == nullptr || t->plug != plug) return;
    const bool is_dead = t->blank_since && looked_since && *t->blank_since <= *looked_since;
    if (t->devices.empty() && !is_dead) return;
    // Below a blank one the probe finds no drive.
    auto looked = known_drives(target, is_dead ? std::nullopt : looked_since);
    if (!looked) return note_store(looked.error());
    const auto before = core::diagnose(t->spec.health, t->health).verdict;
    const auto heard = core::health_seen(world_, target, std::move(*looked), now());
    if (!heard.empty()) note_store(parts_.store.confirm_drive_events(target, plug));
    // What the probe itself found in the filesystem is in the store alone; and what was heard may not be, if it is full.
    if (auto events = report::recalled_events(parts_.store, target, now())) {
        auto& health = world_.target(target)->health;
        health.events = std::move(*events);
        core::add_heard(health, heard);
        if (auto file = kept_by_others())
            if (const auto kept = report::recalled_events(*file, target, now())) core::add_heard(health, *kept);
    }
    const auto after = core::diagnose(t->spec.health, world_.target(target)->health);
    if (after.verdict != before)
        spdlog::info("disk {}: its health is {}{}", target, to_string(after.verdict),
                     after.why.empty() ? "" : ": " + printable(after.text(), 500));
}

std::string Daemon::unkept_lines() const {
    report::ToldLook all;
    for (const auto& [subject, drives] : told_drives_)
        for (const auto& d : drives)
            if (is_looked_at(subject) && d.verdict != core::Verdict::unknown) all.drives.push_back(d);
    return all.drives.empty() ? "" : report::told_text(all);
}

bool Daemon::is_looked_at(const std::string& subject) const {
    return world_.target(subject) != nullptr || std::any_of(world_.sources.begin(), world_.sources.end(), [&](const auto& s) {
               return report::sources_subject(s.job) == subject;
           });
}

/// For the next guardiand, and for a run without one: a failing drive may tell nothing any more.
void Daemon::keep_told() const {
    if (auto kept = report::keep_told(parts_.config, told_drives_); !kept) spdlog::warn("{}", kept.error().text());
}

void Daemon::forget_told(const std::string& drive) {
    for (auto& [subject, drives] : told_drives_) std::erase_if(drives, [&](const auto& d) { return d.id == drive; });
    keep_told();
}

/// Probes and runs may write the store again, where guardiand began without it and goes on in memory: what they keep, they
/// do not tell.
std::optional<store::Store> Daemon::kept_by_others() const {
    if (!parts_.store.in_memory()) return std::nullopt;
    auto file = store::Store::open_for_reading(parts_.config.store_dir());
    // Opened is not read: on a full disk the first question fails.
    if (!file || !file->target_drives()) return std::nullopt;
    return std::move(*file);
}

void Daemon::see_sources(const std::string& job, Time looked_since) {
    auto looked = known_drives(report::sources_subject(job), looked_since);
    if (!looked) return note_store(looked.error());
    core::sources_seen(world_, job, std::move(*looked), now());
}

Result<core::Looked> Daemon::known_drives(const std::string& subject, std::optional<Time> looked_since) {
    auto file = kept_by_others();
    const auto look = looks_.find(subject);
    // It told how it ended, though that may not be kept.
    if (look != looks_.end() && looked_since && look->second >= *looked_since) looked_since.reset();
    auto looked = report::recalled_drives(file ? *file : parts_.store, subject, looked_since);
    if (const auto told = told_drives_.find(subject); looked && told != told_drives_.end())
        report::add_told(looked->drives, told->second, now());
    return looked;
}

/// What was judged anew without a look.
void Daemon::recall_health() {
    for (auto& t : world_.targets)
        if (auto looked = known_drives(t.spec.name)) core::health_judged(t.health, std::move(*looked));
    for (auto& s : world_.sources)
        if (auto looked = known_drives(report::sources_subject(s.job))) core::health_judged(s.health, std::move(*looked));
}

void Daemon::kernel_spoke() {
    if (take_kernel_words()) act();
}

/// True: something is to be looked at.
bool Daemon::take_kernel_words() {
    if (!parts_.kernel_log) return false;
    const auto said = parts_.kernel_log->drain();
    bool heard = said.missed;
    // What was lost may have been of any of them.
    for (const auto& t : world_.targets)
        if (said.missed && !t.devices.empty()) core::look_asked(world_, t.spec.name);
    for (const auto& line : said.lines)
        if (const auto words = core::kernel_words(line.text)) {
            hear(*words, line);
            heard = true;
        }
    return heard;
}

void Daemon::hear(const core::KernelWords& words, const watch::KernelLine& line) {
    for (const auto& t : world_.targets)
        for (const auto& d : t.devices)
            if (core::is_about(words, d)) keep_word(t.spec.name, d.plug, {line.at, words.sign, printable(line.text, 300)});
}

std::vector<std::string> Daemon::targets_that_hear() const {
    std::vector<std::string> names;
    for (const auto& t : world_.targets)
        if (!t.health.heard.empty()) names.push_back(t.spec.name);
    return names;
}

/// Of those that heard something before the devices were looked at.
void Daemon::forget_pulled(const std::vector<std::string>& hearing) {
    for (const auto& name : hearing)
        if (world_.target(name)->health.heard.empty()) note_store(parts_.store.forget_heard_events(name));
}

/// At once, though it may yet come to nothing: a run, or the next daemon, may need it before it is confirmed.
void Daemon::keep_word(const std::string& target, const std::string& plug, const core::KernelEvent& event) {
    if (core::kernel_said(world_, target, plug, event)) note_store(parts_.store.add_drive_event(target, event, plug));
}

}  // namespace guardian::daemon
