// What must hold between the sections.
#include <fmt/format.h>

#include "sample.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::config;
using sample::has_problem;
using sample::load;

namespace {

/// A plan of five lines, the first of which is `[plan.NAME]`.
std::string plan(std::string_view name, std::string_view repository, std::string_view target = "usb") {
    return fmt::format(
        "[plan.{}]\njob = \"system\"\ntarget = \"{}\"\nrepository = \"{}\"\nschedule = \"daily\"\n", name,
        target, repository);
}

std::string target(std::string_view name, std::string_view uuid, std::string_view mount) {
    return fmt::format("[target.{}]\ntype = \"disk\"\nuuid = \"{}\"\nmount = \"{}\"\n", name, uuid, mount);
}

/// The sample without its plan, which is 13 lines; what follows begins at line 14.
std::string without_plan() {
    const auto text = sample::text();
    return text.substr(0, text.find("[plan.main]"));
}

}  // namespace

TEST_CASE("a plan that names no job or target") {
    const auto job = load(sample::with_line(15, "job = \"sistem\""));
    CHECK(job.problems.size() == 1);
    CHECK(has_problem(job, 15, "plan.main.job", "there is no [job.\"sistem\"]; did you mean \"system\"?"));
    const auto usb = load(sample::with_line(16, "target = \"ubs\""));
    CHECK(usb.problems.size() == 1);
    CHECK(has_problem(usb, 16, "plan.main.target", "did you mean \"usb\"?"));
    const auto far = load(sample::with_line(16, "target = \"elsewhere\""));
    CHECK(has_problem(far, 16, "plan.main.target", "known here: usb, nas"));
    const auto none = load(plan("p", "r"));
    CHECK(has_problem(none, 2, "plan.p.job", "add a section [job.NAME]"));
}

TEST_CASE("a section with a mistake of its own still counts as there") {
    const auto loaded = load(sample::with_line(5, "uuid = \"x\""));
    CHECK(loaded.problems.size() == 1);
}

TEST_CASE("two targets with one UUID, however it is spelled") {
    const auto loaded =
        load(sample::with(target("twin", "5F0C6A0E-1111-4222-8333-444455556666", "/mnt/twin")));
    CHECK(loaded.problems.size() == 1);
    CHECK(has_problem(loaded, 23, "target.twin.uuid", "is also that of target \"usb\" (line 5)"));
}

TEST_CASE("two targets on one mount point, however it is spelled") {
    const auto loaded = load(sample::with(target("twin", "1234-ABCD", "/mnt//backup/")));
    CHECK(loaded.problems.size() == 1);
    CHECK(has_problem(loaded, 24, "target.twin.mount", "is also that of target \"usb\" (line 6)"));
    CHECK_FALSE(load(sample::with(target("twin", "1234-ABCD", "/mnt/nas"))).ok());
}

TEST_CASE("a mount point inside another is told at the inner one, whichever comes first") {
    const auto inner = load(sample::with(target("twin", "1234-ABCD", "/mnt/backup/twin")));
    CHECK(inner.problems.size() == 1);
    CHECK(has_problem(inner, 24, "target.twin.mount",
                      "\"/mnt/backup/twin\" lies inside \"/mnt/backup\", the mount point of target \"usb\" "
                      "(line 6); put the two beside each other"));
    const auto all = target("all", "1234-ABCD", "/srv"), twin = target("twin", "1234-ABCE", "/srv/a/b");
    const auto outer = load(sample::with(all + twin));
    CHECK(outer.problems.size() == 1);
    CHECK(has_problem(outer, 28, "target.twin.mount", "the mount point of target \"all\" (line 24)"));
    const auto later = load(sample::with(twin + all));
    CHECK(later.problems.size() == 1);
    CHECK(has_problem(later, 24, "target.twin.mount", "the mount point of target \"all\" (line 28)"));
    CHECK(load(sample::with(target("twin", "1234-ABCD", "/mnt/backup2"))).ok());
}

TEST_CASE("two plans on one repository whose archive names collide are both told") {
    const auto loaded = load(without_plan() + plan("sys", "repo") + plan("sys-night", "repo/"));
    CHECK(loaded.problems.size() == 2);
    CHECK(has_problem(loaded, 17, "plan.sys.repository", "plans \"sys\" and \"sys-night\" (line 22)"));
    CHECK(has_problem(loaded, 22, "plan.sys-night.repository", "plans \"sys-night\" and \"sys\" (line 17)"));
    CHECK_FALSE(load(without_plan() + plan("sys-night", "repo") + plan("sys", "repo")).ok());
}

TEST_CASE("plans whose archive names do not collide may share a repository") {
    CHECK(
        load(without_plan() + plan("sys", "repo") + plan("system", "repo") + plan("home-sys", "repo")).ok());
    CHECK(load(without_plan() + plan("sys", "repo") + plan("sys-night", "repo2")).ok());
    CHECK(load(without_plan() + plan("sys", "repo") + plan("sys-night", "repo", "nas")).ok());
}

TEST_CASE("a repository inside another") {
    const auto inner = load(without_plan() + plan("a", "repo") + plan("b", "repo/data/x"));
    CHECK(inner.problems.size() == 1);
    CHECK(has_problem(inner, 22, "plan.b.repository",
                      "lies inside \"repo\", the repository of plan \"a\" (line 17)"));
    const auto outer = load(without_plan() + plan("a", "repo/x") + plan("b", "repo"));
    CHECK(outer.problems.size() == 1);
    CHECK(has_problem(outer, 17, "plan.a.repository", "lies inside \"repo\""));
    CHECK(load(without_plan() + plan("a", "repo") + plan("b", "repository")).ok());
    CHECK(load(without_plan() + plan("a", "repo") + plan("b", "repo/x", "nas")).ok());
}

TEST_CASE("plans on one repository have one encryption and one passphrase") {
    const std::string key = "encryption = \"repokey\"\npassphrase_file = \"/etc/p\"\n";
    const std::string other = "encryption = \"repokey\"\npassphrase_credential = \"p\"\n";
    const std::string command = "encryption = \"repokey\"\npassphrase_command = [\"/p\"]\n";
    const auto two = [](const std::string& a, const std::string& b) {
        return load(without_plan() + plan("a", "repo") + a + plan("b", "repo") + b);
    };
    CHECK(two(key, key).ok());
    CHECK(has_problem(two(key, ""), 21, "plan.b.encryption",
                      "is \"none\", but \"repokey\" in plan \"a\" (line 17)"));
    CHECK(has_problem(two(key, other), 27, "plan.b.passphrase_credential",
                      "another passphrase than in plan \"a\""));
    CHECK(has_problem(two(other, key), 27, "plan.b.passphrase_file", "another passphrase"));
    CHECK(has_problem(two(key, command), 27, "plan.b.passphrase_command", "another passphrase"));
    CHECK(two(key, "encryption = \"oops\"\n").problems.size() == 1);
}

TEST_CASE("200 plans are taken, and not one more") {
    auto toml = without_plan();
    for (int i = 0; i < 200; ++i) toml += plan(fmt::format("p{}", i), fmt::format("r{}", i));
    CHECK(load(toml).ok());
    CHECK(load(toml).config.plans.size() == 200);
    const auto more = load(toml + plan("p200", "r200"));
    CHECK(more.problems.size() == 1);
    CHECK(has_problem(more, 14 + 200 * 5, "plan", "has 201 sections; at most 200"));
}
