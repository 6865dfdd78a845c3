#include "backup/doubt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <initializer_list>
#include <iterator>

#include "backup/borg_log.hpp"
#include "backup/places.hpp"
#include "backup/shrink.hpp"
#include "base/text.hpp"
#include "watch/mount_table.hpp"

namespace guardian::backup {
namespace {

constexpr std::size_t most_reasons = 5;

bool has_errno(const std::string& text, std::initializer_list<int> numbers) {
    return std::any_of(numbers.begin(), numbers.end(), [&](int number) {
        return text.find(fmt::format("[Errno {}]", number)) != std::string::npos;
    });
}

/// Errors of the disk, the filesystem or the connection; a file that is gone is Borg's daily bread.
bool is_of_a_failing_source(const std::string& text) {
    return has_errno(text, {EIO, ENXIO, ENODEV, EBADMSG, ENOTCONN, ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH, ESTALE,
                            EUCLEAN, EREMOTEIO});
}

/// Borg is root: a share has squashed it, a key is locked, a ticket has run out. What one may never read (a
/// user's own FUSE mounts) is so each time.
bool is_of_a_denied_source(const std::string& text) {
    return has_errno(text, {EPERM, EACCES, ENOKEY, EKEYEXPIRED, EKEYREVOKED, EKEYREJECTED});
}

/// The folder, where it is one that was refused: all below it is not in the archive. "dir_open" and "scandir"
/// is what Borg calls the step in which it opens one.
std::optional<std::filesystem::path> denied_folder(const std::string& warning) {
    if (!is_of_a_denied_source(warning)) return std::nullopt;
    if (warning.find(": dir_open: ") == std::string::npos && warning.find(": scandir: ") == std::string::npos)
        return std::nullopt;
    return path_of_warning(warning);
}

}  // namespace

Doubt::Doubt(Subject subject, store::Store& store, ArchiveNames archive_names)
    : subject_(std::move(subject)), store_(store), archive_names_(std::move(archive_names)) {}

void Doubt::raise(const std::string& why) {
    if (std::find(reasons_.begin(), reasons_.end(), why) != reasons_.end()) return;
    reasons_.push_back(why);
    say();
}

/// Of a person who says that the source is right, only what was said before is believed: nobody can answer
/// for what nobody knew.
void Doubt::raise_unless_said_right(const std::string& why, const std::string& doubt) {
    doubts_.insert(doubt);
    if (subject_.person_says_right && said_.contains(doubt)) return;
    asks_ = true;
    raise(why);
}

void Doubt::say() {
    std::vector<std::string> words(
        reasons_.begin(), reasons_.begin() + std::min<std::ptrdiff_t>(std::ssize(reasons_), most_reasons));
    if (reasons_.size() > most_reasons)
        words.push_back(fmt::format("and {} more of the kind", reasons_.size() - most_reasons));
    reason_ = join(words, "; ");
    if (!asks_) return;
    reason_ +=
        subject_.person_says_right
            ? "; nobody knew that when --shrunk-is-right was typed: look, and if it is right, type it again"
            : fmt::format("; if that is right: guardian run {} --shrunk-is-right", subject_.plan.name);
}

std::set<store::Place> Doubt::places_now() const {
    const auto mounts = watch::MountTable::snapshot();
    return mounts ? places_of(subject_.config, subject_.job, *mounts, subject_.devices)
                  : std::set<store::Place>{};
}

void Doubt::look_before() {
    places_ = places_now();
    recall_what_was_said();
    compare_with_last_backup();
    look_for_lost_places();
}

/// By the newest run that came to say anything.
void Doubt::recall_what_was_said() {
    if (!subject_.person_says_right) return;
    const auto runs = store_.runs(subject_.plan.name, 20);
    if (!runs) return raise(runs.error().text());
    for (const auto& r : *runs) {
        if (r.run.id == subject_.run || !core::tells(r.run.outcome)) continue;
        auto doubts = store_.doubts(r.run.id);
        if (!doubts) return raise(doubts.error().text());
        said_ = std::move(*doubts);
        return;
    }
}

/// Without a whole backup on record there must be none in the repository either: the database may be new, and
/// what was in the backups before nobody knows.
void Doubt::compare_with_last_backup() {
    const auto known = store_.last_whole(subject_.plan.name, subject_.context.repository_name);
    if (!known) return raise(known.error().text());
    if (*known) {
        before_ = (*known)->statistics;
        return recall_what_was_denied((*known)->run.id);
    }
    if (subject_.plan.keep.empty()) return;
    const auto archives = archive_names_();
    if (!archives) return raise(archives.error().text());
    if (!archives->empty())
        raise_unless_said_right(
            "what was in the last backup is not known any more (a new or lost database): look whether "
            "everything is there",
            "not known");
}

void Doubt::recall_what_was_denied(std::int64_t run) {
    const auto warnings = store_.warnings(run);
    if (!warnings) return raise(warnings.error().text());
    if (warnings->size() >= store::most_warnings) return;  // there were more
    denied_before_.emplace();
    for (const auto& w : *warnings)
        if (const auto folder = denied_folder(w.text)) {
            denied_before_->places.insert({folder->string(), folder->parent_path().string()});
        } else if (is_of_a_denied_source(w.text)) {
            ++denied_before_->files;
        }
}

void Doubt::look_for_lost_places() {
    const auto known = store_.places(subject_.plan.name);
    if (!known) return raise(known.error().text());
    for (const auto& lost : lost_places(subject_.job, *known, places_)) raise_unless_said_right(lost, lost);
}

void Doubt::hear(const std::string& warning) {
    if (failing_read_.empty() && is_of_a_failing_source(warning)) failing_read_ = warning;
    if (denied_before_ && is_of_a_denied_source(warning)) hear_denied(warning);
}

/// Where another folder beside it was refused at the last backup too, this one is new, and no loss.
void Doubt::hear_denied(const std::string& warning) {
    const auto folder = denied_folder(warning);
    if (!folder) {
        ++denied_files_;
        return;
    }
    const auto& before = denied_before_->places;
    if (before.contains(folder->string()) || before.contains(folder->parent_path().string())) return;
    raise_unless_said_right("what could be read at the last backup cannot be now: " + warning,
                            "denied " + folder->string());
}

/// Single files are refused now and then; when a key is missing or a share squashes root, it is many.
void Doubt::look_for_more_denied() {
    constexpr std::size_t few = 10;
    if (!denied_before_ || denied_files_ <= few + 2 * denied_before_->files) return;
    raise_unless_said_right(fmt::format("{} files could not be read, {} at the last backup", denied_files_,
                                        denied_before_->files),
                            "denied files");
}

/// Who said yes to a half did not say it to a tenth.
void Doubt::look_for_shrink(const store::Statistics& now) {
    const auto shrunk = suspicious_shrink(*before_, now);
    if (shrunk.empty()) return;
    const auto doubt = [](int powers) { return fmt::format("shrank {}", powers); };
    int powers = shrink_of(*before_, now);
    for (int more = powers; more <= 64; ++more)
        if (said_.contains(doubt(more))) powers = more;
    raise_unless_said_right(shrunk, doubt(powers));
}

void Doubt::look_after(const std::string& archive, const store::Statistics& now, Time started) {
    if (!failing_read_.empty())
        raise("a source cannot be read as a whole: " + failing_read_ + "; repair it, or exclude what cannot be read");
    look_for_archives_from_the_future(archive, started);
    for (const auto& gone : lost_places(subject_.job, places_, places_now()))
        raise_unless_said_right("during the run: " + gone, gone);
    if (now.files == 0) raise("the archive holds no file at all, and nothing older is given up for it");
    look_for_more_denied();
    if (before_) look_for_shrink(now);
}

/// Prune goes by the date alone: to it an archive that was made while the clock was ahead is the newest, and
/// the one made just now is old.
void Doubt::look_for_archives_from_the_future(const std::string& archive, Time started) {
    const auto latest = store_.latest_archive(subject_.plan.name, subject_.context.repository_name);
    if (!latest) return raise(latest.error().text());
    if (before_ && (!*latest || **latest <= started)) return;
    const auto archives = archive_names_();
    if (!archives) return raise(archives.error().text());
    const auto newest = std::max_element(archives->begin(), archives->end());
    if (newest == archives->end() || *newest <= archive) return;
    raise(fmt::format(
        "the archive {} is dated later than now, and prune goes by the date: is the clock wrong? If the "
        "clock is right, remove that archive: borg delete {}::{}",
        printable(*newest, 100), subject_.context.repository, printable(*newest, 100)));
}

}  // namespace guardian::backup
