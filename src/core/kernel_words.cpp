#include "core/kernel_words.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace guardian::core {
namespace {

/// Device names are short; anything else is not the kernel's.
constexpr std::size_t name_bytes_max = 32;

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

using Words = std::initializer_list<std::string_view>;

bool has(std::string_view line, std::string_view words) {
    return line.find(words) != std::string_view::npos;
}

bool has_any(std::string_view line, Words all) {
    return std::any_of(all.begin(), all.end(), [&](std::string_view words) { return has(line, words); });
}

std::string name_at(std::string_view rest) {
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_name_character);
    std::string name(rest.begin(), end);
    return name.size() <= name_bytes_max ? name : "";
}

/// The name after the words; empty: they are not there.
std::string name_after(std::string_view line, std::string_view words) {
    const auto at = line.find(words);
    return at == std::string_view::npos ? "" : name_at(line.substr(at + words.size()));
}

/// The same, of a line that begins so: a disk's own name, a label or a process may say the like further on.
std::string name_begun_by(std::string_view line, Words beginnings) {
    for (const auto words : beginnings)
        if (line.starts_with(words)) return name_at(line.substr(words.size()));
    return "";
}

std::optional<KernelWords> found(KernelSign sign, std::string device) {
    if (device.empty()) return std::nullopt;
    return KernelWords{sign, std::move(device)};
}

/// "usb 2-1: reset SuperSpeed USB device number 4 using xhci_hcd"
std::optional<KernelWords> usb_reset(std::string_view line) {
    if (!has(line, ": reset ") || !has(line, "USB device")) return std::nullopt;
    return found(KernelSign::usb_reset, name_begun_by(line, {"usb "}));
}

/// A line that begins so, and the sign that it is with these words in it.
std::optional<KernelWords> sign_with(std::string_view line, Words beginnings, KernelSign sign, Words all) {
    return has_any(line, all) ? found(sign, name_begun_by(line, beginnings)) : std::nullopt;
}

std::optional<KernelWords> ext4(std::string_view line) {
    using enum KernelSign;
    if (auto name = name_begun_by(
            line, {"EXT4-fs error (device ", "EXT3-fs error (device ", "EXT2-fs error (device "});
        !name.empty())
        return found(filesystem_error, std::move(name));
    if (line.starts_with("EXT4-fs warning (device "))
        return sign_with(line, {"EXT4-fs warning (device "}, io_error, {": I/O error ", ": error -5 "});
    const Words ext{"EXT4-fs (", "EXT3-fs (", "EXT2-fs ("};
    if (auto words = sign_with(line, ext, read_only, {"): Remounting filesystem read-only"})) return words;
    if (has(line, "): I/O error ") || has(line, "): previous I/O error ") || line.ends_with("error -5)"))
        return found(io_error, name_begun_by(line, ext));
    return sign_with(line, ext, filesystem_error,
                     {"): error: ", "potential data loss", "Data will be lost", "mounting fs with errors"});
}

/// "sdb1-8", the journal in the filesystem's inode 8, or "sdc1", a device of its own; at the end of a
/// sentence.
std::string of_journal(std::string name) {
    while (name.ends_with('.')) name.pop_back();
    const auto dash = name.rfind('-');
    if (dash == std::string::npos || name.substr(0, dash) == "dm") return name;
    const bool is_inode = name.find_first_not_of("0123456789", dash + 1) == std::string::npos;
    return is_inode ? name.substr(0, dash) : name;
}

/// "JBD2: I/O error when updating journal superblock for sdb1-8.", in older ones "JBD2: Error -5 detected
/// when …"
std::optional<KernelWords> journal(std::string_view line) {
    if (auto name = name_begun_by(line, {"Aborting journal on device "}); !name.empty())
        return found(KernelSign::filesystem_error, of_journal(std::move(name)));
    if (!line.starts_with("JBD2: ") || !has_any(line, {"I/O error", "IO error", "Error -5 "}))
        return std::nullopt;
    for (const auto* before :
         {" journal superblock for ", " superblock update for ", "flushing file data on "})
        if (auto name = name_after(line, before); !name.empty())
            return found(KernelSign::io_error, of_journal(std::move(name)));
    return std::nullopt;
}

/// The block's checksum was wrong (74) or its content (117): it was read.
bool is_read_well(std::string_view line) {
    return line.ends_with("error 74") || line.ends_with("error 117");
}

std::optional<KernelWords> xfs(std::string_view line) {
    const Words beginning{"XFS ("};
    const auto lower = to_lower(line);
    if (has_any(lower, {"user initiated shutdown", "block device removal"})) return std::nullopt;
    if (has_any(lower, {"i/o error", "writeback error"}) && !is_read_well(line))
        return found(KernelSign::io_error, name_begun_by(line, beginning));
    return has_any(lower, {"corruption", "crc error", "i/o error", "internal error", "has been shut down",
                           "shutting down filesystem", "run xfs_repair"})
               ? found(KernelSign::filesystem_error, name_begun_by(line, beginning))
               : std::nullopt;
}

/// Its counters since they were set to zero: none is of what was read and was wrong.
bool is_only_unreadable(std::string_view line) {
    return has(line, " errs: wr ") && line.ends_with(" corrupt 0, gen 0");
}

std::optional<KernelWords> btrfs(std::string_view line) {
    using enum KernelSign;
    if (auto words = sign_with(line, {"BTRFS info (device "}, read_only, {"): forced readonly"}))
        return words;
    const Words warning{"BTRFS warning (device "};
    if (auto words = sign_with(line, warning, io_error, {"write due to IO error on "})) return words;
    if (auto words = sign_with(line, warning, filesystem_error,
                               {"): csum failed ", "): checksum verify failed ", "): checksum error at "}))
        return words;
    // A person's words to mount or to balance, and what follows from an error that was told already.
    if (has_any(line, {"is not a valid subvolume", "unrecognized mount option", "): open_ctree failed", "): balance: ",
                       "): cannot mount ", "): cannot disable ", "): cannot replay dirty log with unsupported ",
                       "): unable to go below "}))
        return std::nullopt;
    return found(
        is_only_unreadable(line) ? io_error : filesystem_error,
        name_begun_by(line, {"BTRFS error (device ", "BTRFS critical (device ", "BTRFS: error (device "}));
}

std::optional<KernelWords> fat(std::string_view line) {
    using enum KernelSign;
    const Words fats{"FAT-fs (", "exFAT-fs ("};
    if (auto words = sign_with(line, fats, read_only, {"): Filesystem has been set read-only"})) return words;
    if (auto words = sign_with(line, fats, io_error, {"): FAT read failed (", "): Directory bread("}))
        return words;
    return sign_with(line, fats, filesystem_error, {"): error, "});
}

/// "Stopped filesystem due to reason: 0" is a person's shutdown.
std::optional<KernelWords> f2fs(std::string_view line) {
    using enum KernelSign;
    const Words f2{"F2FS-fs ("};
    if (auto words = sign_with(line, f2, read_only, {"): Remounting filesystem read-only"})) return words;
    if (line.ends_with("Stopped filesystem due to reason: 0")) return std::nullopt;
    return sign_with(
        line, f2, filesystem_error,
        {"Stopped filesystem due to reason: ", "fsck", "nconsistent ", "orrupt", "valid F2FS checkpoint"});
}

/// Asked for what it cannot do, or for lack of memory or of room: nothing of the disk's.
bool is_of_no_disk(std::string_view kind) {
    constexpr std::array<std::string_view, 9> kinds{
        "operation not supported", "critical space allocation", "kernel resource",
        "device resource",         "nonblocking retry",         "dm internal retry",
        "open zones exceeded",     "active zones exceeded",     "duration limit exceeded"};
    return kind == "invalid" || std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

/// Bridges refuse to forget or to clear sectors, which is offered and not needed, and to flush (a write of nothing)
/// where they have no cache.
bool is_refused_offer(std::string_view kind, std::string_view line) {
    if (kind != "critical target") return false;
    const bool is_flush = has(line, ":(WRITE)") && has(line, " phys_seg 0 ");
    return is_flush || has_any(line, {":(DISCARD)", ":(SECURE_ERASE)", ":(WRITE_ZEROES)", ":(WRITE_SAME)"});
}

/// "I/O error, dev sdb, sector 2048 op 0x0:(READ) flags …"; in older ones the function's name stands before
/// it.
std::optional<KernelWords> block_layer(std::string_view line) {
    for (const auto* function : {"blk_update_request: ", "print_req_error: "})
        if (line.starts_with(function)) line.remove_prefix(std::string_view(function).size());
    const auto at = line.find(" error, dev ");
    if (at == std::string_view::npos) return std::nullopt;
    const auto kind = line.substr(0, at);
    const bool is_kind = std::all_of(kind.begin(), kind.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || c == 'I' || c == 'O' || c == '/' || c == ' ';
    });
    if (!is_kind || is_of_no_disk(kind) || is_refused_offer(kind, line)) return std::nullopt;
    auto name = name_after(line, " error, dev ");
    return has(line, " error, dev " + name + ", sector ") ? found(KernelSign::io_error, std::move(name))
                                                          : std::nullopt;
}

/// "Buffer I/O error on dev sdb1, logical block 12, lost async page write"
std::optional<KernelWords> buffer(std::string_view line) {
    return found(KernelSign::io_error,
                 name_begun_by(line, {"Buffer I/O error on dev ", "Buffer I/O error on device "}));
}

/// "nvme nvme0: I/O 5 QID 2 timeout, aborting", in newer ones "nvme nvme0: I/O tag 5 (d1e9) opcode 0x1 (I/O
/// Cmd) QID 2 …"
std::optional<KernelWords> nvme(std::string_view line) {
    const bool fails =
        has_any(line, {": controller is down; will reset", ": Device not ready; aborting ",
                       ": Disabling device after reset failure", ": Removing after probe failure"});
    const bool is_late =
        has(line, " QID ") &&
        has_any(line, {" timeout, aborting", " timeout, reset controller", " timeout, disable controller"});
    return fails || is_late ? found(KernelSign::io_error, name_begun_by(line, {"nvme "})) : std::nullopt;
}

/// "md/raid1:md0: Disk failure on sda1, disabling device."
std::optional<KernelWords> md(std::string_view line) {
    if (!line.starts_with("md/")) return std::nullopt;
    return found(KernelSign::io_error, name_after(line, ": Disk failure on "));
}

std::size_t after_digits(std::string_view text, std::size_t from) {
    return std::min(text.find_first_not_of("0123456789", from), text.size());
}

/// nvme0c1n1, one of the ways to nvme0n1, is no device of its own.
std::string without_way(std::string name) {
    if (!name.starts_with("nvme")) return name;
    const auto c = after_digits(name, 4);
    const auto n = after_digits(name, c + 1);
    if (c < name.size() && name[c] == 'c' && n < name.size() && name[n] == 'n') name.erase(c, n - c);
    return name;
}

/// sdb1 -> sdb, nvme0n1p1 -> nvme0n1; of a whole disk: nothing.
std::string disk_of(const std::string& syspath) {
    const auto slash = syspath.rfind('/');
    if (slash == std::string::npos) return "";
    const auto parent = syspath.substr(0, slash);
    const auto name = parent.substr(parent.rfind('/') + 1);
    return name == "block" ? "" : name;
}

bool has_folder(const std::string& syspath, const std::string& name) {
    return syspath.find("/" + name + "/") != std::string::npos;
}

/// A controller's name is a folder above its disks; where several lead to one disk, that has the number of
/// the first.
bool is_controller_of(const std::string& name, const std::string& syspath) {
    if (!name.starts_with("nvme") || after_digits(name, 4) != name.size()) return false;
    if (!has_folder(syspath, "nvme-subsystem")) return has_folder(syspath, name);
    return has(syspath, "/" + name + "n");
}

bool is_about_path(const KernelWords& words, const std::string& syspath) {
    if (syspath.empty()) return false;
    if (words.sign == KernelSign::usb_reset) return has_folder(syspath, words.device);
    return words.device == syspath.substr(syspath.rfind('/') + 1) || words.device == disk_of(syspath) ||
           is_controller_of(words.device, syspath);
}

}  // namespace

std::optional<KernelWords> kernel_words(std::string_view line) {
    for (const auto& kind : {usb_reset, ext4, journal, xfs, btrfs, fat, f2fs, block_layer, buffer, nvme, md})
        if (auto words = kind(line)) return KernelWords{words->sign, without_way(std::move(words->device))};
    return std::nullopt;
}

bool MachineSleep::explains(std::string_view line) {
    const auto begins = [&](Words all) {
        return std::any_of(all.begin(), all.end(), [&](std::string_view words) { return line.starts_with(words); });
    };
    if (begins({"PM: suspend entry", "PM: hibernation: hibernation entry"})) sleeps_ = true;
    if (begins({"PM: suspend exit", "PM: hibernation: hibernation exit"})) sleeps_ = false;
    return sleeps_ && usb_reset(line).has_value();
}

bool is_about(const KernelWords& words, const Device& device) {
    return is_about_path(words, device.syspath) ||
           std::any_of(device.below.begin(), device.below.end(),
                       [&](const std::string& path) { return is_about_path(words, path); });
}

}  // namespace guardian::core
