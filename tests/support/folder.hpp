#pragma once
/// A folder of a test's own, gone with everything in it when the test is over.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "support/catch.hpp"

namespace guardian::test {

class Folder {
  public:
    explicit Folder(const std::string& where = "/tmp") {
        std::string name = where + "/guardian-test-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = std::filesystem::canonical(name).string();
    }
    ~Folder() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

    /// Makes the folders above it too.
    std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
        const auto path = *this / name;
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        std::ofstream(path, std::ios::binary) << text;
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        return path;
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file(*this / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    [[nodiscard]] bool has(const std::string& name) const { return std::filesystem::exists(*this / name); }
    [[nodiscard]] std::set<std::string> names() const {
        std::set<std::string> out;
        for (const auto& entry : std::filesystem::directory_iterator(path_))
            out.insert(entry.path().filename().string());
        return out;
    }

  private:
    std::string path_;
};

/// In memory where there is such a place: durable writes wait for a disk otherwise.
struct MemoryFolder : Folder {
    MemoryFolder() : Folder(::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") {}
};

}  // namespace guardian::test
