#include "backup/borg.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/text.hpp"

namespace guardian::backup {
namespace {

constexpr std::string_view lock_wait_seconds = "5";

Command base_command(const BorgContext& context) {
    auto c = plain_command(context.program, {});
    for (const auto& variable : {
             std::string("BORG_EXIT_CODES=modern"),
             // Borg's questions are answered by more than it could know: the marker and the pinned id prove
             // the repository, wherever the owner has it mounted now.
             std::string("BORG_RELOCATED_REPO_ACCESS_IS_OK=yes"),
             std::string("BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes"),
             std::string("BORG_DISPLAY_PASSPHRASE=no"),
             // Several plans in one repository make the default of 20 too short.
             std::string("BORG_FILES_CACHE_TTL=100"),
             "BORG_BASE_DIR=" + context.base_dir,
             "BORG_HOST_ID=" + context.host_id,
         })
        c.environment.push_back(variable);
    c.secret = context.passphrase;
    c.secret_fd_variable = "BORG_PASSPHRASE_FD";
    c.at_idle_priority = context.at_idle_priority;
    return c;
}

void add(Command& c, std::initializer_list<std::string> words) {
    c.argv.insert(c.argv.end(), words);
}

struct Meaning {
    std::string_view id;
    int code;
    std::string_view what;
    std::string_view remedy;
};

constexpr std::array meanings{
    Meaning{"Repository.DoesNotExist", 13, "the repository is not there",
            "if the disk is new, run guardian init; otherwise find out who removed it"},
    Meaning{"Repository.InsufficientFreeSpaceError", 14, "the target is full",
            "free space on it: remove other files, or old archives by hand (borg delete, then borg compact)"},
    Meaning{"Repository.InvalidRepository", 15, "the repository is damaged or not one",
            "do not repair before the disk's health is known; then: borg check"},
    Meaning{"Repository.InvalidRepositoryConfig", 16, "the repository's config file is damaged",
            "do not repair before the disk's health is known; then: borg check"},
    Meaning{"Repository.CheckNeeded", 12, "the repository is inconsistent",
            "do not repair before the disk's health is known; then: borg check"},
    Meaning{"Repository.ObjectNotFound", 17, "the repository is damaged: an object is missing",
            "do not repair before the disk's health is known; then: borg check"},
    Meaning{"IntegrityError", 90, "the repository is damaged: a checksum is wrong",
            "do not repair before the disk's health is known; then: borg check"},
    Meaning{"FileIntegrityError", 91, "the repository or the cache is damaged: a checksum is wrong",
            "do not repair before the disk's health is known; then: borg check"},
    Meaning{"LockTimeout", 73, "the repository is locked by another process",
            "wait for it; if no Borg runs anywhere on it: borg break-lock"},
    Meaning{"LockFailed", 72,
            "the lock could not be made: the target has trouble (read-only, full or failing)",
            "look at the kernel's messages (dmesg) and at the disk's health"},
    Meaning{"LockError", 70, "the lock could not be made: the target has trouble",
            "look at the kernel's messages (dmesg) and at the disk's health"},
    Meaning{"PassphraseWrong", 52, "the passphrase is wrong", "check the plan's passphrase_file or command"},
    Meaning{"NoPassphraseFailure", 50, "there is no passphrase", "set the plan's passphrase_file or command"},
    Meaning{"KeyfileNotFoundError", 42, "the key file is not there", "restore it to Borg's base folder"},
    Meaning{"RepoKeyNotFoundError", 44, "the repository holds no key", "restore it with borg key import"},
    Meaning{"Cache.RepositoryAccessAborted", 62,
            "Borg refuses: the repository has moved, or was not known here",
            "borg info on it, by hand, says what Borg wants to know"},
    Meaning{"Cache.RepositoryIDNotUnique", 63, "Borg refuses: two repositories have the same id",
            "one is a copy of the other: find out which one is yours"},
    Meaning{"Cache.RepositoryReplay", 64,
            "Borg refuses: the repository is older than the one it saw last. After a disk was pulled in "
            "mid-run that "
            "is the last transaction missing, not an attack; a copied-back disk looks the same",
            "Guardian never bypasses this: make sure that the disk is the right one, then follow Borg's FAQ"},
    Meaning{"Cache.EncryptionMethodMismatch", 61,
            "Borg refuses: the repository's encryption is not what it was",
            "find out who replaced the repository"},
};

const Meaning* meaning_of(int exit_code, const std::string& id) {
    for (const auto& m : meanings)
        if (!id.empty() && id == m.id) return &m;
    for (const auto& m : meanings)
        if (exit_code > 2 && exit_code == m.code) return &m;
    return nullptr;
}

struct Trouble {
    std::string_view words;
    std::string_view what;
    std::string_view remedy;
};

/// An operating system's error on the repository is a plain "Exception" in every version of Borg.
constexpr std::array troubles{
    Trouble{"No space left on device", "the target is full",
            "free space on it: remove other files, or old archives by hand (borg delete, then borg compact)"},
    Trouble{"Input/output error", "the disk cannot be read or written",
            "look at dmesg and at the disk's health before anything else; do not repair"},
    Trouble{"Read-only file system", "the target's filesystem is read-only, as after an error on it",
            "look at dmesg; unmount it, and check it with fsck once the disk's health is known"},
    Trouble{"No such device", "the disk is gone", "plug it in again"},
    Trouble{"Disk quota exceeded", "the quota on the target is used up",
            "raise it, or remove old archives by hand (borg delete, then borg compact)"},
    Trouble{"Permission denied", "access to the repository was denied",
            "check who owns it; Guardian runs as root"},
};

}  // namespace

std::string borg_base_dir(const core::Config& config) {
    return config.state_dir + "/borg";
}

std::string machine_id() {
    std::ifstream file("/etc/machine-id");
    std::string id;
    std::getline(file, id);
    return id.empty() ? "nomachineid" : id.substr(0, 16);
}

namespace {

/// Pids mean nothing in another PID namespace: what holds a lock there must not be taken for dead. The
/// machine's own namespace has always the same number (PROC_PID_INIT_INO in include/linux/proc_ns.h).
std::string pid_namespace() {
    constexpr ino_t own = 0xEFFFFFFC;
    struct stat st {};
    if (::stat("/proc/self/ns/pid", &st) != 0 || st.st_ino == own) return "";
    return fmt::format("-pidns{}", st.st_ino);
}

}  // namespace

std::string borg_host_id(const core::Config& config, const std::string& owner) {
    return fmt::format("{}@guardian-{}-{}{}", config.name, machine_id(), owner.substr(0, 12),
                       pid_namespace());
}

std::string archive_glob(const std::string& plan) {
    static constexpr std::string_view d = "[0-9]";
    return fmt::format("{0}-{1}{1}{1}{1}-{1}{1}-{1}{1}T{1}{1}:{1}{1}:{1}{1}", plan, d);
}

Command create_command(const BorgContext& context, const core::PlanSpec& plan, const core::JobSpec& job,
                       const std::vector<std::string>& paths, const std::vector<std::string>& never,
                       const std::string& suffix) {
    auto c = base_command(context);
    add(c, {"create", "--json", "--log-json", "--progress", "--lock-wait", std::string(lock_wait_seconds),
            "--compression", job.compression});
    if (job.exclude_caches) add(c, {"--exclude-caches"});
    if (job.one_file_system) add(c, {"--one-file-system"});
    for (const auto& path : never) add(c, {"--exclude=pp:" + path});
    for (const auto& pattern : job.exclude) add(c, {"--exclude=" + pattern});
    add(c, {context.repository + "::" + plan.name + "-{now:%Y-%m-%dT%H:%M:%S}" + suffix});
    c.argv.insert(c.argv.end(), paths.begin(), paths.end());
    return c;
}

namespace {

void add_keep(Command& c, const core::Keep& keep) {
    const auto add_one = [&](const char* option, unsigned n) {
        if (n > 0) add(c, {option, std::to_string(n)});
    };
    add_one("--keep-last", keep.last);
    add_one("--keep-hourly", keep.hourly);
    add_one("--keep-daily", keep.daily);
    add_one("--keep-weekly", keep.weekly);
    add_one("--keep-monthly", keep.monthly);
    add_one("--keep-yearly", keep.yearly);
}

Command prune(const BorgContext& context, const core::PlanSpec& plan, const std::string& glob) {
    auto c = base_command(context);
    add(c, {"prune", "--list", "--log-json", "--progress", "--lock-wait", std::string(lock_wait_seconds),
            "--glob-archives", glob});
    add_keep(c, plan.keep);
    add(c, {context.repository});
    return c;
}

}  // namespace

Command prune_command(const BorgContext& context, const core::PlanSpec& plan) {
    return prune(context, plan, archive_glob(plan.name));
}

Command prune_partial_command(const BorgContext& context, const core::PlanSpec& plan) {
    return prune(context, plan, archive_glob(plan.name) + "*" + partial_suffix);
}

Command rename_command(const BorgContext& context, const std::string& archive, const std::string& name) {
    auto c = base_command(context);
    add(c, {"rename", "--log-json", "--lock-wait", std::string(lock_wait_seconds),
            context.repository + "::" + archive, name});
    return c;
}

Command compact_command(const BorgContext& context) {
    auto c = base_command(context);
    add(c, {"compact", "--log-json", "--progress", "--lock-wait", std::string(lock_wait_seconds),
            context.repository});
    return c;
}

Command check_newest_command(const BorgContext& context, const core::PlanSpec& plan) {
    auto c = base_command(context);
    add(c, {"check", "--log-json", "--progress", "--lock-wait", std::string(lock_wait_seconds), "--archives-only",
            "--glob-archives", archive_glob(plan.name), "--last", "1", context.repository});
    return c;
}

Command check_some_command(const BorgContext& context) {
    auto c = base_command(context);
    add(c, {"check", "--log-json", "--progress", "--lock-wait", std::string(lock_wait_seconds), "--repository-only",
            "--max-duration", "1800", context.repository});
    return c;
}

Command break_lock_command(const BorgContext& context) {
    auto c = base_command(context);
    add(c, {"break-lock", "--log-json", context.repository});
    return c;
}

Command init_command(const BorgContext& context, const core::PlanSpec& plan) {
    auto c = base_command(context);
    add(c, {"init", "--log-json", "--make-parent-dirs", "--encryption", plan.encryption, context.repository});
    return c;
}

Command reserve_space_command(const BorgContext& context, std::uint64_t disk_bytes) {
    const auto bytes = std::clamp<std::uint64_t>(disk_bytes / 100, 20'000'000, 2'000'000'000);
    auto c = base_command(context);
    add(c, {"config", "--log-json", context.repository, "additional_free_space", std::to_string(bytes)});
    return c;
}

Command info_command(const BorgContext& context) {
    auto c = base_command(context);
    add(c,
        {"info", "--json", "--log-json", "--lock-wait", std::string(lock_wait_seconds), context.repository});
    return c;
}

Command list_series_command(const BorgContext& context, const std::string& plan) {
    auto c = base_command(context);
    add(c, {"list", "--short", "--log-json", "--lock-wait", std::string(lock_wait_seconds), "--glob-archives",
            archive_glob(plan), context.repository});
    return c;
}

BorgVerdict verdict_of(int exit_code) {
    if (exit_code == 0) return BorgVerdict::ok;
    return exit_code == 1 || (exit_code >= 100 && exit_code <= 127) ? BorgVerdict::warning
                                                                    : BorgVerdict::error;
}

Error explain(int exit_code, const std::string& id, const std::string& message,
              const std::string& repository) {
    const auto words = printable(message, 400);
    const auto said = words.empty() ? fmt::format("exit code {}", exit_code) : words;
    const auto context = "Borg failed on " + printable(repository, 200);
    if (const auto* m = meaning_of(exit_code, id))
        return {ErrorCode::external, context, fmt::format("{} (Borg: {})", m->what, said),
                std::string(m->remedy)};
    for (const auto& t : troubles)
        if (message.find(t.words) != std::string::npos)
            return {ErrorCode::io, context, fmt::format("{} (Borg: {})", t.what, said),
                    std::string(t.remedy)};
    if (exit_code > 128)
        return {ErrorCode::external, context,
                fmt::format("it was killed by signal {} ({})", exit_code - 128, said), ""};
    return {ErrorCode::external, context, said, ""};
}

}  // namespace guardian::backup
