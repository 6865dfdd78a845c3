#include "core/kernel_words.hpp"

#include <algorithm>
#include <array>

namespace guardian::core {
namespace {

/// Device names are short; anything else is not the kernel's.
constexpr std::size_t name_bytes_max = 32;

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/// The name after the words; empty: they are not there.
std::string name_after(std::string_view line, std::string_view words) {
    const auto at = line.find(words);
    if (at == std::string_view::npos) return "";
    auto rest = line.substr(at + words.size());
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_name_character);
    std::string name(rest.begin(), end);
    return name.size() <= name_bytes_max ? name : "";
}

std::string first_name_after(std::string_view line, std::initializer_list<std::string_view> all) {
    for (const auto words : all)
        if (auto name = name_after(line, words); !name.empty()) return name;
    return "";
}

bool has(std::string_view line, std::string_view words) { return line.find(words) != std::string_view::npos; }

std::optional<KernelWords> found(KernelSign sign, std::string device) {
    if (device.empty()) return std::nullopt;
    return KernelWords{sign, std::move(device)};
}

/// "usb 2-1: reset SuperSpeed USB device number 4 using xhci_hcd"
std::optional<KernelWords> usb_reset(std::string_view line) {
    if (!line.starts_with("usb ") || !has(line, ": reset ") || !has(line, "USB device")) return std::nullopt;
    return found(KernelSign::usb_reset, name_after(line, "usb "));
}

std::optional<KernelWords> read_only(std::string_view line) {
    if (has(line, "Remounting filesystem read-only") || has(line, "forced readonly"))
        return found(KernelSign::read_only,
                     first_name_after(line, {"EXT4-fs (", "(device ", "EXT3-fs (", "F2FS-fs (", "XFS ("}));
    return std::nullopt;
}

std::optional<KernelWords> filesystem_error(std::string_view line) {
    if (has(line, "EXT4-fs error (device ") || has(line, "EXT2-fs error (device ") || has(line, "BTRFS error (device ") ||
        has(line, "BTRFS critical (device ") || has(line, "BTRFS: error (device ") || has(line, "FAT-fs ("))
        return has(line, "FAT-fs (") && !has(line, "error") ? std::nullopt
                                                            : found(KernelSign::filesystem_error,
                                                                    first_name_after(line, {"(device ", "FAT-fs ("}));
    if (line.starts_with("XFS (") && (has(line, "corruption") || has(line, "Corruption") || has(line, "CRC error") || has(line, "log I/O error") ||
                                      has(line, "metadata I/O error")))
        return found(KernelSign::filesystem_error, name_after(line, "XFS ("));
    return std::nullopt;
}

/// "I/O error, dev sdb, sector 2048 op 0x0:(READ) …", "critical medium error, dev sdb, …", "Buffer I/O error on dev sdb1, …"
std::optional<KernelWords> io_error(std::string_view line) {
    if (!has(line, "error")) return std::nullopt;
    return found(KernelSign::io_error, first_name_after(line, {"I/O error, dev ", "medium error, dev ", "target error, dev ",
                                                               "Buffer I/O error on dev ", "Buffer I/O error on device "}));
}

/// sdb1 -> sdb, nvme0n1p1 -> nvme0n1; of a whole disk: nothing.
std::string disk_of(const std::string& syspath) {
    const auto slash = syspath.rfind('/');
    if (slash == std::string::npos) return "";
    const auto parent = syspath.substr(0, slash);
    const auto name = parent.substr(parent.rfind('/') + 1);
    return name == "block" ? "" : name;
}

bool is_about_path(const KernelWords& words, const std::string& syspath) {
    if (syspath.empty()) return false;
    if (words.sign == KernelSign::usb_reset) return syspath.find("/" + words.device + "/") != std::string::npos;
    return words.device == syspath.substr(syspath.rfind('/') + 1) || words.device == disk_of(syspath);
}

}  // namespace

std::optional<KernelWords> kernel_words(std::string_view line) {
    for (const auto& kind : {usb_reset, read_only, filesystem_error, io_error})
        if (auto words = kind(line)) return words;
    return std::nullopt;
}

bool is_about(const KernelWords& words, const Device& device) {
    return is_about_path(words, device.syspath) ||
           std::any_of(device.below.begin(), device.below.end(),
                       [&](const std::string& path) { return is_about_path(words, path); });
}

}  // namespace guardian::core
