#include "core/smart.hpp"

#include <algorithm>

#include "base/names.hpp"

namespace guardian::core {
namespace {

constexpr Names<DriveKind, 5> kinds{{
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
    return name_of(kinds, k);
}

std::optional<DriveKind> drive_kind_from(std::string_view text) {
    return named(kinds, text);
}

}  // namespace guardian::core
