#pragma once
/// What `guardian smart` asks of the machine itself.

#include <set>
#include <string>

#include "base/result.hpp"
#include "store/store.hpp"

namespace guardian::cli {

/// The drives that are plugged in now, by id.
[[nodiscard]] std::set<std::string> attached_drives(store::Store& store);

/// Has the drive begin to test itself; what is to be told to the person.
[[nodiscard]] Result<std::string> start_self_test(store::Store& store, const std::string& drive,
                                                  bool extended);

}  // namespace guardian::cli
