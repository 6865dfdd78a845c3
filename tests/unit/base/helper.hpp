#pragma once
/// How the tests of base/child run the helper program, and stop it at a moment of their choosing.

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/child.hpp"
#include "support/catch.hpp"

namespace guardian::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline Command helper(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), CHILD_HELPER);
    Command c;
    c.argv = std::move(arguments);
    return c;
}

inline Exit run(const Command& command, const Limits& limits = {}, const LineSink& on_line = {}) {
    auto exit = run_child(command, limits, {}, on_line);
    REQUIRE(exit.has_value());
    return std::move(*exit);
}

/// Waits that are over at once, for ladders that have to be climbed.
inline Limits short_waits() {
    Limits l;
    l.interrupt_wait = l.terminate_wait = milliseconds{30};
    return l;
}

/// A pipe whose reading end tells run_child to stop once something was written.
class StopButton {
  public:
    StopButton() { REQUIRE(::pipe(ends_.data()) == 0); }
    ~StopButton() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    StopButton(const StopButton&) = delete;
    StopButton& operator=(const StopButton&) = delete;

    void press() { REQUIRE(::write(ends_[1], "!", 1) == 1); }
    [[nodiscard]] Interrupt interrupt() const {
        return {ends_[0], [fd = ends_[0]]() -> std::optional<Error> {
                    char byte = 0;
                    if (::read(fd, &byte, 1) != 1) return std::nullopt;
                    return Error{ErrorCode::cancelled, "", "the button was pressed", ""};
                }};
    }

  private:
    std::array<int, 2> ends_{};
};

/// Runs the helper and stops it as soon as it has said a line.
inline Exit stop_when_it_speaks(const Command& command, const Limits& limits, const LineSink& on_line = {}) {
    StopButton button;
    const LineSink press = [&](std::string_view line, bool cut) {
        if (on_line) on_line(line, cut);
        button.press();
    };
    auto exit = run_child(command, limits, {button.interrupt()}, press);
    REQUIRE(exit.has_value());
    return std::move(*exit);
}

inline Fd watch(pid_t pid) {
    return Fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

/// Whether the process ends; the bound is only there for the test to fail instead of hanging.
inline bool ends(const Fd& pidfd) {
    pollfd p{pidfd.get(), POLLIN, 0};
    return ::poll(&p, 1, 20'000) == 1;
}

}  // namespace guardian::test
