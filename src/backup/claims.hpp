#pragma once
/// Whose a series of archives is. Prune goes by the archives' names alone, so of two machines (or two
/// configurations) that use one repository with the same plan name, each would delete the other's archives.
/// Therefore `guardian init` writes onto the target which installation has which series, and a run whose
/// series is not its own is refused.

#include <map>
#include <string>
#include <utility>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "core/spec.hpp"
#include "store/pins.hpp"

namespace guardian::backup {

inline constexpr const char* claims_name = ".guardian-series.json";

struct Claim {
    std::string owner;    ///< Pin::owner of the installation
    std::string host;     ///< Guardian's name there
    std::string machine;  ///< machine_id() there: a state folder can be copied to another machine
    std::string since;    ///< RFC 3339
};

/// This installation's, without the time.
[[nodiscard]] Claim own_claim(const core::Config& config, const store::Pin& pin);
[[nodiscard]] bool same_owner(const Claim& a, const Claim& b);

using Claims = std::map<std::pair<std::string, std::string>, Claim>;  ///< by repository and plan

/// No file is no claims.
[[nodiscard]] Result<Claims> read_claims(const Fd& folder);
/// Durable when it returns, in one step.
[[nodiscard]] Result<> write_claims(const Fd& folder, const Claims& claims);

/// The plan's archives in the repository are those of `own`. Error code refused: another's, or nobody's.
[[nodiscard]] Result<> prove_claim(const Fd& folder, const core::PlanSpec& plan, const Claim& own);

}  // namespace guardian::backup
