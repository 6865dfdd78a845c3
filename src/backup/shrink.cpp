#include "backup/shrink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/text.hpp"

namespace guardian::backup {

std::string suspicious_shrink(const store::Statistics& before, const store::Statistics& now) {
    // Below this, halving is a day's work and no sign of anything.
    constexpr std::uint64_t few_files = 10, few_bytes = 1'000'000;
    const bool fewer = before.files >= few_files && now.files < before.files / 2;
    const bool smaller = before.original >= few_bytes && now.original < before.original / 2;
    if (!fewer && !smaller) return "";
    return fmt::format("the source shrank from {} files, {} to {} files, {}", format_count(before.files),
                       format_bytes(before.original), format_count(now.files), format_bytes(now.original));
}

int shrink_of(const store::Statistics& before, const store::Statistics& now) {
    return static_cast<int>(
        std::bit_width(std::max(before.files / (now.files + 1), before.original / (now.original + 1))));
}

}  // namespace guardian::backup
