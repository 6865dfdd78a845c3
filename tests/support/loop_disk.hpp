#pragma once
/// A disk image with a filesystem of its own, attached to a loop device. For tests that are root.

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <chrono>
#include <string>

#include "base/child.hpp"
#include "core/world.hpp"
#include "support/folder.hpp"
#include "support/root.hpp"

namespace guardian::test {

/// What a short program prints, without the line's end; it must succeed.
inline std::string tool(std::vector<std::string> words) {
    const auto program = find_program(words[0]);
    REQUIRE(program);
    words[0] = *program;
    Command c;
    c.argv = std::move(words);
    c.environment = plain_environment();
    Limits limits;
    limits.deadline = std::chrono::seconds{60};
    const auto out = run_tool(c, limits, c.argv[0]);
    INFO((out ? "" : out.error().text()));
    REQUIRE(out);
    return out->substr(0, out->find('\n'));
}

class LoopDisk {
  public:
    /// Loop devices and mkfs are there, and we are root.
    [[nodiscard]] static bool possible() {
        return is_root() && can(::access("/dev/loop-control", W_OK) == 0, "there are no loop devices here") &&
               can(bool(find_program("mkfs.ext4")), "there is no mkfs.ext4 here");
    }

    LoopDisk(const Folder& folder, std::string uuid, const std::string& name = "disk")
        : image_(folder / (name + ".img")), uuid_(std::move(uuid)) {
        folder.write(name + ".img", "");
        REQUIRE(::truncate(image_.c_str(), 16L * 1024 * 1024) == 0);
        (void)tool({"mkfs.ext4", "-q", "-F", "-U", uuid_, image_});
        attach();
    }
    ~LoopDisk() {
        if (!node_.empty()) detach();
    }
    LoopDisk(const LoopDisk&) = delete;
    LoopDisk& operator=(const LoopDisk&) = delete;

    void attach() { node_ = tool({"losetup", "--find", "--show", image_}); }
    void detach() {
        (void)tool({"losetup", "--detach", node_});
        node_.clear();
    }

    [[nodiscard]] const std::string& node() const { return node_; }
    [[nodiscard]] const std::string& uuid() const { return uuid_; }
    [[nodiscard]] const std::string& image() const { return image_; }
    /// As udev would describe it.
    [[nodiscard]] core::Device device() const {
        struct stat st {};
        REQUIRE(::stat(node_.c_str(), &st) == 0);
        core::Device d;
        d.node = node_;
        d.number = {major(st.st_rdev), minor(st.st_rdev)};
        d.uuid = uuid_;
        d.fstype = "ext4";
        d.plug = "boot:1:7:1";
        return d;
    }

  private:
    std::string image_, uuid_, node_;
};

}  // namespace guardian::test
