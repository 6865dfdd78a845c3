#include "health/pasted.hpp"

#include <string>

#include "health/plain_text.hpp"
#include "health/smartctl_json.hpp"
#include "health/smartctl_text.hpp"

namespace guardian::health {
namespace {

/// As if it came from a file: without a mail's quotation marks, and what stands before and after it (a
/// prompt, a fence).
std::string bare_json(std::string_view plain) {
    std::string out;
    while (!plain.empty()) {
        const auto line = plain.substr(0, plain.find('\n'));
        out.append(line.substr(std::min(line.size(), line.find_first_not_of(" \t>|")))).append("\n");
        plain.remove_prefix(std::min(plain.size(), line.size() + 1));
    }
    const auto begin = out.find('{'), end = out.rfind('}');
    return begin < end && end != std::string::npos ? out.substr(begin, end + 1 - begin) : "";
}

}  // namespace

Result<core::SmartReport> parse_pasted(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    const bool is_json = first != std::string_view::npos && text[first] == '{';
    auto report = is_json ? parse_smartctl_json(text.substr(first)) : parse_smartctl_text(text);
    if (report && is_json) return report;
    const auto plain = plain_text(text);
    if (plain.find("\"json_format_version\"") == std::string::npos) return report;
    return parse_smartctl_json(bare_json(plain));
}

}  // namespace guardian::health
