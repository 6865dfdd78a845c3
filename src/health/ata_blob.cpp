#include "health/ata_blob.hpp"

#include <fmt/format.h>

namespace guardian::health {
namespace {

constexpr std::size_t blob_max = 65536;
constexpr std::size_t sector = 512;

Error bad(std::string reason) {
    return {ErrorCode::io, "cannot read a SMART record", std::move(reason), ""};
}

std::uint32_t big_endian(std::string_view four) {
    std::uint32_t out = 0;
    for (const char c : four) out = out << 8 | static_cast<unsigned char>(c);
    return out;
}

struct Section {
    std::string* into;
    std::size_t size;
};

Section section_for(std::string_view tag, BlobParts& parts) {
    if (tag == "IDFY") return {&parts.identify, sector};
    if (tag == "SMDT") return {&parts.data, sector};
    if (tag == "SMTH") return {&parts.thresholds, sector};
    if (tag == "SMST") return {&parts.status, 4};
    return {nullptr, 0};
}

Result<> take(std::string_view tag, std::string_view bytes, BlobParts& parts) {
    const auto section = section_for(tag, parts);
    if (section.into == nullptr) return {};
    if (bytes.size() != section.size) return bad("a section of it has a wrong length");
    if (!section.into->empty()) return bad("it has a section twice");
    section.into->assign(bytes);
    return {};
}

void put(std::string& out, std::string_view tag, std::string_view bytes) {
    if (bytes.empty()) return;
    out += tag;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(bytes.size() >> shift & 0xFF);
    out += bytes;
}

/// IDENTIFY's words are little endian.
std::uint64_t word(std::string_view identify, std::size_t n) {
    return static_cast<unsigned char>(identify[2 * n]) |
           static_cast<unsigned>(static_cast<unsigned char>(identify[2 * n + 1])) << 8;
}

/// Some words tell whether what they say is to be believed by their two highest bits.
bool has_bit(std::string_view identify, std::size_t n, unsigned bit) {
    const auto w = word(identify, n);
    return (w & 0xC000) == 0x4000 && (w >> bit & 1) != 0;
}

std::uint64_t sectors_in(std::string_view identify) {
    const auto small = word(identify, 61) << 16 | word(identify, 60);
    if (!has_bit(identify, 83, 10)) return small;
    return word(identify, 103) << 48 | word(identify, 102) << 32 | word(identify, 101) << 16 |
           word(identify, 100);
}

std::uint64_t sector_bytes(std::string_view identify) {
    if (!has_bit(identify, 106, 12)) return sector;
    return (word(identify, 118) << 16 | word(identify, 117)) * 2;
}

}  // namespace

Result<BlobParts> parts_of(std::string_view blob) {
    BlobParts parts;
    if (blob.size() > blob_max) return bad("it is too long");
    while (!blob.empty()) {
        if (blob.size() < 8) return bad("it is cut");
        const auto tag = blob.substr(0, 4);
        const auto size = big_endian(blob.substr(4, 4));
        blob.remove_prefix(8);
        if (size > blob.size()) return bad("it is cut");
        if (const auto taken = take(tag, blob.substr(0, size), parts); !taken) return taken.error();
        blob.remove_prefix(size);
    }
    if (parts.identify.empty() || parts.data.empty()) return bad("it has no SMART data");
    return parts;
}

std::string blob_of(const BlobParts& parts) {
    std::string out;
    put(out, "IDFY", parts.identify);
    put(out, "SMST", parts.status);
    put(out, "SMDT", parts.data);
    put(out, "SMTH", parts.thresholds);
    return out;
}

core::DriveKind kind_in(std::string_view identify) {
    const auto rate = word(identify, 217);
    if (rate == 1) return core::DriveKind::ssd;
    return rate > 0x400 && rate < 0xFFFF ? core::DriveKind::hdd : core::DriveKind::unknown;
}

std::uint64_t bytes_in(std::string_view identify) {
    const auto sectors = sectors_in(identify);
    const auto each = sector_bytes(identify);
    std::uint64_t bytes = 0;
    return __builtin_mul_overflow(sectors, each, &bytes) ? 0 : bytes;
}

std::string wwn_in(std::string_view identify) {
    const auto wwn = word(identify, 108) << 48 | word(identify, 109) << 32 | word(identify, 110) << 16 |
                     word(identify, 111);
    return has_bit(identify, 87, 8) && wwn != 0 ? fmt::format("0x{:016x}", wwn) : "";
}

}  // namespace guardian::health
