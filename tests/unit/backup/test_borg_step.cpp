/// One Borg command within a run, with a Borg that misbehaves: only an exit code of 0 or a warning, without
/// any word of an error, is no error.

#include <poll.h>

#include <csignal>

#include "sample.hpp"

using namespace guardian;
using namespace guardian::backup;
using namespace guardian::test;

namespace {

const std::string repository = "/mnt/backup/john";

/// A Borg that is this shell script.
struct FakeBorg {
    Folder folder;
    store::Store store = store::Store::empty_in_memory();
    Heard heard;
    std::int64_t run = 0;

    BorgResult operator()(const std::string& script, Duration silence = 20s,
                          const std::vector<Interrupt>& interrupts = {}) {
        Command c;
        c.argv = {"/bin/sh", folder.write("borg.sh", script)};
        c.environment = plain_environment();
        Recorder recorder(store, heard);
        store::RunRecord record;
        record.run.plan = "p";
        recorder.begin_run(record);
        run = record.run.id;
        recorder.begin_step(core::Step::create);
        auto result = run_borg(c, silence, repository, recorder, interrupts);
        recorder.end_run(record);
        return result;
    }
    [[nodiscard]] std::string log() { return (*store.run(run))->log_tail; }
};

std::string say(const std::string& level, const std::string& message, const std::string& id = "") {
    return "printf '%s\\n' '{\"type\": \"log_message\", \"message\": \"" + message + "\", \"levelname\": \"" +
           level + "\", \"msgid\": \"" + id + "\"}' >&2\n";
}

std::string reason(const BorgResult& r) {
    return r.error ? r.error->text() : "no error";
}

bool has(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a Borg that ends with 0 is no error, and its stdout is kept") {
    FakeBorg borg;
    const auto r = borg("echo '{\"archive\": 1}'; exit 0");
    CHECK_FALSE(r.error);
    CHECK(r.out == "{\"archive\": 1}\n");
    CHECK(r.exit_code == 0);
    CHECK(r.warnings == 0);
}

TEST_CASE("ending with 0 without a word names no archive") {
    FakeBorg borg;
    for (const auto* script : {"exit 0", "echo done", "printf '{\"archive\": {\"name\": \"p-1\", \"id\": \"'",
                               "head -c 10000000 /dev/zero"}) {
        INFO(script);
        const auto r = borg(script);
        CHECK_FALSE(r.error);
        CHECK_FALSE(parse_created(r.out));
        CHECK(r.out.size() <= 1024 * 1024);
    }
}

TEST_CASE("garbage, half a line and a line of 10 MB cost nothing and are kept in the log") {
    FakeBorg borg;
    const auto r = borg(
        "echo 'plain \033[31mwords' >&2; head -c 10000000 /dev/zero | tr '\\0' 'x' >&2; echo >&2; "
        "head -c 5000 /dev/urandom >&2; echo >&2; printf '{\"type\": \"log_mess' >&2; exit 0");
    CHECK_FALSE(r.error);
    has(borg.log(), "plain \\x1b[31mwords");
    has(borg.log(), "{\"type\": \"log_mess");
    CHECK(borg.log().size() < 70'000);
    CHECK(borg.log().find('\033') == std::string::npos);
}

TEST_CASE("every code from 100 to 127, and 1, is a warning that leaves one behind") {
    FakeBorg borg;
    for (const int code : {1, 100, 101, 106, 110, 126, 127}) {
        INFO(code);
        const auto r = borg("exit " + std::to_string(code));
        CHECK_FALSE(r.error);
        CHECK(r.exit_code == code);
        REQUIRE(r.warnings == 1);
        has(borg.heard.warnings.back(), "exit code " + std::to_string(code));
        CHECK(borg.store.warnings(borg.run)->size() == 1);
    }
}

TEST_CASE("a warning is kept with its path and its text, and counted once") {
    FakeBorg borg;
    const auto r = borg(say("WARNING", "/home/x: open: [Errno 13] Permission denied") + "exit 1");
    CHECK_FALSE(r.error);
    CHECK(r.warnings == 1);
    const auto kept = *borg.store.warnings(borg.run);
    REQUIRE(kept.size() == 1);
    CHECK(kept[0] == store::Warning{"/home/x", "/home/x: open: [Errno 13] Permission denied"});
}

TEST_CASE("a warning with an exit code of 0 is kept too") {
    FakeBorg borg;
    const auto r = borg(say("WARNING", "odd") + "exit 0");
    CHECK_FALSE(r.error);
    CHECK(r.warnings == 1);
}

TEST_CASE("a warning with a file name that is not UTF-8 is a warning") {
    FakeBorg borg;
    const auto r = borg(say("WARNING", "/home/n\\udcffx: open: [Errno 13]") + "exit 0");
    CHECK(r.warnings == 1);
}

TEST_CASE("an error ends the step, whatever the exit code says") {
    FakeBorg borg;
    for (const auto* code : {"0", "1", "2", "100"}) {
        INFO(code);
        const auto r =
            borg(say("ERROR", "Repository /x does not exist.", "Repository.DoesNotExist") + "exit " + code);
        REQUIRE(r.error);
        has(reason(r), "the repository is not there");
    }
}

TEST_CASE("an error code without a word is an error") {
    FakeBorg borg;
    for (const int code : {2, 3, 14, 72, 73, 99, 128, 130, 143, 200, 255}) {
        const auto r = borg("exit " + std::to_string(code));
        INFO(code);
        CHECK(r.error);
        CHECK(r.exit_code == code);
    }
}

TEST_CASE("plain words before an error code are its reason: argument errors are no JSON") {
    FakeBorg borg;
    has(reason(borg("echo 'borg: error: unrecognized arguments: --x' >&2; exit 2")),
        "unrecognized arguments: --x");
}

TEST_CASE("a trace after \"Local Exception\" says what happened") {
    FakeBorg borg;
    const auto traced = [&](const std::string& exception) {
        return borg(
            say("ERROR", "Local Exception", "Exception") +
            say("ERROR",
                "Traceback (most recent call last):\\n  File \\\"x.py\\\", line 1, in put\\n    write()\\n" +
                    exception + "\\n\\nPlatform: Linux vm\\nPID: 1  CWD: /") +
            "exit 2");
    };
    const auto full = traced("OSError: [Errno 28] No space left on device");
    has(reason(full), "the target is full");
    has(reason(full), "OSError: [Errno 28]");
    const auto broken = traced("OSError: [Errno 5] Input/output error: \\\"/mnt/backup/john/data/0/1\\\"");
    has(reason(broken), "cannot be read or written");
    CHECK(broken.error->code == ErrorCode::io);
    has(reason(traced("borg.helpers.SomethingNew: odd")), "SomethingNew: odd");
    has(borg.log(), "SomethingNew: odd");
}

TEST_CASE("of chained exceptions the last one counts, however long the trace is") {
    FakeBorg borg;
    std::string frames;
    for (int i = 0; i < 150; ++i)
        frames += "  File \\\"/usr/lib/python3/borg/archive.py\\\", line 1, in f\\n    f()\\n";
    const auto r =
        borg(say("ERROR", "Local Exception", "Exception") +
             say("ERROR", "Traceback (most recent call last):\\n" + frames +
                              "ValueError: first\\n\\nDuring handling of the above exception, another "
                              "exception occurred:\\n\\n"
                              "Traceback (most recent call last):\\n" +
                              frames + "OSError: [Errno 30] Read-only file system\\n\\nPlatform: x") +
             "exit 2");
    has(reason(r), "filesystem is read-only");
    has(borg.log(), "OSError: [Errno 30]");
}

TEST_CASE("Python that fails by itself ends with 1, and that is no warning") {
    FakeBorg borg;
    const auto r = borg(
        "echo 'Traceback (most recent call last):' >&2; echo '  File \"/usr/bin/borg\", line 3' >&2; "
        "echo \"ModuleNotFoundError: No module named 'borg'\" >&2; exit 1");
    REQUIRE(r.error);
    has(reason(r), "No module named 'borg'");
}

TEST_CASE("a warning about a path inside the repository is an error") {
    FakeBorg borg;
    for (const auto* message :
         {"/mnt/backup/john/data/0/7: write: [Errno 5] Input/output error",
          "/mnt/backup/john: stat: [Errno 5]",
          "/home/x: read: [Errno 5] Input/output error: \\u0027/mnt/backup/john/data/0/7\\u0027"}) {
        INFO(message);
        const auto r = borg(say("WARNING", message) + "exit 1");
        REQUIRE(r.error);
        has(reason(r), "called it a warning");
        CHECK(r.error->code == ErrorCode::io);
    }
}

TEST_CASE("reading a file that ends for want of room on the target is an error") {
    FakeBorg borg;
    for (const auto* message : {"/home/x: read: [Errno 28] No space left on device",
                                "/home/x: read: [Errno 122] Disk quota exceeded",
                                "/home/x: read: [Errno 30] Read-only file system"}) {
        INFO(message);
        CHECK(borg(say("WARNING", message) + "exit 1").error);
    }
}

TEST_CASE("a full disk is named, though Borg then calls its own half segment damaged") {
    FakeBorg borg;
    for (const auto* code : {"2", "90"}) {
        const auto r = borg(
            say("WARNING", "/home/big: read: [Errno 28] No space left on device") +
            say("ERROR", "Data integrity error: Invalid segment entry size - too big", "IntegrityError") +
            "exit " + code);
        CHECK(has(reason(r), "the target is full"));
        CHECK(reason(r).find("do not repair") == std::string::npos);
    }
}

TEST_CASE("a warning about a path that only looks like the repository's is one") {
    FakeBorg borg;
    for (const auto* message : {"/mnt/backup/johnny/x: open: [Errno 13]", "/mnt/backup: x",
                                "/home/mnt/backup/john/x: read: [Errno 5] e"}) {
        INFO(message);
        const auto r = borg(say("WARNING", message) + "exit 1");
        CHECK_FALSE(r.error);
        CHECK(r.warnings == 1);
    }
}

TEST_CASE("a Borg killed by a signal is an error that names it") {
    FakeBorg borg;
    for (const int signal : {SIGKILL, SIGSEGV, SIGTERM}) {
        const auto r = borg("kill -" + std::to_string(signal) + " $$");
        CHECK(r.exit_code == 128 + signal);
        has(reason(r), "signal " + std::to_string(signal));
    }
}

TEST_CASE("a Borg that says nothing is stopped") {
    FakeBorg borg;
    const auto r = borg("exec sleep 1000", 1s);
    REQUIRE(r.error);
    CHECK(r.error->code == ErrorCode::timeout);
    has(reason(r), "said nothing for 1 s");
}

TEST_CASE("a Borg that is stopped from outside is cancelled, even when it ends with 0") {
    FakeBorg borg;
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    REQUIRE(::write(ends[1], "!", 1) == 1);
    const Interrupt stop{ends[0], [&]() -> std::optional<Error> {
                             return Error{ErrorCode::cancelled, "stopped", "by the test", ""};
                         }};
    const auto r = borg("trap 'exit 0' INT TERM; while :; do sleep 0.01; done", 20s, {stop});
    ::close(ends[0]);
    ::close(ends[1]);
    REQUIRE(r.error);
    CHECK(r.error->code == ErrorCode::cancelled);
}

TEST_CASE("a Borg that is not there is an error") {
    auto store = store::Store::empty_in_memory();
    Heard heard;
    Recorder recorder(store, heard);
    Command c;
    c.argv = {"/nowhere/borg"};
    const auto r = run_borg(c, 1s, repository, recorder, {});
    REQUIRE(r.error);
    CHECK(r.error->code == ErrorCode::absent);
}

TEST_CASE("a question is a warning that says that nobody was there") {
    FakeBorg borg;
    const auto r = borg(
        "echo '{\"type\": \"question_prompt\", \"message\": \"Do you want?\", \"msgid\": \"X\"}' >&2; exit "
        "0");
    CHECK(r.warnings == 1);
    has(borg.heard.warnings.back(), "Do you want?");
}

TEST_CASE("progress reaches the listener and the store") {
    FakeBorg borg;
    (void)borg(
        "echo '{\"type\": \"archive_progress\", \"original_size\": 5, \"nfiles\": 2, \"path\": \"home/x\"}' "
        ">&2; exit 0");
    REQUIRE(borg.heard.progressed.size() == 1);
    CHECK(borg.heard.progressed[0].so_far.original == 5);
    CHECK(borg.heard.progressed[0].path == "home/x");
}
