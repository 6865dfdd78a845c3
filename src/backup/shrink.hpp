#pragma once
/// Whether a source is suspiciously smaller than last time: an unmounted /home must not make the good
/// versions rotate away. Pure.

#include <string>

#include "store/store.hpp"

namespace guardian::backup {

/// How often now goes into before, in powers of two.
[[nodiscard]] int shrink_of(const store::Statistics& before, const store::Statistics& now);

/// Why nothing is to be deleted; empty: the source is about as large as before, or was small anyway.
[[nodiscard]] std::string suspicious_shrink(const store::Statistics& before, const store::Statistics& now);

}  // namespace guardian::backup
