#pragma once
/// A named zone for one test: sets TZ, and puts the old one back. Single-threaded tests only.

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace guardian::test {

class NamedZone {
  public:
    explicit NamedZone(const std::string& name)
        : there_(std::filesystem::exists("/usr/share/zoneinfo/" + name)) {
        if (const char* tz = std::getenv("TZ")) before_ = tz;
        ::setenv("TZ", name.c_str(), 1);
        offset_ = local_zone();
    }
    ~NamedZone() {
        before_ ? ::setenv("TZ", before_->c_str(), 1) : ::unsetenv("TZ");
        (void)local_zone();
    }
    NamedZone(const NamedZone&) = delete;
    NamedZone& operator=(const NamedZone&) = delete;

    /// False where the machine has no such zone in its database.
    [[nodiscard]] bool there() const { return there_; }
    [[nodiscard]] const UtcOffset& offset() const { return offset_; }

  private:
    bool there_;
    std::optional<std::string> before_;
    UtcOffset offset_;
};

inline UtcOffset fixed_zone(std::chrono::seconds offset) {
    return [offset](Time) { return offset; };
}

/// A moment of UTC.
inline Time utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                           std::chrono::day{day}};
    return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second};
}

}  // namespace guardian::test
