#pragma once
/// The exit codes of `guardian`, which the daemon reads where it started the command. Documented in
/// guardian(1), and stable.

namespace guardian::exit_code {

enum ExitCode {
    ok = 0,
    failed = 1,         ///< it was tried and did not succeed
    bad_usage = 2,      ///< the command line or the configuration is wrong
    with_warnings = 3,  ///< the backup was made, with warnings
    refused = 4,        ///< the target was not proven: nothing was written
    absent = 5,         ///< the target, or what was asked for, is not there
    busy = 6,           ///< another run is going, or someone holds the mount
    denied = 7,         ///< not permitted
    skipped = 8,        ///< started by a timer: there was nothing to do, or it could not be done now
};

}  // namespace guardian::exit_code
