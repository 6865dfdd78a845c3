#pragma once
/// The raw value of an ATA attribute from the way smartctl printed it. It knows smartctl's print formats (its
/// manual page, -v), not what a drive means by the number.

#include <cstdint>
#include <optional>
#include <string_view>

namespace guardian::health {

/// The 48 bits, lowest byte first, as far as the print tells them: of "33 (Min/Max 30/40)" only the
/// temperature's byte, since every maker lays out the others differently. Nothing when no number begins the
/// text.
[[nodiscard]] std::optional<std::uint64_t> raw_value(std::string_view printed,
                                                     std::string_view attribute_name);

}  // namespace guardian::health
