#pragma once
/// The health log of an NVMe drive and the counters of a SCSI one, whole, as smartctl's JSON names them: for reading,
/// no rule asks for them. Pure; bounded, whatever the drive says.

#include <string>
#include <string_view>
#include <vector>

namespace guardian::report {

struct Counter {
    std::string name;   ///< "data units read"
    std::string value;  ///< hostile
    friend bool operator==(const Counter&, const Counter&) = default;
};

/// Empty: it is none of the two, or no JSON.
[[nodiscard]] std::vector<Counter> counters_of(std::string_view smartctl_json);

}  // namespace guardian::report
