/// What was in the last backup and is not there now.

#include <filesystem>

#include "backup/places.hpp"
#include "sample.hpp"

using namespace guardian;
using namespace guardian::backup;
using namespace guardian::test;
using store::Place;

namespace {

core::Config config() {
    core::Config c;
    core::TargetSpec t;
    t.mount = "/mnt/backup";
    c.targets = {t};
    return c;
}

core::JobSpec job(const std::vector<std::string>& paths, const std::vector<std::string>& exclude = {}) {
    core::JobSpec j;
    j.paths = paths;
    j.exclude = exclude;
    return j;
}

core::Mount mount(const std::string& point, const std::string& source = "/dev/sda3",
                  const std::string& type = "ext4") {
    core::Mount m;
    m.point = point;
    m.source = source;
    m.fstype = type;
    return m;
}

std::set<Place> mounted(const core::JobSpec& j, const std::vector<core::Mount>& mounts) {
    auto all = places_of(config(), j, mounts, {});
    std::erase_if(all, [](const Place& p) { return !p.mounted; });
    return all;
}

}  // namespace

TEST_CASE("sources that are not empty are places") {
    const Folder folder;
    std::filesystem::create_directory(folder / "empty");
    folder.write("full/file", "x");
    folder.write("file", "x");
    const auto found =
        places_of({}, job({folder / "empty", folder / "full", folder / "file", folder / "missing"}), {}, {});
    CHECK(found == std::set<Place>{{folder / "full", false}, {folder / "file", false}});
}

TEST_CASE("filesystems with files that are mounted within the sources are places") {
    const std::vector<core::Mount> mounts{mount("/", "/dev/sda1"),
                                          mount("/home"),
                                          mount("/homework"),
                                          mount("/home/john/nas", "//nas/john", "cifs"),
                                          mount("/home/john/auto", "systemd-1", "autofs"),
                                          mount("/home/john/run", "tmpfs", "tmpfs"),
                                          mount("/home/john/snap", "/dev/loop7", "squashfs"),
                                          mount("/home/cache/x")};
    CHECK(
        mounted(job({"/home"}, {"/home/cache"}), mounts) ==
        std::set<Place>{{"/home", true}, {"/home/john/auto", true}, {"/home/john/nas", true, "//nas/john"}});
    CHECK(mounted(job({"/"}, {"/home/cache", "/homework"}), mounts).size() == 3);
    CHECK(mounted(job({"/"}, {"/home/*"}), mounts) == std::set<Place>{{"/home", true}, {"/homework", true}});
    auto one = job({"/", "/home"});
    one.one_file_system = true;
    CHECK(mounted(one, mounts) == std::set<Place>{{"/home", true}});
    CHECK(mounted(job({"/mnt"}), {mount("/mnt/backup"), mount("/mnt/backup/deep")}).empty());
}

TEST_CASE("what was there and is not is lost, unless it is not to be saved any more") {
    const auto j = job({"/home", "/srv"});
    const std::set<Place> before{
        {"/home", false}, {"/home", true}, {"/srv", false}, {"/opt", false}, {"/opt", true}};
    CHECK(lost_places(j, before, before).empty());
    CHECK(lost_places(j, {}, before).empty());
    const auto lost = lost_places(j, before, {{"/srv", false}});
    REQUIRE(lost.size() == 2);
    CHECK(lost[0] == "the source /home is empty, and was not at the last backup");
    CHECK(lost[1] == "/home was mounted at the last backup and is not now");
    CHECK(lost_places(job({"/home"}, {"/home/x"}), {{"/home/x", true}}, {}).empty());
}

TEST_CASE("a filesystem is known by its UUID, or by where it comes from; the one on top counts") {
    core::Device disk;
    disk.node = "/dev/sdb1";
    disk.uuid = "UUID-A";
    const auto on_home = [&](const std::vector<core::Mount>& mounts) {
        const auto found = places_of({}, job({"/home"}), mounts, {disk});
        REQUIRE(std::count_if(found.begin(), found.end(), [](const Place& p) { return p.mounted; }) == 1);
        return std::find_if(found.begin(), found.end(), [](const Place& p) { return p.mounted; })->filesystem;
    };
    CHECK(on_home({mount("/home", "/dev/sdb1")}) == "UUID-A");
    CHECK(on_home({mount("/home", "/dev/sdc1")}).empty());
    CHECK(on_home({mount("/home", "nas:/home", "nfs4")}) == "nas:/home");
    CHECK(on_home({mount("/home", "systemd-1", "autofs")}).empty());
    CHECK(on_home({mount("/home", "nas:/home", "nfs4"), mount("/home", "/dev/sdb1")}) == "UUID-A");
}

TEST_CASE("another filesystem on the same mount point is a loss, an unknown one is none") {
    const auto j = job({"/home"});
    const std::set<Place> a{{"/home", true, "UUID-A"}}, b{{"/home", true, "UUID-B"}},
        unknown{{"/home", true, ""}};
    CHECK(lost_places(j, a, a).empty());
    CHECK(lost_places(j, a, unknown).empty());
    CHECK(lost_places(j, unknown, a).empty());
    REQUIRE(lost_places(j, a, b).size() == 1);
    CHECK(lost_places(j, a, b)[0] ==
          "on /home is another filesystem (UUID-B) than at the last backup (UUID-A)");
}
