#include "config/read.hpp"

#include <fmt/format.h>

#include <array>

#include "config/values.hpp"

namespace guardian::config {
namespace {

constexpr unsigned keep_max = 10'000;
constexpr std::size_t arguments_max = 100;

/// Takes the value over when there is one.
template <class T>
void set(T& to, std::optional<T> from) {
    if (from) to = std::move(*from);
}

void read_health(Section& section, core::HealthSpec& health) {
    set(health.every, section.value("health_every", Need::optional, span_or_never));
    set(health.on_watch, section.value("on_watch", Need::optional, on_verdict));
    set(health.on_failing, section.value("on_failing", Need::optional, on_verdict));
    set(health.on_unknown, section.value("on_unknown", Need::optional, on_verdict));
    set(health.short_test, section.value("short_test_every", Need::optional, span_or_never));
    set(health.long_test, section.value("long_test_every", Need::optional, span_or_never));
}

constexpr std::array health_keys{"health_every", "on_watch",         "on_failing",
                                 "on_unknown",   "short_test_every", "long_test_every"};

void read_disk(Section& section, core::TargetSpec& target) {
    set(target.uuid, section.value("uuid", Need::required, filesystem_uuid));
    set(target.serial, section.value("serial", Need::optional, nonempty));
    read_health(section, target.health);
    for (const auto* key : {"source", "answers_at"})
        section.refuse(key, "belongs to type = \"share\"", "remove it, or write type = \"share\"");
}

void read_share(Section& section, core::TargetSpec& target) {
    set(target.source, section.value("source", Need::optional, share_source));
    set(target.answers_at, section.value("answers_at", Need::required, host_and_port));
    for (const auto* key : {"uuid", "serial"})
        section.refuse(key, "belongs to type = \"disk\"", "remove it, or write type = \"disk\"");
    for (const auto* key : health_keys)
        section.refuse(key, "belongs to type = \"disk\"", "remove it: a share has no drive to be asked");
    if (target.when_done == core::WhenDone::power_off)
        section.problem("when_done", "a share cannot be powered off", "write \"unmount\" or \"keep\"");
}

/// Without a type it cannot be said which keys belong, so none of them is complained about.
void read_typeless(Section& section) {
    for (const auto* key : {"uuid", "serial", "source", "answers_at"}) section.take(key);
    for (const auto* key : health_keys) section.take(key);
}

core::Keep read_keep(Section section) {
    core::Keep keep;
    keep.last = section.count("last", keep_max);
    keep.hourly = section.count("hourly", keep_max);
    keep.daily = section.count("daily", keep_max);
    keep.weekly = section.count("weekly", keep_max);
    keep.monthly = section.count("monthly", keep_max);
    keep.yearly = section.count("yearly", keep_max);
    section.finish();
    return keep;
}

/// An argument is never repeated in a message: it may be secret.
Result<std::string> argument(std::string_view text) {
    if (!has_control(text)) return std::string(text);
    return Error{ErrorCode::config, "one of its strings holds a control character", "", "write it without"};
}

void read_command(Section& section, core::PassphraseSource& source) {
    static constexpr std::string_view key = "passphrase_command";
    source.command = section.list(key, Need::optional, argument, arguments_max);
    if (!source.command.empty() && !absolute_path(source.command[0]))
        section.problem(key, "its first string is not the absolute path of a program",
                        "write for example [\"/usr/bin/pass\", \"show\", \"backup\"]; there are no shells");
    const auto* entry = section.take(key);
    if (entry && entry->value.kind == Kind::array && entry->value.items.empty())
        section.problem(key, "is empty", "write for example [\"/usr/bin/pass\", \"show\", \"backup\"]");
}

/// The passphrase keys that are there, whether right or wrong.
std::vector<std::string> passphrase_keys(const Section& section) {
    std::vector<std::string> there;
    for (const auto* key : {"passphrase_file", "passphrase_command", "passphrase_credential"})
        if (section.has(key)) there.emplace_back(key);
    return there;
}

void check_passphrase(Section& section, const std::string& encryption) {
    const auto there = passphrase_keys(section);
    for (std::size_t i = 1; i < there.size(); ++i)
        section.problem(there[i], fmt::format("is a second source beside {}", there[0]), "keep one of them");
    if (encryption == "none" && !there.empty())
        section.problem(there[0], "encryption is \"none\", which has no passphrase",
                        "remove it, or write for example encryption = \"repokey-blake2\"");
    if (!encryption.empty() && encryption != "none" && there.empty())
        section.problem("encryption", fmt::format("\"{}\" needs a passphrase", encryption),
                        "add passphrase_file, passphrase_command or passphrase_credential");
}

void read_passphrase(Section& section, core::PlanSpec& plan) {
    set(plan.passphrase.file, section.value("passphrase_file", Need::optional, own_folder));
    read_command(section, plan.passphrase);
    set(plan.passphrase.credential, section.value("passphrase_credential", Need::optional, credential_name));
    plan.encryption = section.has("encryption") ? "" : "none";
    set(plan.encryption, section.value("encryption", Need::optional, encryption_mode));
    check_passphrase(section, plan.encryption);
}

/// A size is a number of bytes or a string with a unit.
void read_min_free(Section& section, std::uint64_t& min_free) {
    const auto* entry = section.take("min_free");
    if (!entry || entry->value.kind != Kind::integer) {
        set(min_free, section.value("min_free", Need::optional, byte_size));
    } else if (entry->value.integer < 0) {
        section.problem("min_free", fmt::format("is {}", entry->value.integer), "write 0 or more bytes");
    } else {
        min_free = static_cast<std::uint64_t>(entry->value.integer);
    }
}

void read_silence_max(Section& section, Duration& silence_max) {
    const auto span = section.value("silence_max", Need::optional, positive_span);
    if (span && *span < std::chrono::seconds{1})
        section.problem("silence_max", "is shorter than a second", "write for example \"1h\"");
    set(silence_max, span);
}

}  // namespace

void read_guardian(Section section, core::Config& config) {
    set(config.name, section.value("name", Need::optional, machine_name));
    set(config.state_dir, section.value("state_dir", Need::optional, own_folder));
    set(config.runtime_dir, section.value("runtime_dir", Need::optional, own_folder));
    set(config.borg, section.value("borg", Need::optional, own_folder));
    set(config.smartctl, section.value("smartctl", Need::optional, own_folder));
    section.finish();
}

core::TargetSpec read_target(Section section) {
    core::TargetSpec target;
    const auto type = section.value("type", Need::required, target_type);
    set(target.type, type);
    set(target.mount, section.value("mount", Need::required, mount_point));
    set(target.when_done, section.value("when_done", Need::optional, when_done));
    if (!type)
        read_typeless(section);
    else if (*type == core::TargetType::disk)
        read_disk(section, target);
    else
        read_share(section, target);
    section.finish();
    return target;
}

core::JobSpec read_job(Section section) {
    core::JobSpec job;
    // What another type of job would need is not known, so the rest is not complained about.
    if (!section.value("type", Need::required, job_type) && section.has("type")) return job;
    job.paths = section.list("paths", Need::required, absolute_path, list_max);
    job.exclude = section.list("exclude", Need::optional, nonempty, list_max);
    job.exclude_caches = section.flag("exclude_caches", job.exclude_caches);
    job.one_file_system = section.flag("one_file_system", job.one_file_system);
    job.watch_sources = section.flag("watch_sources", job.watch_sources);
    set(job.compression, section.value("compression", Need::optional, compression));
    section.finish();
    return job;
}

core::PlanSpec read_plan(Section section) {
    core::PlanSpec plan;
    set(plan.job, section.text("job", Need::required));
    set(plan.target, section.text("target", Need::required));
    set(plan.repository, section.value("repository", Need::required, repository_path));
    set(plan.schedule, section.value("schedule", Need::required, schedule));
    set(plan.stale_after, section.value("stale_after", Need::optional, positive_span));
    set(plan.grace, section.value("grace", Need::optional, positive_span));
    set(plan.random_delay, section.value("random_delay", Need::optional, positive_span));
    plan.wake_system = section.flag("wake_system", plan.wake_system);
    if (auto keep = section.table("keep")) plan.keep = read_keep(std::move(*keep));
    set(plan.on_plug, section.value("on_plug", Need::optional, on_plug));
    read_passphrase(section, plan);
    read_min_free(section, plan.min_free);
    read_silence_max(section, plan.silence_max);
    section.finish();
    return plan;
}

}  // namespace guardian::config
