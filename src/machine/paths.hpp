#pragma once
/// Where the machine's own files are. Below another folder in tests, so that they touch none of the
/// machine's.

#include <string>

#include "machine/udev_rules.hpp"

namespace guardian::machine {

struct Paths {
    std::string root;  ///< empty: the machine itself

    [[nodiscard]] std::string at(const std::string& path) const { return root + path; }
    [[nodiscard]] std::string rules() const { return at(rules_path); }
    [[nodiscard]] std::string fstab() const { return at("/etc/fstab"); }
    [[nodiscard]] std::string polkit_rules() const {
        return at("/usr/share/polkit-1/rules.d/guardian.rules");
    }
    /// It is there while systemd is what started the machine.
    [[nodiscard]] std::string systemd() const { return at("/run/systemd/system"); }
    [[nodiscard]] bool is_the_machine() const { return root.empty(); }
};

}  // namespace guardian::machine
