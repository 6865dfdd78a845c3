/// guardiand: reads the command line, makes the parts, runs the loop.

#include <getopt.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/exit_code.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "config/config.hpp"
#include "daemon/daemon.hpp"
#include "daemon/service.hpp"

namespace {

using guardian::printable;
namespace exit_code = guardian::exit_code;

struct Options {
    std::string config_path = guardian::config::default_path;
    spdlog::level::level_enum level = spdlog::level::info;
    bool under_systemd = false;
};

constexpr const char* usage =
    "Usage: guardiand [--config FILE] [--systemd] [--verbose] [--version]\n"
    "Watches for the backup disk and runs what is due. In the foreground; see guardiand(8).\n";

/// An exit code when the program is to end here.
std::optional<int> parse(int argc, char** argv, Options& options) {
    static constexpr option long_options[] = {
        {"config", required_argument, nullptr, 'c'}, {"systemd", no_argument, nullptr, 's'},
        {"verbose", no_argument, nullptr, 'v'},      {"version", no_argument, nullptr, 'V'},
        {"help", no_argument, nullptr, 'h'},         {nullptr, 0, nullptr, 0}};
    if (const char* path = std::getenv("GUARDIAN_CONFIG")) options.config_path = path;
    int c = 0;
    while ((c = ::getopt_long(argc, argv, "c:vVh", long_options, nullptr)) != -1) {
        if (c == 'c')
            options.config_path = ::optarg;
        else if (c == 's')
            options.under_systemd = true;
        else if (c == 'v')
            options.level = spdlog::level::debug;
        else if (c == 'V')
            return std::printf("guardiand %s\n", std::string(guardian::version()).c_str()) < 0;
        else
            return std::fputs(usage, c == 'h' ? stdout : stderr), c == 'h' ? 0 : 2;
    }
    if (::optind < argc) return std::fputs(usage, stderr), 2;
    return std::nullopt;
}

/// To stderr: with sd-daemon's priorities when the journal listens, with the time otherwise.
void set_up_log(spdlog::level::level_enum level) {
    spdlog::set_default_logger(spdlog::stderr_logger_st("guardiand"));
    const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
    spdlog::set_pattern(journal ? "%v" : "%Y-%m-%d %H:%M:%S.%f guardiand: %v");
    spdlog::set_level(level);
}

guardian::Fd watch_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int s : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, s);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    return guardian::Fd{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
}

void take_signal(int fd, guardian::daemon::Loop& loop, guardian::daemon::Daemon& daemon,
                 guardian::daemon::Service& service) {
    signalfd_siginfo info{};
    if (::read(fd, &info, sizeof info) != sizeof info) return;
    if (info.ssi_signo == SIGHUP) {
        service.reloading();
        (void)daemon.reload();
        service.ready();
        return;
    }
    service.stopping();
    spdlog::info("stopping; a run that is going goes on, and is found again at the next start");
    loop.stop();
}

int run(const Options& options) {
    auto loaded = guardian::config::load_file(options.config_path);
    for (const auto& problem : loaded.problems)
        std::fprintf(stderr, "%s\n", printable(problem.text(), 2000).c_str());
    if (!loaded.ok()) return exit_code::bad_usage;
    const auto signals = watch_signals();
    guardian::daemon::Loop loop;
    auto parts =
        guardian::daemon::make_parts(loop, options.config_path, std::move(loaded), options.under_systemd);
    if (!parts) {
        spdlog::error("{}", parts.error().text());
        return parts.error().code == guardian::ErrorCode::busy     ? exit_code::busy
               : parts.error().code == guardian::ErrorCode::config ? exit_code::bad_usage
                                                                   : exit_code::failed;
    }
    guardian::daemon::Daemon daemon{loop, std::move(*parts)};
    guardian::daemon::Service service{loop, [&] {
                                          daemon.look_again();
                                          return daemon.act();
                                      }};
    if (service.has_listener()) daemon.on_decided = [&] { service.status(daemon.summary()); };
    loop.watch(signals.get(), [&] { take_signal(signals.get(), loop, daemon, service); });
    if (auto started = daemon.start(); !started) {
        spdlog::error("{}", started.error().text());
        return exit_code::failed;
    }
    spdlog::info("guardiand {} is watching", guardian::version());
    service.ready();
    return loop.run();
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (const auto code = parse(argc, argv, options)) return *code;
    std::error_code ignored;
    options.config_path = std::filesystem::absolute(options.config_path, ignored).string();
    set_up_log(options.level);
    return run(options);
}
