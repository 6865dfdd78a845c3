/// What `guardian init` promised: kept as written, and never forgotten silently.

#include "sample.hpp"
#include "store/pins.hpp"
#include "support/root.hpp"

using namespace guardian;
using namespace guardian::test;
using store::load_pins;
using store::Pins;
using store::save_pins;

namespace {

Pins sample() {
    return {{"usb",
             {std::string(64, 'a'),
              std::string(64, 'e'),
              at(5),
              3,
              {{"john", {std::string(64, 'b'), "none", 7}},
               {"a b/\"c\"", {std::string(64, 'c'), "repokey-blake2", 8}}}}},
            {"nas", {std::string(64, 'd'), std::string(64, 'f'), at(-5'000'000'000), 0, {}}}};
}

}  // namespace

TEST_CASE("pins come back as they were saved") {
    const StateFolder folder;
    REQUIRE(save_pins(folder / "new/state", sample()));
    CHECK(*load_pins(folder / "new/state") == sample());
}

TEST_CASE("no file is no pins, and no folder is none either") {
    const StateFolder folder;
    CHECK(load_pins(folder.path())->empty());
    CHECK(load_pins(folder / "nowhere")->empty());
}

TEST_CASE("saving replaces the file whole, for its owner and group, and leaves nothing else") {
    const StateFolder folder;
    REQUIRE(save_pins(folder.path(), sample()));
    REQUIRE(save_pins(folder.path(), {}));
    CHECK(load_pins(folder.path())->empty());
    CHECK(folder.names() == std::set<std::string>{"pins.json"});
    struct stat st {};
    REQUIRE(::stat((folder / "pins.json").c_str(), &st) == 0);
    CHECK((st.st_mode & 0777) == 0640);
}

TEST_CASE("a pins file cut short anywhere is an error, never no pins") {
    const StateFolder folder;
    REQUIRE(save_pins(folder.path(), sample()));
    const auto whole = folder.read("pins.json");
    for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
        INFO(size);
        folder.write("pins.json", whole.substr(0, size));
        const auto pins = load_pins(folder.path());
        REQUIRE_FALSE(pins);
        CHECK(pins.error().remedy.find("--take-over") != std::string::npos);
    }
}

TEST_CASE("a pins file of another shape is an error, never no pins") {
    const StateFolder folder;
    for (const auto* text :
         {"", "null", "[]", "7", "{\"usb\": null}", "{\"usb\": {}}",
          "{\"usb\": {\"token\": \"x\", \"at\": 1, \"repositories\": {}}}",
          "{\"usb\": {\"token\": 5, \"owner\": \"y\", \"at\": 1, \"repositories\": {}}}",
          "{\"usb\": {\"token\": \"x\", \"owner\": \"y\", \"at\": \"1\", \"repositories\": {}}}",
          "{\"usb\": {\"token\": \"x\", \"owner\": \"y\", \"at\": 1, \"repositories\": []}}",
          "{\"usb\": {\"token\": \"x\", \"owner\": \"y\", \"at\": 1, \"repositories\": {\"r\": 5}}}",
          "{\"usb\": {\"token\": \"x\", \"owner\": \"y\", \"at\": 1, \"repositories\": {\"r\": {\"id\": "
          "\"z\"}}}}",
          "{\"usb\": {\"token\": \"x\", \"owner\": \"y\", \"at\": 1, \"repositories\": {}}} trailing",
          "{} {}", "\xff\xfe"}) {
        INFO(text);
        folder.write("pins.json", text);
        CHECK_FALSE(load_pins(folder.path()));
    }
}

TEST_CASE("a huge pins file, a folder and a FIFO in its place are errors") {
    const StateFolder folder;
    folder.write("pins.json", "{}" + std::string(3'000'000, ' ') + "x");
    CHECK_FALSE(load_pins(folder.path()));
    ::unlink((folder / "pins.json").c_str());
    REQUIRE(::mkdir((folder / "pins.json").c_str(), 0700) == 0);
    CHECK_FALSE(load_pins(folder.path()));
    CHECK_FALSE(save_pins(folder.path(), sample()));
    REQUIRE(::rmdir((folder / "pins.json").c_str()) == 0);
    REQUIRE(::mkfifo((folder / "pins.json").c_str(), 0600) == 0);
    CHECK_FALSE(load_pins(folder.path()));
}

TEST_CASE("a pins file nested deeply is an error and no crash") {
    const StateFolder folder;
    folder.write("pins.json", std::string(100'000, '['));
    CHECK_FALSE(load_pins(folder.path()));
}

TEST_CASE("pins that cannot be saved leave the old ones as they were", "[root]") {
    if (!is_root()) return;
    const StateFolder folder;
    const Mounted small("tmpfs", folder.path(), "tmpfs", 0, "size=64k");
    REQUIRE(save_pins(folder.path(), sample()));
    std::ofstream filler(folder / "filler", std::ios::binary);
    while (filler.write("ffffffff", 8).flush()) {
    }
    Pins large = sample();
    for (int i = 0; i < 100; ++i) large["t" + std::to_string(i)] = large["usb"];
    const auto done = save_pins(folder.path(), large);
    REQUIRE_FALSE(done);
    CHECK(done.error().reason == "No space left on device");
    CHECK(*load_pins(folder.path()) == sample());
}

TEST_CASE("pins that may not be read are an error", "[root]") {
    if (!can(::geteuid() != 0, "root may read everything")) return;
    const StateFolder folder;
    REQUIRE(save_pins(folder.path(), sample()));
    REQUIRE(::chmod((folder / "pins.json").c_str(), 0) == 0);
    CHECK_FALSE(load_pins(folder.path()));
}
