#include "store/compress.hpp"

#include <zstd.h>

namespace guardian::store {
namespace {

/// Beyond it reports get hardly shorter, and take ten times as long.
constexpr int level = 9;

}  // namespace

std::string compressed(std::string_view text) {
    std::string out(::ZSTD_compressBound(text.size()), '\0');
    const auto n = ::ZSTD_compress(out.data(), out.size(), text.data(), text.size(), level);
    if (::ZSTD_isError(n) != 0) return "";
    out.resize(n);
    return out;
}

std::optional<std::string> decompressed(std::string_view frame, std::size_t most) {
    const auto claimed = ::ZSTD_getFrameContentSize(frame.data(), frame.size());
    // Unknown and error are the two greatest numbers.
    if (claimed > most) return std::nullopt;
    std::string out(static_cast<std::size_t>(claimed), '\0');
    const auto n = ::ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
    if (::ZSTD_isError(n) != 0) return std::nullopt;
    out.resize(n);
    return out;
}

}  // namespace guardian::store
