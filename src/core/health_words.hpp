#pragma once
/// What the rules compare with, and how they say it: ages, trends over the drive's own history, plurals.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/health_rules.hpp"

namespace guardian::core {

/// The end of every reason that stands on what was seen of many drives.
inline constexpr std::string_view fails_more_often =
    " Drives with this sign fail within months far more often than others.";

/// Hours powered on since an entry of one of the drive's logs; empty: one of the two is not known, or what is told cannot
/// be. ATA and SCSI keep 16 bits of the hours there: beyond 65,535 what may be new is taken for new.
[[nodiscard]] std::optional<std::int64_t> hours_since(const HealthCase& c, std::optional<std::int64_t> then);

/// "3 days ago" of hours powered on: "72 hours of operation ago".
[[nodiscard]] std::string ago(std::int64_t hours);

/// By how much it has become more within 30 days: since the first reading within them; or, where that is more, the part that
/// 30 days have of what came since the newest reading before them, because drives that are long in use gather a few of
/// everything. Zero without a history.
[[nodiscard]] std::uint64_t growth_in_30_days(const HealthCase& c, Sign sign);

/// "197 = 12, 3 days ago 4": the last value that was another.
[[nodiscard]] std::string with_trend(const HealthCase& c, Sign sign, std::string_view label);

[[nodiscard]] std::string plural(std::uint64_t n, std::string_view one, std::string_view many);

/// What the bits of NVMe's critical warning say.
[[nodiscard]] std::string nvme_warnings(unsigned bits);

}  // namespace guardian::core
