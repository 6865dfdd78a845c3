/// The same against the Borg that is installed here.

#include <algorithm>

#include "backup/exclusion.hpp"
#include "sample.hpp"

using namespace guardian;
using namespace guardian::backup;
using namespace guardian::test;

namespace {

std::string words_of(const std::vector<std::string>& lines) {
    std::string all;
    for (const auto& line : lines) all += line + "\n";
    return all;
}

Message first_error(const RealBorg& borg, const Command& command) {
    Message found;
    (void)borg.run(command, [&](std::string_view line, bool cut) {
        const auto said = parse_log_line(line, cut);
        if (const auto* m = std::get_if<Message>(&said);
            m != nullptr && m->level == Level::error && found.text.empty())
            found = *m;
    });
    return found;
}

}  // namespace

TEST_CASE("what the real create prints is understood, line by line", "[borg]") {
    if (!RealBorg::is_there()) return;
    const MemoryFolder folder;
    const RealBorg borg(folder, "re po: \xC3\xA4");
    folder.write("src/a", std::string(100'000, 'a'));
    folder.write("src/b\xff", "b");
    borg.init(plan("system"));
    CHECK(folder.has("re po: \xC3\xA4/config"));
    std::vector<std::string> garbage;
    bool odd_name = false;
    const auto exit = borg.create(
        plan("system"), {folder / "src", folder / "nowhere\xff"}, [&](std::string_view line, bool cut) {
            const auto said = parse_log_line(line, cut);
            if (const auto* g = std::get_if<Garbage>(&said)) garbage.push_back(g->text);
            if (const auto* m = std::get_if<Message>(&said))
                odd_name = odd_name || m->text.find("nowhere\xEF\xBF\xBD") != std::string::npos;
        });
    INFO(words_of(garbage));
    CHECK(garbage.empty());
    CHECK(odd_name);
}

TEST_CASE("the real create names its archive, and the glob finds it", "[borg]") {
    if (!RealBorg::is_there()) return;
    const MemoryFolder folder;
    const RealBorg borg(folder);
    folder.write("src/a", std::string(100'000, 'a'));
    borg.init(plan("system"));
    const auto exit = borg.create(plan("system"), {folder / "src"});
    REQUIRE(exit.code == 0);
    const auto c = parse_created(exit.out);
    REQUIRE(c);
    CHECK(c->archive.starts_with("system-20"));
    CHECK(c->statistics.files == 1);
    CHECK(c->statistics.original >= 100'000);
    const auto last = exit.out.rfind('}');
    for (std::size_t size = 0; size <= last; ++size)
        REQUIRE_FALSE(parse_created(std::string_view(exit.out).substr(0, size)));
    const auto found =
        borg.run(borg.command({"list", "--short", "--glob-archives", archive_glob("system"), "{REPO}"}));
    CHECK(found.out == c->archive + "\n");
}

TEST_CASE("what an exclude pattern leaves out is what the real Borg leaves out", "[borg]") {
    if (!RealBorg::is_there()) return;
    const MemoryFolder folder;
    const RealBorg borg(folder);
    const std::vector<std::string> files{"media/usb/a", "media/top",        "media/usb/deep/b",
                                         "mediathek/c", "home/me/.cache/d", "home/.cache/e",
                                         "srv/[x]/f",   "srv/x/g"};
    for (const auto& f : files) folder.write("src/" + f, f);
    borg.init(plan("system"));
    REQUIRE(borg.create(plan("system"), {folder / "src"}).code == 0);
    const auto archive = "{REPO}::" + borg.archives().front();
    const auto top = folder / "src";
    for (const auto& pattern :
         {top + "/media", top + "/media/", top + "/media/*", top + "/media/usb/../usb", "fm:" + top + "/m*",
          "sh:" + top + "/media/*", "sh:" + top + "/*/deep", "sh:" + top + "/home/*/.cache",
          "pp:" + top + "/media", std::string("*/.cache"), std::string("*/.cache/*"), "/" + top + "/srv/[x]",
          top + "/srv/[[]x]", top + "/srv/[!y]", top + "/home/me/.c?che", top + "/home/[a-m]e",
          top.substr(1) + "/srv"}) {
        const auto listed = borg.run(borg.command({"list", "--short", "--exclude", pattern, archive}));
        REQUIRE(listed.code == 0);
        INFO(pattern << " " << listed.out);
        for (const auto& f : files) {
            INFO(f);
            CHECK(excludes(pattern, top + "/" + f) ==
                  (listed.out.find("/src/" + f + "\n") == std::string::npos));
        }
    }
}

TEST_CASE("exclude patterns that are not understood leave nothing out", "[borg]") {
    CHECK_FALSE(excludes("re:^media", "/media/usb"));
    CHECK_FALSE(excludes("sh:/**/usb", "/media/usb"));
    CHECK(excludes("pf:/media", "/media/usb"));
    CHECK_FALSE(excludes("", "/media"));
}

TEST_CASE("the real prune stays within the plan's own archives", "[borg]") {
    if (!RealBorg::is_there()) return;
    const MemoryFolder folder;
    const RealBorg borg(folder);
    folder.write("src/a", "a");
    auto p = plan("system");
    p.keep.last = 1;
    borg.init(p);
    const std::vector<std::string> others{
        "system-usb-2026-11-23T02:00:00", "system-usb-2026-11-23T04:00:00.checkpoint",
        "my-system-2026-11-23T02:00:00", "system-2026-11-23T02:00:00-by-hand", "system-usb"};
    for (const auto* own : {"system-2026-11-21T02:00:00", "system-2026-11-22T02:00:00",
                            "system-2026-11-23T02:00:00", "system-2026-11-22T03:00:00.checkpoint"})
        REQUIRE(borg.run(borg.command({"create", "--timestamp", std::string(own).substr(7, 19),
                                       std::string("{REPO}::") + own, folder / "src"}))
                    .code == 0);
    for (const auto& other : others)
        REQUIRE(borg.run(borg.command({"create", "{REPO}::" + other, folder / "src"})).code == 0);
    REQUIRE(borg.run(prune_command(borg.context, p)).code == 0);
    const auto left = borg.archives();
    INFO(words_of(left));
    for (const auto& other : others) CHECK(std::count(left.begin(), left.end(), other) == 1);
    CHECK(std::count(left.begin(), left.end(), "system-2026-11-23T02:00:00") == 1);
    CHECK(left.size() == others.size() + 1);
    CHECK(borg.run(compact_command(borg.context)).code == 0);
}

TEST_CASE("the real Borg's message ids are those that are explained", "[borg]") {
    if (!RealBorg::is_there()) return;
    const MemoryFolder folder;
    RealBorg borg(folder);
    folder.write("src/a", "a");
    const auto create = [&] {
        return create_command(borg.context, plan("system"), {}, {folder / "src"}, {});
    };
    CHECK(first_error(borg, create()).id == "Repository.DoesNotExist");
    auto p = plan("system");
    p.encryption = "repokey-blake2";
    borg.context.passphrase = "right";
    borg.init(p);
    REQUIRE(borg.run(create()).code == 0);
    borg.context.passphrase = "wrong";
    CHECK(first_error(borg, create()).id == "PassphraseWrong");
    borg.context.passphrase = "right";
    folder.write("repo/config", "[repository]\nversion = 7\n");
    CHECK(first_error(borg, create()).id == "Repository.InvalidRepositoryConfig");
}

TEST_CASE("a passphrase with odd bytes reaches the real Borg as it is", "[borg]") {
    if (!RealBorg::is_there()) return;
    const MemoryFolder folder;
    RealBorg borg(folder);
    auto p = plan("system");
    p.encryption = "repokey-blake2";
    borg.context.passphrase =
        " sp\xC3\xA4"
        "ce ' \" $HOME \\ ";
    borg.init(p);
    auto by_hand = info_command(borg.context);
    by_hand.secret.reset();
    by_hand.environment.push_back("BORG_PASSPHRASE=" + *borg.context.passphrase);
    CHECK(borg.run(by_hand).code == 0);
}

TEST_CASE("the real Borg keeps room on the disk when it is told to", "[borg]") {
    if (!RealBorg::is_there()) return;
    const MemoryFolder folder;
    const RealBorg borg(folder);
    borg.init(plan("system"));
    REQUIRE(borg.run(reserve_space_command(borg.context, 50'000'000'000)).code == 0);
    CHECK(folder.read("repo/config").find("additional_free_space = 500000000") != std::string::npos);
}

TEST_CASE("the real Borg takes a repository that has moved: its id is what proves it", "[borg]") {
    if (!RealBorg::is_there()) return;
    const MemoryFolder folder;
    RealBorg borg(folder);
    borg.init(plan("system"));
    std::filesystem::rename(folder / "repo", folder / "moved");
    borg.context.repository = folder / "moved";
    CHECK(borg.run(info_command(borg.context)).code == 0);
}

TEST_CASE("a real disk that is full before or during is an error that says so", "[borg][root]") {
    if (!RealBorg::is_there() || !is_root()) return;
    const MemoryFolder folder;
    std::filesystem::create_directory(folder / "disk");
    const Mounted small("tmpfs", folder / "disk", "tmpfs", 0, "size=4m");
    const RealBorg borg(folder, "disk/repo");
    std::string noise;
    for (unsigned i = 0; noise.size() < 9'000'000; ++i) noise += std::to_string(i * 2654435761U);
    for (int i = 0; i < 6; ++i)
        folder.write("src/f" + std::to_string(i),
                     noise.substr(static_cast<std::size_t>(i) * 1'500'000, 1'500'000));
    borg.init(plan("system"));
    auto store = store::Store::empty_in_memory();
    Heard heard;
    Recorder recorder(store, heard);
    core::JobSpec job;
    job.compression = "none";
    const auto result = run_borg(create_command(borg.context, plan("system"), job, {folder / "src"}, {}), 60s,
                                 borg.context.repository, recorder, {});
    REQUIRE(result.error);
    INFO(result.error->text());
    CHECK(result.error->reason.find("the target is full") != std::string::npos);
    CHECK(result.error->remedy.find("free space") != std::string::npos);
    CHECK(borg.archives().empty());
}
