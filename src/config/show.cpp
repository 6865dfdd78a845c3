#include <fmt/format.h>

#include <iterator>

#include "base/text.hpp"
#include "config/config.hpp"
#include "config/report.hpp"

namespace guardian::config {
namespace {

using core::PlanSpec;
using core::TargetSpec;
using core::TargetType;

constexpr std::string_view mask = "***";

std::uint32_t code_point(std::string_view sequence) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
    if (sequence.size() == 1) return byte(0);
    if (sequence.size() == 2) return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
    return (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
}

std::size_t length_of(char lead) {
    const auto b = static_cast<unsigned char>(lead);
    return b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
}

/// A TOML string. What a terminal must not see is written as \uXXXX.
std::string toml(std::string_view raw) {
    const auto text = valid_utf8(raw, raw.size() * 3 + 1);
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size();) {
        const auto sequence = std::string_view(text).substr(i, length_of(text[i]));
        if (sequence == "\"" || sequence == "\\")
            out.append("\\").append(sequence);
        else if (printable(sequence) != sequence)
            out += fmt::format("\\u{:04X}", code_point(sequence));  // all such are below U+10000
        else
            out += sequence;
        i += sequence.size();
    }
    return out + "\"";
}

std::string toml(const std::vector<std::string>& texts) {
    std::vector<std::string> quoted_texts;
    quoted_texts.reserve(texts.size());
    for (const auto& t : texts) quoted_texts.push_back(toml(t));
    return "[" + join(quoted_texts, ", ") + "]";
}

/// The lines of one section.
class Lines {
  public:
    explicit Lines(std::string header) : out_("[" + std::move(header) + "]\n") {}

    Lines& add(std::string_view key, std::string_view value) {
        fmt::format_to(std::back_inserter(out_), "{} = {}\n", key, value);
        return *this;
    }
    Lines& add_text(std::string_view key, std::string_view text) { return add(key, toml(text)); }
    Lines& add_unless_empty(std::string_view key, std::string_view text) {
        return text.empty() ? *this : add_text(key, text);
    }

    [[nodiscard]] const std::string& text() const { return out_; }

  private:
    std::string out_;
};

std::string show_guardian(const core::Config& config) {
    Lines lines("guardian");
    lines.add_text("name", config.name);
    lines.add_text("state_dir", config.state_dir);
    lines.add_text("runtime_dir", config.runtime_dir);
    lines.add_unless_empty("borg", config.borg);
    lines.add_unless_empty("smartctl", config.smartctl);
    return lines.text();
}

std::string span_or_never(Duration span) { return span == Duration::zero() ? "never" : exact_span(span); }

void add_health(Lines& lines, const core::HealthSpec& health) {
    lines.add_text("health_every", span_or_never(health.every));
    lines.add_text("on_watch", core::to_string(health.on_watch));
    lines.add_text("on_failing", core::to_string(health.on_failing));
    lines.add_text("on_unknown", core::to_string(health.on_unknown));
    lines.add_text("short_test_every", span_or_never(health.short_test));
    lines.add_text("long_test_every", span_or_never(health.long_test));
}

std::string show_target(const TargetSpec& target) {
    Lines lines(dotted("target", target.name));
    lines.add_text("type", core::to_string(target.type));
    switch (target.type) {
        case TargetType::disk:
            lines.add_text("uuid", target.uuid).add_unless_empty("serial", target.serial);
            break;
        case TargetType::share:
            lines.add_unless_empty("source", without_password(target.source));
            lines.add_text("answers_at", without_password(target.answers_at));
            break;
    }
    lines.add_text("mount", target.mount);
    lines.add_text("when_done", core::to_string(target.when_done));
    if (target.type == TargetType::disk) add_health(lines, target.health);
    return lines.text();
}

std::string show_job(const core::JobSpec& job) {
    Lines lines(dotted("job", job.name));
    lines.add_text("type", "system");
    lines.add("paths", toml(job.paths)).add("exclude", toml(job.exclude));
    lines.add("exclude_caches", job.exclude_caches ? "true" : "false");
    lines.add("one_file_system", job.one_file_system ? "true" : "false");
    lines.add_text("compression", job.compression);
    lines.add("watch_sources", job.watch_sources ? "true" : "false");
    return lines.text();
}

std::string toml(const core::Keep& keep) {
    return fmt::format("{{ last = {}, hourly = {}, daily = {}, weekly = {}, monthly = {}, yearly = {} }}",
                       keep.last, keep.hourly, keep.daily, keep.weekly, keep.monthly, keep.yearly);
}

std::vector<std::string> masked(std::vector<std::string> command) {
    for (std::size_t i = 1; i < command.size(); ++i) command[i] = mask;
    return command;
}

void add_passphrase(Lines& lines, const core::PassphraseSource& source) {
    lines.add_unless_empty("passphrase_file", source.file);
    if (!source.command.empty()) lines.add("passphrase_command", toml(masked(source.command)));
    lines.add_unless_empty("passphrase_credential", source.credential);
}

std::string show_plan(const PlanSpec& plan) {
    Lines lines(dotted("plan", plan.name));
    lines.add_text("job", plan.job).add_text("target", plan.target).add_text("repository", plan.repository);
    lines.add_text("schedule", plan.schedule.text());
    if (plan.stale_after > Duration::zero()) lines.add_text("stale_after", exact_span(plan.stale_after));
    lines.add_text("grace", exact_span(plan.grace));
    if (plan.random_delay > Duration::zero()) lines.add_text("random_delay", exact_span(plan.random_delay));
    lines.add("wake_system", plan.wake_system ? "true" : "false");
    lines.add("keep", toml(plan.keep)).add_text("on_plug", core::to_string(plan.on_plug));
    lines.add_text("encryption", plan.encryption);
    add_passphrase(lines, plan.passphrase);
    lines.add("min_free", std::to_string(plan.min_free));
    lines.add_text("silence_max", exact_span(plan.silence_max));
    return lines.text();
}

}  // namespace

std::string show(const core::Config& config) {
    auto out = show_guardian(config);
    for (const auto& target : config.targets) out += "\n" + show_target(target);
    for (const auto& job : config.jobs) out += "\n" + show_job(job);
    for (const auto& plan : config.plans) out += "\n" + show_plan(plan);
    return out;
}

}  // namespace guardian::config
