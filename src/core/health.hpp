#pragma once
/// The verdict on a drive. Pure: the same history, report and acknowledgements give the same verdict. Each rule, with
/// its threshold, where it comes from and what it reaches on recorded drives, is in docs/disk-health.md.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "core/signs.hpp"
#include "core/smart.hpp"

namespace guardian::core {

/// From best to worst, but for unknown, which says nothing.
enum class Verdict { unknown, healthy, watch, failing };

/// One point of a drive's history.
struct Reading {
    std::optional<Time> at;  ///< empty: not known, as of a recorded report
    Signs signs;
    friend bool operator==(const Reading&, const Reading&) = default;
};

/// Oldest first, without the report that is judged. Other drives' readings must not be in it.
using History = std::vector<Reading>;

/// What a person has seen and accepted: as long as the sign is at most that, and no worse is made of it, it is no reason.
struct Accepted {
    Accepted() = default;
    Accepted(std::uint64_t v, Verdict w = Verdict::failing, std::set<unsigned> a = {})
        : value(v), worst(w), attributes(std::move(a)) {}
    std::uint64_t value = 0;
    Verdict worst = Verdict::failing;  ///< what had been made of it
    std::set<unsigned> attributes;     ///< of Sign::at_threshold: which; another one is not accepted with them
    friend bool operator==(const Accepted&, const Accepted&) = default;
};
using Acknowledged = std::map<Sign, Accepted>;

struct Reason {
    std::string rule;  ///< its name, as in docs/disk-health.md: "pending-sectors"
    Verdict verdict = Verdict::watch;
    std::optional<Sign> sign;  ///< the number it stands on; empty: none that could be acknowledged
    std::string text;          ///< for a person, in whole sentences
    std::set<unsigned> attributes{};       ///< ATA's, where it stands on their thresholds
    std::optional<std::uint64_t> hours{};  ///< powered on, when the drive told it
    friend bool operator==(const Reason&, const Reason&) = default;
};

struct Assessment {
    Verdict verdict = Verdict::unknown;
    std::vector<Reason> reasons;       ///< those of the verdict first; of unknown: why nothing can be said
    std::vector<Reason> acknowledged;  ///< what would be reasons, had nobody accepted them
};

[[nodiscard]] Assessment assess(const History& history, const SmartReport& report,
                                const Acknowledged& acknowledged = {});

[[nodiscard]] std::string_view to_string(Verdict v);
[[nodiscard]] std::optional<Verdict> verdict_from(std::string_view text);

}  // namespace guardian::core
