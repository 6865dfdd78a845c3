#include "cli/setup_files.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "base/file.hpp"
#include "base/text.hpp"
#include "machine/fstab.hpp"

namespace guardian::cli {
namespace {

namespace fs = std::filesystem;

/// The daemon is not root where systemd starts it: it reads the configuration as a member of its group.
Result<> give_to_group(const std::string& path) {
    const auto* group = ::getgrnam("guardian");
    if (group == nullptr) return {};
    if (::chown(path.c_str(), static_cast<uid_t>(-1), group->gr_gid) == 0) return {};
    return errno_error("cannot give " + path + " to the group guardian", errno);
}

Result<> make_folder_of(const std::string& path) {
    const auto folder = fs::path(path).parent_path();
    std::error_code error;
    if (!fs::create_directories(folder, error) && !error) return {};
    if (error) return Error{ErrorCode::io, "cannot make the folder " + folder.string(), error.message(), ""};
    if (::chmod(folder.c_str(), 0750) != 0)
        return errno_error("cannot make the folder " + folder.string(), errno);
    return give_to_group(folder);
}

mode_t mode_of(const std::string& path, mode_t otherwise) {
    struct stat st {};
    return ::stat(path.c_str(), &st) == 0 ? st.st_mode & 07777 : otherwise;
}

std::string real_path(const std::string& path) {
    std::error_code error;
    const auto real = fs::canonical(path, error);
    return error ? path : real.string();
}

}  // namespace

Result<> write_config_file(const std::string& path, const std::string& text) {
    if (auto done = make_folder_of(path); !done) return done;
    if (auto done = replace_file(path, text, 0640); !done) return done;
    return give_to_group(path);
}

Result<std::string> keep_old_file(const std::string& path) {
    for (int n = 1; n < 10'000; ++n) {
        auto old = fmt::format("{}.old-{}", path, n);
        // A second name for it, so that there is a configuration at any moment.
        if (::link(path.c_str(), old.c_str()) == 0) return old;
        if (errno != EEXIST) return errno_error("cannot keep the old configuration as " + old, errno);
    }
    return Error{ErrorCode::io, "cannot keep the old configuration", "there are too many old ones",
                 "remove some"};
}

Result<std::string> random_passphrase() {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz234567";
    constexpr std::size_t wanted = 30, group = 5;
    std::array<unsigned char, wanted> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        return errno_error("cannot make a random passphrase", errno);
    std::string out;
    for (std::size_t i = 0; i < wanted; ++i) {
        if (i > 0 && i % group == 0) out += '-';
        out += letters[bytes[i] % letters.size()];
    }
    return out;
}

Result<bool> write_passphrase(const std::string& path) {
    struct stat st {};
    if (::lstat(path.c_str(), &st) == 0) return false;
    if (auto done = make_folder_of(path); !done) return done.error();
    const auto passphrase = random_passphrase();
    if (!passphrase) return passphrase.error();
    if (auto done = replace_file(path, *passphrase + "\n", 0600); !done) return done.error();
    return true;
}

Result<FstabOutcome> add_to_fstab(const std::string& given, const std::string& uuid, const std::string& mount,
                                  const std::string& fstype) {
    const auto path = real_path(given);
    auto text = read_file(path);
    if (!text && text.error().code != ErrorCode::absent) return text.error();
    const auto before = text ? *text : "";
    if (const auto entry = machine::fstab_entry_of(before, mount))
        return machine::names_filesystem(*entry, uuid).value_or(false) ? FstabOutcome::there_already
                                                                       : FstabOutcome::other_entry;
    const auto mode = mode_of(path, 0644);
    if (text)
        if (auto done = replace_file(path + ".before-guardian", before, mode); !done) return done.error();
    const auto line = machine::fstab_line(uuid, mount, fstype);
    if (auto done = replace_file(path, machine::with_fstab_line(before, line), mode); !done)
        return done.error();
    return FstabOutcome::added;
}

}  // namespace guardian::cli
