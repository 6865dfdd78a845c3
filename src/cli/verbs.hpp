#pragma once
/// The verbs of the command `guardian`, one file each. A verb reads its options, does one thing, prints for a
/// person (or JSON) on stdout and errors on stderr, and returns the exit code. main.cpp alone knows how the
/// command line is parsed.

#include <cstdint>
#include <string>
#include <vector>

#include "base/exit_code.hpp"
#include "base/result.hpp"
#include "core/spec.hpp"

namespace guardian::cli {

using enum exit_code::ExitCode;

struct Globals {
    std::string config_path;
    bool color = false;  ///< stdout is a terminal that understands it
};

struct StatusOptions {
    bool json = false;
    bool watch = false;
};
struct RunOptions {
    std::string plan;
    std::string by = "person";  ///< daemon | timer | asked | person | unit: to be found out
    bool shrunk_is_right = false;
    bool anyway = false;  ///< on a failing disk too
    bool quiet = false;
};
struct InitOptions {
    std::string target;
    bool adopt = false;
    bool take_over = false;
    bool replace = false;
};
struct HistoryOptions {
    std::string plan;  ///< empty: all
    std::size_t most = 20;
    bool json = false;
};
struct LogOptions {
    std::int64_t run = 0;
};

struct CalendarOptions {
    std::string expression;
    std::string from;  ///< empty: now
    std::size_t count = 5;
    bool json = false;
};

/// What is empty is asked for, or has a default.
struct SetupOptions {
    std::string disk;  ///< the UUID of its filesystem
    std::string name, mount, schedule, repository;
    std::vector<std::string> paths;
    bool encrypt = false;
    bool fstab = false;
    bool yes = false;    ///< ask nothing
    bool force = false;  ///< a configuration that is there is kept under another name
    bool list = false;   ///< only show the disks
    bool json = false;
    std::string root;  ///< the machine's own files are below it: in tests
};
struct DoctorOptions {
    bool json = false;
    std::string root;  ///< as above
};

struct SmartAssessOptions {
    std::string file;     ///< -: standard input
    bool ndjson = false;  ///< many reports, a line for each
    bool json = false;
};

struct SmartOptions {
    std::string drive;  ///< empty: all
    std::string html;   ///< the file to write a page to; empty: none
    bool all = false;   ///< every attribute
    bool json = false;
};
struct SmartAckOptions {
    std::string drive, sign;
};
struct SmartForgetOptions {
    std::string drive;
    bool anyway = false;
};
struct SmartTestOptions {
    std::string kind;  ///< short | long
    std::string drive;
};

int status(const Globals& globals, const StatusOptions& options);
int run(const Globals& globals, const RunOptions& options);
int init(const Globals& globals, const InitOptions& options);
int eject(const Globals& globals, const std::string& target);
int history(const Globals& globals, const HistoryOptions& options);
int log(const Globals& globals, const LogOptions& options);
int config_check(const Globals& globals);
int config_show(const Globals& globals);
int calendar(const Globals& globals, const CalendarOptions& options);
int version();

int smart(const Globals& globals, const SmartOptions& options);
int smart_ack(const Globals& globals, const SmartAckOptions& options);
int smart_forget(const Globals& globals, const SmartForgetOptions& options);
int smart_test(const Globals& globals, const SmartTestOptions& options);
int smart_assess(const Globals& globals, const SmartAssessOptions& options);

int rules(const Globals& globals, bool install);
int apply(const Globals& globals);
int setup(const Globals& globals, const SetupOptions& options);
int doctor(const Globals& globals, const DoctorOptions& options);

// Not for people: what the daemon and systemd start.
int note_failure(const Globals& globals, const std::string& unit);
int release(const Globals& globals, const std::string& target);
int probe_share(const Globals& globals, const std::string& target);
/// `aloud`: what the store does not know goes to the standard output.
int probe_health(const Globals& globals, const std::string& subject, bool aloud);

/// The configuration, or its problems on stderr.
[[nodiscard]] Result<core::Config> load_config(const Globals& globals);

[[nodiscard]] int exit_code_of(ErrorCode code);

/// Prints "guardian: …" on stderr, and the exit code that belongs to the error.
int complain(const Error& error);

}  // namespace guardian::cli
