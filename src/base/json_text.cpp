#include "base/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace guardian {
namespace {

/// First and last of each: all of two or three bytes, but DEL.
constexpr std::array<std::pair<unsigned, unsigned>, 8> hidden{{
    {0x7F, 0x9F},      // DEL and C1
    {0xAD, 0xAD},      // soft hyphen
    {0x61C, 0x61C},    // Arabic letter mark
    {0x200B, 0x200F},  // of no width; marks of direction
    {0x2028, 0x202E},  // line and paragraph; embeddings of direction
    {0x2060, 0x206F},  // of no width; isolates of direction
    {0xFEFF, 0xFEFF},  // byte order mark
    {0xFFF9, 0xFFFB},  // annotations
}};

struct Character {
    unsigned code = 0;
    std::size_t size = 1;
};

/// Of up to three bytes; the lead of a longer one is taken for itself, and hides nothing.
Character character_at(std::string_view s) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(s[i])); };
    if (byte(0) >= 0xC0 && byte(0) < 0xE0 && s.size() > 1)
        return {(byte(0) & 0x1F) << 6 | (byte(1) & 0x3F), 2};
    if (byte(0) >= 0xE0 && byte(0) < 0xF0 && s.size() > 2)
        return {(byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
    return {byte(0) < 0x80 ? byte(0) : 0, 1};
}

bool may_be_hidden(char c) {
    return static_cast<unsigned char>(c) >= 0x7F;
}

bool is_hidden(unsigned code) {
    return std::any_of(hidden.begin(), hidden.end(),
                       [&](const auto& range) { return code >= range.first && code <= range.second; });
}

}  // namespace

std::string shown_json(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    while (true) {
        const auto* const odd = std::find_if(json.begin(), json.end(), may_be_hidden);
        const auto plain = static_cast<std::size_t>(odd - json.begin());
        out += json.substr(0, plain);
        json.remove_prefix(plain);
        if (json.empty()) return out;
        const auto c = character_at(json);
        if (is_hidden(c.code))
            out += fmt::format("\\u{:04x}", c.code);
        else
            out += json.substr(0, c.size);
        json.remove_prefix(c.size);
    }
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : valid_utf8(text)) {
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    return shown_json(out + '"');
}

}  // namespace guardian
