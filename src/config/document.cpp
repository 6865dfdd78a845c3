#include "config/document.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <stdexcept>

#include "base/text.hpp"
#include "config/dots.hpp"

namespace guardian::config {
namespace {

constexpr int depth_max = 16;

Place place_of(const toml::source_region& source) {
    return {source.begin.line, source.begin.column};
}

Value converted(const toml::node& node, int depth);

void add_entries(Value& value, const toml::table& table, int depth) {
    for (const auto& [key, node] : table)
        value.entries.push_back({std::string(key.str()), place_of(key.source()), converted(node, depth + 1)});
    std::stable_sort(value.entries.begin(), value.entries.end(),
                     [](const Entry& a, const Entry& b) { return a.place < b.place; });
}

Kind kind_of(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::none:
        case toml::node_type::table:
            return Kind::table;
        case toml::node_type::array:
            return Kind::array;
        case toml::node_type::string:
            return Kind::string;
        case toml::node_type::integer:
            return Kind::integer;
        case toml::node_type::floating_point:
            return Kind::floating;
        case toml::node_type::boolean:
            return Kind::boolean;
        case toml::node_type::date:
        case toml::node_type::time:
        case toml::node_type::date_time:
            return Kind::date_time;
    }
    return Kind::table;
}

Value converted(const toml::node& node, int depth) {
    Value value;
    value.kind = kind_of(node);
    value.place = place_of(node.source());
    if (const auto* text = node.as_string()) value.text = text->get();
    if (const auto* integer = node.as_integer()) value.integer = integer->get();
    if (const auto* boolean = node.as_boolean()) value.boolean = boolean->get();
    if (depth >= depth_max) return value;
    if (const auto* table = node.as_table()) add_entries(value, *table, depth);
    if (const auto* array = node.as_array())
        for (const auto& item : *array) value.items.push_back(converted(item, depth + 1));
    return value;
}

SyntaxError syntax_error(Place place, std::string wrong) {
    return {
        place,
        {ErrorCode::config, std::move(wrong), "", "correct the TOML here; guardian.toml(5) has the shape"}};
}

std::string_view line_at(std::string_view text, unsigned line) {
    for (; line > 1 && !text.empty(); --line)
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    return text.substr(0, text.find('\n'));
}

/// The library's words quote the text. A line that seems to hold a passphrase is not to be repeated.
std::string described(std::string_view toml, const toml::parse_error& e) {
    if (to_lower(line_at(toml, e.source().begin.line)).find("pass") != std::string::npos)
        return "this is not valid TOML";
    return fmt::format("this is not valid TOML: {}", printable(e.description(), 200));
}

}  // namespace

const Entry* Value::find(std::string_view key) const {
    const auto it =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; });
    return it == entries.end() ? nullptr : &*it;
}

void throw_exception_from_error(const SyntaxError& e, const boost::source_location&) {
    throw std::logic_error("unchecked error: " + e.error.text());
}

Parsed parse_document(std::string_view toml) try {
    if (const auto line = line_of_too_many_dots(toml); line != 0)
        return syntax_error({line, 1}, fmt::format("a key with more than {} dots", dots_max));
    return converted(toml::parse(toml), 0);
} catch (const toml::parse_error& e) {
    return syntax_error(place_of(e.source()), described(toml, e));
} catch (const std::exception& e) {
    return syntax_error({}, fmt::format("the file cannot be taken in: {}", printable(e.what(), 200)));
}

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::string:
            return "a string";
        case Kind::integer:
            return "a whole number";
        case Kind::floating:
            return "a number with a fraction";
        case Kind::boolean:
            return "a boolean";
        case Kind::date_time:
            return "a date or time";
        case Kind::array:
            return "an array";
        case Kind::table:
            return "a table";
    }
    return "";
}

}  // namespace guardian::config
