// Files that nobody writes by accident, and those that cannot be read.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "config/dots.hpp"
#include "sample.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::config;
using sample::load;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

class Folder {
  public:
    Folder() {
        char pattern[] = "/tmp/guardian-config-XXXXXX";
        path_ = ::mkdtemp(pattern);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
    std::string write(const std::string& name, const std::string& content) const {
        std::ofstream(file(name), std::ios::binary) << content;
        return file(name);
    }

  private:
    std::string path_;
};

std::string repeated(std::string_view part, std::size_t bytes) {
    std::string out;
    while (out.size() + part.size() <= bytes) out += part;
    return out;
}

void check_unreadable(const std::string& path, const std::string& words) {
    const auto loaded = load_file(path);
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].line == 0);
    CHECK(loaded.problems[0].file == path);
    CHECK(loaded.problems[0].text().find(path + ": the file cannot be read: ") == 0);
    CHECK(loaded.problems[0].text().find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("a file that can be read") {
    const Folder folder;
    CHECK(load_file(folder.write("ok.toml", sample::text())).ok());
    auto large = sample::text();
    large += "#" + std::string(mebibyte - large.size() - 1, 'x');
    CHECK(load_file(folder.write("large.toml", large)).ok());
    check_unreadable(folder.write("too-large.toml", large + "x"), "larger than 1 MiB");
}

TEST_CASE("a missing file, a folder, an endless device") {
    const Folder folder;
    check_unreadable(folder.file("none.toml"), "No such file");
    check_unreadable(folder.file(""), "not a plain file");
    check_unreadable("/dev/zero", "not a plain file");
}

TEST_CASE("a pipe is refused without waiting for its writer") {
    const Folder folder;
    const auto path = folder.file("pipe");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    check_unreadable(path, "not a plain file");
    // And with a writer that writes nothing.
    const Fd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK));
    const Fd writer(::open(path.c_str(), O_WRONLY | O_NONBLOCK));
    REQUIRE(writer.valid());
    check_unreadable(path, "not a plain file");
}

TEST_CASE("a file without permission") {
    if (::geteuid() == 0) return;  // root reads everything
    const Folder folder;
    const auto path = folder.write("secret.toml", sample::text());
    REQUIRE(::chmod(path.c_str(), 0) == 0);
    check_unreadable(path, "Permission denied");
}

TEST_CASE("a file name is shown without its control characters") {
    const auto loaded = load_file("/nowhere/\x1b[31mred");
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].text().find("/nowhere/\\x1b[31mred: ") == 0);
}

TEST_CASE("bytes that are no text") {
    using namespace std::string_literals;
    for (const auto& bad : {"\xff\xfe"s, "\0"s, "\xc3\x28"s, "\xed\xa0\x80"s, "\x1b[2J"s, "name = \"\x01\""s,
                            "\xf5\x80\x80\x80"s})
        for (const auto& toml : {bad, "[guardian]\nname = \"" + bad + "\"\n", sample::text() + bad}) {
            const auto loaded = load(toml);
            CHECK_FALSE(loaded.ok());
            for (const auto& p : loaded.problems) CHECK(printable(p.text(), mebibyte) == p.text());
        }
}

TEST_CASE("text that would reorder a terminal's line is escaped in messages") {
    for (const auto* line : {"stale_after = \"\u202E5h\"", "\"\u202Ekey\" = 1", "repository = \"/\u202E\""}) {
        auto toml = sample::with_line(19, line);
        if (std::string_view(line).starts_with("repository")) toml = sample::with_line(17, line);
        const auto loaded = load(toml);
        REQUIRE(loaded.problems.size() == 1);
        CHECK(loaded.problems[0].text().find("\\xe2\\x80\\xae") != std::string::npos);
        CHECK(printable(loaded.problems[0].text(), mebibyte) == loaded.problems[0].text());
    }
}

TEST_CASE("a mebibyte of brackets") {
    for (const auto* bracket : {"[", "{", "[[", "{a=", "]", "\"", "'", "\\"}) {
        CHECK_FALSE(load(repeated(bracket, mebibyte)).ok());
        CHECK_FALSE(load("a = " + repeated(bracket, mebibyte)).ok());
    }
    CHECK_FALSE(load("a = " + std::string(200, '[') + std::string(200, ']')).ok());
}

TEST_CASE("a key of half a million parts does not overflow the stack") {
    const auto deep = repeated("a.", mebibyte - 20);
    for (const auto& toml :
         {deep + "a = 1", "[" + deep + "a]", "[[" + deep + "a]]", "x = { " + deep + "a = 1 }",
          "\n\n" + repeated("\"a\" . ", mebibyte) + "a = 1", repeated("'a'.", mebibyte) + "a = 1"}) {
        const auto loaded = load(toml);
        REQUIRE(loaded.problems.size() == 1);
        CHECK(loaded.problems[0].text().find("more than 16 dots") != std::string::npos);
    }
}

TEST_CASE("the guard against dots looks only at keys") {
    const auto dots = std::string(100, '.');
    CHECK(line_of_too_many_dots("a = \"" + dots + "\"") == 0);
    CHECK(line_of_too_many_dots("a = '" + dots + "'") == 0);
    CHECK(line_of_too_many_dots("a = \"\\\"" + dots + "\"") == 0);
    CHECK(line_of_too_many_dots("a = \"\"\"\n" + dots + "\\\"\"\" " + dots + "\"\"\"\"\"\n# " + dots) == 0);
    CHECK(line_of_too_many_dots("a = '''\n" + dots + "'' " + dots + "\n'''") == 0);
    CHECK(line_of_too_many_dots("a = [ 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, "
                                "1.5, 1.5, 1.5, 1.5 ]") == 0);
    CHECK(line_of_too_many_dots("a = \"\"\nb" + dots) == 2);
    CHECK(line_of_too_many_dots("a = '\\'\nb" + dots) == 2);
    CHECK(line_of_too_many_dots("a = \"\"\"x\"\"\"\"\"\n" + dots) == 2);
    CHECK(line_of_too_many_dots("a = { x = \"\"\"x\"\"\"\", b" + dots) == 1);
    CHECK(line_of_too_many_dots("# it's\n\n" + dots) == 3);
    CHECK(line_of_too_many_dots("a." + repeated("b.", 30) + "c = 1") == 0);
    CHECK(line_of_too_many_dots("a." + repeated("b.", 32) + "c = 1") == 1);
}

TEST_CASE("a hundred thousand mistakes are counted, not kept") {
    std::string toml;
    for (int i = 0; i < 60'000; ++i) toml += "key" + std::to_string(i) + " = 1\n";
    for (const auto& text : {toml, "[guardian]\n" + toml}) {
        const auto loaded = load(text);
        REQUIRE(loaded.problems.size() == 1001);
        CHECK(loaded.problems.back().text().find("more problems are not shown") != std::string::npos);
    }
}

TEST_CASE("a long value is cut in its message") {
    const auto loaded = load(sample::with_line(2, "name = \"" + std::string(100'000, 'x') + "\""));
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].text().size() < 400);
    const auto key = load(sample::with_line(2, std::string(100'000, 'x') + " = 1"));
    REQUIRE(key.problems.size() == 1);
    CHECK(key.problems[0].text().size() < 400);
}

TEST_CASE("Windows line ends and a byte order mark are taken") {
    auto toml = join(split_lines(sample::text()), "\r\n");
    CHECK(load("\xEF\xBB\xBF" + toml).ok());
    CHECK(sample::has_problem(load(toml + "\r\nx = 1\r\n"), 21, "plan.main.x", "not a known key"));
}
