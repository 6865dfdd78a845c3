#include "cli/smart_machine.hpp"

namespace guardian::cli {

std::set<std::string> attached_drives(store::Store& /*store*/) {
    return {};
}

Result<std::string> start_self_test(store::Store& /*store*/, const std::string& /*drive*/,
                                    bool /*extended*/) {
    return Error{ErrorCode::external, "cannot start the self-test", "this is not done yet", ""};
}

}  // namespace guardian::cli
