#include "base/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

#include "base/text.hpp"

namespace guardian {
namespace {

struct Pipe {
    Fd read, write;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) return errno_error("cannot make a pipe", errno);
    return Pipe{Fd{fds[0]}, Fd{fds[1]}};
}

int pidfd_open(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> out;
    for (auto& s : strings) out.push_back(s.data());
    out.push_back(nullptr);
    return out;
}

/// What the child does between fork and exec; only async-signal-safe calls.
struct ChildSetup {
    int stdin_fd, stdout_fd, stderr_fd, secret_fd;
    bool die_with_parent;
    bool idle;
    const char* directory;
    pid_t parent;

    void apply() const {
        ::setsid();  // a terminal's Ctrl-C reaches the caller, who decides; not the child
        if (die_with_parent) {
            ::prctl(PR_SET_PDEATHSIG, SIGTERM);
            if (::getppid() != parent) ::_exit(127);
        }
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::signal(SIGPIPE, SIG_DFL);
        ::signal(SIGINT, SIG_DFL);
        if (idle) lower_priority();
        ::dup2(stdin_fd, 0);
        ::dup2(stdout_fd, 1);
        ::dup2(stderr_fd, 2);
        if (secret_fd >= 0) ::fcntl(secret_fd, F_SETFD, 0);
        if (::chdir(directory) != 0) ::_exit(127);
    }

    static void lower_priority() {
        constexpr int who_process = 1, class_idle = 3, class_shift = 13;
        ::setpriority(PRIO_PROCESS, 0, 10);
        ::syscall(SYS_ioprio_set, who_process, 0, class_idle << class_shift);
    }
};

/// Forks and execs. exec's errno comes back through a pipe that exec itself closes, so that "no such
/// program" is an Error here and not an exit code 127 there.
Result<pid_t> fork_exec(const Command& command, ChildSetup setup, std::vector<std::string> environment) {
    auto report = make_pipe();
    if (!report) return report.error();
    auto argv_strings = command.argv;
    auto argv = pointers(argv_strings);
    auto envp = pointers(environment);
    setup.parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return errno_error("cannot start " + command.argv[0], errno);
    if (pid == 0) {
        setup.apply();
        ::execve(argv[0], argv.data(), envp.data());
        const int error = errno;
        [[maybe_unused]] const auto n = ::write(report->write.get(), &error, sizeof error);
        ::_exit(127);
    }
    report->write.reset();
    int error = 0;
    ssize_t n = 0;
    while ((n = ::read(report->read.get(), &error, sizeof error)) < 0 && errno == EINTR) {
    }
    if (n == sizeof error) {
        ::waitpid(pid, nullptr, 0);
        return errno_error("cannot start " + command.argv[0], error);
    }
    return pid;
}

std::int64_t boot_micros() {
    timespec ts{};
    ::clock_gettime(CLOCK_BOOTTIME, &ts);
    return ts.tv_sec * 1'000'000 + ts.tv_nsec / 1000;
}

/// Cuts a stream of bytes into lines, none longer than the cap.
class LineSplitter {
  public:
    LineSplitter(std::size_t most, const LineSink& sink) : most_(most), sink_(sink) {}

    void feed(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto end = bytes.find('\n');
            append(bytes.substr(0, end));
            if (end == std::string_view::npos) return;
            emit();
            bytes.remove_prefix(end + 1);
        }
    }
    void finish() {
        if (!line_.empty()) emit();
    }

  private:
    void append(std::string_view part) {
        const auto room = most_ - line_.size();
        line_ += part.substr(0, room);
        cut_ = cut_ || part.size() > room;
    }
    void emit() {
        if (sink_) sink_(line_, cut_);
        line_.clear();
        cut_ = false;
    }
    std::size_t most_;
    const LineSink& sink_;
    std::string line_;
    bool cut_ = false;
};

/// The rungs of the stop ladder, and when the next one is due.
class StopLadder {
  public:
    StopLadder(pid_t pid, const Limits& limits) : pid_(pid), limits_(limits) {}

    void begin() {
        if (rung_ == 0) climb();
    }
    void climb_if_due() {
        if (rung_ > 0 && boot_micros() >= due_) climb();
    }
    [[nodiscard]] bool started() const { return rung_ > 0; }
    [[nodiscard]] bool exhausted() const { return rung_ > 3; }
    [[nodiscard]] std::optional<std::int64_t> due() const {
        return rung_ > 0 && rung_ <= 3 ? std::optional{due_} : std::nullopt;
    }

  private:
    void climb() {
        static constexpr std::array signals{SIGINT, SIGTERM, SIGKILL};
        const std::array waits{limits_.interrupt_wait, limits_.terminate_wait, limits_.kill_wait};
        if (rung_ < 3) {
            // The child leads a session of its own: its whole group is meant, a helper of its included.
            ::kill(-pid_, signals[rung_]);
            due_ = boot_micros() + waits[rung_].count();
        }
        ++rung_;
    }
    pid_t pid_;
    const Limits& limits_;
    std::size_t rung_ = 0;
    std::int64_t due_ = 0;
};

/// One running child: its pipes, its pidfd, and the loop that waits for all of them.
class Watcher {
  public:
    Watcher(pid_t pid, Fd pidfd, Fd out, Fd err, const Limits& limits,
            const std::vector<Interrupt>& interrupts, const LineSink& on_line)
        : limits_(limits), interrupts_(interrupts), pid_(pid), pidfd_(std::move(pidfd)), out_(std::move(out)),
          err_(std::move(err)), lines_(limits.line_bytes, on_line), ladder_(pid, limits),
          started_(boot_micros()), last_byte_(started_) {}

    Exit run() {
        while (!ended_ && !ladder_.exhausted()) step();
        if (!ended_) {
            exit_.left_behind = true;
            exit_.code = 128 + SIGKILL;
            exit_.signal = SIGKILL;
        } else {
            drain();
        }
        lines_.finish();
        return std::move(exit_);
    }

  private:
    void step() {
        std::vector<pollfd> fds{{pidfd_.get(), POLLIN, 0}, {out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}};
        for (const auto& i : interrupts_) fds.push_back({i.fd, POLLIN, 0});
        const int n = ::poll(fds.data(), fds.size(), timeout_ms());
        if (n > 0) {
            if (fds[1].revents != 0) read_out();
            if (fds[2].revents != 0) read_err();
            if (fds[0].revents != 0) reap();
            for (std::size_t i = 0; i < interrupts_.size(); ++i)
                if (fds[3 + i].revents != 0) interrupt(interrupts_[i]);
        }
        check_times();
        ladder_.climb_if_due();
    }

    [[nodiscard]] std::optional<std::int64_t> next_due() const {
        auto due = ladder_.due();
        const auto sooner = [&](std::int64_t t) { due = due ? std::min(*due, t) : t; };
        if (ladder_.started()) return due;
        if (limits_.deadline > Duration::zero()) sooner(started_ + limits_.deadline.count());
        if (limits_.silence > Duration::zero()) sooner(last_byte_ + limits_.silence.count());
        return due;
    }

    [[nodiscard]] int timeout_ms() const {
        const auto due = next_due();
        if (!due) return -1;
        const auto left = (*due - boot_micros()) / 1000 + 1;
        return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
    }

    void check_times() {
        if (ladder_.started()) return;
        const auto t = boot_micros();
        if (limits_.deadline > Duration::zero() && t >= started_ + limits_.deadline.count())
            stop({ErrorCode::timeout, "", "took longer than " + format_span(limits_.deadline), ""});
        else if (limits_.silence > Duration::zero() && t >= last_byte_ + limits_.silence.count())
            stop({ErrorCode::timeout, "", "said nothing for " + format_span(limits_.silence), ""});
    }

    void interrupt(const Interrupt& i) {
        if (auto why = i.ready()) stop(std::move(*why));
    }

    void stop(Error why) {
        if (!exit_.stopped) exit_.stopped = std::move(why);
        ladder_.begin();
    }

    /// Reads what is there once; false at the end of the stream.
    static ssize_t read_some(Fd& fd, std::array<char, 16384>& buffer) {
        const auto n = ::read(fd.get(), buffer.data(), buffer.size());
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) fd.reset();
        return n;
    }

    bool read_out() {
        std::array<char, 16384> buffer{};
        const auto n = read_some(out_, buffer);
        if (n <= 0) return false;
        last_byte_ = boot_micros();
        const auto room = limits_.capture_bytes - exit_.out.size();
        const auto take = std::min(room, static_cast<std::size_t>(n));
        exit_.out.append(buffer.data(), take);
        exit_.output_cut = exit_.output_cut || take < static_cast<std::size_t>(n);
        return true;
    }

    bool read_err() {
        std::array<char, 16384> buffer{};
        const auto n = read_some(err_, buffer);
        if (n <= 0) return false;
        last_byte_ = boot_micros();
        lines_.feed({buffer.data(), static_cast<std::size_t>(n)});
        return true;
    }

    void reap() {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) != pid_) return;
        ended_ = true;
        exit_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        exit_.code = exit_.signal != 0 ? 128 + exit_.signal : WEXITSTATUS(status);
    }

    /// After the end: only what is in the pipes already. A grandchild that holds them open is not waited for.
    void drain() {
        for (auto* fd : {&out_, &err_})
            if (fd->valid()) ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
        while (out_.valid() && read_out()) {
        }
        while (err_.valid() && read_err()) {
        }
    }

    const Limits& limits_;
    const std::vector<Interrupt>& interrupts_;
    pid_t pid_;
    Fd pidfd_, out_, err_;
    LineSplitter lines_;
    StopLadder ladder_;
    std::int64_t started_, last_byte_;
    bool ended_ = false;
    Exit exit_;
};

Result<Fd> secret_pipe(const std::string& secret) {
    auto pipe = make_pipe();
    if (!pipe) return pipe.error();
    // Far below a pipe's capacity, so this cannot block.
    if (secret.size() > 4096)
        return Error{ErrorCode::usage, "cannot hand over the passphrase", "longer than 4096 bytes", ""};
    if (::write(pipe->write.get(), secret.data(), secret.size()) != static_cast<ssize_t>(secret.size()))
        return errno_error("cannot hand over the passphrase", errno);
    return std::move(pipe->read);
}

}  // namespace

Result<Exit> run_child(const Command& command, const Limits& limits, const std::vector<Interrupt>& interrupts,
                       const LineSink& on_line) {
    auto out = make_pipe();
    if (!out) return out.error();
    auto err = make_pipe();
    if (!err) return err.error();
    const Fd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    Fd secret;
    auto environment = command.environment;
    if (command.secret) {
        auto pipe = secret_pipe(*command.secret);
        if (!pipe) return pipe.error();
        secret = std::move(*pipe);
        environment.push_back(fmt::format("{}={}", command.secret_fd_variable, secret.get()));
    }
    const ChildSetup setup{null.get(),  out->write.get(), err->write.get(),          secret.get(), true,
                           command.at_idle_priority, command.directory.c_str(), 0};
    auto pid = fork_exec(command, setup, std::move(environment));
    if (!pid) return pid.error();
    out->write.reset();
    err->write.reset();
    Watcher watcher{*pid,   Fd{pidfd_open(*pid)}, std::move(out->read), std::move(err->read),
                    limits, interrupts,           on_line};
    return watcher.run();
}

Result<std::string> run_tool(const Command& command, const Limits& limits, std::string context,
                             const std::vector<Interrupt>& interrupts) {
    std::string words;
    const LineSink collect = [&](std::string_view line, bool) {
        if (words.size() < 2000) words += (words.empty() ? "" : " / ") + printable(trim(line), 500);
    };
    auto exit = run_child(command, limits, interrupts, collect);
    if (!exit) return Error{exit.error().code, std::move(context), exit.error().text(), ""};
    if (exit->stopped) return Error{exit->stopped->code, std::move(context), exit->stopped->text(), ""};
    if (exit->code != 0)
        return Error{ErrorCode::external, std::move(context),
                     words.empty() ? fmt::format("{} ended with exit code {}", command.argv[0], exit->code)
                                   : words, ""};
    return std::move(exit->out);
}

Result<Spawned> spawn(const Command& command) {
    const Fd null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    const ChildSetup setup{null.get(), 2, 2, -1, false, false, command.directory.c_str(), 0};
    auto pid = fork_exec(command, setup, command.environment);
    if (!pid) return pid.error();
    return Spawned{*pid, Fd{pidfd_open(*pid)}};
}

std::optional<std::uint64_t> process_start(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto name_end = text.rfind(')');  // the name may hold spaces and parentheses
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream fields(text.substr(name_end + 1));
    std::string field;
    fields >> field;
    if (field == "Z" || field == "X") return std::nullopt;
    for (int i = 4; i <= 22; ++i) fields >> field;
    try {
        return std::stoull(field);
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

std::string boot_id() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id;
}

Result<std::string> find_program(std::string_view name) {
    for (const auto* folder : {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
        auto path = std::string(folder) + std::string(name);
        if (::access(path.c_str(), X_OK) == 0) return path;
    }
    return Error{ErrorCode::absent, fmt::format("the program {} is not there", name),
                 "not in /usr/local/bin, /usr/bin, /usr/sbin", ""};
}

std::vector<std::string> plain_environment() {
    std::vector<std::string> environment{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                         "LC_ALL=C.UTF-8"};
    const char* home = std::getenv("HOME");
    environment.push_back(std::string("HOME=") + (home != nullptr ? home : "/root"));
    if (const char* tz = std::getenv("TZ")) environment.push_back(std::string("TZ=") + tz);
    return environment;
}

}  // namespace guardian
