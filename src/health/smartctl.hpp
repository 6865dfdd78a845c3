#pragma once
/// smartctl run once or a few times on one drive, in a probe: a program that can hang with a dying disk. An
/// absolute path, an argument vector, a deadline, a cap on the output. Never wakes a drive: each call says
/// `-n standby,3` (smartctl knows no such thing for NVMe, and ignores it there).
///
/// What its answers mean: smartctl(8) of 7.3 and 7.4, and what 7.3 prints. A drive left asleep is told by the
/// message "Device is in STANDBY mode, exit(3)" and not by the exit status, whose bits 0 and 1 make the
/// same 3.

#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "health/drives.hpp"

namespace guardian::health {

struct SmartctlCall {
    Drive drive;
    std::string program;                           ///< an absolute path
    std::string device_type;                       ///< smartctl's -d; empty: found out
    Duration deadline = std::chrono::seconds{60};  ///< of each call
};

struct SmartctlAnswer {
    enum class Kind {
        report,       ///< `json` has attributes, a health log or SCSI's counters
        asleep,       ///< it was left asleep
        unsupported,  ///< there is no way to ask it, or it keeps no such data
        failed,       ///< no answer that can be read
    };
    Kind kind = Kind::failed;
    std::string json;         ///< valid UTF-8, as smartctl wrote it
    std::string device_type;  ///< the -d that worked, to be passed the next time; empty: none is needed
    std::string trouble;      ///< why there is no report, in words
    int exit_status = -1;     ///< smartctl's; -1: it did not end by itself
};

/// With the type given; without one, or when it works no longer, with those that fit until one gives data.
/// For USB that is what smartctl's own database says of the bridge (it goes by the id alone), then `sat`,
/// then the commands of the bridge's own maker. Ends at once when the drive sleeps or does not answer.
[[nodiscard]] SmartctlAnswer ask_smartctl(const SmartctlCall& call);

/// The types that are tried in turn on a drive of which none is known. "": without -d.
[[nodiscard]] std::vector<std::string> device_types_for(const Drive& drive);

enum class SelfTestKind { short_test, extended };

/// A sleeping drive is not woken for it: Error code busy, as when a test is going on. Code external: smartctl
/// or the drive cannot do it (smartctl 7.3: none on NVMe).
[[nodiscard]] Result<> start_self_test(const SmartctlCall& call, SelfTestKind kind);
[[nodiscard]] Result<> abort_self_test(const SmartctlCall& call);

}  // namespace guardian::health
