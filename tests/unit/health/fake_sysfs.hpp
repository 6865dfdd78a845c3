#pragma once
/// A tree of files and links as the kernel makes it below /sys, as far as the drives are found by it.

#include <filesystem>
#include <map>
#include <string>

#include "core/world.hpp"
#include "support/folder.hpp"

namespace guardian::test {

class FakeSysfs {
  public:
    /// `path` below devices; `files` beside "dev" and "uevent" of it.
    std::string add(const std::string& path, core::DeviceNumber number,
                    const std::map<std::string, std::string>& files = {}) const {
        const auto name = path.substr(path.rfind('/') + 1);
        const auto dev = std::to_string(number.major) + ":" + std::to_string(number.minor);
        const auto folder = "devices/" + path;
        folder_.write(folder + "/dev", dev + "\n");
        folder_.write(folder + "/uevent", "MAJOR=8\nDEVNAME=" + name + "\nDEVTYPE=disk\n");
        for (const auto& [file, text] : files) folder_.write(folder + "/" + file, text);
        link("dev/block/" + dev, folder);
        return folder_ / folder;
    }
    /// A disk of the SCSI layer: `device` is what it lies two folders below.
    std::string add_scsi(const std::string& device, const std::string& name, core::DeviceNumber number,
                         const std::map<std::string, std::string>& files = {}) const {
        const auto path = add(device + "/block/" + name, number, files);
        link("devices/" + device + "/subsystem", "bus/scsi");
        link("devices/" + device + "/block/" + name + "/device", "devices/" + device);
        return path;
    }
    void write(const std::string& path, const std::string& text) const {
        folder_.write("devices/" + path, text);
    }
    /// `upper` stands on `lower`; both paths below devices.
    void stand(const std::string& upper, const std::string& lower) const {
        link("devices/" + upper + "/slaves/" + lower.substr(lower.rfind('/') + 1), "devices/" + lower);
    }
    void link(const std::string& name, const std::string& target) const {
        namespace fs = std::filesystem;
        const fs::path from = folder_ / name;
        fs::create_directories(from.parent_path());
        fs::create_directories(folder_ / target);
        fs::create_symlink(fs::relative(folder_ / target, from.parent_path()), from);
    }
    [[nodiscard]] const std::string& path() const { return folder_.path(); }

  private:
    MemoryFolder folder_;
};

}  // namespace guardian::test
