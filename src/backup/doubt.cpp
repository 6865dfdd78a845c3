#include "backup/doubt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "backup/places.hpp"
#include "backup/shrink.hpp"
#include "base/text.hpp"
#include "watch/mount_table.hpp"

namespace guardian::backup {
namespace {

/// Errors of the disk, the filesystem or the connection; a file that is gone or forbidden is Borg's daily
/// bread.
bool is_of_a_failing_source(const std::string& text) {
    for (const int number : {EIO, ENXIO, ENODEV, EBADMSG, ENOTCONN, ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH,
                             ESTALE, EUCLEAN, EREMOTEIO})
        if (text.find(fmt::format("[Errno {}]", number)) != std::string::npos) return true;
    return false;
}

}  // namespace

Doubt::Doubt(Subject subject, store::Store& store, ArchiveNames archive_names)
    : subject_(std::move(subject)),
      store_(store),
      archive_names_(std::move(archive_names)),
      way_out_(fmt::format("; if that is right: guardian run {} --shrunk-is-right", subject_.plan.name)) {}

void Doubt::raise(const std::string& why) {
    if (reason_.empty()) reason_ = why;
}

std::set<store::Place> Doubt::places_now() const {
    const auto mounts = watch::MountTable::snapshot();
    return mounts ? places_of(subject_.config, subject_.job, *mounts, subject_.devices)
                  : std::set<store::Place>{};
}

void Doubt::look_before() {
    places_ = places_now();
    compare_with_last_backup();
    look_for_lost_places();
}

/// Without a whole backup on record there must be none in the repository either: the database may be new, and
/// what was in the backups before nobody knows.
void Doubt::compare_with_last_backup() {
    const auto known = store_.last_statistics(subject_.plan.name, subject_.repository);
    if (!known) return raise(known.error().text());
    before_ = *known;
    if (before_ || subject_.plan.keep.empty() || subject_.person_says_right) return;
    const auto archives = archive_names_();
    if (!archives) return raise(archives.error().text());
    if (!archives->empty())
        raise(
            "what was in the last backup is not known any more (a new or lost database): look whether "
            "everything "
            "is there" +
            way_out_);
}

void Doubt::look_for_lost_places() {
    if (subject_.person_says_right) return;
    const auto known = store_.places(subject_.plan.name);
    if (!known) return raise(known.error().text());
    const auto lost = lost_places(subject_.job, *known, places_);
    if (!lost.empty()) raise(join(lost, "; ") + way_out_);
}

void Doubt::hear(const std::string& warning) {
    if (is_of_a_failing_source(warning))
        raise("a source cannot be read as a whole: " + warning +
              "; repair it, or exclude what cannot be read");
}

void Doubt::look_after(const std::string& archive, const store::Statistics& now, Time started) {
    look_for_archives_from_the_future(archive, started);
    if (subject_.person_says_right) return;
    for (const auto& gone : lost_places(subject_.job, places_, places_now()))
        raise("during the run: " + gone + way_out_);
    if (!before_) return;
    if (const auto shrunk = suspicious_shrink(*before_, now); !shrunk.empty()) raise(shrunk + way_out_);
}

/// Prune goes by the date alone: to it an archive that was made while the clock was ahead is the newest, and
/// the one made just now is old.
void Doubt::look_for_archives_from_the_future(const std::string& archive, Time started) {
    const auto latest = store_.latest_archive(subject_.plan.name, subject_.repository);
    if (!latest) return raise(latest.error().text());
    if (before_ && (!*latest || **latest <= started)) return;
    const auto archives = archive_names_();
    if (!archives) return raise(archives.error().text());
    const auto newest = std::max_element(archives->begin(), archives->end());
    if (newest == archives->end() || *newest <= archive) return;
    raise(fmt::format(
        "the archive {} is dated later than now, and prune goes by the date: is the clock wrong? If the "
        "clock is right, remove that archive: borg delete {}::{}",
        printable(*newest, 100), subject_.repository, printable(*newest, 100)));
}

}  // namespace guardian::backup
