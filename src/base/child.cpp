#include "base/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

/// The child's 0, 1 and 2 are set by dup2: a descriptor that is itself one of these (the caller was started
/// with one closed) would be overwritten, so it moves up.
Fd above_stdio(int fd) {
    Fd low{fd};
    if (fd < 0 || fd > 2) return low;
    return Fd{::fcntl(fd, F_DUPFD_CLOEXEC, 3)};
}

Result<Pipe> make_pipe() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) return errno_error("cannot make a pipe", errno);
    Pipe pipe{above_stdio(fds[0]), above_stdio(fds[1])};
    if (!pipe.read.valid() || !pipe.write.valid()) return errno_error("cannot make a pipe", errno);
    return pipe;
}

Result<Fd> open_null() {
    auto null = above_stdio(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null.valid()) return errno_error("cannot open /dev/null", errno);
    return null;
}

/// Reaps a child that is ending; its status does not matter.
void await_end(pid_t pid) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

int pidfd_open(pid_t pid) {
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

/// A child whose end could not be noticed is not left running.
Result<Fd> pidfd_or_kill(pid_t pid) {
    Fd pidfd{pidfd_open(pid)};
    if (pidfd.valid()) return pidfd;
    const int error = errno;
    ::kill(-pid, SIGKILL);
    await_end(pid);
    return errno_error("cannot watch a program", error);
}

/// A NUL would silently cut the argument short.
bool has_nul(const std::vector<std::string>& strings) {
    return std::any_of(strings.begin(), strings.end(),
                       [](const std::string& s) { return s.find('\0') != std::string::npos; });
}

std::optional<Error> unfit(const Command& command) {
    if (command.argv.empty() || !command.argv[0].starts_with('/'))
        return Error{ErrorCode::usage, "cannot start a program", "its path is not absolute", ""};
    if (has_nul(command.argv) || has_nul(command.environment))
        return Error{ErrorCode::usage, "cannot start " + printable(command.argv[0], 200),
                     "an argument or a variable holds a NUL byte", ""};
    return std::nullopt;
}

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

    /// errno when the child cannot be set up as asked.
    [[nodiscard]] int apply() const {
        ::setsid();  // a terminal's Ctrl-C reaches the caller, who decides; not the child
        if (die_with_parent) {
            ::prctl(PR_SET_PDEATHSIG, SIGTERM);
            if (::getppid() != parent) ::_exit(127);
        }
        default_signals();
        if (idle) lower_priority();
        if (::dup2(stdin_fd, 0) < 0 || ::dup2(stdout_fd, 1) < 0 || ::dup2(stderr_fd, 2) < 0) return errno;
        // Whatever a library or whoever started us left open without O_CLOEXEC is not the child's.
        constexpr unsigned all = ~0U, cloexec = 4;
        ::syscall(SYS_close_range, 3U, all, cloexec);
        if (secret_fd >= 0) ::fcntl(secret_fd, F_SETFD, 0);
        return ::chdir(directory) == 0 ? 0 : errno;
    }

    /// A signal ignored or blocked here would stay so through exec, and the stop ladder needs each of them.
    static void default_signals() {
        for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
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
    if (auto error = unfit(command)) return std::move(*error);
    auto report = make_pipe();
    if (!report) return report.error();
    auto argv_strings = command.argv;
    auto argv = pointers(argv_strings);
    auto envp = pointers(environment);
    setup.parent = ::getpid();
    // The daemon's memory is not copied, which is most of the time from a plug-in to the run's start. The
    // child lives in it until it execs, so it touches nothing of it but its own stack.
    const pid_t pid = ::vfork();
    if (pid < 0) return errno_error("cannot start " + command.argv[0], errno);
    if (pid == 0) {
        int error = setup.apply();
        if (error == 0) {
            ::execve(argv[0], argv.data(), envp.data());
            error = errno;
        }
        [[maybe_unused]] const auto n = ::write(report->write.get(), &error, sizeof error);
        ::_exit(127);
    }
    report->write.reset();
    int error = 0;
    ssize_t n = 0;
    while ((n = ::read(report->read.get(), &error, sizeof error)) < 0 && errno == EINTR) {
    }
    if (n == sizeof error) {
        await_end(pid);
        return errno_error("cannot start " + command.argv[0], error);
    }
    return pid;
}

/// The clock that stands still while the machine sleeps, as the child does: a night's sleep is not silence.
std::int64_t awake_micros() {
    timespec ts{};
    ::clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1'000'000 + ts.tv_nsec / 1000;
}

std::int64_t plus(std::int64_t micros, Duration span) {
    return to_micros(later(from_micros(micros), span));
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
        if (rung_ > 0 && awake_micros() >= due_) climb();
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
            due_ = plus(awake_micros(), waits[rung_]);
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
        : limits_(limits),
          interrupts_(interrupts),
          pid_(pid),
          pidfd_(std::move(pidfd)),
          out_(std::move(out)),
          err_(std::move(err)),
          lines_(limits.line_bytes, on_line),
          ladder_(pid, limits),
          started_(awake_micros()),
          last_byte_(started_) {}

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
            if (ended_) return;  // its pid is no longer ours to signal
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
        if (limits_.deadline > Duration::zero()) sooner(plus(started_, limits_.deadline));
        if (limits_.silence > Duration::zero()) sooner(plus(last_byte_, limits_.silence));
        return due;
    }

    [[nodiscard]] int timeout_ms() const {
        const auto due = next_due();
        if (!due) return -1;
        const auto left = (*due - awake_micros()) / 1000 + 1;
        return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
    }

    void check_times() {
        if (ladder_.started()) return;
        const auto t = awake_micros();
        if (limits_.deadline > Duration::zero() && t >= plus(started_, limits_.deadline))
            stop({ErrorCode::timeout, "", "took longer than " + format_span(limits_.deadline), ""});
        else if (limits_.silence > Duration::zero() && t >= plus(last_byte_, limits_.silence))
            stop({ErrorCode::timeout, "", "said nothing for " + format_span(limits_.silence), ""});
    }

    void interrupt(const Interrupt& i) {
        if (auto why = i.ready()) stop(std::move(*why));
    }

    void stop(Error why) {
        if (!exit_.stopped) exit_.stopped = std::move(why);
        ladder_.begin();
    }

    /// Reads what is there, once; none at the end of the stream.
    static ssize_t read_some(Fd& fd, std::array<char, 16384>& buffer) {
        const auto n = ::read(fd.get(), buffer.data(), buffer.size());
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) fd.reset();
        return n;
    }

    ssize_t read_out() {
        std::array<char, 16384> buffer{};
        const auto n = read_some(out_, buffer);
        if (n <= 0) return n;
        last_byte_ = awake_micros();
        const auto room = limits_.capture_bytes - exit_.out.size();
        const auto take = std::min(room, static_cast<std::size_t>(n));
        exit_.out.append(buffer.data(), take);
        exit_.output_cut = exit_.output_cut || take < static_cast<std::size_t>(n);
        return n;
    }

    ssize_t read_err() {
        std::array<char, 16384> buffer{};
        const auto n = read_some(err_, buffer);
        if (n <= 0) return n;
        last_byte_ = awake_micros();
        lines_.feed({buffer.data(), static_cast<std::size_t>(n)});
        return n;
    }

    void reap() {
        int status = 0;
        const auto pid = ::waitpid(pid_, &status, WNOHANG);
        // Someone else reaped it (SIGCHLD was ignored when we were started): it ended, nobody knows how.
        ended_ = pid == pid_ || (pid < 0 && errno == ECHILD);
        if (pid != pid_) return;
        exit_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        exit_.code = exit_.signal != 0 ? 128 + exit_.signal : WEXITSTATUS(status);
    }

    /// After the end: only what is in the pipes already. A grandchild that holds them open, or goes on
    /// writing, is not waited for.
    void drain() {
        for (auto left = waiting_in(out_); left > 0;) {
            const auto n = read_out();
            if (n <= 0) break;
            left -= n;
        }
        for (auto left = waiting_in(err_); left > 0;) {
            const auto n = read_err();
            if (n <= 0) break;
            left -= n;
        }
    }

    static ssize_t waiting_in(const Fd& fd) {
        int bytes = 0;
        return fd.valid() && ::ioctl(fd.get(), FIONREAD, &bytes) == 0 ? bytes : 0;
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
    const auto null = open_null();
    if (!null) return null.error();
    Fd secret;
    auto environment = command.environment;
    if (command.secret) {
        auto pipe = secret_pipe(*command.secret);
        if (!pipe) return pipe.error();
        secret = std::move(*pipe);
        environment.push_back(fmt::format("{}={}", command.secret_fd_variable, secret.get()));
    }
    const ChildSetup setup{null->get(), out->write.get(),         err->write.get(),          secret.get(),
                           true,        command.at_idle_priority, command.directory.c_str(), 0};
    auto pid = fork_exec(command, setup, std::move(environment));
    if (!pid) return pid.error();
    out->write.reset();
    err->write.reset();
    auto pidfd = pidfd_or_kill(*pid);
    if (!pidfd) return pidfd.error();
    Watcher watcher{*pid,   std::move(*pidfd), std::move(out->read), std::move(err->read), limits, interrupts,
                    on_line};
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
        return Error{
            ErrorCode::external, std::move(context),
            words.empty() ? fmt::format("{} ended with exit code {}", command.argv[0], exit->code) : words,
            ""};
    return std::move(exit->out);
}

Result<Spawned> spawn(const Command& command, int output_fd) {
    const auto null = open_null();
    if (!null) return null.error();
    // A closed stderr must not stop a backup.
    const int output = ::fcntl(output_fd, F_GETFD) >= 0 ? output_fd : null->get();
    const ChildSetup setup{null->get(), output, output, -1, false, false, command.directory.c_str(), 0};
    auto pid = fork_exec(command, setup, command.environment);
    if (!pid) return pid.error();
    auto pidfd = pidfd_or_kill(*pid);
    if (!pidfd) return pidfd.error();
    return Spawned{*pid, std::move(*pidfd)};
}

std::optional<int> reap(const Spawned& child) {
    int status = 0;
    if (::waitpid(child.pid, &status, WNOHANG) != child.pid) return std::nullopt;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<Fd> watch_process(pid_t pid) {
    Fd fd{pidfd_open(pid)};
    if (fd.valid()) return fd;
    if (errno == ESRCH)
        return Error{ErrorCode::absent, fmt::format("no process {}", pid), "it has ended", ""};
    return errno_error(fmt::format("cannot watch process {}", pid), errno);
}

std::vector<std::string> own_environment() {
    std::vector<std::string> out;
    for (char** e = environ; e != nullptr && *e != nullptr; ++e) out.emplace_back(*e);
    return out;
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
    for (const auto* folder :
         {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
        auto path = std::string(folder) + std::string(name);
        struct stat found {};
        if (::access(path.c_str(), X_OK) == 0 && ::stat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode))
            return path;
    }
    return Error{ErrorCode::absent, fmt::format("the program {} is not there", printable(name, 100)),
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

Command plain_command(std::string program, const std::vector<std::string>& arguments) {
    Command c;
    c.argv = {std::move(program)};
    c.argv.insert(c.argv.end(), arguments.begin(), arguments.end());
    c.environment = plain_environment();
    return c;
}

Result<Command> find_command(std::string_view name, const std::vector<std::string>& arguments) {
    auto program = find_program(name);
    if (!program) return program.error();
    return plain_command(std::move(*program), arguments);
}

}  // namespace guardian
