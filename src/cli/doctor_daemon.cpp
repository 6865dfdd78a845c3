/// guardian doctor: guardiand, and what systemd and udev have of Guardian's.

#include <pwd.h>

#include <filesystem>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/doctor.hpp"
#include "cli/systemctl.hpp"
#include "control/client.hpp"

namespace guardian::cli {
namespace {

bool is_there(const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

Check answer_check(const Patient& patient, bool systemd) {
    const auto answer =
        control::request(patient.config.runtime_dir, R"({"op":"ping"})", std::chrono::seconds{2});
    const std::string name = "guardiand";
    if (answer) return good(name, "it answers");
    if (answer.error().code == ErrorCode::denied)
        return doubtful(name, "it may not be asked by you", "sudo guardian doctor");
    if (answer.error().code == ErrorCode::absent)
        return bad(name, "it does not run: nothing is backed up by itself",
                   systemd ? "systemctl start guardian.service" : "guardiand");
    return bad(name, answer.error().text(), systemd ? "systemctl restart guardian.service" : "start it anew");
}

Check service_check() {
    const auto active = systemctl_word({"is-active", "guardian.service"});
    const auto enabled = systemctl_word({"is-enabled", "guardian.service"});
    const auto found =
        fmt::format("{}, {}", active.empty() ? "no answer" : active, enabled.empty() ? "not there" : enabled);
    if (active != "active")
        return bad("guardian.service", found,
                   "systemctl enable --now guardian.service; journalctl -u guardian.service");
    if (enabled != "enabled") return bad("guardian.service", found, "systemctl enable guardian.service");
    return good("guardian.service", found);
}

/// Templates are loaded by an instance.
Check unit_check(const std::string& unit, const std::string& instance) {
    const auto state =
        systemctl_word({"show", "--property=LoadState", "--value", unit + "@" + instance + ".service"});
    if (state == "loaded") return good(unit + "@", "systemd knows it");
    return bad(unit + "@", state.empty() ? "systemd does not answer" : "systemd says: " + state,
               "install Guardian's units again, then: systemctl daemon-reload");
}

Check on_failure_check() {
    const auto units = systemctl_word({"show", "--property=OnFailure", "--value", "guardian.service"});
    if (units.find("guardian-failure@") != std::string::npos) return good("OnFailure", units);
    return bad("OnFailure", "guardian.service does not tell of its failures",
               "install Guardian's units again, then: systemctl daemon-reload");
}

Check timer_check(const std::string& plan) {
    const auto timer = fmt::format("guardian-run@{}.timer", plan);
    const auto state = systemctl_word({"is-active", timer});
    if (state == "active") return good("timer of " + plan, "active");
    return bad("timer of " + plan, state.empty() ? "systemd does not answer" : state,
               "systemctl daemon-reload; systemctl start " + timer);
}

Check user_check() {
    if (::getpwnam("guardian") != nullptr) return good("user guardian", "it is there");
    return bad("user guardian", "there is none: guardian.service cannot start",
               "systemd-sysusers guardian.conf");
}

Check polkit_check(const machine::Paths& paths) {
    if (is_there(paths.polkit_rules())) return good("polkit rule", paths.polkit_rules());
    return bad("polkit rule", paths.polkit_rules() + " is not there: guardiand may start no run",
               "install Guardian again; apt-get install polkitd");
}

Checks systemd_checks(const Patient& patient) {
    const auto& plans = patient.config.plans;
    Checks out{service_check(), on_failure_check(), unit_check("guardian-failure", "doctor"),
               unit_check("guardian-run", "doctor"), unit_check("guardian-release", "doctor")};
    for (const auto& plan : plans) out.push_back(timer_check(plan.name));
    out.push_back(user_check());
    out.push_back(polkit_check(patient.paths));
    return out;
}

Check rules_check(const Patient& patient) {
    const auto path = patient.paths.rules();
    const auto text = read_file(path);
    const std::string fix = "guardian rules --install";
    if (!text)
        return bad("udev rules",
                   text.error().code == ErrorCode::absent ? path + " is not there" : text.error().text(),
                   fix);
    if (*text == machine::udev_rules(patient.config, patient.config_path)) return good("udev rules", path);
    return bad("udev rules", path + " is not of this configuration", fix);
}

}  // namespace

Checks daemon_checks(const Patient& patient) {
    std::error_code error;
    const bool systemd = std::filesystem::is_directory(patient.paths.systemd(), error);
    Checks out;
    if (systemd) out = systemd_checks(patient);
    out.push_back(answer_check(patient, systemd));
    out.push_back(rules_check(patient));
    return out;
}

}  // namespace guardian::cli
