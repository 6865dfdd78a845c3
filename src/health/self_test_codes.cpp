#include "health/self_test_codes.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace guardian::health {
namespace {

using core::TestResult;

constexpr std::array<Ending, 10> ata{{
    {"Completed without error", 0},
    {"Aborted by host", 1},
    {"Interrupted (host reset)", 2},
    {"Fatal or unknown error", 3},
    {"Completed: unknown failure", 4},
    {"Completed: electrical failure", 5},
    {"Completed: servo/seek failure", 6},
    {"Completed: read failure", 7},
    {"Completed: handling damage??", 8},
    {"Self-test routine in progress", 15},
}};

constexpr std::array<Ending, 11> nvme{{
    {"Completed without error", 0},
    {"Aborted: Self-test command", 1},
    {"Aborted: Controller Reset", 2},
    {"Aborted: Namespace removed", 3},
    {"Aborted: Format NVM command", 4},
    {"Fatal or unknown test error", 5},
    {"Completed: unknown failed segment", 6},
    {"Completed: failed segments", 7},
    {"Aborted: unknown reason", 8},
    {"Aborted: sanitize operation", 9},
    {"Unknown result", 10},
}};

constexpr std::array<Ending, 9> scsi{{
    {"Completed, segment failed", 4},
    {"Completed", 0},
    {"Aborted (by user command)", 1},
    {"Aborted (device reset ?)", 2},
    {"Unknown error, incomplete", 3},
    {"Failed in first segment", 5},
    {"Failed in second segment", 6},
    {"Failed in segment", 7},
    {"Self test in progress", 15},
}};

}  // namespace

core::TestResult ata_test_result(std::uint64_t code) {
    switch (code) {
        case 0:
            return TestResult::passed;
        case 1:
            return TestResult::aborted;
        case 2:
            return TestResult::interrupted;
        case 15:
            return TestResult::running;
        default:
            break;
    }
    return code <= 8 ? TestResult::failed : TestResult::unfinished;
}

core::TestResult nvme_test_result(std::uint64_t code) {
    switch (code) {
        case 0:
            return TestResult::passed;
        case 1:
        case 3:
        case 4:
        case 8:
        case 9:
            return TestResult::aborted;
        case 2:
            return TestResult::interrupted;
        case 5:
        case 6:
        case 7:
            return TestResult::failed;
        default:
            return TestResult::unfinished;
    }
}

core::TestResult scsi_test_result(std::uint64_t code) {
    switch (code) {
        case 0:
            return TestResult::passed;
        case 1:
            return TestResult::aborted;
        case 2:
            return TestResult::interrupted;
        case 15:
            return TestResult::running;
        default:
            break;
    }
    return code <= 7 ? TestResult::failed : TestResult::unfinished;
}

std::span<const Ending> ata_endings() {
    return ata;
}
std::span<const Ending> nvme_endings() {
    return nvme;
}
std::span<const Ending> scsi_endings() {
    return scsi;
}

std::optional<core::SelfTest> failed_by_status(std::uint64_t status) {
    const auto code = status >> 4;
    if (ata_test_result(code) != TestResult::failed) return std::nullopt;
    const auto* const ending =
        std::find_if(ata.begin(), ata.end(), [&](const auto& e) { return e.code == code; });
    return core::SelfTest{false, TestResult::failed, std::nullopt, std::string(ending->words), true};
}

}  // namespace guardian::health
