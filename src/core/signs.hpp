#pragma once
/// What counts in a SMART report: a few numbers that mean the same on every drive, with every quirk of the vendors
/// decoded. A number that cannot be trusted is absent, not zero. These are what a drive's history is made of.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/smart.hpp"

namespace guardian::core {

enum class Sign {
    temperature,             ///< °C
    hours,                   ///< powered on
    reallocated,             ///< sectors replaced by spare ones (ATA 5)
    pending,                 ///< sectors that cannot be read now (ATA 197, 198; the pending defects log)
    reported_uncorrectable,  ///< reads that failed for good (ATA 187; device statistics)
    command_timeouts,        ///< (ATA 188)
    spin_retries,            ///< (ATA 10)
    end_to_end,              ///< data damaged on the way through the drive's own memory (ATA 184)
    write_errors,            ///< (ATA 200 of Western Digital)
    crc_errors,              ///< transfers that had to be repeated: cable or enclosure (ATA 199)
    logged_errors,           ///< all that ever were in the error log
    used,                    ///< per cent of the endurance
    spare,                   ///< per cent of the spare blocks left (NVMe)
    media_errors,            ///< (NVMe)
    grown_defects,           ///< (SCSI)
    uncorrected,             ///< reads and writes that failed for good (SCSI)
    written,                 ///< bytes
    at_threshold,            ///< attributes: signs of age that are at their threshold, of failure that once were (ATA)
};
inline constexpr std::size_t sign_count = 18;

/// The numbers of one report.
class Signs {
  public:
    [[nodiscard]] std::optional<std::uint64_t> operator[](Sign s) const { return values_[index(s)]; }
    void set(Sign s, std::optional<std::uint64_t> value) { values_[index(s)] = value; }
    /// Zero where it is not known.
    [[nodiscard]] std::uint64_t count(Sign s) const { return values_[index(s)].value_or(0); }
    [[nodiscard]] bool empty() const;
    friend bool operator==(const Signs&, const Signs&) = default;

  private:
    static std::size_t index(Sign s) { return static_cast<std::size_t>(s); }
    std::array<std::optional<std::uint64_t>, sign_count> values_{};
};

[[nodiscard]] Signs signs_of(const SmartReport& report);

[[nodiscard]] bool is_temperature(const SmartAttribute& a);
/// How often it was switched on: at the threshold it is old, and nothing else.
[[nodiscard]] bool is_usage(const SmartAttribute& a);
/// A sign of age that is at its threshold.
[[nodiscard]] bool is_aged(const SmartAttribute& a);
/// A sign of failure that was at its threshold before, and is not now.
[[nodiscard]] bool has_nearly_failed(const SmartAttribute& a);
/// The drive tells the attribute and its threshold, and neither of the two is so of it.
[[nodiscard]] bool is_off_threshold(const SmartReport& r, unsigned attribute);
/// A disk; or a drive that does not say what it is.
[[nodiscard]] bool spins(const SmartReport& r);

/// As in the store, in JSON, and for `guardian smart ack`: "reallocated".
[[nodiscard]] std::string_view to_string(Sign s);
/// By that name, or by the number of the ATA attribute: "5".
[[nodiscard]] std::optional<Sign> sign_from(std::string_view text);
/// For a person: "reallocated sectors".
[[nodiscard]] std::string_view in_words(Sign s);

}  // namespace guardian::core
