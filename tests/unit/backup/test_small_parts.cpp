/// The marker, the passphrase, the locks between processes, and the shrunk source.

#include <sys/wait.h>

#include <csignal>

#include "backup/locks.hpp"
#include "backup/marker.hpp"
#include "backup/passphrase.hpp"
#include "backup/shrink.hpp"
#include "sample.hpp"

using namespace guardian;
using namespace guardian::backup;
using namespace guardian::test;

namespace {

Fd open_folder(const Folder& folder) {
    Fd fd{::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    REQUIRE(fd.valid());
    return fd;
}

Marker marker() {
    return {std::string(64, 'a'), "usb \"1\"", "john", "2026-11-23T02:00:00+01:00"};
}

std::string refusal(const Folder& folder) {
    const auto m = read_marker(open_folder(folder));
    REQUIRE_FALSE(m);
    CHECK(m.error().code == ErrorCode::refused);
    return m.error().reason;
}

core::PlanSpec from_file(const std::string& path) {
    auto p = plan("system");
    p.passphrase.file = path;
    return p;
}

std::string why_not(const core::PlanSpec& p) {
    const auto got = passphrase_of(p);
    REQUIRE_FALSE(got);
    return got.error().text();
}

}  // namespace

TEST_CASE("a marker is read as it was written, for its owner alone") {
    const Folder folder;
    const auto fd = open_folder(folder);
    REQUIRE(write_marker(fd, marker()));
    const auto m = read_marker(fd);
    REQUIRE(m);
    CHECK(m->token == marker().token);
    CHECK(m->target == marker().target);
    CHECK(m->host == "john");
    CHECK(m->created == marker().created);
    struct stat st {};
    REQUIRE(::stat((folder / marker_name).c_str(), &st) == 0);
    CHECK((st.st_mode & 0777) == 0600);
}

TEST_CASE("a folder without a marker says so") {
    const Folder folder;
    const auto m = read_marker(open_folder(folder));
    REQUIRE_FALSE(m);
    CHECK(m.error().code == ErrorCode::absent);
}

TEST_CASE("a marker that is there is never overwritten, not even through a link") {
    const Folder folder;
    const auto fd = open_folder(folder);
    REQUIRE(write_marker(fd, marker()));
    auto other = marker();
    other.token = std::string(64, 'b');
    CHECK_FALSE(write_marker(fd, other));
    CHECK(read_marker(fd)->token == marker().token);
    std::filesystem::rename(folder / marker_name, folder / "elsewhere");
    REQUIRE(::symlink("elsewhere2", (folder / marker_name).c_str()) == 0);
    CHECK_FALSE(write_marker(fd, other));
    CHECK_FALSE(folder.has("elsewhere2"));
}

TEST_CASE("a link, a folder, a FIFO or a device is no marker, and hangs nobody") {
    const Folder folder;
    const auto path = folder / marker_name;
    REQUIRE(write_marker(open_folder(folder), marker()));
    std::filesystem::rename(path, folder / "real");
    REQUIRE(::symlink("real", path.c_str()) == 0);
    CHECK(refusal(folder).find("symbolic link") != std::string::npos);
    ::unlink(path.c_str());
    REQUIRE(::mkdir(path.c_str(), 0700) == 0);
    CHECK(refusal(folder).find("regular file") != std::string::npos);
    ::rmdir(path.c_str());
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK(refusal(folder).find("regular file") != std::string::npos);
}

TEST_CASE("half a marker, another file or another token's shape is no marker") {
    const Folder folder;
    REQUIRE(write_marker(open_folder(folder), marker()));
    const auto whole = folder.read(marker_name);
    for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
        folder.write(marker_name, whole.substr(0, size));
        refusal(folder);
    }
    for (const auto& text : {std::string("{}"), std::string("[]"), std::string("{\"token\": 7}"),
                             std::string("{\"token\": \"abc\"}"),
                             "{\"token\": \"" + std::string(64, 'A') + "\"}", std::string(100'000, '[')}) {
        folder.write(marker_name, text);
        refusal(folder);
    }
}

TEST_CASE("a huge marker is refused, even when it begins as a good one") {
    const Folder folder;
    REQUIRE(write_marker(open_folder(folder), marker()));
    auto text = folder.read(marker_name);
    text += std::string(256 * 1024 - text.size(), ' ');
    folder.write(marker_name, text);
    CHECK(read_marker(open_folder(folder)));
    folder.write(marker_name, text + " more");
    CHECK(refusal(folder).find("too large") != std::string::npos);
}

TEST_CASE("tokens are random, and fit to be one") {
    const auto a = random_token(), b = random_token();
    REQUIRE(a);
    CHECK(is_borg_id(*a));
    CHECK(*a != *b);
}

TEST_CASE("a plan without a passphrase has none") {
    CHECK_FALSE(passphrase_of(plan("p"))->has_value());
}

TEST_CASE("a passphrase from a file is its first line") {
    const Folder folder;
    for (const auto* text : {"secret", "secret\n", "secret\r\n", "secret\nsecond line\n"}) {
        INFO(text);
        CHECK(**passphrase_of(from_file(folder.write("p", text))) == "secret");
    }
    CHECK(**passphrase_of(from_file(folder.write("p", "  spaces stay \n"))) == "  spaces stay ");
}

TEST_CASE("a passphrase file that others may read is refused") {
    const Folder folder;
    for (const mode_t mode : {0640, 0604, 0644, 0620, 0601, 0777}) {
        INFO(mode);
        CHECK(why_not(from_file(folder.write("p", "secret", mode))).find("chmod 600") != std::string::npos);
    }
    CHECK(passphrase_of(from_file(folder.write("p", "secret", 0400))));
}

TEST_CASE("an empty, missing or odd passphrase file is an error") {
    const Folder folder;
    for (const auto* text : {"", "\n", "\r\n", "\nsecret"})
        CHECK(why_not(from_file(folder.write("p", text))).find("empty") != std::string::npos);
    why_not(from_file(folder / "nowhere"));
    CHECK(why_not(from_file(folder.path())).find("regular file") != std::string::npos);
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    CHECK(why_not(from_file(folder / "fifo")).find("regular file") != std::string::npos);
}

TEST_CASE("a passphrase that is too long to be handed over is an error, and not cut") {
    const Folder folder;
    why_not(from_file(folder.write("p", std::string(4097, 'x'))));
}

TEST_CASE("a passphrase from a command is the first line it prints") {
    const Folder folder;
    auto p = plan("system");
    const auto script = [&](const std::string& text) {
        p.passphrase.command = {"/bin/sh", folder.write("cmd", text)};
        return p;
    };
    CHECK(**passphrase_of(script("echo secret; echo more")) == "secret");
    CHECK(why_not(script("exit 0")).find("empty") != std::string::npos);
    const auto failed = why_not(script("echo half; echo 'the vault is closed' >&2; exit 3"));
    CHECK(failed.find("the vault is closed") != std::string::npos);
    CHECK(failed.find("half") == std::string::npos);
    p.passphrase.command = {"relative"};
    why_not(p);
}

TEST_CASE("a passphrase from a credential lies below the folder that systemd names") {
    const Folder folder;
    auto p = plan("system");
    p.passphrase.credential = "borg";
    ::unsetenv("CREDENTIALS_DIRECTORY");
    CHECK(why_not(p).find("LoadCredential=borg") != std::string::npos);
    folder.write("borg", "secret\n", 0400);
    ::setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
    CHECK(**passphrase_of(p) == "secret");
    ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_CASE("a lock is held by one, who is named to the other") {
    const Folder folder;
    {
        const auto first = lock_machine(folder / "run", "run p on usb");
        REQUIRE(first);
        const auto second = lock_machine(folder / "run", "run q on usb");
        REQUIRE_FALSE(second);
        CHECK(second.error().code == ErrorCode::busy);
        CHECK(second.error().text().find("run p on usb (pid " + std::to_string(::getpid())) !=
              std::string::npos);
        CHECK(lock_target(folder / "run", "usb", "release usb"));
    }
    CHECK(lock_machine(folder / "run", "run q on usb"));
}

TEST_CASE("targets are locked apart from each other") {
    const Folder folder;
    const auto usb = lock_target(folder.path(), "usb", "x"), nas = lock_target(folder.path(), "nas", "y");
    CHECK(usb);
    CHECK(nas);
    CHECK_FALSE(lock_target(folder.path(), "usb", "z"));
}

TEST_CASE("a lock is gone with its holder, however that ended") {
    const Folder folder;
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        const auto lock = lock_machine(folder.path(), "child");
        (void)!::write(ends[1], "x", 1);
        while (true) ::pause();
    }
    char byte = 0;
    REQUIRE(::read(ends[0], &byte, 1) == 1);
    CHECK_FALSE(lock_machine(folder.path(), "parent"));
    REQUIRE(::kill(pid, SIGKILL) == 0);
    REQUIRE(::waitpid(pid, nullptr, 0) == pid);
    CHECK(lock_machine(folder.path(), "parent"));
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("a lock does not pass on to a child") {
    const Folder folder;
    Spawned child;
    {
        const auto lock = lock_machine(folder.path(), "parent");
        Command c;
        c.argv = {"/bin/sleep", "1000"};
        auto spawned = spawn(c);
        REQUIRE(spawned);
        child = std::move(*spawned);
    }
    CHECK(lock_machine(folder.path(), "again"));
    REQUIRE(::kill(child.pid, SIGKILL) == 0);
    REQUIRE(::waitpid(child.pid, nullptr, 0) == child.pid);
}

TEST_CASE("a source has shrunk when it has less than half of the files or of the bytes") {
    const auto doubt = [](store::Statistics before, store::Statistics now) {
        return !suspicious_shrink(before, now).empty();
    };
    const store::Statistics before{10'000'000, 1, 1, 100};
    CHECK_FALSE(doubt(before, before));
    CHECK_FALSE(doubt(before, {5'000'000, 1, 1, 50}));
    CHECK(doubt(before, {4'999'999, 1, 1, 100}));
    CHECK(doubt(before, {10'000'000, 1, 1, 49}));
    CHECK(doubt(before, {}));
    CHECK_FALSE(doubt(before, {UINT64_MAX, 1, 1, UINT64_MAX}));
}

TEST_CASE("a small source may shrink as it likes") {
    const auto doubt = [](store::Statistics before, store::Statistics now) {
        return !suspicious_shrink(before, now).empty();
    };
    CHECK_FALSE(doubt({999'999, 1, 1, 9}, {}));
    CHECK(doubt({999'999, 1, 1, 10}, {}));
    CHECK(doubt({1'000'000, 1, 1, 9}, {}));
    CHECK_FALSE(doubt({}, {}));
}

TEST_CASE("the doubt about a smaller source names the figures") {
    const auto text = suspicious_shrink({2'000'000'000, 1, 1, 12'345}, {1, 1, 1, 2});
    CHECK(text.find("12,345 files, 2.00 GB to 2 files, 1 B") != std::string::npos);
}

TEST_CASE("how much a source shrank is told in powers of two") {
    const auto files = [](std::uint64_t n) { return store::Statistics{0, 0, 0, n}; };
    CHECK(backup::shrink_of(files(1000), files(999)) == 1);
    CHECK(backup::shrink_of(files(1000), files(400)) == 2);
    CHECK(backup::shrink_of(files(1000), files(1)) == 9);
    CHECK(backup::shrink_of(files(0), files(0)) == 0);
}
