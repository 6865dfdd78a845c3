#pragma once
/// Guardian's own small JSON files in the root of a target. What is read may be a stranger's: symbolic links,
/// other things than files and large ones are refused. Relative to an open folder, so that it is surely on
/// the mount that was proven.

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace guardian::backup {

/// Error codes: absent (there is none), refused (it is there, and not one of Guardian's).
[[nodiscard]] Result<boost::json::object> read_target_file(const Fd& folder, const std::string& name);

/// Durable when it returns. `replace`: in one step, instead of the one that is there; otherwise there must be
/// none.
[[nodiscard]] Result<> write_target_file(const Fd& folder, const std::string& name,
                                         const boost::json::object& content, bool replace);

/// A text in it, cut to 200 bytes; empty when it is not there or not a text.
[[nodiscard]] std::string target_file_text(const boost::json::object& o, std::string_view key);

}  // namespace guardian::backup
