#pragma once
/// Borg's exclude patterns, as far as Guardian has to know what an archive does not hold. Source: `borg help
/// patterns`.

#include <string>

namespace guardian::backup {

/// Does the pattern leave the path out of the archive, or a folder above it? Understood are fm: (the
/// default), sh: without "**", pp: and pf:. Of any other the answer is no: then there is rather one question
/// too many.
[[nodiscard]] bool excludes(const std::string& pattern, const std::string& path);

}  // namespace guardian::backup
