/// The argument vectors, and what Borg's answers mean.

#include <algorithm>

#include "sample.hpp"

using namespace guardian;
using namespace guardian::backup;
using namespace guardian::test;

namespace {

BorgContext context() {
    BorgContext c;
    c.program = "/usr/bin/borg";
    c.repository = "/mnt/back up/john";
    c.base_dir = "/var/lib/guardian/borg";
    c.host_id = "john@guardian-1";
    c.passphrase = "correct horse";
    return c;
}

std::size_t count(const Command& c, const std::string& word) {
    return static_cast<std::size_t>(std::count(c.argv.begin(), c.argv.end(), word));
}

std::string value_of(const Command& c, const std::string& option) {
    const auto at = std::find(c.argv.begin(), c.argv.end(), option);
    REQUIRE(at != c.argv.end());
    REQUIRE(at + 1 != c.argv.end());
    return *(at + 1);
}

bool has_variable(const Command& c, const std::string& variable) {
    return std::find(c.environment.begin(), c.environment.end(), variable) != c.environment.end();
}

std::vector<Command> all_commands() {
    auto p = plan("system");
    p.keep.daily = 7;
    p.encryption = "repokey";
    return {create_command(context(), p, {}, {"/home"}, {}),
            prune_command(context(), p),
            compact_command(context()),
            break_lock_command(context()),
            init_command(context(), p),
            reserve_space_command(context(), 1'000'000'000'000),
            info_command(context())};
}

}  // namespace

TEST_CASE("create: JSON, the plan's own archive name, exclusions before the paths") {
    core::JobSpec job;
    job.exclude = {"/proc", "-weird", "sh:**/.cache"};
    job.exclude_caches = true;
    job.one_file_system = true;
    job.compression = "zstd,3";
    const auto c = create_command(context(), plan("system-usb"), job, {"/", "/home"}, {"/mnt/backup"});
    CHECK(c.argv[0] == "/usr/bin/borg");
    CHECK(c.argv[1] == "create");
    for (const auto* word :
         {"--json", "--log-json", "--progress", "--exclude-caches", "--one-file-system",
          "--exclude=pp:/mnt/backup", "--exclude=/proc", "--exclude=-weird", "--exclude=sh:**/.cache"})
        CHECK(count(c, word) == 1);
    CHECK(value_of(c, "--compression") == "zstd,3");
    REQUIRE(c.argv.size() > 3);
    CHECK(c.argv[c.argv.size() - 3] == "/mnt/back up/john::system-usb-{now:%Y-%m-%dT%H:%M:%S}");
    CHECK(c.argv[c.argv.size() - 2] == "/");
    CHECK(c.argv.back() == "/home");
}

TEST_CASE("prune: never without the plan's own glob, and only with what is to be kept") {
    auto p = plan("system");
    p.keep = {1, 2, 3, 4, 5, 6};
    const auto c = prune_command(context(), p);
    CHECK(c.argv[1] == "prune");
    CHECK(count(c, "--glob-archives") == 1);
    CHECK(value_of(c, "--glob-archives") == archive_glob("system"));
    CHECK(value_of(c, "--keep-last") == "1");
    CHECK(value_of(c, "--keep-hourly") == "2");
    CHECK(value_of(c, "--keep-daily") == "3");
    CHECK(value_of(c, "--keep-weekly") == "4");
    CHECK(value_of(c, "--keep-monthly") == "5");
    CHECK(value_of(c, "--keep-yearly") == "6");
    CHECK(c.argv.back() == "/mnt/back up/john");
    CHECK(count(c, "--prefix") + count(c, "-P") + count(c, "-a") == 0);
    p.keep = {};
    p.keep.weekly = 1;
    const auto weekly = prune_command(context(), p);
    CHECK(count(weekly, "--keep-daily") == 0);
    CHECK(value_of(weekly, "--keep-weekly") == "1");
}

TEST_CASE("the glob names the plan and a whole moment, and nothing of it is open") {
    CHECK(archive_glob("system").find('*') == std::string::npos);
    CHECK(archive_glob("system").find('?') == std::string::npos);
    CHECK(archive_glob("system").starts_with("system-[0-9]"));
}

TEST_CASE("the passphrase is in no argument and no variable, only on its own descriptor") {
    for (const auto& c : all_commands()) {
        INFO(c.argv[1]);
        CHECK(c.secret == "correct horse");
        CHECK(c.secret_fd_variable == "BORG_PASSPHRASE_FD");
        for (const auto& word : c.argv) CHECK(word.find("correct horse") == std::string::npos);
        for (const auto& variable : c.environment) {
            CHECK(variable.find("correct horse") == std::string::npos);
            CHECK_FALSE(variable.starts_with("BORG_PASSPHRASE="));
            CHECK_FALSE(variable.starts_with("BORG_PASSCOMMAND="));
        }
    }
}

TEST_CASE("every command works unattended, in Guardian's own folders, under its own host id") {
    for (const auto& c : all_commands()) {
        INFO(c.argv[1]);
        CHECK(has_variable(c, "BORG_HOST_ID=john@guardian-1"));
        CHECK(has_variable(c, "BORG_BASE_DIR=/var/lib/guardian/borg"));
        CHECK(has_variable(c, "BORG_RELOCATED_REPO_ACCESS_IS_OK=yes"));
        CHECK(has_variable(c, "BORG_EXIT_CODES=modern"));
        CHECK(has_variable(c, "LC_ALL=C.UTF-8"));
        CHECK(count(c, "--log-json") == 1);
    }
}

TEST_CASE("a hundredth of the disk is kept free, within bounds") {
    const auto kept = [](std::uint64_t disk) { return reserve_space_command(context(), disk).argv.back(); };
    CHECK(kept(0) == "20000000");
    CHECK(kept(64'000'000) == "20000000");
    CHECK(kept(100'000'000'000) == "1000000000");
    CHECK(kept(UINT64_MAX) == "2000000000");
}

TEST_CASE("init makes the encryption that the plan names") {
    auto p = plan("system");
    p.encryption = "repokey-blake2";
    CHECK(value_of(init_command(context(), p), "--encryption") == "repokey-blake2");
}

TEST_CASE("the host id does not depend on the host's name") {
    core::Config config;
    config.name = "john";
    const std::string owner(64, 'a');
    CHECK(borg_host_id(config, owner).starts_with("john@guardian-"));
    CHECK(borg_host_id(config, owner) == borg_host_id(config, owner));
    CHECK(borg_host_id(config, owner) != borg_host_id(config, std::string(64, 'b')));
    CHECK(borg_base_dir(config) == "/var/lib/guardian/borg");
}

TEST_CASE("what an exit code is") {
    for (int code = -2; code < 400; ++code) {
        const auto expected = code == 0                                   ? BorgVerdict::ok
                              : code == 1 || (code >= 100 && code <= 127) ? BorgVerdict::warning
                                                                          : BorgVerdict::error;
        INFO(code);
        CHECK(verdict_of(code) == expected);
    }
}

TEST_CASE("an error is explained by its message id, in every version") {
    const auto reason = [](const std::string& id, int code) {
        return explain(code, id, "Borg's words", "/r").reason;
    };
    for (const auto& [id, code, words] : std::vector<std::tuple<std::string, int, std::string>>{
             {"Repository.DoesNotExist", 13, "not there"},
             {"Repository.InsufficientFreeSpaceError", 14, "full"},
             {"Repository.InvalidRepository", 15, "damaged"},
             {"Repository.InvalidRepositoryConfig", 16, "config file is damaged"},
             {"Repository.CheckNeeded", 12, "inconsistent"},
             {"Repository.ObjectNotFound", 17, "object is missing"},
             {"IntegrityError", 90, "checksum"},
             {"LockTimeout", 73, "locked by another process"},
             {"LockFailed", 72, "target has trouble"},
             {"PassphraseWrong", 52, "passphrase is wrong"},
             {"NoPassphraseFailure", 50, "no passphrase"},
             {"Cache.RepositoryAccessAborted", 62, "moved"},
             {"Cache.RepositoryIDNotUnique", 63, "same id"},
             {"Cache.RepositoryReplay", 64, "older"},
             {"Cache.EncryptionMethodMismatch", 61, "encryption"},
         }) {
        INFO(id);
        CHECK(reason(id, 2).find(words) != std::string::npos);     // Borg 1.2
        CHECK(reason(id, code).find(words) != std::string::npos);  // Borg 1.4
        CHECK(reason("", code).find(words) != std::string::npos);
        CHECK(reason(id, 2).find("Borg's words") != std::string::npos);
        CHECK_FALSE(explain(2, id, "", "/r").remedy.empty());
    }
}

TEST_CASE("an error of the operating system is explained by its words") {
    const auto explained = [](const std::string& words) { return explain(2, "Exception", words, "/r"); };
    CHECK(explained("OSError: [Errno 28] No space left on device").reason.find("full") != std::string::npos);
    CHECK(explained("OSError: [Errno 5] Input/output error: '/r/data/0/1'")
              .reason.find("cannot be read or written") != std::string::npos);
    CHECK(explained("[Errno 30] Read-only file system").reason.find("read-only") != std::string::npos);
    CHECK(explained("[Errno 19] No such device").reason.find("gone") != std::string::npos);
    CHECK(explained("[Errno 5] Input/output error").code == ErrorCode::io);
}

TEST_CASE("an exit code of 2 alone means nothing, and a signal is named") {
    CHECK(explain(2, "", "", "/r").reason == "exit code 2");
    CHECK(explain(1, "", "odd", "/r").reason == "odd");
    CHECK(explain(137, "", "", "/r").reason.find("signal 9") != std::string::npos);
    CHECK(explain(143, "Signal.SIGTERM", "Received SIGTERM", "/r").reason.find("signal 15") !=
          std::string::npos);
}

TEST_CASE("Borg's words and the repository's path are made fit to be shown") {
    const auto e = explain(2, "", "red \x1b[31m\nnext \xff", "/r\x07");
    CHECK(e.text().find('\x1b') == std::string::npos);
    CHECK(e.text().find('\n') == std::string::npos);
    CHECK(e.text().find('\x07') == std::string::npos);
    CHECK(explain(2, "", std::string(100'000, 'x'), "/r").text().size() < 1000);
}
