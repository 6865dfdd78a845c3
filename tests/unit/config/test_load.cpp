#include <fstream>
#include <iterator>

#include "base/text.hpp"
#include "sample.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::config;
using sample::has_note;
using sample::has_problem;
using sample::load;

namespace {

constexpr const char* contract = R"([guardian]
name = "john-ai"                       # default: the host name
state_dir = "/var/lib/guardian"        # defaults as here
runtime_dir = "/run/guardian"

[target.usb]
type = "disk"
uuid = "5F0C6A0E-1111-4222-8333-444455556666"
mount = "/mnt/backup"                  # an fstab entry for it is used where there is one
when_done = "unmount"                  # keep | unmount | power-off
# serial = "…"                         # optional further factor

[target.nas]
type = "share"
source = "//nas.lan/backups"           # or from fstab
mount = "/mnt/nas"
answers_at = "nas.lan:445"

[job.system]
type = "system"
paths = ["/", "/home", "/var"]
exclude = ["/proc", "/sys", "/dev", "/run", "/tmp", "/mnt", "/media", "/storage", "/var/log"]
exclude_caches = true
compression = "zstd"

[plan.system-usb]
job = "system"
target = "usb"
repository = "john-ai"                 # below the mount point
schedule = "*-*-* 02:00"               # systemd OnCalendar
stale_after = "30h"                    # systemd time span
keep = { daily = 7, weekly = 1, monthly = 1 }
on_plug = "due"                        # due | always | never
)";

}  // namespace

TEST_CASE("the documented shape loads, with every value where it belongs") {
    const auto loaded = load(contract);
    INFO(sample::all_text(loaded));
    REQUIRE(loaded.ok());
    const auto& config = loaded.config;
    CHECK(config.name == "john-ai");
    CHECK(config.state_dir == "/var/lib/guardian");
    CHECK(config.runtime_dir == "/run/guardian");
    CHECK(config.borg.empty());
    REQUIRE(config.targets.size() == 2);
    REQUIRE(config.jobs.size() == 1);
    REQUIRE(config.plans.size() == 1);
}

TEST_CASE("the documented targets and job") {
    const auto config = load(contract).config;
    const auto* usb = config.target("usb");
    const auto* nas = config.target("nas");
    const auto* job = config.job("system");
    REQUIRE((usb && nas && job));
    CHECK(usb->type == core::TargetType::disk);
    CHECK(usb->uuid == sample::uuid);
    CHECK(usb->mount == "/mnt/backup");
    CHECK(usb->when_done == core::WhenDone::unmount);
    CHECK(nas->type == core::TargetType::share);
    CHECK(nas->source == "//nas.lan/backups");
    CHECK(nas->answers_at == "nas.lan:445");
    CHECK(job->paths == std::vector<std::string>{"/", "/home", "/var"});
    CHECK(job->exclude.size() == 9);
    CHECK(job->exclude_caches);
    CHECK_FALSE(job->one_file_system);
    CHECK(job->compression == "zstd");
}

TEST_CASE("the documented plan, and the defaults of what it leaves out") {
    const auto config = load(contract).config;
    const auto* plan = config.plan("system-usb");
    REQUIRE(plan);
    CHECK(plan->job == "system");
    CHECK(plan->target == "usb");
    CHECK(plan->repository == "john-ai");
    CHECK(plan->schedule.text() == "*-*-* 02:00");
    CHECK(plan->stale_after == std::chrono::hours{30});
    CHECK(plan->keep == core::Keep{0, 0, 7, 1, 1, 0});
    CHECK(plan->on_plug == core::OnPlug::due);
    CHECK(plan->encryption == "none");
    CHECK(plan->passphrase.empty());
    CHECK(plan->min_free == 1'000'000'000);
    CHECK(plan->silence_max == std::chrono::hours{1});
}

TEST_CASE("every optional key is taken over") {
    const auto loaded = load(R"(
[guardian]
borg = "/opt/borg//bin/borg"
[target.usb]
type = "disk"
uuid = "1234-abcd"
serial = "WD-1"
mount = "/mnt//usb/"
when_done = "power-off"
[job.j]
type = "system"
paths = ["/home/"]
one_file_system = true
[plan.p]
job = "j"
target = "usb"
repository = "a/b/"
schedule = "hourly"
keep = { last = 1, hourly = 2, daily = 3, weekly = 4, monthly = 5, yearly = 10000 }
on_plug = "always"
encryption = "keyfile-blake2"
passphrase_command = ["/usr/bin/pass", "show", "x"]
min_free = "5GiB"
silence_max = "90s"
)");
    INFO(sample::all_text(loaded));
    REQUIRE(loaded.ok());
    CHECK(loaded.config.borg == "/opt/borg/bin/borg");
    CHECK_FALSE(loaded.config.name.empty());
    const auto& target = loaded.config.targets.at(0);
    CHECK(target.uuid == "1234-ABCD");
    CHECK(target.serial == "WD-1");
    CHECK(target.mount == "/mnt/usb");
    CHECK(target.when_done == core::WhenDone::power_off);
    CHECK(loaded.config.jobs.at(0).paths.at(0) == "/home");
    CHECK(loaded.config.jobs.at(0).one_file_system);
    const auto& plan = loaded.config.plans.at(0);
    CHECK(plan.repository == "a/b");
    CHECK(plan.keep == core::Keep{1, 2, 3, 4, 5, 10000});
    CHECK(plan.on_plug == core::OnPlug::always);
    CHECK(plan.encryption == "keyfile-blake2");
    CHECK(plan.passphrase.command == std::vector<std::string>{"/usr/bin/pass", "show", "x"});
    CHECK(plan.min_free == 5ULL << 30U);
    CHECK(plan.silence_max == std::chrono::seconds{90});
}

TEST_CASE("a problem names file, line, key, what is wrong and what would be right") {
    const auto loaded = load(sample::with_line(18, "schedul = \"daily\""));
    REQUIRE(loaded.problems.size() == 2);
    CHECK(loaded.problems[0].text() ==
          "test.toml:14: plan.main.schedule: is missing; write for example schedule = \"*-*-* 02:00\"");
    CHECK(loaded.problems[1].text() ==
          "test.toml:18: plan.main.schedul: is not a known key; did you mean \"schedule\"?");
    CHECK(loaded.problems[1].column == 1);
}

TEST_CASE("all mistakes of the file are named at once, in file order") {
    const auto loaded = load(R"([guardian]
name = "a b"
[target.usb]
type = "disk"
uuid = "5f0c6a0e-…"
mount = "backup"
[job.system]
type = "system"
paths = "/"
[plan.p]
job = "sytem"
target = "usb"
repository = "../x"
schedule = "sometimes"
kepe = { daily = 7 }
[plna.q]
)");
    std::vector<unsigned> lines;
    for (const auto& p : loaded.problems) lines.push_back(p.line);
    INFO(sample::all_text(loaded));
    CHECK(lines == std::vector<unsigned>{2, 5, 6, 9, 11, 13, 14, 15, 16});
    CHECK(has_problem(loaded, 11, "plan.p.job", "did you mean \"system\"?"));
    CHECK(has_problem(loaded, 16, "plna", "did you mean \"plan\"?"));
}

TEST_CASE("a syntax error is one problem with its line") {
    const auto loaded = load("[guardian]\nname = \"x\"\nstate_dir = /var\n[");
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].line == 3);
    CHECK(loaded.problems[0].key.empty());
    CHECK(loaded.problems[0].text().find("not valid TOML") != std::string::npos);
    CHECK(has_problem(load("[guardian]\nname = \"x\"\nname = \"y\"\n"), 3, "", "name"));
}

TEST_CASE("the sample has neither problems nor notes but those of an unencrypted plan and the unused share") {
    const auto loaded = load(sample::text());
    CHECK(loaded.ok());
    CHECK(loaded.notes ==
          std::vector<std::string>{"target nas is used by no plan",
                                   "plan main is not encrypted: whoever finds the disk can read it"});
}

TEST_CASE("what is no mistake but worth knowing is a note") {
    const auto loaded = load(sample::with(R"([job.other]
type = "system"
paths = ["/srv"]
[target.far]
type = "share"
source = "//me:hunter2@nas.lan/b"
mount = "/mnt/far"
answers_at = "nas.lan:445"
[plan.far]
job = "system"
target = "far"
repository = "r"
schedule = "daily"
on_plug = "due"
encryption = "repokey"
passphrase_file = "/etc/p"
)"));
    INFO(sample::all_text(loaded));
    REQUIRE(loaded.ok());
    CHECK(has_note(loaded, "job other is used by no plan"));
    CHECK(has_note(loaded, "plan far has on_plug, but target far is a share"));
    CHECK(has_note(loaded, "plan far keeps every archive"));
    CHECK(has_note(loaded, "plan far never counts as too old"));
    CHECK(has_note(loaded, "target far has a password in its source"));
    CHECK_FALSE(has_note(loaded, "plan far is not encrypted"));
    CHECK_FALSE(has_note(loaded, "hunter2"));
}

TEST_CASE("on_plug that is not written, or never, is not worth a note") {
    const auto on_share = [](std::string_view extra) {
        auto toml = sample::with_line(16, "target = \"nas\"");
        return load(toml + std::string(extra));
    };
    CHECK_FALSE(has_note(on_share(""), "on_plug"));
    CHECK_FALSE(has_note(on_share("on_plug = \"never\"\n"), "on_plug"));
    CHECK(has_note(on_share("on_plug = \"always\"\n"), "on_plug"));
    CHECK(has_note(on_share(""), "whoever reaches the share"));
}

TEST_CASE("an empty file has nothing to do") {
    for (const auto* toml : {"", "[guardian]\n", "[target]\n[plan]\n", "# nothing\n"}) {
        const auto loaded = load(toml);
        CHECK(loaded.problems.size() == 2);
        CHECK(sample::all_text(loaded).find("target: there is none, so there is nothing to do") !=
              std::string::npos);
        CHECK(sample::all_text(loaded).find("plan: there is none, so there is nothing to do") !=
              std::string::npos);
    }
}

TEST_CASE("the example of the documentation loads") {
    const auto loaded = load_file(GUARDIAN_SOURCE_DIR "/docs/guardian.toml.example");
    INFO(sample::all_text(loaded));
    CHECK(loaded.ok());
    CHECK(loaded.config.plans.size() == 2);
}

TEST_CASE("every line that the example has commented out is right too") {
    std::ifstream file(GUARDIAN_SOURCE_DIR "/docs/guardian.toml.example");
    const std::string example{std::istreambuf_iterator<char>(file), {}};
    int tried = 0;
    for (const auto& line : split_lines(example)) {
        if (!line.starts_with("# ") || line.find(" = ") == std::string::npos) continue;
        auto toml = example;
        // There may be one passphrase only: the other ones take the place of the file.
        if (line.starts_with("# passphrase_")) toml.replace(toml.find("\npassphrase_file"), 1, "\n# ");
        toml.replace(toml.find("\n" + line), 3, "\n");
        const auto loaded = load(toml);
        INFO(line << "\n" << sample::all_text(loaded));
        CHECK(loaded.ok());
        ++tried;
    }
    CHECK(tried == 17);
}
