/// Which Borg is taken.

#include "machine/borg_version.hpp"
#include "support/catch.hpp"

using namespace guardian;
using machine::borg_version_in;

TEST_CASE("Borg's version is read from what it prints", "[borg-version]") {
    CHECK(borg_version_in("borg 1.2.4") == machine::BorgVersion{1, 2, 4});
    CHECK(borg_version_in("borg 1.4.0b2\n") == machine::BorgVersion{1, 4, 0});
    for (const auto* other : {"", "borg", "borg 1.2", "1.2.4", "git version 2.39.5"})
        CHECK_FALSE(borg_version_in(other));
}

TEST_CASE("from 1.2.4 on, and before 2", "[borg-version]") {
    using machine::trouble_of;
    CHECK(trouble_of({1, 2, 4}).empty());
    CHECK(trouble_of({1, 4, 1}).empty());
    CHECK(trouble_of({1, 2, 1}).find("wrong modes") != std::string::npos);
    CHECK(trouble_of({1, 2, 2}).find("hard links") != std::string::npos);
    CHECK_FALSE(trouble_of({1, 1, 16}).empty());
    CHECK(trouble_of({2, 0, 0}).find("another format") != std::string::npos);
}
