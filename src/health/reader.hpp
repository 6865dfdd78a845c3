#pragma once
/// Reading one drive's health, in a probe: never wakes it, never throws, ends within a few deadlines of
/// smartctl (the opening of a node of a dying disk alone can hang: who starts the probe has a deadline of its
/// own).

#include <functional>
#include <optional>
#include <string>

#include "core/smart.hpp"
#include "health/atasmart.hpp"
#include "health/drives.hpp"
#include "health/smartctl.hpp"

namespace guardian::health {

struct ReadRequest {
    Drive drive;
    std::string device_type;  ///< smartctl's -d, as it worked before or as the person says; empty: found out
    std::string smartctl;     ///< its absolute path; empty: looked for
    Duration deadline = std::chrono::seconds{60};  ///< of each call of smartctl
};

/// What asks the drive besides smartctl; the tests put their own in.
struct AtaWays {
    std::function<Result<std::optional<bool>>(const std::string& node)> is_awake = awake;
    std::function<Result<core::SmartReport>(const std::string& node)> read = read_atasmart;
};

struct ReadAnswer {
    enum class Kind { report, asleep, unsupported, failed };
    Kind kind = Kind::failed;
    core::SmartReport report;  ///< when asleep: only that
    std::string json;          ///< smartctl's own words, for the store; empty: libatasmart read it
    std::string device_type;   ///< to be remembered for the drive; empty: nothing to remember
    std::string trouble;       ///< why there is no report
    std::string reader;  ///< who said it: "smartctl", "libatasmart", "kernel"; empty: nobody could be asked
};

/// Who says that it sleeps; empty: nobody. It is not woken by that, nor by being left alone then.
[[nodiscard]] std::string said_asleep_by(const ReadRequest& request, const AtaWays& ata = {});

/// The check whether it sleeps comes before everything; a drive asleep is asked nothing else.
[[nodiscard]] ReadAnswer read_drive(const ReadRequest& request, const AtaWays& ata = {});

/// The drive itself, whatever it is plugged into: "wwn-0x5000c500a1b2c3d4", else "MODEL_SERIAL" in letters,
/// digits and "-._", at most 120 of them; empty: it tells neither.
[[nodiscard]] std::string drive_identity(const core::SmartReport& report);
/// By model and serial alone.
[[nodiscard]] std::string serial_identity(const core::SmartReport& report);

}  // namespace guardian::health
