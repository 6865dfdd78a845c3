#include "base/version.hpp"

namespace guardian {
std::string_view version() {
    return GUARDIAN_VERSION;
}
}  // namespace guardian
