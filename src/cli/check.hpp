#pragma once
/// One thing that `guardian doctor` looked at, and how they are all shown. Pure.

#include <string>
#include <vector>

#include "cli/screen.hpp"

namespace guardian::cli {

enum class CheckState { ok, warn, fail };

struct Check {
    CheckState state = CheckState::ok;
    std::string name;   ///< "target usb"
    std::string found;  ///< how it is
    std::string fix;    ///< what to type or to do; empty when it is all right
};
using Checks = std::vector<Check>;

[[nodiscard]] inline Check good(std::string name, std::string found) {
    return {CheckState::ok, std::move(name), std::move(found), ""};
}
[[nodiscard]] inline Check doubtful(std::string name, std::string found, std::string fix) {
    return {CheckState::warn, std::move(name), std::move(found), std::move(fix)};
}
[[nodiscard]] inline Check bad(std::string name, std::string found, std::string fix) {
    return {CheckState::fail, std::move(name), std::move(found), std::move(fix)};
}

[[nodiscard]] bool any_failed(const Checks& checks);
void print_checks(Screen& screen, const Checks& checks);
[[nodiscard]] std::string checks_json(const Checks& checks);

}  // namespace guardian::cli
