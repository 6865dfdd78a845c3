#include "machine/first_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace guardian::machine {
namespace {

/// A TOML string: what would end it, or is not let in, is escaped. The configuration's reader judges what it
/// holds.
std::string toml_string(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += fmt::format("\\{}", c);
        else if (u < ' ' || u == 0x7F)
            out += fmt::format("\\u{:04X}", u);
        else
            out += c;
    }
    return out + "\"";
}

std::string toml_array(const std::vector<std::string>& texts) {
    std::vector<std::string> parts;
    for (const auto& t : texts) parts.push_back(toml_string(t));
    return "[" + join(parts, ", ") + "]";
}

std::string guardian_section(const FirstConfig& a) {
    if (a.state_dir.empty() && a.runtime_dir.empty()) return "";
    std::string text = "[guardian]\n";
    if (!a.state_dir.empty()) text += fmt::format("state_dir = {}\n", toml_string(a.state_dir));
    if (!a.runtime_dir.empty()) text += fmt::format("runtime_dir = {}\n", toml_string(a.runtime_dir));
    return text + "\n";
}

std::string target_section(const FirstConfig& a) {
    auto text = fmt::format(
        "# Where backups go: this disk, known by its filesystem's UUID.\n"
        "[target.{}]\n"
        "type = \"disk\"\n"
        "uuid = {}\n"
        "mount = {}\n"
        "when_done = \"unmount\"    # keep | unmount | power-off\n",
        a.target, toml_string(a.uuid), toml_string(a.mount));
    if (!a.serial.empty())
        text += fmt::format("# serial = {}    # the disk must have this serial number too\n",
                            printable(toml_string(a.serial), 600));
    return text + "\n";
}

std::string job_section(const FirstConfig& a) {
    const auto excludes = sensible_excludes(a.paths, a.mount);
    return fmt::format(
        "# What is saved.\n"
        "[job.system]\n"
        "type = \"system\"\n"
        "paths = {}\n"
        "exclude = {}\n"
        "exclude_caches = true    # leave out folders that hold a CACHEDIR.TAG\n"
        "compression = \"zstd\"\n"
        "\n",
        toml_array(a.paths), toml_array(excludes));
}

std::string encryption_lines(const FirstConfig& a) {
    if (a.passphrase_file.empty()) return "";
    return fmt::format(
        "encryption = \"repokey-blake2\"\n"
        "passphrase_file = {}\n",
        toml_string(a.passphrase_file));
}

std::string plan_section(const FirstConfig& a) {
    const auto stale = a.stale_after > Duration::zero()
                           ? fmt::format("stale_after = {}    # say so when the newest archive is older\n",
                                         toml_string(exact_span(a.stale_after)))
                           : "";
    return fmt::format(
        "# The job on the target, and when.\n"
        "[plan.{}]\n"
        "job = \"system\"\n"
        "target = {}\n"
        "repository = {}    # a folder on the disk\n"
        "schedule = {}\n"
        "{}"
        "keep = {{ daily = 7, weekly = 4, monthly = 6 }}\n",
        a.plan(), toml_string(a.target), toml_string(a.repository), toml_string(a.schedule), stale);
}

}  // namespace

std::string first_config_text(const FirstConfig& answers) {
    return "# Made by \"guardian setup\"; yours to change. guardian.toml(5) explains\n"
           "# every key, \"guardian config check\" names every mistake.\n\n" +
           guardian_section(answers) + target_section(answers) + job_section(answers) +
           plan_section(answers) + encryption_lines(answers);
}

std::vector<std::string> sensible_excludes(const std::vector<std::string>& paths, const std::string& mount) {
    static constexpr std::array others{"/proc", "/sys",   "/dev",     "/run",      "/tmp",
                                       "/mnt",  "/media", "/var/tmp", "/var/cache"};
    const auto saved = [&](const std::string& folder) {
        return std::any_of(paths.begin(), paths.end(),
                           [&](const std::string& p) { return p != folder && is_within(folder, p); });
    };
    std::vector<std::string> out;
    for (const std::string folder : others)
        if (saved(folder)) out.push_back(folder);
    const bool left_out =
        std::any_of(out.begin(), out.end(), [&](const auto& f) { return is_within(mount, f); });
    if (saved(mount) && !left_out) out.push_back(mount);
    return out;
}

Duration sensible_stale_after(const core::Schedule& schedule, Time from, const UtcOffset& zone) {
    constexpr int looked_at = 20;
    auto longest = Duration::zero();
    auto slot = schedule.next(from, zone);
    for (int n = 0; slot && n < looked_at; ++n) {
        const auto next = schedule.next(*slot, zone);
        if (next) longest = std::max<Duration>(longest, *next - *slot);
        slot = next;
    }
    return std::chrono::ceil<std::chrono::hours>(longest * 5 / 4);
}

}  // namespace guardian::machine
