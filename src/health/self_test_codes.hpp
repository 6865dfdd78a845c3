#pragma once
/// The codes by which drives say how a self-test ended, and smartctl's words for them: one meaning, whether
/// its text or its JSON was read. Pure.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/smart.hpp"

namespace guardian::health {

/// By the upper nibble of ATA's status byte. What is reserved is no failure.
[[nodiscard]] core::TestResult ata_test_result(std::uint64_t code);
[[nodiscard]] core::TestResult nvme_test_result(std::uint64_t code);
[[nodiscard]] core::TestResult scsi_test_result(std::uint64_t code);

struct Ending {
    std::string_view words;
    unsigned code;
};

/// What smartctl's text calls them; the longer words first where one begins with another.
[[nodiscard]] std::span<const Ending> ata_endings();
[[nodiscard]] std::span<const Ending> nvme_endings();
[[nodiscard]] std::span<const Ending> scsi_endings();

/// The self-test that ATA's execution status says has failed, for drives whose log was not read. Its hours
/// are not known.
[[nodiscard]] std::optional<core::SelfTest> failed_by_status(std::uint64_t status);

}  // namespace guardian::health
