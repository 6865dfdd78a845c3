// Every mistake that shows within one section: one line of a right file is replaced, and exactly one
// problem comes of it, at its line and key.
#include "base/text.hpp"
#include "sample.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::config;

namespace {

struct Case {
    unsigned replaced;
    std::string text;
    unsigned line;
    std::string key;
    std::string words;
};

void check(const std::vector<Case>& cases) {
    for (const auto& c : cases) {
        const auto loaded = sample::load(sample::with_line(c.replaced, c.text));
        INFO(c.text << "\n" << sample::all_text(loaded));
        CHECK(loaded.problems.size() == 1);
        CHECK(sample::has_problem(loaded, c.line, c.key, c.words));
    }
}

/// The lines, put in after the plan's last one, are right.
void check_right(const std::vector<std::string>& lines, unsigned replaced) {
    for (const auto& line : lines) {
        const auto loaded = sample::load(sample::with_line(replaced, line));
        INFO(line << "\n" << sample::all_text(loaded));
        CHECK(loaded.ok());
    }
}

std::string long_list(const std::string& item, int n) {
    std::string out = "[";
    for (int i = 0; i < n; ++i) out += item + ", ";
    return out + "]";
}

}  // namespace

TEST_CASE("mistakes in [guardian]") {
    check({
        {2, "name = \"\"", 2, "guardian.name", "letters, digits"},
        {2, "name = \"a/b\"", 2, "guardian.name", "\"a/b\" is not a name"},
        {2, "name = \"" + std::string(65, 'a') + "\"", 2, "guardian.name", "at most 64"},
        {2, "name = 5", 2, "guardian.name", "is a whole number, where a string belongs"},
        {2, "name = [\"x\"]", 2, "guardian.name", "is an array, where a string belongs"},
        {2, "state_dir = \"var\"", 2, "guardian.state_dir", "not an absolute path"},
        {2, "state_dir = \"/\"", 2, "guardian.state_dir", "the root"},
        {2, "runtime_dir = \"/run/../x\"", 2, "guardian.runtime_dir", "\"..\" in it"},
        {2, "borg = \"borg\"", 2, "guardian.borg", "not an absolute path"},
        {2, "borg = \"/usr/\\u0007borg\"", 2, "guardian.borg",
         "\"/usr/\\x07borg\" holds a control character"},
        {2, "staet_dir = \"/x\"", 2, "guardian.staet_dir", "did you mean \"state_dir\"?"},
        {2, "zzz = \"/x\"", 2, "guardian.zzz", "known here: name, state_dir, runtime_dir, borg"},
        {2, "\"a\\u001bb\" = 1", 2, "guardian.\"a\\x1bb\"", "not a known key"},
        {2, "name = 2026-01-01", 2, "guardian.name", "is a date or time"},
        {2, "name = 1.5", 2, "guardian.name", "is a number with a fraction"},
        {2, "name = true", 2, "guardian.name", "is a boolean"},
    });
}

TEST_CASE("mistakes in the kinds of sections") {
    check({
        {1, "[guardien]", 1, "guardien", "did you mean \"guardian\"?"},
        {1, "[[guardian]]", 1, "guardian", "is an array, where a section belongs; write [guardian]"},
        {2, "[target]\nusb2 = 1", 3, "target.usb2", "is a whole number, where a section belongs"},
        {1, "[wibble]", 1, "wibble", "known here: guardian, target, job, plan"},
        {2, "[[target.x]]", 2, "target.x", "is an array"},
    });
}

TEST_CASE("names of sections") {
    for (const auto* name : {"a", "0", "a_b-c", "0123456789012345678901234567890123456789"})
        CHECK(sample::load(sample::with_line(7, "[target." + std::string(name) + "]")).ok());
    check({
        {7, "[target.Nas]", 7, "target.Nas", "\"Nas\" is not a name; use a-z"},
        {7, "[target.-a]", 7, "target.-a", "not a name"},
        {7, "[target.\"a b\"]", 7, "target.\"a b\"", "not a name"},
        {7, "[target.\"\"]", 7, "target.\"\"", "not a name"},
        {7, "[target.\"a\\n\"]", 7, "target.\"a\\n\"", "\"a\\n\" is not a name"},
        {7, "[target.01234567890123456789012345678901234567890]", 7,
         "target.01234567890123456789012345678901234567890", "at most 40"},
    });
}

TEST_CASE("mistakes in a target") {
    check({
        {4, "", 3, "target.usb.type", "is missing; write type = \"disk\" or type = \"share\""},
        {4, "type = \"usb\"", 4, "target.usb.type", "write one of \"disk\", \"share\""},
        {6, "", 3, "target.usb.mount", "is missing"},
        {6, "mount = \"mnt\"", 6, "target.usb.mount", "not an absolute path"},
        {6, "mount = \"/mnt/./x\"", 6, "target.usb.mount", "write the path without"},
        {6, "mount = \"/mnt/{now}\"", 6, "target.usb.mount", "which Borg would replace"},
        {6, "mount = \"/mnt/a::b\"", 6, "target.usb.mount", "which Borg would replace"},
        {6, "mount = \"/mnt/\\u0085\"", 6, "target.usb.mount", "holds a control character"},
        {6, "mount = \"/" + std::string(5000, 'a') + "\"", 6, "target.usb.mount", "too long"},
        {6, "mount = \"/mnt/backup\"\nwhen_done = \"eject\"", 7, "target.usb.when_done",
         "\"keep\", \"unmount\", \"power-off\""},
        {6, "mount = \"/mnt/backup\"\nsource = \"//x/y\"", 7, "target.usb.source",
         "belongs to type = \"share\""},
        {6, "mount = \"/mnt/backup\"\nanswers_at = \"x:1\"", 7, "target.usb.answers_at", "type = \"share\""},
        {6, "mount = \"/mnt/backup\"\nserial = \"\"", 7, "target.usb.serial", "is empty"},
        {6, "mount = \"/mnt/backup\"\nlabel = \"x\"", 7, "target.usb.label", "not a known key"},
        {9, "mount = \"/mnt/nas\"\nuuid = \"1234-ABCD\"", 10, "target.nas.uuid",
         "belongs to type = \"disk\""},
        {9, "mount = \"/mnt/nas\"\nserial = \"1\"", 10, "target.nas.serial", "belongs to type = \"disk\""},
        {9, "mount = \"/mnt/nas\"\nwhen_done = \"power-off\"", 10, "target.nas.when_done",
         "cannot be powered off"},
        {9, "mount = \"/mnt/nas\"\nsource = \"-o x\"", 10, "target.nas.source", "is not a share"},
        {9, "mount = \"/mnt/nas\"\nsource = \"\"", 10, "target.nas.source", "is not a share"},
        {10, "", 7, "target.nas.answers_at", "is missing"},
    });
}

TEST_CASE("nothing is mounted over the system") {
    for (const auto* folder :
         {"/", "/etc", "/usr", "/home/", "/var", "/boot", "/dev", "/proc", "/sys", "/run", "/tmp", "//usr",
          "/dev/shm", "/proc/x", "/sys/fs", "/root", "/lib64", "/var/lib"})
        check({{6, "mount = \"" + std::string(folder) + "\"", 6, "target.usb.mount", "system"}});
    check_right({"mount = \"/srv\"", "mount = \"/home/me/disk\"", "mount = \"/device\"",
                 "mount = \"/run/media/x\"", "mount = \"/mnt/ä ö\""},
                6);
}

TEST_CASE("impossible UUIDs") {
    for (const auto* uuid :
         {"", "5f0c6a0e-…", "5f0c6a0e", "5f0c6a0e-1111-4222-8333-44445555666",
          "5f0c6a0e-1111-4222-8333-4444555566667", "5g0c6a0e-1111-4222-8333-444455556666",
          "5f0c6a0e11114222-8333-444455556666-a", "UUID=1234-ABCD", "1234-ABCDE", "1234ABCD",
          "0123456789ABCDE", "00000000-0000-0000-0000-000000000000", "/dev/sdb1"})
        check({{5, "uuid = \"" + std::string(uuid) + "\"", 5, "target.usb.uuid",
                "lsblk -o NAME,SIZE,MODEL,UUID"}});
    check({{5, "", 3, "target.usb.uuid", "is missing"},
           {5, "uuid = 1234", 5, "target.usb.uuid", "whole number"}});
}

TEST_CASE("UUIDs are kept as udev spells them") {
    const auto kept = [](const std::string& uuid) {
        return sample::load(sample::with_line(5, "uuid = \"" + uuid + "\"")).config.target("usb")->uuid;
    };
    CHECK(kept("5F0C6A0E-1111-4222-8333-44445555666A") == "5f0c6a0e-1111-4222-8333-44445555666a");
    CHECK(kept("12ab-cd34") == "12AB-CD34");
    CHECK(kept("0123456789abcdef") == "0123456789ABCDEF");
}

TEST_CASE("where a share answers") {
    check_right({"answers_at = \"nas:1\"", "answers_at = \"10.0.0.7:65535\"",
                 "answers_at = \"[fd00::5]:445\"", "answers_at = \"[fe80::1%eth0]:22\""},
                10);
    for (const auto* wrong :
         {"", "nas", "nas:", ":445", "nas:0", "nas:65536", "nas:99999999999", "nas:44x", "nas:-1",
          "fd00::5:445", "[fd00::5]", "[fd00::g]:445", "[]:445", "-nas:445", "a b:445", "[1.2.3.4]:1"})
        check(
            {{10, "answers_at = \"" + std::string(wrong) + "\"", 10, "target.nas.answers_at", "HOST:PORT"}});
}

TEST_CASE("a password in an address is never repeated") {
    for (const auto* wrong : {"me:hunter2@nas:445", "me:hunter2@nas"}) {
        const auto loaded =
            sample::load(sample::with_line(10, "answers_at = \"" + std::string(wrong) + "\""));
        REQUIRE(loaded.problems.size() == 1);
        CHECK(sample::all_text(loaded).find("hunter2") == std::string::npos);
        CHECK(sample::all_text(loaded).find("me:***@nas") != std::string::npos);
    }
}

TEST_CASE("mistakes in a job") {
    const std::string paths = "paths = [\"/\"]\n";
    check({
        {12, "", 11, "job.system.type", "is missing; write type = \"system\""},
        {12, "type = \"vm\"", 12, "job.system.type", "not saved by this version"},
        {12, "type = \"container\"", 12, "job.system.type", "it saves only that"},
        {12, "type = \"files\"", 12, "job.system.type", "not a type of job"},
        {13, "", 11, "job.system.paths", "is missing"},
        {13, "paths = []", 13, "job.system.paths", "is empty"},
        {13, "paths = \"/\"", 13, "job.system.paths",
         "is a string, where an array belongs; write for example paths = [\"/\""},
        {13, "paths = [\n\"/\",\n\"home\"]", 15, "job.system.paths", "\"home\" is not an absolute path"},
        {13, "paths = [\"/\", 5]", 13, "job.system.paths", "has a whole number in it"},
        {13, "paths = [\"/\\u0000x\"]", 13, "job.system.paths", "\"/\\x00x\" holds a control character"},
        {13, "paths = [\"/..\"]", 13, "job.system.paths", "write the path without"},
        {13, "paths = " + long_list("\"/\"", 1001), 13, "job.system.paths", "has 1001 entries; at most 1000"},
        {13, paths + "exclude = [\"\"]", 14, "job.system.exclude", "is empty"},
        {13, paths + "exclude = [\"a\\tb\"]", 14, "job.system.exclude", "control character"},
        {13, paths + "exclude = \"/proc\"", 14, "job.system.exclude", "is a string, where an array belongs"},
        {13, paths + "exclude_caches = \"yes\"", 14, "job.system.exclude_caches", "where a boolean belongs"},
        {13, paths + "one_file_system = 1", 14, "job.system.one_file_system", "where a boolean belongs"},
        {13, paths + "compresion = \"lz4\"", 14, "job.system.compresion", "did you mean \"compression\"?"},
    });
}

TEST_CASE("a source within a target's mount point would silently be left out") {
    check({
        {13, "paths = [\"/\", \"/mnt/backup\"]", 13, "job.system.paths", "the mount point of target \"usb\""},
        {13, "paths = [\"/mnt/backup/photos\"]", 13, "job.system.paths", "which is never saved"},
    });
    check_right({"paths = [\"/mnt\", \"/mnt/backups\"]"}, 13);
}

TEST_CASE("a thousand paths are not too many") {
    check_right({"paths = " + long_list("\"/a\"", 1000)}, 13);
}

TEST_CASE("compressions that Borg takes, and others") {
    const auto line = [](std::string_view spec) {
        return "paths = [\"/\"]\ncompression = \"" + std::string(spec) + "\"";
    };
    for (const auto* right :
         {"none", "lz4", "zstd", "zstd,1", "zstd,22", "zlib", "zlib,0", "zlib,9", "lzma,6", "auto,zstd",
          "auto,zstd,7", "auto,lz4", "obfuscate,1,lz4", "obfuscate,110,zstd,3", "obfuscate,3,auto,zstd,4"})
        check_right({line(right)}, 13);
    for (const auto* wrong : {"",
                              "gzip",
                              "lz4,1",
                              "none,1",
                              "zstd,0",
                              "zstd,23",
                              "zstd,",
                              "zstd,a",
                              "zstd,1,1",
                              "zlib,10",
                              "lzma,-1",
                              "auto",
                              "auto,",
                              "auto,auto,lz4",
                              "obfuscate,lz4",
                              "obfuscate,1",
                              "obfuscate,7,lz4",
                              "obfuscate,124,lz4",
                              "obfuscate,0,lz4",
                              "obfuscate,1,",
                              "ZSTD",
                              "zstd, 3"})
        check({{13, line(wrong), 14, "job.system.compression",
                "is not a compression; write none, lz4, zstd[,1-22]"}});
}

TEST_CASE("mistakes in a plan") {
    check({
        {15, "", 14, "plan.main.job", "is missing"},
        {15, "job = [\"system\"]", 15, "plan.main.job", "is an array, where a string belongs"},
        {16, "", 14, "plan.main.target", "is missing"},
        {17, "", 14, "plan.main.repository", "is missing"},
        {18, "", 14, "plan.main.schedule", "is missing"},
        {18, "schedule = \"whenever\"", 18, "plan.main.schedule", "\"whenever\" is not a schedule"},
        {18, "schedule = \"\"", 18, "plan.main.schedule", "it is empty; write for example"},
        {19, "stale_after = \"0\"", 19, "plan.main.stale_after", "no time at all"},
        {19, "stale_after = \"-5h\"", 19, "plan.main.stale_after", "not a time span"},
        {19, "stale_after = \"soon\"", 19, "plan.main.stale_after", "not a time span"},
        {19, "stale_after = \"1000 years\"", 19, "plan.main.stale_after", "longer than a century"},
        {19, "stale_after = 30", 19, "plan.main.stale_after", "write for example stale_after = \"30h\""},
        {20, "keep = 7", 20, "plan.main.keep",
         "is a whole number, where a table belongs; write for example keep = {"},
        {20, "keep = { daily = -1 }", 20, "plan.main.keep.daily",
         "is -1; write a whole number from 0 to 10000"},
        {20, "keep = { yearly = 10001 }", 20, "plan.main.keep.yearly", "is 10001"},
        {20, "keep = { weekly = \"1\" }", 20, "plan.main.keep.weekly", "is a string"},
        {20, "keep = { daily = 7, weakly = 1 }", 20, "plan.main.keep.weakly", "did you mean \"weekly\"?"},
        {20, "on_plug = \"yes\"", 20, "plan.main.on_plug", "\"due\", \"always\", \"never\""},
        {20, "min_free = -1", 20, "plan.main.min_free", "is -1"},
        {20, "min_free = true", 20, "plan.main.min_free", "write for example min_free = \"5 GB\""},
        {20, "silence_max = \"500ms\"", 20, "plan.main.silence_max", "shorter than a second"},
        {20, "silence_max = \"0\"", 20, "plan.main.silence_max", "no time at all"},
        {20, "retention = 7", 20, "plan.main.retention", "not a known key"},
    });
}

TEST_CASE("the smallest spans that may be") {
    check_right({"silence_max = \"1s\"", "stale_after = \"5min\"\nsilence_max = \"1 week\""}, 19);
}

TEST_CASE("where a repository may be") {
    check_right({"repository = \"a\"", "repository = \"a/b c/\"", "repository = \"ä/.b/-c\"",
                 "repository = \"a..b\""},
                17);
    for (const auto* wrong : {"", "/", "/a", "..", "a/..", "a/../b", "./a", "a/./b", "a//b", "a//", "-a",
                              ".a", ".guardian", "{hostname}", "a::b", "a\\nb"})
        check({{17, "repository = \"" + std::string(wrong) + "\"", 17, "plan.main.repository", ""}});
    check({{17, "repository = \"" + std::string(1001, 'a') + "\"", 17, "plan.main.repository", "too long"}});
}

TEST_CASE("sizes") {
    const auto min_free = [](const std::string& value) {
        const auto loaded = sample::load(sample::with_line(20, "min_free = " + value));
        INFO(value << "\n" << sample::all_text(loaded));
        REQUIRE(loaded.ok());
        return loaded.config.plans.at(0).min_free;
    };
    CHECK(min_free("0") == 0);
    CHECK(min_free("12345") == 12345);
    CHECK(min_free("\"12345\"") == 12345);
    CHECK(min_free("\"5 GB\"") == 5'000'000'000);
    CHECK(min_free("\"5GB\"") == 5'000'000'000);
    CHECK(min_free("\"7 kb\"") == 7'000);
    CHECK(min_free("\"3 TiB\"") == 3ULL << 40U);
    for (const auto* wrong :
         {"", "GB", "5 G", "-5 GB", "1.5 GB", "5 GBs", "99999999999 TB", "9223372036854775808", "5 5 GB"})
        check({{20, "min_free = \"" + std::string(wrong) + "\"", 20, "plan.main.min_free",
                "is not a size; write bytes"}});
}

TEST_CASE("encryption and where its passphrase comes from") {
    const std::string repokey = "encryption = \"repokey-blake2\"\n";
    check_right({repokey + "passphrase_file = \"/etc/p\"", repokey + "passphrase_credential = \"a.b_C-1\"",
                 repokey + "passphrase_command = [\"/bin/cat\", \"\", \"-x\"]", "encryption = \"none\""},
                20);
    for (const auto* mode : {"authenticated", "authenticated-blake2", "repokey", "keyfile", "keyfile-blake2"})
        check_right({"encryption = \"" + std::string(mode) + "\"\npassphrase_file = \"/etc/p\""}, 20);
    check({
        {20, "encryption = \"aes\"", 20, "plan.main.encryption", "is not one of Borg's modes"},
        {20, "encryption = \"authenticated\"", 20, "plan.main.encryption",
         "needs a passphrase; add passphrase_file"},
        {20, "passphrase_file = \"/etc/p\"", 20, "plan.main.passphrase_file",
         "\"none\", which has no passphrase"},
        {20, repokey + "passphrase_file = \"p\"", 21, "plan.main.passphrase_file", "not an absolute path"},
        {20, repokey + "passphrase_credential = \"a/b\"", 21, "plan.main.passphrase_credential",
         "LoadCredential"},
        {20, repokey + "passphrase_credential = \"..\"", 21, "plan.main.passphrase_credential",
         "LoadCredential"},
        {20, repokey + "passphrase_command = [\"pass\"]", 21, "plan.main.passphrase_command",
         "absolute path of a program"},
        {20, repokey + "passphrase_command = []", 21, "plan.main.passphrase_command", "is empty"},
        {20, repokey + "passphrase_command = [\"/bin/cat\", 1]", 21, "plan.main.passphrase_command",
         "where strings belong"},
        {20, repokey + "passphrase_file = \"/p\"\npassphrase_credential = \"c\"", 22,
         "plan.main.passphrase_credential", "is a second source beside passphrase_file; keep one"},
    });
}

TEST_CASE("a passphrase command is an array, and its words are never repeated") {
    const std::string repokey = "encryption = \"repokey-blake2\"\n";
    check({{20, repokey + "passphrase_command = \"echo hunter2\"", 21, "plan.main.passphrase_command",
            "write for example passphrase_command = [\"/usr/bin/pass\", \"show\", \"backup\"]; there are no "
            "shells"}});
    for (const auto* value : {"\"echo hunter2\"", "[\"hunter2\"]", "[\"/bin/echo\", \"hunter2\\u0007\"]"}) {
        const auto loaded = sample::load(sample::with_line(20, repokey + "passphrase_command = " + value));
        CHECK_FALSE(loaded.ok());
        CHECK(sample::all_text(loaded).find("hunter2") == std::string::npos);
    }
}

TEST_CASE("a passphrase never stands in the file, wherever it is tried") {
    const std::string right = "use passphrase_file, passphrase_command or passphrase_credential";
    check({
        {20, "passphrase = \"hunter2\"", 20, "plan.main.passphrase", right},
        {20, "password = \"hunter2\"", 20, "plan.main.password", right},
        {20, "BORG_PASSPHRASE = \"hunter2\"", 20, "plan.main.BORG_PASSPHRASE", right},
        {2, "passphrase = \"hunter2\"", 2, "guardian.passphrase", right},
        {4, "type = \"disk\"\nPassword = 5", 5, "target.usb.Password", right},
        {20, "keep = { daily = 1, passphrase = \"hunter2\" }", 20, "plan.main.keep.passphrase", right},
        {1, "passphrase = \"hunter2\"\n[guardian]", 1, "passphrase", right},
    });
    for (const auto* line : {"passphrase = \"hunter2\"", "passphrase = hunter2", "password = \"hunter2",
                             "passphrase_file = hunter2"})
        CHECK(sample::all_text(sample::load(sample::with_line(20, line))).find("hunter2") ==
              std::string::npos);
    // A syntax error whose words would quote the number.
    const auto digits = sample::load(sample::with_line(20, "passphrase = 99999999999999999999"));
    CHECK(digits.problems.size() == 1);
    CHECK(sample::all_text(digits).find("99999999999999999999") == std::string::npos);
}
