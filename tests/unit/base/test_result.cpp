#include <fcntl.h>

#include <cerrno>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "support/catch.hpp"

using namespace guardian;

TEST_CASE("an error's text is context, reason and remedy, as far as there are any", "[result]") {
    const auto text = [](std::string context, std::string reason, std::string remedy) {
        return Error{ErrorCode::io, std::move(context), std::move(reason), std::move(remedy)}.text();
    };
    CHECK(text("cannot mount", "it is dirty", "run fsck") == "cannot mount: it is dirty; run fsck");
    CHECK(text("cannot mount", "it is dirty", "") == "cannot mount: it is dirty");
    CHECK(text("cannot mount", "", "run fsck") == "cannot mount; run fsck");
    CHECK(text("", "it is dirty", "") == "it is dirty");
    CHECK(text("", "", "run fsck") == "run fsck");
    CHECK(text("", "", "").empty());
}

TEST_CASE("errno becomes the code that fits", "[result]") {
    CHECK(errno_error("x", EACCES).code == ErrorCode::denied);
    CHECK(errno_error("x", EPERM).code == ErrorCode::denied);
    CHECK(errno_error("x", ENOENT).code == ErrorCode::absent);
    CHECK(errno_error("x", ENODEV).code == ErrorCode::absent);
    CHECK(errno_error("x", ENXIO).code == ErrorCode::absent);
    CHECK(errno_error("x", EBUSY).code == ErrorCode::busy);
    CHECK(errno_error("x", EIO).code == ErrorCode::io);
    CHECK(errno_error("x", 99999).code == ErrorCode::io);
    CHECK(!errno_error("x", 99999).reason.empty());
}

TEST_CASE("a result's value cannot be taken from an error unnoticed", "[result]") {
    const Result<int> bad = Error{ErrorCode::io, "cannot count", "", ""};
    CHECK_THROWS_AS(bad.value(), std::logic_error);
}

namespace {
bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}
int open_null() {
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}
}  // namespace

TEST_CASE("a descriptor is closed once, by its last owner", "[fd]") {
    int number = -1;
    {
        Fd first{open_null()};
        number = first.get();
        Fd second{std::move(first)};
        CHECK(second.get() == number);
        CHECK(!first.valid());  // NOLINT(bugprone-use-after-move): that it is empty is the promise
        Fd third;
        third = std::move(second);
        CHECK(third.get() == number);
        auto& same = third;
        third = std::move(same);
        CHECK(is_open(number));
    }
    CHECK(!is_open(number));
}

TEST_CASE("a descriptor can be replaced, dropped and let go", "[fd]") {
    Fd fd{open_null()};
    const int first = fd.get();
    fd.reset(open_null());
    CHECK(!is_open(first));
    const int second = fd.release();
    CHECK(!fd.valid());
    CHECK(is_open(second));
    fd.reset(second);
    fd.reset();
    CHECK(!is_open(second));
}
