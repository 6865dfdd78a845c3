#include "core/smart.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace guardian::core {
namespace {

constexpr std::array<std::pair<DriveKind, std::string_view>, 5> kinds{{
    {DriveKind::unknown, "unknown"},
    {DriveKind::hdd, "hdd"},
    {DriveKind::ssd, "ssd"},
    {DriveKind::nvme, "nvme"},
    {DriveKind::scsi, "scsi"},
}};

}  // namespace

const SmartAttribute* SmartReport::attribute(unsigned id) const {
    const auto found = std::find_if(attributes.begin(), attributes.end(), [id](const auto& a) { return a.id == id; });
    return found == attributes.end() ? nullptr : &*found;
}

std::string_view to_string(DriveKind k) {
    for (const auto& [kind, name] : kinds)
        if (kind == k) return name;
    return "unknown";
}

std::optional<DriveKind> drive_kind_from(std::string_view text) {
    for (const auto& [kind, name] : kinds)
        if (name == text) return kind;
    return std::nullopt;
}

}  // namespace guardian::core
