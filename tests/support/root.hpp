#pragma once
/// For tests that need root: skipping with a reason, and mounts that are taken away again.

#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "support/catch.hpp"

namespace guardian::test {

/// False, with the reason printed, where the test cannot be made.
inline bool can(bool possible, const std::string& what) {
    if (!possible) WARN("skipped: " << what);
    return possible;
}

inline bool is_root() {
    return can(::geteuid() == 0, "it needs root");
}

/// Gone with the scope, whatever the test did on it.
class Mounted {
  public:
    Mounted(const char* source, std::string point, const char* type, unsigned long flags = 0,
            const char* options = nullptr)
        : point_(std::move(point)) {
        INFO("mount " << point_ << ": " << std::strerror(errno));
        REQUIRE(::mount(source, point_.c_str(), type, flags, options) == 0);
    }
    ~Mounted() { ::umount2(point_.c_str(), MNT_DETACH); }
    Mounted(const Mounted&) = delete;
    Mounted& operator=(const Mounted&) = delete;

    void make_read_only() const {
        REQUIRE(::mount(nullptr, point_.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0);
    }

  private:
    std::string point_;
};

}  // namespace guardian::test
