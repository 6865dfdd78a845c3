#pragma once
/// A TOML text as plain values that know their place in the file. It hides the TOML library, which is slow
/// to compile and throws; nothing else in the project includes it. It knows nothing of Guardian's keys.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace guardian::config {

struct Place {
    unsigned line = 0;  ///< from 1; 0: the file as a whole
    unsigned column = 0;

    friend bool operator<(const Place& a, const Place& b) {
        return a.line != b.line ? a.line < b.line : a.column < b.column;
    }
};

enum class Kind { string, integer, floating, boolean, date_time, array, table };

struct Entry;

struct Value {
    Kind kind = Kind::table;
    Place place;
    std::string text;            ///< string
    std::int64_t integer = 0;    ///< integer
    bool boolean = false;        ///< boolean
    std::vector<Value> items;    ///< array
    std::vector<Entry> entries;  ///< table, in file order

    [[nodiscard]] const Entry* find(std::string_view key) const;
};

struct Entry {
    std::string key;
    Place place;  ///< of the key
    Value value;
};

struct SyntaxError {
    Place place;
    Error error;
};

using Parsed = boost::system::result<Value, SyntaxError>;

[[noreturn]] void throw_exception_from_error(const SyntaxError& e, const boost::source_location&);

/// Never throws. Tables nested deeper than 16 are given as empty.
[[nodiscard]] Parsed parse_document(std::string_view toml);

/// "a string", "an array": for messages.
[[nodiscard]] std::string_view name_of(Kind kind);

}  // namespace guardian::config
