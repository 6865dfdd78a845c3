#pragma once
/// What the screen and the page of a drive say in the same words. Pure. Texts of the drive stay as hostile as they are.

#include <string>
#include <string_view>
#include <vector>

#include "report/drive_report.hpp"

namespace guardian::report {

/// Kind, size, firmware and id, as far as they are known.
[[nodiscard]] std::vector<std::string> identity_words(const store::DriveIdentity& drive);

/// "asleep", "not plugged in"; empty: it is there and answers.
[[nodiscard]] std::string presence_words(const DriveReport& r);

[[nodiscard]] std::string wear_words(const Wear& wear, const UtcOffset& zone);

/// When an attribute was at its threshold: "now", "before"; empty: never.
[[nodiscard]] std::string_view failed_words(core::Failed failed);

/// "2 days of operation ago", as the reasons say it; else "at hour 700"; empty: not known. Both are of the newest report.
[[nodiscard]] std::string test_age(const DriveReport& r, const core::SelfTest& t);
[[nodiscard]] std::string error_age(const DriveReport& r, const core::LoggedError& e);

struct TestLine {
    std::string kind, when, result;
    bool failed = false;
};
/// What goes on, and then the drive's own log, newest first.
[[nodiscard]] std::vector<TestLine> test_lines(const DriveReport& r, const UtcOffset& zone);

struct ErrorLine {
    std::string when, what;
};
/// The drive's own log, newest first.
[[nodiscard]] std::vector<ErrorLine> error_lines(const DriveReport& r);

}  // namespace guardian::report
