#include "config/section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "config/values.hpp"

namespace guardian::config {
namespace {

struct Example {
    std::string_view key;
    std::string_view value;
};

constexpr std::array examples{
    Example{"name", "\"my-host\""},
    Example{"state_dir", "\"/var/lib/guardian\""},
    Example{"runtime_dir", "\"/run/guardian\""},
    Example{"borg", "\"/usr/bin/borg\""},
    Example{"smartctl", "\"/usr/sbin/smartctl\""},
    Example{"uuid", "\"0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9\", as lsblk -o NAME,SIZE,MODEL,UUID shows it"},
    Example{"serial", "\"WD-WX11A22B3344\""},
    Example{"source", "\"//nas.lan/backups\""},
    Example{"mount", "\"/mnt/backup\""},
    Example{"answers_at", "\"nas.lan:445\" (445 SMB, 2049 NFS, 22 SSH)"},
    Example{"when_done", "\"unmount\" (or keep, power-off)"},
    Example{"health_every", "\"6h\" (or never)"},
    Example{"on_watch", "\"keep\" (or backup, refuse)"},
    Example{"on_failing", "\"refuse\" (or keep, backup)"},
    Example{"on_unknown", "\"backup\" (or keep, refuse)"},
    Example{"short_test_every", "\"1 week\" (or never)"},
    Example{"long_test_every", "\"30 days\" (or never)"},
    Example{"watch_sources", "true"},
    Example{"paths", "[\"/\", \"/home\"]"},
    Example{"exclude", "[\"/proc\", \"/sys\", \"/dev\", \"/run\"]"},
    Example{"exclude_caches", "true"},
    Example{"one_file_system", "true"},
    Example{"compression", "\"zstd\""},
    Example{"job", "\"system\", the NAME of a [job.NAME]"},
    Example{"target", "\"usb\", the NAME of a [target.NAME]"},
    Example{"repository", "\"my-host\", a folder below the target's mount point"},
    Example{"schedule", "\"*-*-* 02:00\""},
    Example{"stale_after", "\"30h\""},
    Example{"grace", "\"1h\""},
    Example{"random_delay", "\"15min\""},
    Example{"wake_system", "true"},
    Example{"keep", "{ daily = 7, weekly = 4 }"},
    Example{"on_plug", "\"due\" (or always, never)"},
    Example{"encryption", "\"repokey-blake2\""},
    Example{"passphrase_file", "\"/etc/guardian/passphrase\""},
    Example{"passphrase_command", "[\"/usr/bin/pass\", \"show\", \"backup\"]; there are no shells"},
    Example{"passphrase_credential", "\"backup-passphrase\""},
    Example{"min_free", "\"5 GB\""},
    Example{"silence_max", "\"1h\""},
};

std::string example_for(std::string_view path, std::string_view key) {
    // "type" is the one key whose values differ from section to section.
    if (key == "type")
        return path.starts_with("job.") ? "write type = \"system\""
                                        : "write type = \"disk\" or type = \"share\"";
    for (const auto& e : examples)
        if (e.key == key) return fmt::format("write for example {} = {}", key, e.value);
    return fmt::format("write for example {} = 7", key);
}

Error holds_control(std::string_view text) {
    return {ErrorCode::config, fmt::format("{} holds a control character", in_quotes(text)), "",
            "write it without"};
}

}  // namespace

std::optional<std::string> Section::text(std::string_view key, Need need) {
    const auto* entry = take(key, need);
    return entry ? string_of(*entry) : std::nullopt;
}

std::vector<std::string> Section::list(std::string_view key, Need need, Check<std::string> check,
                                       std::size_t most) {
    const auto* entry = take(key, need);
    if (!entry || !is(*entry, Kind::array)) return {};
    const auto& items = entry->value.items;
    if (items.empty() && need == Need::required) problem(key, "is empty", example_for(path_, key));
    if (items.size() > most)
        problem(key, fmt::format("has {} entries", items.size()), fmt::format("at most {} are taken", most));
    std::vector<std::string> out;
    for (std::size_t i = 0; i < std::min(items.size(), most); ++i)
        if (auto item = item_of(key, items[i], check)) out.push_back(std::move(*item));
    return out;
}

std::optional<std::string> Section::item_of(std::string_view key, const Value& item,
                                            Check<std::string> check) {
    const auto name = dotted(path_, key);
    if (item.kind != Kind::string) {
        report_.problem(item.place, name,
                        fmt::format("has {} in it, where strings belong", name_of(item.kind)),
                        example_for(path_, key));
        return std::nullopt;
    }
    auto made = check(item.text);
    if (made && !has_control(item.text)) return std::move(*made);
    report_.problem(item.place, name, made ? holds_control(item.text) : made.error());
    return std::nullopt;
}

bool Section::flag(std::string_view key, bool otherwise) {
    const auto* entry = take(key);
    return entry && is(*entry, Kind::boolean) ? entry->value.boolean : otherwise;
}

unsigned Section::count(std::string_view key, unsigned most) {
    const auto* entry = take(key);
    if (!entry || !is(*entry, Kind::integer)) return 0;
    const auto n = entry->value.integer;
    if (n >= 0 && n <= most) return static_cast<unsigned>(n);
    problem(key, fmt::format("is {}", n), fmt::format("write a whole number from 0 to {}", most));
    return 0;
}

const Entry* Section::take(std::string_view key, Need need) {
    know(key);
    const auto* entry = table_.find(key);
    if (!entry && need == Need::required) problem(key, "is missing", example_for(path_, key));
    return entry;
}

std::optional<Section> Section::table(std::string_view key) {
    const auto* entry = take(key);
    if (!entry || !is(*entry, Kind::table)) return std::nullopt;
    return Section(report_, dotted(path_, key), entry->place, entry->value);
}

void Section::refuse(std::string_view key, std::string_view wrong, std::string_view right) {
    know(key);
    if (has(key)) problem(key, wrong, right);
}

void Section::problem(std::string_view key, std::string_view wrong, std::string_view right) {
    report_.problem(place_of(key), dotted(path_, key), wrong, right);
}

void Section::problem(std::string_view key, const Error& error) {
    report_.problem(place_of(key), dotted(path_, key), error);
}

void Section::know(std::string_view key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
}

void Section::finish() {
    for (const auto& entry : table_.entries) {
        if (names_a_passphrase(entry.key)) continue;
        if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
        // A hint costs time, and a hostile file has many keys.
        report_.problem(entry.place, dotted(path_, entry.key), "is not a known key",
                        report_.full() ? "" : nearest_hint(entry.key, known_, "remove it"));
    }
}

bool Section::is(const Entry& entry, Kind kind) {
    if (entry.value.kind == kind) return true;
    problem(entry.key, fmt::format("is {}, where {} belongs", name_of(entry.value.kind), name_of(kind)),
            example_for(path_, entry.key));
    return false;
}

std::optional<std::string> Section::string_of(const Entry& entry) {
    if (!is(entry, Kind::string)) return std::nullopt;
    if (!has_control(entry.value.text)) return entry.value.text;
    problem(entry.key, fmt::format("{} holds a control character", in_quotes(entry.value.text)),
            "write it without");
    return std::nullopt;
}

Place Section::place_of(std::string_view key) const {
    const auto* entry = table_.find(key);
    return entry ? entry->place : place_;
}

bool names_a_passphrase(std::string_view key) {
    static constexpr std::array<std::string_view, 6> names{"passphrase",  "password",        "passwd",
                                                           "passcommand", "borg_passphrase", "borg_password"};
    auto plain = to_lower(key.substr(0, 64));
    std::replace(plain.begin(), plain.end(), '-', '_');
    return std::find(names.begin(), names.end(), plain) != names.end();
}

}  // namespace guardian::config
