#pragma once
/// A listener that remembers, a fake Borg written by the test, and the real one with a world of its own.

#include <string>
#include <vector>

#include "backup/borg.hpp"
#include "backup/borg_step.hpp"
#include "backup/recorder.hpp"
#include "base/child.hpp"
#include "store/store.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"
#include "support/result.hpp"
#include "support/root.hpp"

namespace guardian::test {

using namespace std::chrono_literals;  // NOLINT: literals for tests

struct Heard : backup::Listener {
    std::vector<core::Step> begun;
    std::vector<std::string> warnings;
    std::vector<store::Progress> progressed;
    std::vector<store::RunRecord> ended;

    void step_begins(core::Step step) override { begun.push_back(step); }
    void progress(core::Step, const store::Progress& p) override { progressed.push_back(p); }
    void step_ended(core::Step, std::string_view, bool) override {}
    void warning(std::string_view text) override { warnings.emplace_back(text); }
    void run_ended(const store::RunRecord& record) override { ended.push_back(record); }
};

inline core::PlanSpec plan(const std::string& name) {
    core::PlanSpec p;
    p.name = name;
    p.job = "system";
    p.target = "usb";
    p.repository = "john";
    return p;
}

/// Borg as it is installed, with its caches in a folder of the test's.
class RealBorg {
  public:
    explicit RealBorg(const Folder& folder, const std::string& repository = "repo") {
        context.program = find_program("borg").value();
        context.repository = folder / repository;
        context.base_dir = folder / "base";
        context.host_id = "test@guardian-0123456789abcdef";
    }
    [[nodiscard]] static bool is_there() { return can(bool(find_program("borg")), "there is no borg here"); }

    Exit run(const Command& command, const LineSink& on_line = {}) const {
        auto exit = run_child(command, Limits{.deadline = 120s}, {}, on_line);
        REQUIRE(exit);
        return std::move(*exit);
    }
    void init(const core::PlanSpec& p) const { REQUIRE(run(backup::init_command(context, p)).code == 0); }
    Exit create(const core::PlanSpec& p, const std::vector<std::string>& paths,
                const LineSink& on_line = {}) const {
        return run(backup::create_command(context, p, {}, paths, {}), on_line);
    }
    /// Any other command of Borg's, in the same world; {REPO} stands for the repository.
    Command command(std::vector<std::string> words) const {
        auto c = backup::compact_command(context);
        c.argv = {context.program};
        for (auto& word : words) {
            if (const auto at = word.find("{REPO}"); at != std::string::npos)
                word.replace(at, 6, context.repository);
            c.argv.push_back(word);
        }
        return c;
    }
    [[nodiscard]] std::vector<std::string> archives() const {
        const auto exit = run(command({"list", "--consider-checkpoints", "--short", "{REPO}"}));
        REQUIRE(exit.code == 0);
        std::vector<std::string> names;
        for (std::size_t at = 0; at < exit.out.size();) {
            const auto end = exit.out.find('\n', at);
            names.push_back(exit.out.substr(at, end - at));
            at = end + 1;
        }
        return names;
    }

    backup::BorgContext context;
};

}  // namespace guardian::test
