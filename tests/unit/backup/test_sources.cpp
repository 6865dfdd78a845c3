/// Sources of which Borg would save less than they seem.

#include <sys/stat.h>

#include <filesystem>

#include "backup/sources.hpp"
#include "sample.hpp"

using namespace guardian;
using namespace guardian::backup;
using namespace guardian::test;

namespace {

std::string why(const std::vector<std::string>& paths) {
    core::JobSpec job;
    job.paths = paths;
    return why_not_saved(job, paths.front());
}

bool says(const std::string& text, const std::string& words) {
    INFO(text);
    return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a folder and a file can be saved, what is not there cannot") {
    const Folder folder;
    folder.write("file", "x");
    CHECK(why({folder.path()}).empty());
    CHECK(why({folder / "file"}).empty());
    CHECK(says(why({folder / "none"}), "is missing"));
    CHECK(says(why({folder / "file/none"}), "is missing"));
}

TEST_CASE("of a link Borg saves only the link, which is right where its destination is saved too") {
    const Folder folder;
    std::filesystem::create_directories(folder / "usr/bin");
    std::filesystem::create_directories(folder / "usr2/bin");
    std::filesystem::create_symlink("usr/bin", folder / "bin");
    std::filesystem::create_symlink("usr2/bin", folder / "bin2");
    std::filesystem::create_symlink("nothing", folder / "dangling");
    CHECK(says(why({folder / "bin"}), "write " + (folder / "usr/bin") + " in its place"));
    CHECK(why({folder / "bin", folder / "usr"}).empty());
    CHECK(why({folder / "bin", folder / "usr/bin"}).empty());
    CHECK(why({folder / "bin", folder.path()}).empty());
    CHECK(says(why({folder / "bin2", folder / "usr"}), "symbolic link"));
    CHECK(says(why({folder / "dangling", folder.path()}), "to nothing"));
}

TEST_CASE("a source that the job itself leaves out is not saved") {
    const Folder folder;
    folder.write("cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
    folder.write("odd/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f0688680");
    std::filesystem::create_directory(folder / "fifo");
    REQUIRE(::mkfifo((folder / "fifo/CACHEDIR.TAG").c_str(), 0600) == 0);
    core::JobSpec j;
    j.exclude_caches = true;
    CHECK(why_not_saved(j, folder / "cache").find("holds a CACHEDIR.TAG") != std::string::npos);
    CHECK(why_not_saved(j, folder / "odd").empty());
    CHECK(why_not_saved(j, folder / "fifo").empty());  // and nobody waits for what never comes
    CHECK(why_not_saved(j, folder / "fifo/CACHEDIR.TAG").find("neither a file nor a folder") !=
          std::string::npos);
    j.exclude_caches = false;
    CHECK(why_not_saved(j, folder / "cache").empty());
    j.exclude = {folder / "c*"};
    CHECK(why_not_saved(j, folder / "cache").find("left out by the exclude pattern") != std::string::npos);
    CHECK(why_not_saved(j, folder / "odd").empty());
}
