#pragma once
/// Between the rows of drives and values. Signs and reasons are JSON in the file, so that sqlite3 can be
/// asked for them: {"reallocated":8}. What is damaged is left out; what cannot be named is not known.

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/drives.hpp"

namespace guardian::store {

inline constexpr const char* drive_columns =
    "SELECT id, kind, model, serial, firmware, bytes, first_seen, read_at, tried_at, trouble, unknown_since, "
    "verdict, reasons, signs FROM drives ";

[[nodiscard]] std::string signs_text(const core::Signs& signs);
[[nodiscard]] core::Signs signs_from(std::string_view text);
[[nodiscard]] std::string reasons_text(const std::vector<core::Reason>& reasons);
[[nodiscard]] std::vector<core::Reason> reasons_from(std::string_view text);
/// Numbers of ATA attributes: "193,202".
[[nodiscard]] std::string attributes_text(const std::set<unsigned>& attributes);
[[nodiscard]] std::set<unsigned> attributes_from(std::string_view text);
[[nodiscard]] DriveRecord drive_row(SQLite::Statement& q);
/// Cut and valid: what a drive is called in every table.
[[nodiscard]] std::string drive_key(std::string_view id);

}  // namespace guardian::store
