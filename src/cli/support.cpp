/// What the verbs share: reading the configuration, and telling of an error.

#include <cstdio>

#include "base/text.hpp"
#include "cli/verbs.hpp"
#include "config/config.hpp"

namespace guardian::cli {

int exit_code_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::usage:
        case ErrorCode::config:
            return bad_usage;
        case ErrorCode::refused:
            return refused;
        case ErrorCode::absent:
            return absent;
        case ErrorCode::busy:
            return busy;
        case ErrorCode::denied:
            return denied;
        case ErrorCode::timeout:
        case ErrorCode::cancelled:
        case ErrorCode::vanished:
        case ErrorCode::io:
        case ErrorCode::external:
            return failed;
    }
    return failed;
}

int complain(const Error& error) {
    fmt::print(stderr, "guardian: {}\n", printable(error.text(), 4000));
    return exit_code_of(error.code);
}

Result<core::Config> load_config(const Globals& globals) {
    auto loaded = config::load_file(globals.config_path);
    if (loaded.ok()) return std::move(loaded.config);
    for (const auto& problem : loaded.problems) fmt::print(stderr, "{}\n", printable(problem.text(), 2000));
    const auto n = loaded.problems.size();
    return Error{ErrorCode::config, fmt::format("{} cannot be used", globals.config_path),
                 fmt::format("{} problem{} in it", n, n == 1 ? "" : "s"), ""};
}

}  // namespace guardian::cli
