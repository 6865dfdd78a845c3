/// guardian version

#include <fmt/format.h>

#include "base/version.hpp"
#include "cli/verbs.hpp"

namespace guardian::cli {

int version() {
    fmt::print("guardian {}\n", guardian::version());
    return ok;
}

}  // namespace guardian::cli
