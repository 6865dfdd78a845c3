#include "machine/fstab.hpp"

#include <fmt/format.h>

#include <sstream>

#include "base/text.hpp"

namespace guardian::machine {
namespace {

bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

/// A blank in a field is written \040.
std::string unescaped(const std::string& field) {
    std::string out;
    for (std::size_t i = 0; i < field.size(); ++i) {
        if (field[i] == '\\' && i + 3 < field.size() && is_octal(field[i + 1]) && is_octal(field[i + 2]) &&
            is_octal(field[i + 3])) {
            out += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 +
                                     (field[i + 3] - '0'));
            i += 3;
        } else {
            out += field[i];
        }
    }
    return out;
}

std::string escaped(const std::string& field) {
    std::string out;
    for (const char c : field) {
        const auto u = static_cast<unsigned char>(c);
        if (u <= ' ' || c == '\\' || c == '#' || u == 0x7F)
            out += fmt::format("\\{:03o}", u);
        else
            out += c;
    }
    return out;
}

/// ext4 is checked where something asks for it; xfs and btrfs have nothing to check at a start.
int check_order(const std::string& fstype) {
    return fstype.starts_with("ext") ? 2 : 0;
}

std::string without_quotes(std::string text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
    return text;
}

}  // namespace

std::vector<FstabEntry> fstab_entries(std::string_view text) {
    std::vector<FstabEntry> out;
    std::size_t number = 0;
    for (const auto& line : split_lines(text)) {
        ++number;
        std::istringstream fields{line};
        FstabEntry e;
        if (!(fields >> e.source >> e.mount) || e.source.starts_with('#')) continue;
        fields >> e.fstype >> e.options;
        out.push_back({unescaped(e.source), unescaped(e.mount), e.fstype, e.options, number});
    }
    return out;
}

std::optional<FstabEntry> fstab_entry_of(std::string_view text, const std::string& mount) {
    std::optional<FstabEntry> found;
    for (auto& entry : fstab_entries(text)) {
        auto point = entry.mount;
        while (point.size() > 1 && point.ends_with('/')) point.pop_back();
        if (point == mount) found = std::move(entry);
    }
    return found;
}

std::optional<bool> names_filesystem(const FstabEntry& entry, const std::string& uuid) {
    for (const std::string_view prefix : {"UUID=", "/dev/disk/by-uuid/"})
        if (entry.source.starts_with(prefix))
            return to_lower(without_quotes(entry.source.substr(prefix.size()))) == to_lower(uuid);
    return std::nullopt;
}

std::string fstab_line(const std::string& uuid, const std::string& mount, const std::string& fstype) {
    return fmt::format("UUID={} {} {} nofail,noauto,x-systemd.device-timeout=10s,nosuid,nodev,noexec 0 {}\n",
                       uuid, escaped(mount), fstype.empty() ? "auto" : escaped(fstype), check_order(fstype));
}

std::string with_fstab_line(std::string text, const std::string& line) {
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    return text + "# The backup disk, by \"guardian setup\".\n" + line;
}

}  // namespace guardian::machine
