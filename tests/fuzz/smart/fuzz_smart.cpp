// Any bytes as smartctl's text, as its JSON, and as lines of recorded reports: no crash, no lists or strings without a
// limit, nothing but valid UTF-8, and a verdict for whatever was read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.hpp"
#include "core/health.hpp"
#include "health/pasted.hpp"
#include "health/recorded.hpp"

namespace {

using namespace guardian;

constexpr std::size_t max_string = 1024;
constexpr std::size_t max_list = 4096;

void require(bool condition) {
    if (!condition) std::abort();
}

void require_string(const std::string& s) {
    require(s.size() <= max_string);
    require(valid_utf8(s, max_string) == s);
}

void require_percent(const std::optional<int>& n, int most) {
    require(!n || (*n >= 0 && *n <= most));
}

void require_identity(const core::SmartReport& r) {
    for (const auto* s : {&r.model, &r.family, &r.serial, &r.wwn, &r.firmware}) require_string(*s);
    require(r.messages.size() <= max_list);
    for (const auto& m : r.messages) require_string(m);
    if (r.scsi && r.scsi->failure) require_string(r.scsi->failure->text);
}

void require_attributes(const core::SmartReport& r) {
    require(r.attributes.size() <= 256);
    for (const auto& a : r.attributes) {
        require(a.id >= 1 && a.id <= 255);
        require_string(a.name);
        require_string(a.raw_text);
        for (const auto& n : {a.value, a.worst, a.threshold}) require_percent(n, 255);
    }
}

void require_logs(const core::SmartReport& r) {
    require(r.errors.size() <= max_list && r.self_tests.size() <= max_list);
    for (const auto& t : r.self_tests) require_string(t.text);
    for (const auto& e : r.errors) require(!e.hours || *e.hours >= 0);
    require(!r.hours || *r.hours >= 0);
    require_percent(r.used, 255);
}

void require_sane(const Result<core::SmartReport>& result) {
    if (!result) return require(result.error().code == ErrorCode::usage);
    require_identity(*result);
    require_attributes(*result);
    require_logs(*result);
    const auto first = core::assess({}, *result);
    const core::History history{{std::nullopt, core::signs_of(*result)}};
    const auto again = core::assess(history, *result);
    // The same numbers once more are no growth.
    require(first.verdict == again.verdict && first.reasons.size() == again.reasons.size());
    require((first.verdict == core::Verdict::healthy) == first.reasons.empty());
}

void require_answers(std::string_view bytes) {
    health::RecordedDrives drives;
    for (int lines = 0; lines < 8; ++lines) {
        const auto end = bytes.find('\n');
        const auto answer = drives.answer(bytes.substr(0, end));
        require(answer.starts_with("{\"drive\":") && answer.find('\n') == std::string::npos);
        require(valid_utf8(answer, answer.size()) == answer);
        if (end == std::string_view::npos) return;
        bytes.remove_prefix(end + 1);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    require_sane(health::parse_pasted(bytes));
    if (bytes.starts_with('{')) require_answers(bytes);
    return 0;
}
