#include "machine/timers.hpp"

#include <fmt/format.h>

#include "base/time.hpp"

namespace guardian::machine {
namespace {

/// In a unit's file "%" begins a specifier. Line breaks and the like the configuration does not let in.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        out += c;
        if (c == '%') out += '%';
    }
    return out;
}

std::string timer(const core::PlanSpec& plan, const std::string& config_path) {
    auto text = fmt::format(
        "# Made by guardian's generator from {0}; a change there: systemctl daemon-reload\n"
        "[Unit]\n"
        "Description=Schedule of the backup {1}\n"
        "Documentation=man:guardian.toml(5)\n"
        "SourcePath={0}\n"
        "\n"
        "[Timer]\n"
        "OnCalendar={2}\n"
        "Persistent=true\n"
        "AccuracySec=1s\n",
        escaped(config_path), plan.name, escaped(plan.schedule.text()));
    if (plan.random_delay > Duration::zero())
        text += fmt::format("RandomizedDelaySec={}\n", exact_span(plan.random_delay));
    if (plan.wake_system) text += "WakeSystem=true\n";
    return text;
}

/// The name of the mount's unit. Source: systemd.unit(5), "string escaping for inclusion in unit names".
std::string mount_unit(std::string_view path) {
    std::string out;
    for (const char c : path.substr(1)) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == ':' || c == '_' || (c == '.' && !out.empty());
        if (c == '/')
            out += '-';
        else if (plain)
            out += c;
        else
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return (out.empty() ? "-" : out) + ".mount";
}

/// An entry in fstab with "nofail" is not before local-fs.target, and would be unmounted while the run still
/// writes.
std::string after_mount(const std::string& point, const std::string& config_path) {
    return fmt::format(
        "# Made by guardian's generator from {}\n"
        "[Unit]\n"
        "After={}\n",
        escaped(config_path), escaped(mount_unit(point)));
}

}  // namespace

std::vector<UnitFile> plan_units(const core::Config& config, const std::string& config_path) {
    std::vector<UnitFile> out;
    for (const auto& plan : config.plans) {
        out.push_back({fmt::format("guardian-run@{}.timer", plan.name), timer(plan, config_path)});
        if (const auto* target = config.target(plan.target))
            out.push_back({fmt::format("guardian-run@{}.service.d/50-target.conf", plan.name),
                           after_mount(target->mount, config_path)});
    }
    return out;
}

}  // namespace guardian::machine
