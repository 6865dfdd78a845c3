#include "machine/udev_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace guardian::machine {
namespace {

/// The configuration lets only hexadecimal digits and dashes through. Anything else could end the quotes, or
/// be a pattern: then there is no rule rather than one for other disks.
bool is_plain(const std::string& uuid) {
    return !uuid.empty() && std::all_of(uuid.begin(), uuid.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    });
}

}  // namespace

std::string udev_rules(const core::Config& config, const std::string& config_path) {
    auto text = fmt::format(
        "# Made by \"guardian rules --install\" from {}; do not edit.\n"
        "# A backup disk: known to systemd, so that plugging it in starts guardiand if it does not run; left "
        "alone\n"
        "# by udisks and by desktops that mount what they see.\n"
        "SUBSYSTEM!=\"block\", GOTO=\"guardian_end\"\n"
        "ACTION==\"remove\", GOTO=\"guardian_end\"\n",
        config_path);
    for (const auto& target : config.targets) {
        if (target.type != core::TargetType::disk || !is_plain(target.uuid)) continue;
        text += fmt::format(
            "# target {}\n"
            "ENV{{ID_FS_UUID}}==\"{}\", TAG+=\"systemd\", ENV{{SYSTEMD_WANTS}}+=\"guardian.service\", "
            "ENV{{UDISKS_IGNORE}}=\"1\", ENV{{UDISKS_AUTO}}=\"0\", "
            "ENV{{UDISKS_PRESENTATION_NOPOLICY}}=\"1\"\n",
            target.name, target.uuid);
    }
    return text + "LABEL=\"guardian_end\"\n";
}

}  // namespace guardian::machine
