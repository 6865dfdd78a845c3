#include "backup/aside.hpp"

#include <fmt/format.h>

#include "backup/ask_borg.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace guardian::backup {

Result<std::string> Aside::set_aside(std::int64_t run, const std::string& archive) {
    auto name = archive.ends_with(partial_suffix) ? Result<std::string>{archive} : rename(run, archive);
    if (name) recorder_.archive_set_aside(run, *name);
    return name;
}

Result<std::string> Aside::rename(std::int64_t run, const std::string& archive) {
    const auto context = "cannot rename the archive " + archive;
    // Two of one second, in the hour that the clock goes through twice, are told apart by the run.
    for (const auto& name :
         {archive + partial_suffix, fmt::format("{}.{}{}", archive, run, partial_suffix)}) {
        std::string id;
        const auto done =
            ask_borg(rename_command(context_, archive, name), context, context_.repository, interrupts_, &id);
        if (done) return name;
        if (id == "Archive.DoesNotExist") return std::string{};
        if (id != "Archive.AlreadyExists") return done.error();
    }
    return Error{ErrorCode::external, context, "there is already one of every name for it", ""};
}

std::string Aside::set_aside_older(const std::string& plan, std::int64_t this_run) {
    const auto unnamed = store_.oldest_without_archive(plan, context_.repository_name, this_run);
    if (!unnamed) return unnamed.error().text();
    if (*unnamed)
        if (auto done = set_aside_unnamed(plan, **unnamed); !done) return done.error().text();
    const auto owed = store_.to_set_aside(plan, context_.repository_name, this_run);
    if (!owed) return owed.error().text();
    for (const auto& r : *owed) {
        if (!r.archive.starts_with(plan + "-")) continue;  // the database is not root's alone
        if (auto done = set_aside(r.run.id, r.archive); !done)
            return done.error().text() +
                   fmt::format("; or remove it: borg delete {}::{}", context_.repository, r.archive);
    }
    return "";
}

Result<std::vector<std::string>> Aside::archive_names(const std::string& plan) const {
    const auto listed =
        ask_borg(list_series_command(context_, plan), "cannot ask for the archives that are there",
                 context_.repository, interrupts_);
    if (!listed) return listed.error();
    return split_lines(*listed);
}

/// Archives that nobody knows, and that are dated since that run began.
Result<> Aside::set_aside_unnamed(const std::string& plan, const store::RunRecord& oldest) {
    const auto archives = archive_names(plan);
    if (!archives) return archives.error();
    const auto since = rfc3339(oldest.run.started, local_zone()).substr(0, 19);
    for (const auto& archive : *archives) {
        if (archive < plan + "-" + since) continue;
        const auto known = store_.knows_archive(plan, context_.repository_name, archive);
        if (!known) return known.error();
        if (*known) continue;
        if (auto done = set_aside(oldest.run.id, archive); !done) return done.error();
    }
    return {};
}

}  // namespace guardian::backup
