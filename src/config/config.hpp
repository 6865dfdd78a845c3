#pragma once
/// guardian.toml -> core::Config, with every mistake of the file named at once: where it is, what is wrong
/// and what would be right. Any thread; nothing is kept between calls. It reads the one file it is given
/// and the host name, and never anything the file mentions: no mount point, no fstab, no passphrase file.

#include <string>
#include <string_view>
#include <vector>

#include "core/spec.hpp"

namespace guardian::config {

inline constexpr const char* default_path = "/etc/guardian/guardian.toml";

/// One mistake. Everything in it is fit for a terminal.
struct Problem {
    std::string file;
    unsigned line = 0;    ///< from 1; 0: the file as a whole
    unsigned column = 0;  ///< from 1; 0: the file as a whole
    std::string key;      ///< "plan.system-usb.schedule"; empty: none (a syntax error, an unreadable file)
    std::string wrong;
    std::string right;

    /// "FILE:LINE: KEY: what is wrong; what would be right"
    [[nodiscard]] std::string text() const;
};

struct Loaded {
    core::Config config;             ///< complete only when ok()
    std::vector<Problem> problems;   ///< in file order
    std::string text;                ///< the file, as it was read
    std::vector<std::string> notes;  ///< not mistakes, but worth knowing; fit for a terminal

    [[nodiscard]] bool ok() const { return problems.empty(); }
};

/// Hundreds of plans. Of a larger file systemd's generator makes no timers, so that whatever it is does not
/// hold up the boot; guardiand alone keeps its schedules.
inline constexpr std::int64_t timers_file_max = 64 * 1024;

/// The host's name, made to fit where it would not be taken as `name`.
[[nodiscard]] std::string host_name();

/// Never throws and never blocks on what is not a plain file. A file that cannot be read (missing, no
/// permission, a folder, a pipe, more than 1 MiB) is one Problem.
[[nodiscard]] Loaded load_file(const std::string& path);

/// Never throws. A syntax error is the only problem that hides those after it.
[[nodiscard]] Loaded load_text(std::string_view toml, const std::string& file_name);

/// The configuration as TOML with every default filled in. load_text() reads it back to an equal Config,
/// except for what is masked as "***": what follows the program in a passphrase_command, and the password
/// of a "user:password@" in source and answers_at.
[[nodiscard]] std::string show(const core::Config& config);

}  // namespace guardian::config
