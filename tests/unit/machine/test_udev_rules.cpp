#include "machine/udev_rules.hpp"
#include "support/catch.hpp"

using namespace guardian;

namespace {

core::TargetSpec disk(const std::string& name, const std::string& uuid) {
    core::TargetSpec t;
    t.name = name;
    t.uuid = uuid;
    return t;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a backup disk starts the daemon and is left alone by desktops") {
    core::Config config;
    config.targets = {disk("usb", "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9")};
    const auto text = machine::udev_rules(config, "/etc/guardian/guardian.toml");
    CHECK(has(text, R"(ENV{ID_FS_UUID}=="0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9")"));
    CHECK(has(text, R"(TAG+="systemd")"));
    CHECK(has(text, R"(ENV{SYSTEMD_WANTS}+="guardian.service")"));
    CHECK(has(text, R"(ENV{UDISKS_IGNORE}="1")"));
    CHECK_FALSE(has(text, "RUN"));
}

TEST_CASE("a share has no rule") {
    core::Config config;
    config.targets = {disk("nas", "0f1e2d3c")};
    config.targets[0].type = core::TargetType::share;
    CHECK_FALSE(has(machine::udev_rules(config, "f"), "0f1e2d3c"));
}

TEST_CASE("what is no plain UUID gives no rule: it could be a pattern, or end the quotes") {
    for (const auto* uuid : {"", "*", "ab?d", "[a-f]", "a|b", "a\"b", "a\nb", "a\\b", "a$b", "a%b"}) {
        core::Config config;
        config.targets = {disk("usb", uuid)};
        INFO(uuid);
        CHECK_FALSE(has(machine::udev_rules(config, "f"), "ID_FS_UUID"));
    }
}
