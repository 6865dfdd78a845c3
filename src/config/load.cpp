#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/file.hpp"
#include "base/text.hpp"
#include "config/config.hpp"
#include "config/read.hpp"
#include "config/rules.hpp"
#include "config/values.hpp"

namespace guardian::config {
namespace {

Error cannot_read(const Error& why) {
    Error e{ErrorCode::config, "the file cannot be read", why.reason, why.remedy};
    if (why.code == ErrorCode::denied) e.remedy = "read it as root, or let the group read it";
    if (why.code == ErrorCode::absent) e.remedy = "write it; guardian.toml(5) has an example";
    return e;
}

/// The top of the file, whose tables are the kinds of sections.
class Loader {
  public:
    Loader(const Value& root, Report& report) : root_(root), report_(report) {}

    core::Config load() {
        config_.name = host_name();
        for (const auto& entry : root_.entries) load_kind(entry);
        if (config_.targets.empty() && !root_.find("target")) missing("target");
        if (config_.plans.empty() && !root_.find("plan")) missing("plan");
        forbid_passphrases(root_, "");
        check_rules(root_, config_, report_);
        return std::move(config_);
    }

  private:
    void load_kind(const Entry& entry) {
        static const std::vector<std::string> kinds{"guardian", "target", "job", "plan"};
        if (names_a_passphrase(entry.key)) return;
        if (std::find(kinds.begin(), kinds.end(), entry.key) == kinds.end())
            return report_.problem(entry.place, dotted("", entry.key), "is not a known section",
                                   report_.full() ? "" : nearest_hint(entry.key, kinds, ""));
        if (entry.value.kind != Kind::table)
            return report_.problem(
                entry.place, entry.key,
                fmt::format("is {}, where a section belongs", name_of(entry.value.kind)),
                fmt::format("write [{}{}]", entry.key, entry.key == kinds[0] ? "" : ".NAME"));
        if (entry.key == "guardian")
            read_guardian(Section(report_, "guardian", entry.place, entry.value), config_);
        else
            load_named(entry);
    }

    void load_named(const Entry& kind) {
        const auto& all = kind.value.entries;
        if (all.empty()) missing(kind.key, kind.place);
        if (all.size() > sections_max)
            report_.problem(all[sections_max].place, kind.key, fmt::format("has {} sections", all.size()),
                            fmt::format("at most {} are taken", sections_max));
        for (std::size_t i = 0; i < std::min(all.size(), sections_max); ++i)
            if (!names_a_passphrase(all[i].key)) load_one(kind.key, all[i]);
    }

    void load_one(const std::string& kind, const Entry& entry) {
        const auto path = dotted(kind, entry.key);
        if (entry.value.kind != Kind::table)
            return report_.problem(entry.place, path,
                                   fmt::format("is {}, where a section belongs", name_of(entry.value.kind)),
                                   fmt::format("write it below a line [{}.NAME]", kind));
        if (!is_section_name(entry.key))
            report_.problem(
                entry.place, path, fmt::format("{} is not a name", in_quotes(entry.key)),
                "use a-z, 0-9, \"_\" and \"-\", at most 40 of them, beginning with a letter or digit");
        add(kind, entry.key, Section(report_, path, entry.place, entry.value));
    }

    void add(const std::string& kind, const std::string& name, Section section) {
        const auto named = [&](auto spec) {
            spec.name = name;
            return spec;
        };
        if (kind == "target")
            config_.targets.push_back(named(read_target(std::move(section))));
        else if (kind == "job")
            config_.jobs.push_back(named(read_job(std::move(section))));
        else
            config_.plans.push_back(named(read_plan(std::move(section))));
    }

    void missing(std::string_view kind, Place place = {1, 1}) {
        report_.problem(place, std::string(kind), "there is none, so there is nothing to do",
                        fmt::format("add a section [{}.NAME]; guardian.toml(5) has an example", kind));
    }

    /// A passphrase never stands in this file, wherever it is tried. The value is not repeated.
    void forbid_passphrases(const Value& value, const std::string& path) {
        for (const auto& entry : value.entries) {
            const auto name = dotted(path, entry.key);
            if (names_a_passphrase(entry.key))
                report_.problem(entry.place, name, "a passphrase never stands in this file",
                                "use passphrase_file, passphrase_command or passphrase_credential");
            forbid_passphrases(entry.value, name);
        }
        for (const auto& item : value.items) forbid_passphrases(item, path);
    }

    const Value& root_;
    Report& report_;
    core::Config config_;
};

Loaded finished(core::Config config, const Report& report) {
    return {std::move(config), report.problems(), "", report.notes()};
}

}  // namespace

std::string host_name() {
    std::array<char, 256> raw{};
    if (::gethostname(raw.data(), raw.size() - 1) != 0) return "localhost";
    std::string name = std::string(raw.data()).substr(0, 64);
    for (auto& c : name)
        if (!machine_name(std::string_view(&c, 1))) c = '-';
    return name.empty() ? "localhost" : name;
}

Loaded load_file(const std::string& path) {
    const auto text = read_file(path);
    if (text) return load_text(*text, path);
    Report report(path);
    report.problem({}, "", cannot_read(text.error()));
    return finished({}, report);
}

Loaded load_text(std::string_view toml, const std::string& file_name) {
    Report report(file_name);
    const auto root = parse_document(toml);
    if (!root) {
        report.problem(root.error().place, "", root.error().error);
        return finished({}, report);
    }
    auto config = Loader(*root, report).load();
    if (report.problems().empty()) add_notes(*root, config, report);
    if (report.problems().empty() && std::ssize(toml) > timers_file_max)
        report.note(
            fmt::format("larger than {} KiB: systemd gets no timers for it, guardiand alone keeps the "
                        "schedules",
                        timers_file_max / 1024));
    auto loaded = finished(std::move(config), report);
    loaded.text = toml;
    return loaded;
}

}  // namespace guardian::config
