/// Borg's words: real ones, recorded from Borg 1.2.4 and 1.4.0, and hostile ones.

#include "backup/borg_log.hpp"
#include "sample.hpp"

using namespace guardian;
using namespace guardian::backup;

namespace {

template <class T>
T parsed(const std::string& line) {
    const auto said = parse_log_line(line, false);
    INFO(line.substr(0, 200));
    REQUIRE(std::holds_alternative<T>(said));
    return std::get<T>(said);
}

bool is_garbage(const std::string& line, bool cut = false) {
    return std::holds_alternative<Garbage>(parse_log_line(line, cut));
}

/// As `borg create --json` of 1.2.4 printed it.
const std::string created = R"({
    "archive": {
        "command_line": ["/usr/bin/borg", "create", "--json", "--log-json", "repo::system-{now}", "/src"],
        "duration": 0.026, "end": "2026-11-23T01:02:29.000000",
        "id": "6a9e6a65e1b1e1f7b1f0ef5de29bdc8b45a9ab5b8cb9b46f6b4f6b8a8e1d2c3f",
        "limits": {"max_archive_size": 0.00031},
        "name": "system-2026-11-23T01:02:29", "start": "2026-11-23T01:02:29.000000",
        "stats": {"compressed_size": 302012, "deduplicated_size": 301999, "nfiles": 3, "original_size": 300002}
    },
    "cache": {"path": "/base/.cache/borg/f00", "stats": {"total_chunks": 5, "total_csize": 1, "total_size": 1,
        "total_unique_chunks": 5, "unique_csize": 1, "unique_size": 1}},
    "encryption": {"mode": "none"},
    "repository": {"id": "b6c9b0b2ff3e0e5c2cc3ac6a2b9ec1d8a1f7b9d2a3e4c5f60718293a4b5c6d7e",
        "last_modified": "2026-11-23T01:02:29.000000", "location": "/mnt/backup/repo"}
}
)";

}  // namespace

TEST_CASE("progress of an archive") {
    const auto p = parsed<ArchiveProgress>(
        R"({"original_size": 300001, "compressed_size": 301000, "deduplicated_size": 300500, "nfiles": 2, )"
        R"("path": "tmp/src/a", "time": 1795396149.4716976, "type": "archive_progress", "finished": false})");
    CHECK(p.so_far == store::Statistics{300001, 301000, 300500, 2});
    CHECK(p.path == "tmp/src/a");
    CHECK_FALSE(p.finished);
    const auto last =
        parsed<ArchiveProgress>(R"({"time": 1795396149.48, "type": "archive_progress", "finished": true})");
    CHECK(last.finished);
    CHECK(last.so_far == store::Statistics{});
}

TEST_CASE("progress in percent, and without") {
    const auto p = parsed<PercentProgress>(
        R"({"operation": 2, "msgid": "repository.compact_segments", "type": "progress_percent", "finished": false, )"
        R"("message": "Compacting segments  67%", "current": 2, "total": 3, "info": null, "time": 1.5})");
    CHECK(p.operation == "repository.compact_segments");
    CHECK(p.percent == 66);
    const auto m = parsed<PercentProgress>(
        R"({"message": "Initializing cache transaction: Reading config", "operation": 1, )"
        R"("msgid": "cache.begin_transaction", "type": "progress_message", "finished": false, "time": 1795396149.4})");
    CHECK(m.operation == "cache.begin_transaction");
    CHECK(m.percent == -1);
    CHECK(parsed<PercentProgress>(
              R"({"operation": 1, "msgid": "x", "type": "progress_percent", "finished": true})")
              .finished);
}

TEST_CASE("messages carry their level and id") {
    const auto e = parsed<Message>(
        R"({"type": "log_message", "time": 1795396150.3, "message": "Repository /x does not exist.", )"
        R"("levelname": "ERROR", "name": "borg.archiver", "msgid": "Repository.DoesNotExist"})");
    CHECK(e.level == Level::error);
    CHECK(e.id == "Repository.DoesNotExist");
    CHECK(e.text == "Repository /x does not exist.");
    const auto level = [](const std::string& name) {
        return parsed<Message>(R"({"type": "log_message", "message": "m", "levelname": ")" + name + "\"}")
            .level;
    };
    CHECK(level("DEBUG") == Level::debug);
    CHECK(level("INFO") == Level::info);
    CHECK(level("WARNING") == Level::warning);
    CHECK(level("CRITICAL") == Level::error);
    CHECK(level("UNHEARD_OF") == Level::error);
    CHECK(level("") == Level::error);
}

TEST_CASE("questions and file states") {
    const auto q = parsed<Question>(
        R"({"type": "question_prompt", "msgid": "BORG_RELOCATED_REPO_ACCESS_IS_OK", "message": "Do you want?"})");
    CHECK(q.id == "BORG_RELOCATED_REPO_ACCESS_IS_OK");
    CHECK(parsed<Message>(R"({"type": "file_status", "status": "A", "path": "home/x"})").level ==
          Level::debug);
}

TEST_CASE("a file name that is not UTF-8 does not cost the line it is in") {
    const auto m = parsed<Message>(
        R"({"type": "log_message", "message": "/home/n\udcffx: open: [Errno 13] Permission denied: 'n\\udcffx'", )"
        R"("levelname": "WARNING", "name": "borg.archiver"})");
    CHECK(m.level == Level::warning);
    CHECK(m.text == "/home/n\xEF\xBF\xBDx: open: [Errno 13] Permission denied: 'n\\udcffx'");
    CHECK(
        parsed<ArchiveProgress>(R"({"type": "archive_progress", "path": "\ud83d\ude00\udc80\ud800"})").path ==
        "\xF0\x9F\x98\x80\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(parsed<ArchiveProgress>(R"({"type": "archive_progress", "path": "\\\udcff\u00e4"})").path ==
          "\\\xEF\xBF\xBD\xC3\xA4");
    CHECK(is_garbage(R"({"type": "archive_progress", "path": "\ud8)"));
    CHECK(is_garbage(R"({"type": "archive_progress", "path": "\ud80g"})"));
    CHECK(is_garbage(R"({"type": "archive_progress", "path": "\)"));
}

TEST_CASE("what is not a line of Borg's is garbage, and keeps its words") {
    for (const auto* line :
         {"", "borg: error: unrecognized arguments: --x", "Traceback (most recent call last):", "{", "}",
          "[]", "null", "{}", "{\"type\": 7}", "{\"type\": \"new_kind\"}", "{\"type\": \"archive_progress\"",
          "{\"a\": NaN}", "{\"a\": Infinity}", "{\"a\": 1} trailing", "\xff\xfe", "{\"a\": \"\xff\"}",
          "{'type': 'log_message'}"}) {
        INFO(line);
        CHECK(is_garbage(line));
    }
    CHECK(std::get<Garbage>(parse_log_line("plain words", false)).text == "plain words");
    CHECK(is_garbage(std::string("{\"type\": \"log_message\", \"message\": \"a\0b\"}", 42)));
}

TEST_CASE("a line that was cut is garbage, even when what is there is JSON") {
    CHECK(is_garbage(R"({"type": "log_message", "message": "m", "levelname": "INFO"})", true));
}

TEST_CASE("huge lines and deep nesting are garbage and cost nothing") {
    CHECK(is_garbage(std::string(10'000'000, 'x')));
    CHECK(is_garbage(std::string(10'000'000, '{')));
    CHECK(is_garbage(R"({"type": "log_message", "x": )" + std::string(100'000, '[') +
                     std::string(100'000, ']') + "}"));
    CHECK(std::get<Garbage>(parse_log_line(std::string(10'000'000, 'x'), false)).text.size() == 1024);
    CHECK(parsed<ArchiveProgress>(R"({"type": "archive_progress", "path": ")" + std::string(9'000'000, 'p') +
                                  "\"}")
              .path.size() == 4096);
}

TEST_CASE("numbers out of range become harmless ones") {
    const auto so_far = [](const std::string& number) {
        return parsed<ArchiveProgress>(R"({"type": "archive_progress", "original_size": )" + number + "}")
            .so_far.original;
    };
    CHECK(so_far("-1") == 0);
    CHECK(so_far("18446744073709551615") == UINT64_MAX);
    CHECK(so_far("1e300") == 0);
    CHECK(so_far("\"7\"") == 0);
    CHECK(so_far("null") == 0);
    CHECK(so_far("[1]") == 0);
    const auto percent = [](const std::string& current, const std::string& total) {
        return parsed<PercentProgress>(R"({"type": "progress_percent", "current": )" + current +
                                       ", \"total\": " + total + "}")
            .percent;
    };
    CHECK(percent("1", "0") == -1);
    CHECK(percent("1", "-5") == -1);
    CHECK(percent("1e308", "1e-308") == 100);
    CHECK(percent("-9223372036854775808", "1") == 0);
    CHECK(percent("18446744073709551615", "18446744073709551615") == 100);
    CHECK(percent("\"1\"", "\"2\"") == -1);
    CHECK(percent("1", "1e999") == -1);
}

TEST_CASE("of duplicate keys one is taken, and none is trusted twice") {
    const auto said =
        parse_log_line(R"({"type": "archive_progress", "type": "log_message", "message": "m"})", false);
    CHECK((std::holds_alternative<Message>(said) || std::holds_alternative<ArchiveProgress>(said)));
}

TEST_CASE("the path that a warning begins with") {
    CHECK(path_of_warning("/home/x: open: [Errno 13] Permission denied: 'x'") == "/home/x");
    CHECK(path_of_warning("/home/x") == "");
    CHECK(path_of_warning("file changed: /home/x") == "");
    CHECK(path_of_warning("") == "");
}

TEST_CASE("an id is 64 small hexadecimal digits") {
    CHECK(is_borg_id(std::string(64, 'a')));
    CHECK_FALSE(is_borg_id(std::string(64, 'A')));
    CHECK_FALSE(is_borg_id(std::string(63, 'a')));
    CHECK_FALSE(is_borg_id(std::string(65, 'a')));
    CHECK_FALSE(is_borg_id(std::string(63, 'a') + "g"));
    CHECK_FALSE(is_borg_id(""));
}

TEST_CASE("the archive that was made") {
    const auto c = parse_created(created);
    REQUIRE(c);
    CHECK(c->archive == "system-2026-11-23T01:02:29");
    CHECK(c->archive_id == "6a9e6a65e1b1e1f7b1f0ef5de29bdc8b45a9ab5b8cb9b46f6b4f6b8a8e1d2c3f");
    CHECK(c->repository_id == "b6c9b0b2ff3e0e5c2cc3ac6a2b9ec1d8a1f7b9d2a3e4c5f60718293a4b5c6d7e");
    CHECK(c->statistics == store::Statistics{300002, 302012, 301999, 3});
}

TEST_CASE("an answer cut short at any byte names no archive") {
    const auto last = created.rfind('}');
    for (std::size_t size = 0; size <= last; ++size) {
        INFO(size);
        CHECK_FALSE(parse_created(std::string_view(created).substr(0, size)));
    }
}

TEST_CASE("an answer with anything missing or odd names no archive") {
    const auto without = [](const std::string& from, const std::string& to) {
        auto text = created;
        const auto at = text.find(from);
        REQUIRE(at != std::string::npos);
        return parse_created(text.replace(at, from.size(), to));
    };
    CHECK_FALSE(without("\"archive\"", "\"archives\""));
    CHECK_FALSE(without("\"repository\"", "\"repo\""));
    CHECK_FALSE(without("6a9e6a", "6A9E6A"));
    CHECK_FALSE(without("6a9e6a", ""));
    CHECK_FALSE(without("b6c9b0", "../../"));
    CHECK_FALSE(without("system-2026-11-23T01:02:29", ""));
    CHECK_FALSE(without("\"name\"", "\"nom\""));
    CHECK_FALSE(parse_created(""));
    CHECK_FALSE(parse_created(" \n"));
    CHECK_FALSE(parse_created("null"));
    CHECK_FALSE(parse_created(created + created));
    CHECK_FALSE(parse_created("warning\n" + created));
    CHECK_FALSE(parse_created(std::string(5'000'000, '[')));
    CHECK(parse_created("").error().remedy.find("not counted") != std::string::npos);
}

TEST_CASE("an answer without figures still names the archive") {
    auto text = created;
    text.replace(text.find("\"stats\""), 7, "\"spats\"");
    const auto c = parse_created(text);
    REQUIRE(c);
    CHECK(c->statistics == store::Statistics{});
}

TEST_CASE("the encryption's mode in borg info") {
    CHECK(encryption_in(R"({"encryption": {"mode": "repokey-blake2"}, "archives": []})") == "repokey-blake2");
    for (const auto* text : {"", "[]", "{", "{\"encryption\": \"none\"}", "{\"encryption\": {\"mode\": 5}}"})
        CHECK(encryption_in(text).empty());
}
