/// guardian doctor: who may read and write the configuration and the passphrases.

#include <grp.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "cli/doctor.hpp"

namespace guardian::cli {
namespace {

std::string mode_words(const struct stat& st) {
    return fmt::format("mode {:04o}, owner {}", st.st_mode & 07777, st.st_uid);
}

/// Root goes by what stands in it.
std::string who_else_writes(const struct stat& st) {
    if (st.st_uid != 0) return "it is not root's";
    if ((st.st_mode & S_IWOTH) != 0) return "everyone may write it";
    if ((st.st_mode & S_IWGRP) != 0 && st.st_gid != 0) return "its group may write it";
    return "";
}

Check folder_of_config(const std::string& name, const std::string& path) {
    const auto folder = std::filesystem::path(path).parent_path().string();
    struct stat st {};
    if (::stat(folder.c_str(), &st) != 0) return bad(name, folder + ": " + std::strerror(errno), "");
    const auto wrong = who_else_writes(st);
    if (wrong.empty()) return good(name, "only root writes it");
    return bad(name, fmt::format("{}: {}", folder, wrong),
               fmt::format("chown root {0} && chmod go-w {0}", folder));
}

Check passphrase_file_check(const std::string& name, const std::string& path) {
    struct stat st {};
    if (::stat(path.c_str(), &st) != 0) {
        if (errno == EACCES) return doubtful(name, path + " cannot be looked at", "sudo guardian doctor");
        return bad(name, fmt::format("{}: {}", path, std::strerror(errno)),
                   "put the passphrase there, mode 0600");
    }
    if (!S_ISREG(st.st_mode))
        return bad(name, path + " is not a file", "put the passphrase there, mode 0600");
    if (st.st_size == 0) return bad(name, path + " is empty", "put the passphrase there, mode 0600");
    if ((st.st_mode & 077) == 0 && st.st_uid == 0) return good(name, path);
    return bad(name, fmt::format("{}: {}", path, mode_words(st)),
               fmt::format("chown root {0} && chmod 600 {0}", path));
}

Check command_check(const std::string& name, const std::string& program) {
    if (std::error_code error; std::filesystem::exists(program, error)) return good(name, "from " + program);
    return bad(name, program + " is not there", "install it, or use passphrase_file");
}

}  // namespace

Check config_file_check(const std::string& path) {
    const std::string name = "its mode";
    struct stat st {};
    if (::stat(path.c_str(), &st) != 0) return bad(name, path + ": " + std::strerror(errno), "");
    const auto wrong = who_else_writes(st);
    const auto* group = ::getgrnam("guardian");
    const auto owner = group == nullptr ? "root" : "root:guardian";
    const auto remedy = fmt::format("chown {0} {1} && chmod 640 {1}", owner, path);
    if (!wrong.empty()) return bad(name, fmt::format("{} ({})", wrong, mode_words(st)), remedy);
    const bool readable = (st.st_mode & S_IROTH) != 0 ||
                          (group != nullptr && st.st_gid == group->gr_gid && (st.st_mode & S_IRGRP) != 0);
    if (group != nullptr && !readable)
        return bad(name, fmt::format("guardiand, as the user guardian, may not read it ({})", mode_words(st)),
                   remedy);
    return folder_of_config(name, path);
}

/// What it is, is neither read nor shown.
Checks passphrase_checks(const Patient& patient) {
    Checks out;
    std::set<std::string> files;
    for (const auto& plan : patient.config.plans) {
        if (plan.encryption == "none") continue;
        const auto& from = plan.passphrase;
        const auto name = "passphrase of " + plan.name;
        if (!from.file.empty() && files.insert(from.file).second)
            out.push_back(passphrase_file_check(name, from.file));
        if (!from.command.empty()) out.push_back(command_check(name, from.command.front()));
        if (!from.credential.empty())
            out.push_back(good(name, "a credential of the unit's: " + from.credential));
    }
    return out;
}

}  // namespace guardian::cli
