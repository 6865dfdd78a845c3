#pragma once
/// Whether a source is suspiciously smaller than last time: an unmounted /home must not make the good
/// versions rotate away. Pure.

#include <string>
#include <string_view>

#include "store/store.hpp"

namespace guardian::backup {

/// What its words begin with.
inline constexpr std::string_view shrunk_kind = "the source shrank";

/// Why nothing is to be deleted; empty: the source is about as large as before, or was small anyway.
[[nodiscard]] std::string suspicious_shrink(const store::Statistics& before, const store::Statistics& now);

}  // namespace guardian::backup
