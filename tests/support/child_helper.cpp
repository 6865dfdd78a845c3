/// A program for the tests of base/child: its first argument names what it does. It shows what a child of
/// Guardian's sees (descriptors, environment, signals), and misbehaves in every way a real one might.

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "base/child.hpp"

namespace {

using Arguments = std::vector<std::string>;

void say(const std::string& line) {
    const auto text = line + "\n";
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) std::_Exit(99);
}

[[noreturn]] void hang() {
    while (true) ::pause();
}

int exit_with(const Arguments& a) {
    return std::stoi(a.at(0));
}

int die_by(const Arguments& a) {
    ::raise(std::stoi(a.at(0)));
    return 98;
}

/// Writes N bytes to stdout.
int fill_stdout(const Arguments& a) {
    std::cout << std::string(std::stoul(a.at(0)), 'o');
    return 0;
}

/// One line of N bytes, an ordinary one, and half a line, to stderr.
int lines(const Arguments& a) {
    std::cerr << std::string(std::stoul(a.at(0)), 'x') << "\nnext\n\nhalf";
    return 0;
}

int read_stdin(const Arguments&) {
    std::vector<char> where(4096);
    const auto n = ::readlink("/proc/self/fd/0", where.data(), where.size());
    char byte = 0;
    const auto got = ::read(STDIN_FILENO, &byte, 1);
    std::cout << std::string(where.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))) << " " << got;
    return 0;
}

int show_descriptors(const Arguments&) {
    std::vector<int> open;
    DIR* folder = ::opendir("/proc/self/fd");
    while (const auto* entry = ::readdir(folder))
        if (entry->d_name[0] != '.' && std::atoi(entry->d_name) != ::dirfd(folder))
            open.push_back(std::atoi(entry->d_name));
    ::closedir(folder);
    std::sort(open.begin(), open.end());
    for (const int fd : open) std::cout << fd << " ";
    return 0;
}

void copy_file(const char* path) {
    std::ifstream file(path, std::ios::binary);
    std::cout << file.rdbuf();
}

/// What is on the descriptor that the variable names, then everything of it that others can see.
int show_secret(const Arguments& a) {
    const int fd = std::atoi(std::getenv(a.at(0).c_str()));
    std::vector<char> secret(8192);
    const auto n = ::read(fd, secret.data(), secret.size());
    std::cout << std::string(secret.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))) << "\n";
    copy_file("/proc/self/cmdline");
    copy_file("/proc/self/environ");
    return 0;
}

int show_place(const Arguments&) {
    std::vector<char> folder(4096);
    constexpr int who_process = 1;
    std::cout << ::getcwd(folder.data(), folder.size()) << " " << ::getpriority(PRIO_PROCESS, 0) << " "
              << (::syscall(SYS_ioprio_get, who_process, 0) >> 13) << " " << (::getsid(0) == ::getpid());
    return 0;
}

int show_environment(const Arguments&) {
    copy_file("/proc/self/environ");
    return 0;
}

int show_signals(const Arguments&) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("SigBlk") || line.starts_with("SigIgn")) std::cout << line << "\n";
    return 0;
}

/// Says "ready" and waits for a signal, deaf to those named.
int be_deaf(const Arguments& a) {
    for (const auto& number : a) ::signal(std::stoi(number), SIG_IGN);
    say("ready");
    hang();
}

/// Deaf to SIGINT and SIGTERM, and SIGKILL does not help either: a tracer keeps the dead child from being
/// reaped, as a process stuck in the kernel would be.
int be_immortal(const Arguments&) {
    ::signal(SIGINT, SIG_IGN);
    ::signal(SIGTERM, SIG_IGN);
    const pid_t victim = ::getpid();
    ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    const pid_t tracer = ::fork();
    if (tracer == 0) {
        ::setsid();
        const bool traced = ::ptrace(PTRACE_SEIZE, victim, nullptr, nullptr) == 0;
        say(traced ? "tracer " + std::to_string(::getpid()) : "no tracing here");
        hang();
    }
    hang();
}

/// Leaves a helper behind that holds both outputs open.
int leave_a_holder(const Arguments&) {
    const pid_t holder = ::fork();
    if (holder == 0) {
        ::setsid();
        hang();
    }
    say(std::to_string(holder));
    return 0;
}

/// Writes for ever; says so on `full` once the pipe holds no more.
[[noreturn]] void babble(int output, int full) {
    const std::string words(4000, 'b');
    ::fcntl(output, F_SETFL, O_NONBLOCK);
    while (::write(output, words.data(), words.size()) > 0) {
    }
    ::fcntl(output, F_SETFL, 0);
    if (::write(full, "f", 1) != 1) std::_Exit(97);
    while (::write(output, words.data(), words.size()) > 0) {
    }
    std::_Exit(97);
}

/// Leaves a helper behind that never stops writing to the descriptor named.
int leave_a_babbler(const Arguments& a) {
    std::array<int, 2> full{};
    if (::pipe(full.data()) != 0) return 97;
    say(std::to_string(::getpid()));
    if (::fork() == 0) {
        ::setsid();
        babble(std::stoi(a.at(0)), full[1]);
    }
    char byte = 0;
    return ::read(full[0], &byte, 1) == 1 ? 0 : 97;
}

/// A helper in the same session: a stop must reach it too.
int hang_with_helper(const Arguments&) {
    const pid_t helper = ::fork();
    if (helper == 0) hang();
    say(std::to_string(helper));
    hang();
}

guardian::Command self(Arguments arguments) {
    arguments.insert(arguments.begin(), "/proc/self/exe");
    return {.argv = std::move(arguments), .environment = {}, .secret = {}, .secret_fd_variable = ""};
}

/// A runner with a child of its own: "RUNNER CHILD" pids.
int run_a_hanging_child(const Arguments&) {
    const auto exit = guardian::run_child(
        self({"say_pid_and_hang"}), {}, {},
        [](std::string_view line, bool) { say(std::to_string(::getpid()) + " " + std::string(line)); });
    return exit ? 0 : 1;
}

int say_pid_and_hang(const Arguments&) {
    say(std::to_string(::getpid()));
    hang();
}

/// A runner that was itself started with 0, 1 and 2 closed.
int run_without_stdio(const Arguments& a) {
    const int out = ::fcntl(1, F_DUPFD_CLOEXEC, 20);
    for (const int fd : {0, 1, 2}) ::close(fd);
    std::string words;
    const auto exit =
        guardian::run_child(self(a), {}, {}, [&](std::string_view line, bool) { words += line; });
    words += exit ? exit->out : exit.error().text();
    return ::write(out, words.data(), words.size()) < 0 ? 1 : 0;
}

int spawn_and_wait(const Arguments& a) {
    const auto spawned = guardian::spawn(self(a));
    if (!spawned) return 1;
    int status = 0;
    return ::waitpid(spawned->pid, &status, 0) == spawned->pid ? WEXITSTATUS(status) : 1;
}

int say_twice(const Arguments&) {
    std::cout << "to stdout" << std::endl;
    std::cerr << "to stderr" << std::endl;
    return 7;
}

int complain(const Arguments&) {
    say("first \x1b[31mreason");
    say("second");
    return 2;
}

const std::map<std::string, int (*)(const Arguments&)> modes{
    {"exit_with", exit_with},
    {"die_by", die_by},
    {"fill_stdout", fill_stdout},
    {"lines", lines},
    {"read_stdin", read_stdin},
    {"show_descriptors", show_descriptors},
    {"show_secret", show_secret},
    {"show_place", show_place},
    {"show_environment", show_environment},
    {"show_signals", show_signals},
    {"be_deaf", be_deaf},
    {"be_immortal", be_immortal},
    {"leave_a_holder", leave_a_holder},
    {"leave_a_babbler", leave_a_babbler},
    {"hang_with_helper", hang_with_helper},
    {"run_a_hanging_child", run_a_hanging_child},
    {"say_pid_and_hang", say_pid_and_hang},
    {"run_without_stdio", run_without_stdio},
    {"spawn_and_wait", spawn_and_wait},
    {"say_twice", say_twice},
    {"complain", complain},
};

}  // namespace

int main(int argc, char** argv) {
    const Arguments all(argv + 1, argv + argc);
    const auto mode = all.empty() ? modes.end() : modes.find(all[0]);
    if (mode == modes.end()) return 96;
    return mode->second({all.begin() + 1, all.end()});
}
