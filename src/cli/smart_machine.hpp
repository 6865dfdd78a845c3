#pragma once
/// What `guardian smart` asks of the machine itself.

#include <set>
#include <string>

#include "base/result.hpp"
#include "core/spec.hpp"
#include "health/look.hpp"
#include "health/reader.hpp"
#include "store/store.hpp"

namespace guardian::cli {

/// The drives that are plugged in now, by id: by sysfs alone.
[[nodiscard]] std::set<std::string> attached_drives(store::Store& store);

/// The drive at this node (/dev/sdb), by id; empty: it is not known.
[[nodiscard]] std::string drive_at(store::Store& store, const std::string& node);

/// Has a drive that is plugged in begin to test itself; what is to be told to the person.
[[nodiscard]] Result<std::string> start_self_test(store::Store& store, const core::Config& config,
                                                  const std::string& drive, bool extended);

/// The same, where it is known already; it is kept in the store. A drive that sleeps is sent nothing: Error code busy.
[[nodiscard]] Result<std::string> begin_self_test(store::Store& store, const core::Config& config,
                                                  const health::KnownDrive& drive, bool extended,
                                                  const health::AtaWays& ata = {});

}  // namespace guardian::cli
