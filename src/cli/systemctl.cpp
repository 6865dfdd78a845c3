#include "cli/systemctl.hpp"

#include "base/child.hpp"
#include "base/text.hpp"

namespace guardian::cli {
namespace {

Result<Command> command_of(std::vector<std::string> arguments) {
    const auto program = find_program("systemctl");
    if (!program) return program.error();
    Command c;
    c.argv = {*program};
    c.argv.insert(c.argv.end(), arguments.begin(), arguments.end());
    c.environment = plain_environment();
    return c;
}

Limits within(std::chrono::seconds deadline) {
    Limits l;
    l.deadline = deadline;
    l.interrupt_wait = l.terminate_wait = std::chrono::seconds{2};
    return l;
}

}  // namespace

Result<std::string> systemctl(std::vector<std::string> arguments) {
    const auto words = join(arguments, " ");
    const auto command = command_of(std::move(arguments));
    if (!command) return command.error();
    auto out = run_tool(*command, within(std::chrono::seconds{120}), "systemctl " + words);
    if (!out) return out.error();
    return trim(*out);
}

std::string systemctl_word(std::vector<std::string> arguments) {
    const auto command = command_of(std::move(arguments));
    if (!command) return "";
    const auto ended = run_child(*command, within(std::chrono::seconds{10}));
    return ended && !ended->stopped ? trim(ended->out) : "";
}

}  // namespace guardian::cli
