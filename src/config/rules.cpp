#include "config/rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace guardian::config {
namespace {

using core::PlanSpec;
using core::TargetSpec;

template <class T>
std::vector<std::string> names_of(const std::vector<T>& all) {
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const auto& x : all) names.push_back(x.name);
    return names;
}

/// Would "a-*", which is how a plan names its own archives, also take archives of the other plan?
bool takes_archives_of(const std::string& a, const std::string& b) {
    return b.starts_with(a + "-");
}

class Rules {
  public:
    Rules(const Value& root, const core::Config& config, Report& report)
        : root_(root), config_(config), report_(report) {}

    void check() {
        for (const auto& plan : config_.plans) check_references(plan);
        for (const auto& job : config_.jobs) check_sources(job);
        for_each_pair(config_.targets, [this](const auto& a, const auto& b) { check_targets(a, b); });
        for_each_pair(config_.plans, [this](const auto& a, const auto& b) { check_plans(a, b); });
    }

  private:
    template <class T, class Function>
    void for_each_pair(const std::vector<T>& all, Function function) {
        for (std::size_t i = 0; i < all.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) function(all[j], all[i]);
    }

    void problem(std::string_view section, const std::string& name, std::string_view key,
                 std::string_view wrong, std::string_view right) {
        report_.problem(place_of(root_, {section, name, key}), dotted(dotted(section, name), key), wrong,
                        right);
    }

    [[nodiscard]] unsigned line(std::string_view section, const std::string& name,
                                std::string_view key) const {
        return place_of(root_, {section, name, key}).line;
    }

    void check_references(const PlanSpec& plan) {
        if (!plan.job.empty() && !config_.job(plan.job))
            unknown(plan.name, "job", plan.job, names_of(config_.jobs));
        if (!plan.target.empty() && !config_.target(plan.target))
            unknown(plan.name, "target", plan.target, names_of(config_.targets));
    }

    /// Backups of backups: what is mounted on a target's mount point is never saved.
    void check_sources(const core::JobSpec& job) {
        for (const auto& path : job.paths)
            for (const auto& target : config_.targets)
                if (!target.mount.empty() && is_within(path, target.mount))
                    problem(
                        "job", job.name, "paths",
                        fmt::format(
                            "{} lies in {}, the mount point of target \"{}\" (line {}), which is never saved",
                            in_quotes(path), in_quotes(target.mount), target.name,
                            line("target", target.name, "mount")),
                        "save the folder where it comes from, or mount the target elsewhere");
    }

    void unknown(const std::string& plan, std::string_view what, const std::string& name,
                 const std::vector<std::string>& known) {
        problem(
            "plan", plan, what, fmt::format("there is no [{}.{}]", what, in_quotes(name)),
            nearest_hint(name, known, fmt::format("add a section [{}.NAME] and write its NAME here", what)));
    }

    void check_targets(const TargetSpec& a, const TargetSpec& b) {
        if (!a.uuid.empty() && a.uuid == b.uuid)
            problem("target", b.name, "uuid",
                    fmt::format("is also that of target \"{}\" (line {})", a.name,
                                line("target", a.name, "uuid")),
                    "make it one target: several plans can use it");
        if (!a.mount.empty() && a.mount == b.mount)
            problem("target", b.name, "mount",
                    fmt::format("is also that of target \"{}\" (line {})", a.name,
                                line("target", a.name, "mount")),
                    "give each target a mount point of its own");
        // The one mount would hide the other, or hold it so that it cannot be unmounted.
        if (!a.mount.empty() && !b.mount.empty())
            check_beside({"target", a.name, "mount", a.mount}, {"target", b.name, "mount", b.mount},
                         "the mount point of target");
    }

    struct Folder {
        std::string_view section;
        const std::string& name;
        std::string_view key;
        const std::string& path;
    };

    void check_beside(const Folder& a, const Folder& b, std::string_view what) {
        if (a.path == b.path) return;
        if (is_within(a.path, b.path)) lies_inside(a, b, what);
        if (is_within(b.path, a.path)) lies_inside(b, a, what);
    }

    void lies_inside(const Folder& inner, const Folder& outer, std::string_view what) {
        problem(
            inner.section, inner.name, inner.key,
            fmt::format("{} lies inside {}, {} \"{}\" (line {})", in_quotes(inner.path),
                        in_quotes(outer.path), what, outer.name, line(outer.section, outer.name, outer.key)),
            "put the two beside each other");
    }

    void check_plans(const PlanSpec& a, const PlanSpec& b) {
        if (a.repository.empty() || b.repository.empty() || a.target.empty() || a.target != b.target) return;
        check_beside({"plan", a.name, "repository", a.repository},
                     {"plan", b.name, "repository", b.repository}, "the repository of plan");
        if (a.repository != b.repository) return;
        check_names(a, b);
        check_secrets(a, b);
    }

    void check_names(const PlanSpec& a, const PlanSpec& b) {
        if (!takes_archives_of(a.name, b.name) && !takes_archives_of(b.name, a.name)) return;
        for (const auto& [plan, other] : {std::pair{&a, &b}, std::pair{&b, &a}})
            problem("plan", plan->name, "repository",
                    fmt::format(
                        "plans \"{}\" and \"{}\" (line {}) share this repository, and one would prune the "
                        "other's archives, because its name and \"-\" begin the other's name",
                        plan->name, other->name, line("plan", other->name, "repository")),
                    "rename one of the plans, or give each a repository of its own");
    }

    void check_secrets(const PlanSpec& a, const PlanSpec& b) {
        if (a.encryption.empty() || b.encryption.empty()) return;
        const auto other = fmt::format("plan \"{}\" (line {}), which shares the repository", a.name,
                                       line("plan", a.name, "repository"));
        if (a.encryption != b.encryption)
            problem("plan", b.name, "encryption",
                    fmt::format("is \"{}\", but \"{}\" in {}", b.encryption, a.encryption, other),
                    "write the same in both: a repository has one");
        else if (!(a.passphrase == b.passphrase))
            problem("plan", b.name, passphrase_key(b), fmt::format("is another passphrase than in {}", other),
                    "write the same in both: a repository has one");
    }

    static std::string_view passphrase_key(const PlanSpec& plan) {
        if (!plan.passphrase.command.empty()) return "passphrase_command";
        return plan.passphrase.credential.empty() ? "passphrase_file" : "passphrase_credential";
    }

    const Value& root_;
    const core::Config& config_;
    Report& report_;
};

void note_plan(const Value& root, const core::Config& config, const PlanSpec& plan, Report& report) {
    const auto* target = config.target(plan.target);
    const bool is_disk = target && target->type == core::TargetType::disk;
    if (plan.encryption == "none")
        report.note(fmt::format("plan {} is not encrypted: whoever {} can read it", plan.name,
                                is_disk ? "finds the disk" : "reaches the share"));
    if (plan.keep.empty())
        report.note(
            fmt::format("plan {} keeps every archive: without keep nothing is ever pruned", plan.name));
    if (plan.stale_after == Duration::zero())
        report.note(fmt::format("plan {} never counts as too old: it has no stale_after", plan.name));
    const auto* section = root.find("plan")->value.find(plan.name);
    if (!is_disk && plan.on_plug != core::OnPlug::never && section->value.find("on_plug"))
        report.note(fmt::format("plan {} has on_plug, but target {} is a share: it is never plugged in",
                                plan.name, plan.target));
}

template <class T>
void note_unused(std::string_view what, const std::vector<T>& all, const core::Config& config,
                 std::string PlanSpec::*reference, Report& report) {
    for (const auto& x : all)
        if (std::none_of(config.plans.begin(), config.plans.end(),
                         [&](const PlanSpec& p) { return p.*reference == x.name; }))
            report.note(fmt::format("{} {} is used by no plan", what, x.name));
}

}  // namespace

Place place_of(const Value& root, std::initializer_list<std::string_view> path) {
    Place place{1, 1};
    const auto* value = &root;
    for (const auto key : path) {
        const auto* entry = value->find(key);
        if (!entry) break;
        place = entry->place;
        value = &entry->value;
    }
    return place;
}

void check_rules(const Value& root, const core::Config& config, Report& report) {
    Rules(root, config, report).check();
}

void add_notes(const Value& root, const core::Config& config, Report& report) {
    note_unused("target", config.targets, config, &PlanSpec::target, report);
    note_unused("job", config.jobs, config, &PlanSpec::job, report);
    for (const auto& plan : config.plans) note_plan(root, config, plan, report);
    for (const auto& target : config.targets)
        if (without_password(target.source) != target.source)
            report.note(fmt::format(
                "target {} has a password in its source: a credentials file hides it better", target.name));
}

}  // namespace guardian::config
