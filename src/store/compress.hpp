#pragma once
/// Text as a zstd frame, for the drives' reports. What comes out of a file is not trusted: a frame that
/// claims to be longer than `most` is damaged, and costs no memory.

#include <optional>
#include <string>
#include <string_view>

namespace guardian::store {

/// Empty when it does not work.
[[nodiscard]] std::string compressed(std::string_view text);
[[nodiscard]] std::optional<std::string> decompressed(std::string_view frame, std::size_t most);

}  // namespace guardian::store
