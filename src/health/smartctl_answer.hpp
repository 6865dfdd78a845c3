#pragma once
/// What a smartctl call said, as far as its outcome goes: did it report, was the drive asleep. What the
/// report says is smartctl_json.hpp's. Any bytes at all may come in.

#include <string>
#include <string_view>

namespace guardian::health {

struct Outcome {
    bool readable = false;    ///< it is smartctl's JSON
    bool asleep = false;      ///< "Device is in STANDBY mode, exit(N)"
    bool mute = false;        ///< "Device is in SLEEP mode, exit(N)": the question whether it sleeps failed
    bool has_data = false;    ///< attributes, NVMe's health log, SCSI's counters
    bool has_status = false;  ///< the overall word
    bool open_failed = false;
    bool switched_off = false;          ///< the drive has SMART, but it is disabled
    std::string device_type, protocol;  ///< as it opened the drive: "sat", "ATA"; printable
    std::string messages;               ///< its errors and warnings in one line, printable
    std::string output;                 ///< its words, if they were asked for (--json=o), in one text
};

[[nodiscard]] Outcome outcome_of(std::string_view json);

}  // namespace guardian::health
