#pragma once
/// The Borg commands Guardian runs, as argument vectors, and the meaning of what comes back. Builds, never
/// runs: the runner does.

#include <string>
#include <vector>

#include "backup/borg_log.hpp"
#include "base/child.hpp"
#include "core/spec.hpp"

namespace guardian::backup {

/// What every Borg command on one plan needs.
struct BorgContext {
    std::string program;     ///< absolute
    std::string repository;  ///< absolute
    std::string base_dir;    ///< BORG_BASE_DIR: cache, security and key files
    std::string host_id;     ///< BORG_HOST_ID: names this machine in locks, whatever its host name becomes
    std::optional<std::string> passphrase;
    bool at_idle_priority = false;
    std::string repository_name;  ///< as the store knows it
};

[[nodiscard]] std::string borg_base_dir(const core::Config& config);
/// Of /etc/machine-id, the first 16 characters.
[[nodiscard]] std::string machine_id();
/// `owner`: Pin::owner. Two that could ever see each other's locks must not have the same.
[[nodiscard]] std::string borg_host_id(const core::Config& config, const std::string& owner);

/// `never`: absolute paths that no archive may contain (the target itself, Borg's cache). `suffix` follows
/// the date in the archive's name.
[[nodiscard]] Command create_command(const BorgContext& context, const core::PlanSpec& plan,
                                     const core::JobSpec& job, const std::vector<std::string>& paths,
                                     const std::vector<std::string>& never, const std::string& suffix = "");
/// Only ever within the plan's own series of archives.
[[nodiscard]] Command prune_command(const BorgContext& context, const core::PlanSpec& plan);
[[nodiscard]] Command compact_command(const BorgContext& context);
/// Reads the records of the plan's newest archive again, and whether its chunks are there.
[[nodiscard]] Command check_newest_command(const BorgContext& context, const core::PlanSpec& plan);
/// Reads the repository's segments again, for half an hour; the next such check goes on from there.
[[nodiscard]] Command check_some_command(const BorgContext& context);
[[nodiscard]] Command break_lock_command(const BorgContext& context);
[[nodiscard]] Command init_command(const BorgContext& context, const core::PlanSpec& plan);
/// Sets additional_free_space to a hundredth of the disk (20 MB to 2 GB), so that a full disk can still be
/// pruned, and so that a Borg that ran out of space cannot commit: it goes on after the write that failed,
/// and where that left room enough (it may be that of a whole chunk, 8 MiB), the segment that it committed
/// was seen to be damaged.
[[nodiscard]] Command reserve_space_command(const BorgContext& context, std::uint64_t disk_bytes);
/// Reads the repository once.
[[nodiscard]] Command info_command(const BorgContext& context);
/// An archive on whose completeness there is doubt is set aside under this name: prune, which keeps one a
/// day, never takes it for that day's and deletes the good one.
inline constexpr const char* partial_suffix = ".partial";
[[nodiscard]] Command rename_command(const BorgContext& context, const std::string& archive,
                                     const std::string& name);
/// Keeps as many of those as of the whole ones: they may be the right ones after all.
[[nodiscard]] Command prune_partial_command(const BorgContext& context, const core::PlanSpec& plan);
/// Names the archives of the plan's series, a line each, on stdout.
[[nodiscard]] Command list_series_command(const BorgContext& context, const std::string& plan);

/// The glob of the plan's own archives: PLAN-YYYY-MM-DDTHH:MM:SS and nothing longer.
[[nodiscard]] std::string archive_glob(const std::string& plan);

enum class BorgVerdict { ok, warning, error };
/// Borg's exit code, of 1.2 and of the modern scheme of 1.4: 1 and 100 to 127 are warnings.
[[nodiscard]] BorgVerdict verdict_of(int exit_code);

/// What an error of Borg means and what to do, from its message id (all versions), its exit code (1.4) and
/// its words.
[[nodiscard]] Error explain(int exit_code, const std::string& message_id, const std::string& message,
                            const std::string& repository);

}  // namespace guardian::backup
