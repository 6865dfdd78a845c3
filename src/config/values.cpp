#include "config/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "config/report.hpp"

namespace guardian::config {
namespace {

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_alphanumeric(char c) {
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

bool is_control(std::string_view text, std::size_t i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) return true;
    return c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
}

bool is_plain_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
    });
}

Error wrong(std::string_view text, std::string_view what, std::string right) {
    return {ErrorCode::config, fmt::format("{} {}", in_quotes(text), what), "", std::move(right)};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

/// The parts of a path, without the empty ones that doubled slashes make.
std::vector<std::string_view> path_parts(std::string_view path) {
    auto parts = split(path, '/');
    std::erase(parts, std::string_view{});
    return parts;
}

bool has_dot_part(const std::vector<std::string_view>& parts) {
    return std::any_of(parts.begin(), parts.end(), [](auto p) { return p == "." || p == ".."; });
}

/// Folders over which nothing may be mounted, and those below which nothing may be.
bool is_system_folder(std::string_view path) {
    static constexpr std::array<std::string_view, 24> exact{
        "/bin",     "/boot",      "/boot/efi", "/etc",       "/home", "/lib",     "/lib32",   "/lib64",
        "/libx32",  "/opt",       "/root",     "/run",       "/sbin", "/tmp",     "/usr",     "/usr/bin",
        "/usr/lib", "/usr/local", "/usr/sbin", "/usr/share", "/var",  "/var/lib", "/var/log", "/var/tmp"};
    static constexpr std::array<std::string_view, 3> whole{"/dev", "/proc", "/sys"};
    if (std::find(exact.begin(), exact.end(), path) != exact.end()) return true;
    return std::any_of(whole.begin(), whole.end(), [&](std::string_view w) {
        return path == w || (path.starts_with(w) && path[w.size()] == '/');
    });
}

/// Borg puts the host's name and more in place of {words} in a repository's path, and ends it at "::".
bool borg_reads_more(std::string_view path) {
    return path.find_first_of("{}") != std::string_view::npos || path.find("::") != std::string_view::npos;
}

std::optional<std::uint64_t> whole_number(std::string_view digits, std::uint64_t most) {
    if (digits.empty() || digits.size() > 19 || !std::all_of(digits.begin(), digits.end(), is_digit))
        return std::nullopt;
    std::uint64_t n = 0;
    for (const char c : digits) n = n * 10 + static_cast<std::uint64_t>(c - '0');
    return n <= most ? std::optional{n} : std::nullopt;
}

template <class Enum, std::size_t N>
Result<Enum> one_of(std::string_view text, const std::array<Enum, N>& all) {
    std::string names;
    for (const auto e : all) {
        if (core::to_string(e) == text) return e;
        names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", core::to_string(e));
    }
    return wrong(text, "is not understood", "write one of " + names);
}

}  // namespace

bool has_control(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i)
        if (is_control(text, i)) return true;
    return false;
}

bool is_section_name(std::string_view name) {
    if (name.empty() || name.size() > 40 || !(is_lower(name[0]) || is_digit(name[0]))) return false;
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-'; });
}

Result<std::string> machine_name(std::string_view text) {
    if (is_plain_name(text) && text.size() <= 64) return std::string(text);
    return wrong(text, "is not a name", "use letters, digits, \".\", \"_\" and \"-\", at most 64 of them");
}

Result<std::string> credential_name(std::string_view text) {
    if (is_plain_name(text) && text.size() <= 255 && text != "." && text != "..") return std::string(text);
    return wrong(text, "is not the name of a credential",
                 "use letters, digits, \".\", \"_\" and \"-\", as in LoadCredential=NAME:/path");
}

Result<std::string> nonempty(std::string_view text) {
    if (!text.empty()) return std::string(text);
    return wrong(text, "is empty", "remove it, or write what it is to be");
}

Result<std::string> absolute_path(std::string_view text) {
    if (!text.starts_with('/')) return wrong(text, "is not an absolute path", "begin it with \"/\"");
    const auto parts = path_parts(text);
    if (has_dot_part(parts)) return wrong(text, "has a \".\" or \"..\" in it", "write the path without");
    if (text.size() > 4000) return wrong(text, "is too long", "use a path of at most 4000 bytes");
    std::string path;
    for (const auto p : parts) path.append("/").append(p);
    return path.empty() ? "/" : path;
}

Result<std::string> own_folder(std::string_view text) {
    auto path = absolute_path(text);
    if (!path || *path != "/") return path;
    return wrong(text, "is the root of the system", "name a folder of its own");
}

Result<std::string> mount_point(std::string_view text) {
    auto path = own_folder(text);
    if (!path) return path;
    if (borg_reads_more(*path))
        return wrong(text, "has \"{\", \"}\" or \"::\" in it, which Borg would replace", "use another name");
    if (!is_system_folder(*path)) return path;
    return wrong(text, "belongs to the system: what is in it would be hidden",
                 "use a folder of its own, for example \"/mnt/backup\"");
}

Result<std::string> repository_path(std::string_view text) {
    const std::string right = "name a folder below the target's mount point, for example \"my-host\"";
    if (text.empty()) return wrong(text, "is empty", right);
    if (text.starts_with('/')) return wrong(text, "is an absolute path", right);
    if (text.size() > 1000) return wrong(text, "is too long", "use at most 1000 bytes");
    if (text.ends_with('/')) text.remove_suffix(1);
    for (const auto part : split(text, '/')) {
        if (part.empty()) return wrong(text, "has two slashes in a row", right);
        if (part == "." || part == "..") return wrong(text, "has a \".\" or \"..\" in it", right);
    }
    if (text.starts_with('-') || text.starts_with('.'))
        return wrong(text, "begins with \"-\" or \".\"", right);
    if (borg_reads_more(text))
        return wrong(text, "has \"{\", \"}\" or \"::\" in it, which Borg would replace", right);
    return std::string(text);
}

Result<std::string> compression(std::string_view text) {
    const std::string right = "write none, lz4, zstd[,1-22], zlib[,0-9], lzma[,0-9], auto,X or obfuscate,N,X";
    const auto plain = [](std::string_view spec) {
        const auto parts = split(spec, ',');
        const auto level = [&](std::uint64_t least, std::uint64_t most) {
            if (parts.size() == 1) return true;
            const auto n = whole_number(parts[1], most);
            return parts.size() == 2 && n && *n >= least;
        };
        if (parts[0] == "none" || parts[0] == "lz4") return parts.size() == 1;
        if (parts[0] == "zstd") return level(1, 22);
        return (parts[0] == "zlib" || parts[0] == "lzma") && level(0, 9);
    };
    auto rest = text;
    if (rest.starts_with("obfuscate,")) {
        rest.remove_prefix(10);
        const auto n = whole_number(rest.substr(0, rest.find(',')), 123);
        if (!n || !((*n >= 1 && *n <= 6) || *n >= 110)) return wrong(text, "is not a compression", right);
        rest.remove_prefix(std::min(rest.find(','), rest.size() - 1) + 1);
    }
    if (rest.starts_with("auto,")) rest.remove_prefix(5);
    if (plain(rest)) return std::string(text);
    return wrong(text, "is not a compression", right);
}

Result<std::string> encryption_mode(std::string_view text) {
    static constexpr std::array<std::string_view, 7> modes{
        "none",    "authenticated",  "authenticated-blake2", "repokey",
        "keyfile", "repokey-blake2", "keyfile-blake2"};
    if (std::find(modes.begin(), modes.end(), text) != modes.end()) return std::string(text);
    return wrong(
        text, "is not one of Borg's modes",
        "write \"none\", \"repokey-blake2\", \"keyfile-blake2\", \"authenticated-blake2\", \"repokey\", "
        "\"keyfile\" or \"authenticated\"");
}

Result<std::uint64_t> byte_size(std::string_view text) {
    struct Unit {
        std::string_view name;
        std::uint64_t bytes;
    };
    static constexpr std::array units{Unit{"", 1},
                                      Unit{"b", 1},
                                      Unit{"kb", 1'000},
                                      Unit{"mb", 1'000'000},
                                      Unit{"gb", 1'000'000'000},
                                      Unit{"tb", 1'000'000'000'000},
                                      Unit{"kib", 1ULL << 10U},
                                      Unit{"mib", 1ULL << 20U},
                                      Unit{"gib", 1ULL << 30U},
                                      Unit{"tib", 1ULL << 40U}};
    static constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    const auto digits = text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
    const auto n = whole_number(digits, most);
    const auto name = to_lower(trim(text.substr(digits.size())));
    for (const auto& u : units)
        if (n && u.name == name && *n <= most / u.bytes) return *n * u.bytes;
    return wrong(text, "is not a size",
                 "write bytes, or a whole number and a unit: \"5 GB\", \"500 MB\", \"5GiB\"");
}

Result<core::Schedule> schedule(std::string_view text) {
    return core::Schedule::parse(trim(text), zone_named);
}

Result<Duration> positive_span(std::string_view text) {
    auto span = parse_span(text);
    if (!span) return span;
    if (*span <= Duration::zero()) return wrong(text, "is no time at all", "write for example \"30h\"");
    if (*span > std::chrono::hours{24 * 366 * 100})
        return wrong(text, "is longer than a century", "write less");
    return span;
}

Result<core::TargetType> target_type(std::string_view text) {
    return one_of(text, std::array{core::TargetType::disk, core::TargetType::share});
}

Result<core::WhenDone> when_done(std::string_view text) {
    using core::WhenDone;
    return one_of(text, std::array{WhenDone::keep, WhenDone::unmount, WhenDone::power_off});
}

Result<core::OnPlug> on_plug(std::string_view text) {
    using core::OnPlug;
    return one_of(text, std::array{OnPlug::due, OnPlug::always, OnPlug::never});
}

Result<core::OnVerdict> on_verdict(std::string_view text) {
    using core::OnVerdict;
    return one_of(text, std::array{OnVerdict::backup, OnVerdict::keep, OnVerdict::refuse});
}

Result<Duration> span_or_never(std::string_view text) {
    if (text == "never") return Duration::zero();
    auto span = positive_span(text);
    if (span && *span < std::chrono::minutes{1})
        return wrong(text, "is shorter than a minute", "write for example \"6h\", or \"never\"");
    return span;
}

Result<std::string> job_type(std::string_view text) {
    if (text == "system") return std::string(text);
    if (text == "vm" || text == "container")
        return wrong(text, "is not saved by this version", "write type = \"system\": it saves only that");
    return wrong(text, "is not a type of job", "write type = \"system\"");
}

}  // namespace guardian::config
