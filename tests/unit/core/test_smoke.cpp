#include "core/decide.hpp"
#include "support/catch.hpp"

TEST_CASE("an empty world needs nothing", "[decide]") {
    const auto d = guardian::core::decide({}, guardian::Time{});
    CHECK(d.now.empty());
    CHECK(!d.look_again);
}
