#include "cli/systemctl.hpp"

#include "base/child.hpp"
#include "base/text.hpp"

namespace guardian::cli {
namespace {

Limits within(std::chrono::seconds deadline) {
    Limits l;
    l.deadline = deadline;
    l.interrupt_wait = l.terminate_wait = std::chrono::seconds{2};
    return l;
}

}  // namespace

Result<std::string> systemctl(const std::vector<std::string>& arguments) {
    const auto words = join(arguments, " ");
    const auto command = find_command("systemctl", arguments);
    if (!command) return command.error();
    auto out = run_tool(*command, within(std::chrono::seconds{120}), "systemctl " + words);
    if (!out) return out.error();
    return trim(*out);
}

std::string systemctl_word(const std::vector<std::string>& arguments) {
    const auto command = find_command("systemctl", arguments);
    if (!command) return "";
    const auto ended = run_child(*command, within(std::chrono::seconds{10}));
    return ended && !ended->stopped ? trim(ended->out) : "";
}

}  // namespace guardian::cli
