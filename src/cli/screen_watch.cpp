#include "cli/screen_watch.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "cli/screen.hpp"

namespace guardian::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// A store that changes a hundred times a second is drawn once in this time.
constexpr auto least_pause = std::chrono::seconds{1};

void write_all(std::string_view text) {
    while (!text.empty()) {
        const auto n = ::write(STDOUT_FILENO, text.data(), text.size());
        if (n < 0 && errno != EINTR) return;
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    }
}

/// The alternate screen without cursor, echo or automatic wrapping; as it was when this goes.
class Terminal {
  public:
    Terminal() {
        known_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
        auto raw = before_;
        raw.c_lflag &= static_cast<tcflag_t>(~(ICANON | ECHO | ISIG));
        if (known_) ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
        write_all("\x1b[?1049h\x1b[?25l\x1b[?7l");
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal() {
        write_all("\x1b[?7h\x1b[?25h\x1b[?1049l");
        if (known_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }

  private:
    termios before_{};
    bool known_ = false;
};

/// The signals, as a descriptor; ordinary again when this goes.
class Signals {
  public:
    Signals() {
        sigset_t wanted;
        sigemptyset(&wanted);
        for (const int s : {SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&wanted, s);
        pthread_sigmask(SIG_BLOCK, &wanted, &before_);
        fd_.reset(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    }
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    ~Signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    [[nodiscard]] int fd() const { return fd_.get(); }

    /// True when one of them says to stop; otherwise the window has another size.
    [[nodiscard]] bool stop() const {
        signalfd_siginfo info{};
        while (::read(fd_.get(), &info, sizeof info) == sizeof info)
            if (info.ssi_signo != SIGWINCH) return true;
        return false;
    }

  private:
    sigset_t before_{};
    Fd fd_;
};

/// Says that the store's files changed. Without one (no state folder yet) nothing is ever said.
class StoreChanges {
  public:
    explicit StoreChanges(const std::string& store_dir) : fd_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
        // The pins lie beside the store's folder.
        for (const auto& folder : {store_dir, store_dir + "/.."})
            if (fd_.valid())
                ::inotify_add_watch(fd_.get(), folder.c_str(),
                                    IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE);
    }
    [[nodiscard]] int fd() const { return fd_.get(); }

    /// Takes what is there, and whether any of it was the database or what belongs to it.
    [[nodiscard]] bool take() const {
        bool changed = false;
        alignas(inotify_event) std::array<char, 4096> buffer;
        for (ssize_t n = 0; (n = ::read(fd_.get(), buffer.data(), buffer.size())) > 0;)
            for (std::size_t at = 0; at < static_cast<std::size_t>(n);) {
                inotify_event event{};
                std::memcpy(&event, buffer.data() + at, sizeof event);
                const std::string_view name = event.len > 0 ? buffer.data() + at + sizeof event : "";
                // guardian.db-shm changes with every reader, this one included.
                changed |= name == "guardian.db" || name == "guardian.db-wal" || name == "pins.json";
                at += sizeof event + event.len;
            }
        return changed;
    }

  private:
    Fd fd_;
};

bool quit_was_typed() {
    std::array<char, 64> keys{};
    const auto n = ::read(STDIN_FILENO, keys.data(), keys.size());
    if (n <= 0) return n == 0 || (errno != EINTR && errno != EAGAIN);
    constexpr char ctrl_c = 3, ctrl_d = 4;
    return std::any_of(keys.begin(), keys.begin() + n,
                       [](char c) { return c == 'q' || c == 'Q' || c == ctrl_c || c == ctrl_d; });
}

/// Waits for what makes a new picture necessary.
class Waiter {
  public:
    explicit Waiter(const std::string& store_dir) : changes_(store_dir) {}

    /// False when the person has had enough.
    [[nodiscard]] bool wait(Duration good_for) {
        const auto drawn = Clock::now();
        auto until = drawn + good_for;
        while (true) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
            if (left <= 0) return true;
            std::array<pollfd, 3> fds{
                pollfd{STDIN_FILENO, POLLIN, 0}, {signals_.fd(), POLLIN, 0}, {changes_.fd(), POLLIN, 0}};
            ::poll(fds.data(), fds.size(), static_cast<int>(std::min<std::int64_t>(left, 60'000)));
            if (fds[0].revents != 0 && quit_was_typed()) return false;
            if (fds[1].revents != 0) return !signals_.stop();
            if (fds[2].revents != 0 && changes_.take()) until = std::min(until, drawn + least_pause);
        }
    }

  private:
    Signals signals_;
    StoreChanges changes_;
};

}  // namespace

std::string frame(const std::string& text, std::size_t rows) {
    std::string out = "\x1b[H";
    const auto lines = split_lines(first_lines(text, rows));
    for (std::size_t i = 0; i < lines.size(); ++i) out += (i > 0 ? "\r\n\x1b[K" : "\x1b[K") + lines[i];
    return lines.size() < rows ? out + "\r\n\x1b[J" : out;
}

Result<> watch_screen(const std::string& store_dir, const Painter& painter) {
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0)
        return Error{ErrorCode::usage, "cannot keep the status on the screen", "there is no terminal",
                     "leave out --watch, or use --json"};
    Waiter waiter{store_dir};
    Terminal terminal;
    while (true) {
        const auto size = terminal_size(STDOUT_FILENO);
        auto picture = painter(size.columns);
        if (!picture) return picture.error();
        write_all(frame(picture->text, size.rows));
        if (!waiter.wait(picture->good_for)) return {};
    }
}

}  // namespace guardian::cli
