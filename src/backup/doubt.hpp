#pragma once
/// Whether this backup has in it what the last whole one had. On doubt nothing is deleted, and the archive is
/// set aside (partial_suffix): the runner does both. Reads the sources' folders, the mount table and the
/// store; of Borg it asks one question, and that seldom. For one run, on its thread.

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backup/borg.hpp"
#include "core/spec.hpp"
#include "core/world.hpp"
#include "store/store.hpp"

namespace guardian::backup {

class Doubt {
  public:
    struct Subject {
        const core::Config& config;
        const core::PlanSpec& plan;
        const core::JobSpec& job;
        const BorgContext& context;
        std::vector<core::Device> devices;  ///< all that carry a filesystem
        std::int64_t run = 0;               ///< this one
        bool person_says_right = false;     ///< that the source is as the run before this one said
    };
    /// Asks Borg for the names of the archives in the plan's series.
    using ArchiveNames = std::function<Result<std::vector<std::string>>()>;

    Doubt(Subject subject, store::Store& store, ArchiveNames archive_names);

    /// Why there is doubt, for a person; empty: there is none (yet).
    [[nodiscard]] const std::string& reason() const { return reason_; }
    void raise(const std::string& why);

    /// All that a person can declare right, by names of their own: what the next run is to be told.
    [[nodiscard]] const std::set<std::string>& doubts() const { return doubts_; }

    /// Before Borg is started.
    void look_before();
    /// One of Borg's warnings on the sources.
    void hear(const std::string& warning);
    /// The first of them whose errno says that what was read fails; empty: none. It is a doubt only after the archive is
    /// made: Borg says the same where the disk that it writes to fails.
    [[nodiscard]] const std::string& failing_read() const { return failing_read_; }
    /// When the archive is made.
    void look_after(const std::string& archive, const store::Statistics& now, Time started);

    /// What this backup has in it, as it was before.
    [[nodiscard]] const std::set<store::Place>& places() const { return places_; }

  private:
    /// What Borg was not let read.
    struct Denied {
        std::set<std::string> places;  ///< folders, and those they lie in
        std::size_t files = 0;
    };

    void raise_unless_said_right(const std::string& why, const std::string& doubt);
    void say();
    void recall_what_was_said();
    void recall_what_was_denied(std::int64_t run);
    void hear_denied(const std::string& warning);
    void look_for_more_denied();
    void look_for_shrink(const store::Statistics& now);
    void compare_with_last_backup();
    void look_for_lost_places();
    void look_for_archives_from_the_future(const std::string& archive, Time started);
    [[nodiscard]] std::set<store::Place> places_now() const;

    Subject subject_;
    store::Store& store_;
    ArchiveNames archive_names_;
    std::optional<store::Statistics> before_;  ///< the last whole backup's
    std::set<store::Place> places_;
    std::string reason_;
    std::vector<std::string> reasons_;
    std::set<std::string> doubts_;  ///< those that a person can declare right, declared or not
    std::set<std::string> said_;    ///< those of the run before this one
    bool asks_ = false;             ///< one of the reasons is such a one
    std::string failing_read_;
    std::optional<Denied> denied_before_;  ///< at the last whole backup; empty: not known
    std::size_t denied_files_ = 0;
};

}  // namespace guardian::backup
