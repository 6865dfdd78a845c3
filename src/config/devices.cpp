// How disks and shares are named: the part of values.hpp that knows filesystems and networks.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "config/report.hpp"
#include "config/values.hpp"

namespace guardian::config {
namespace {

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// "x" stands for a hexadecimal digit.
bool has_shape(std::string_view text, std::string_view shape) {
    return std::equal(text.begin(), text.end(), shape.begin(), shape.end(),
                      [](char c, char s) { return s == 'x' ? is_hex(c) : c == s; });
}

std::string to_upper(std::string_view ascii) {
    std::string out(ascii);
    for (auto& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

bool is_port(std::string_view text) {
    if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
    const int port = std::stoi(std::string(text));
    return port >= 1 && port <= 65535;
}

bool is_host_name(std::string_view text) {
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '.' || c == '-' ||
               c == '_';
    };
    return !text.empty() && text.size() <= 253 && text[0] != '-' && text[0] != '.' &&
           std::all_of(text.begin(), text.end(), good);
}

/// "[fe80::1]" or "[fe80::1%eth0]"
bool is_bracketed_v6(std::string_view text) {
    if (text.size() < 4 || text.front() != '[' || text.back() != ']') return false;
    text = text.substr(1, text.size() - 2);
    const auto percent = text.find('%');
    if (percent != std::string_view::npos && !is_host_name(text.substr(percent + 1))) return false;
    in6_addr address{};
    return inet_pton(AF_INET6, std::string(text.substr(0, percent)).c_str(), &address) == 1;
}

Error bad_address(std::string_view text, std::string_view what) {
    return {ErrorCode::config, fmt::format("{} {}", in_quotes(text), what), "",
            "write HOST:PORT, for example \"nas.lan:445\" (445 SMB, 2049 NFS, 22 SSH) or \"[fd00::5]:445\""};
}

}  // namespace

Result<std::string> filesystem_uuid(std::string_view text) {
    static constexpr std::string_view nil = "00000000-0000-0000-0000-000000000000";
    if (has_shape(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") && text != nil) return to_lower(text);
    if (has_shape(text, "xxxx-xxxx") || has_shape(text, "xxxxxxxxxxxxxxxx")) return to_upper(text);
    return Error{
        ErrorCode::config, fmt::format("{} is an impossible UUID", in_quotes(text)), "",
        "write the one that lsblk -o NAME,SIZE,MODEL,UUID shows: 8-4-4-4-12 hexadecimal digits (ext4, "
        "btrfs, xfs), XXXX-XXXX (FAT, exFAT) or 16 digits (NTFS)"};
}

Result<std::string> share_source(std::string_view text) {
    if (!text.empty() && !text.starts_with('-') && text.size() <= 1000) return std::string(text);
    return Error{
        ErrorCode::config, fmt::format("{} is not a share", in_quotes(text)), "",
        "write for example \"//nas.lan/backups\" or \"nas.lan:/export/backups\", or leave it to fstab"};
}

Result<std::string> host_and_port(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad_address(text, "has no port");
    const auto host = text.substr(0, colon);
    if (!is_port(text.substr(colon + 1))) return bad_address(text, "has no port from 1 to 65535");
    if (host.find('@') != std::string_view::npos) return bad_address(text, "has a user in it");
    if (!host.starts_with('[') && host.find(':') != std::string_view::npos)
        return bad_address(text, "has an IPv6 address without brackets");
    if (!is_host_name(host) && !is_bracketed_v6(host)) return bad_address(text, "has no host");
    return std::string(text);
}

}  // namespace guardian::config
