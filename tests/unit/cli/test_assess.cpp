/// guardian smart assess, on files that are none and on what would not be fit for a terminal.

#include <unistd.h>

#include <fstream>

#include "captured.hpp"
#include "cli/verbs.hpp"
#include "support/catch.hpp"
#include "support/folder.hpp"

using namespace guardian;
using namespace guardian::test;

namespace {

struct Answer {
    int code = 0;
    std::string out, err;
};

Answer assess(const std::string& file, bool ndjson = false) {
    Captured out{STDOUT_FILENO}, err{STDERR_FILENO};
    const int code = cli::smart_assess({}, {file, ndjson, !ndjson});
    return {code, out.text(), err.text()};
}

}  // namespace

TEST_CASE("assess: a folder, and a file that is not there, are said to be that") {
    Folder folder;
    for (const bool ndjson : {false, true}) {
        const auto a = assess(folder.path(), ndjson);
        INFO(a.err);
        CHECK(a.code != cli::ok);
        CHECK(a.out.empty());
        CHECK(a.err.find("Is a directory") != std::string::npos);
    }
    CHECK(assess(folder.path() + "/none").err.find("No such file") != std::string::npos);
}

TEST_CASE("assess: what a drive calls itself does nothing to a terminal") {
    Folder folder;
    const auto file = folder.path() + "/report.json";
    std::ofstream(file) << "{\"serial_number\":\"A\xC2\x9B\xE2\x80\xAE\xE2\x80\x8B\x7F\",\"smart_status\":{"
                           "\"passed\":false}}";
    const auto a = assess(file);
    CHECK(a.code == cli::ok);
    CHECK(a.out.starts_with(R"({"drive":"A\u009b\u202e\u200b\u007f","verdict":"failing")"));
}
