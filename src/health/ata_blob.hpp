#pragma once
/// libatasmart's record of a drive, taken apart and checked before the library sees it, and what IDENTIFY
/// DEVICE's 512 bytes tell beside the names (ACS-4, table of IDENTIFY DEVICE data). Pure; any bytes may come
/// in.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/smart.hpp"

namespace guardian::health {

struct BlobParts {
    std::string identify;    ///< 512 bytes
    std::string data;        ///< 512 bytes
    std::string thresholds;  ///< 512 bytes, or empty
    std::string status;      ///< 4 bytes, or empty
};

/// Sections of a tag of four letters, a length (big endian) and so many bytes. Fails unless it has IDENTIFY's
/// data and the attributes', each once and of the right length. Sections of other tags are passed over.
[[nodiscard]] Result<BlobParts> parts_of(std::string_view blob);
[[nodiscard]] std::string blob_of(const BlobParts& parts);

// `identify` has 512 bytes.
[[nodiscard]] core::DriveKind kind_in(std::string_view identify);
[[nodiscard]] std::uint64_t bytes_in(std::string_view identify);
/// "0x5000c500a1b2c3d4"; empty: it has none.
[[nodiscard]] std::string wwn_in(std::string_view identify);

}  // namespace guardian::health
