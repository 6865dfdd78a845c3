#pragma once
/// A program in smartctl's place, in a folder of the test's own: for each -d TYPE it replays an answer with
/// its exit code, or hangs, and it writes down how it was called.

#include <string>
#include <vector>

#include "base/text.hpp"
#include "health/drives.hpp"
#include "support/folder.hpp"

namespace guardian::test {

class SmartctlStandIn {
  public:
    SmartctlStandIn() {
        folder_.write("smartctl",
                      "#!/bin/sh\n"
                      "cd '" +
                          folder_.path() +
                          "' || exit 99\n"
                          "echo \"$*\" >>calls\n"
                          "type=none; last=; only_asked=$2\n"
                          "for word; do [ \"$last\" = -d ] && type=$word; last=$word; done\n"
                          "[ \"$only_asked\" = -i ] && [ -e \"$type-opened.json\" ] && type=$type-opened\n"
                          "[ -e \"$type.noise\" ] && cat \"$type.noise\" >&2\n"
                          "[ -e \"$type.hang\" ] && exec sleep 1000\n"
                          "[ -e \"$type.json\" ] || { cat else.json; exit 1; }\n"
                          "cat \"$type.json\"\n"
                          "exit \"$(cat \"$type.exit\")\"\n",
                      0700);
        folder_.write("else.json", says("/dev/sdz: Unknown device type", 1));
    }

    void answer(const std::string& type, const std::string& text, int exit = 0) const {
        folder_.write(type + ".json", text);
        folder_.write(type + ".exit", std::to_string(exit));
    }
    void make_noise(const std::string& type, const std::string& text) const {
        folder_.write(type + ".noise", text);
    }
    void hang(const std::string& type) const { folder_.write(type + ".hang", ""); }

    [[nodiscard]] std::vector<std::string> calls() const { return split_lines(folder_.read("calls")); }
    [[nodiscard]] std::string program() const { return folder_ / "smartctl"; }

    /// smartctl's JSON with one error and nothing else.
    static std::string says(const std::string& message, int exit, const std::string& severity = "error") {
        return R"({"json_format_version":[1,0],"smartctl":{"version":[7,3],"messages":[{"string":")" +
               message + R"(","severity":")" + severity + R"("}],"exit_status":)" + std::to_string(exit) +
               "}}";
    }
    static std::string asleep(const std::string& mode = "STANDBY") {
        return says("Device is in " + mode + " mode, exit(3)", 3, "information");
    }
    static std::string with(const std::string& members, int exit = 0) {
        return R"({"json_format_version":[1,0],"smartctl":{"version":[7,3],"exit_status":)" +
               std::to_string(exit) + R"(},"model_name":"WDC WD10","serial_number":"WD-1",)" + members + "}";
    }
    static std::string ata(int exit = 0) {
        return with(
            R"("device":{"type":"sat","protocol":"ATA"},"smart_status":{"passed":true},)"
            R"("ata_smart_attributes":{"table":[{"id":5,"name":"Reallocated_Sector_Ct","value":100,)"
            R"("worst":100,"thresh":10,"flags":{"prefailure":true},"raw":{"value":0,"string":"0"}}]})",
            exit);
    }
    static std::string nvme() {
        return with(R"("device":{"type":"sntjmicron","protocol":"NVMe"},)"
                    R"("nvme_smart_health_information_log":{"critical_warning":0})");
    }

  private:
    Folder folder_;
};

inline health::Drive drive_of(health::Transport transport, const std::string& usb_id = "") {
    health::Drive d;
    d.node = "/dev/sdz";
    d.name = "sdz";
    d.transport = transport;
    d.usb_id = usb_id;
    return d;
}

}  // namespace guardian::test
