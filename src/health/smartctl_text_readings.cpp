#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/health_rules.hpp"
#include "core/signs.hpp"
#include "health/smartctl_parts.hpp"

// What two reports of one drive in one text tell differently.
namespace guardian::health {
namespace {

/// Without what changes from one minute to the next.
core::Signs lasting_signs(const core::SmartReport& r) {
    auto signs = core::signs_of(r);
    for (const auto sign : {core::Sign::temperature, core::Sign::hours, core::Sign::written})
        signs.set(sign, {});
    return signs;
}

/// The report would be judged the same with the other row in the row's place.
bool says_the_same(core::SmartReport& r, core::SmartAttribute& row, core::SmartAttribute& other) {
    if (row.failed != other.failed) return false;
    const auto signs = lasting_signs(r);
    std::swap(row, other);
    const bool same = lasting_signs(r) == signs;
    std::swap(row, other);
    return same;
}

/// Of a row that was broken the whole one is taken, and of both the worse word.
void compare_row(Draft& draft, core::SmartAttribute& other) {
    auto& all = draft.report.attributes;
    const auto row = std::find_if(all.begin(), all.end(), [&](const auto& a) { return a.id == other.id; });
    if (row == all.end()) return;
    const auto worse = std::max(row->failed, other.failed);
    if (!row->raw) std::swap(*row, other);
    if (other.raw && !says_the_same(draft.report, *row, other))
        draft.differs(std::to_string(row->id) + " " + row->name);
    row->failed = worse;
}

bool same_failure(const std::vector<core::SelfTest>& a, const std::vector<core::SelfTest>& b) {
    core::SmartReport first, second;
    first.self_tests = a;
    second.self_tests = b;
    const auto *in_first = core::failed_test(first), *in_second = core::failed_test(second);
    if (in_first == nullptr || in_second == nullptr) return in_first == in_second;
    return in_first->hours == in_second->hours;
}

}  // namespace

void compare_readings(Draft& draft) {
    for (auto& other : draft.repeated) compare_row(draft, other);
    if (draft.summary_errors.value_or(0) > 0 && draft.report.error_count == 0U)
        draft.differs("the error log");
    if (draft.test_logs.empty()) return;
    for (const auto& log : draft.test_logs)
        if (!same_failure(draft.test_logs.front(), log)) draft.differs("the self-tests");
    draft.report.self_tests = std::move(draft.test_logs.front());
}

}  // namespace guardian::health
