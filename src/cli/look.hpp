#pragma once
/// Looking at a path without ever hanging on a dead share: what lies on one, or behind a link, is looked at
/// by a child with a deadline.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/world.hpp"

namespace guardian::cli {

enum class Seen { there, missing, no_answer };

/// The filesystem is one of the machine's own devices, or lives in its memory.
[[nodiscard]] bool is_local(const core::Mount& mount);

/// The mount that the path lies on; empty: none.
[[nodiscard]] std::optional<core::Mount> holder_of(const std::string& path,
                                                   const std::vector<core::Mount>& mounts);
[[nodiscard]] bool lies_local(const std::string& path, const std::vector<core::Mount>& mounts);

[[nodiscard]] Seen look_at(const std::string& path, const std::vector<core::Mount>& mounts);

struct Space {
    std::uint64_t free = 0, all = 0;
};
/// Only of what lies local; empty: it does not, or cannot be told.
[[nodiscard]] std::optional<Space> space_on(const std::string& path, const std::vector<core::Mount>& mounts);

}  // namespace guardian::cli
