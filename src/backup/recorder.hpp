#pragma once
/// Where a run writes what happens: to the store always, to a Listener for whoever watches. A store that
/// cannot be written never stops a backup: the first failure is told to the Listener, and the run goes on.

#include <functional>
#include <string>
#include <string_view>

#include "backup/borg_log.hpp"
#include "store/store.hpp"

namespace guardian::backup {

/// Shows a run: as a bar on a terminal, or sparsely in the journal. Called from the runner's one thread.
class Listener {
  public:
    virtual ~Listener() = default;
    virtual void step_begins(core::Step step) = 0;
    virtual void progress(core::Step step, const store::Progress& progress) = 0;
    virtual void step_ended(core::Step step, std::string_view detail, bool ok) = 0;
    virtual void warning(std::string_view text) = 0;
    virtual void run_ended(const store::RunRecord& record) = 0;
};

class Recorder {
  public:
    Recorder(store::Store& store, Listener& listener) : store_(store), listener_(listener) {}

    void begin_run(store::RunRecord& record);
    void mounts_itself();
    void begin_step(core::Step step);
    void end_step(std::optional<int> exit_code, std::string_view detail, bool ok);
    void progress(store::Progress progress);
    void warning(store::Warning warning);
    void archive_made(const std::string& archive);
    void archive_is_whole(const store::Statistics& statistics);
    void archive_set_aside(std::int64_t run, const std::string& name);
    void keep_doubts(const std::set<std::string>& doubts);
    void keep_places(const std::string& plan, const std::set<store::Place>& places);
    void log_line(std::string_view line);
    void end_run(store::RunRecord record);

    /// Hears each warning, also those beyond what is kept.
    std::function<void(const store::Warning&)> on_warning;

    /// Hears each line of Borg's log.
    std::function<void(std::string_view)> on_log_line;

    [[nodiscard]] std::uint64_t warnings() const { return warnings_; }

  private:
    void note(const Result<>& done);

    store::Store& store_;
    Listener& listener_;
    std::int64_t run_ = 0;
    core::Step step_ = core::Step::identify;
    store::Statistics so_far_;
    Time stored_at_{};
    std::uint64_t warnings_ = 0;
    std::string log_tail_;
    bool store_failed_ = false;
};

}  // namespace guardian::backup
