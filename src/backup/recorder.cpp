#include "backup/recorder.hpp"

#include "base/text.hpp"

namespace guardian::backup {
namespace {

constexpr std::size_t tail_bytes = 32 * 1024;
constexpr auto store_every = std::chrono::seconds{1};

}  // namespace

void Recorder::note(const Result<>& done) {
    if (done || store_failed_) return;
    store_failed_ = true;
    listener_.warning("the run is not being recorded: " + done.error().text());
}

void Recorder::begin_run(store::RunRecord& record) {
    const auto id = store_.begin_run(record);
    if (id) run_ = *id;
    record.run.id = run_;
    if (!id) note(id.error());
}

void Recorder::mounts_itself() {
    note(store_.set_mounted_itself(run_));
}

void Recorder::begin_step(core::Step step) {
    step_ = step;
    note(store_.begin_step(run_, step, now()));
    listener_.step_begins(step);
}

void Recorder::end_step(std::optional<int> exit_code, std::string_view detail, bool ok) {
    note(store_.end_step(run_, step_, now(), exit_code, detail));
    listener_.step_ended(step_, detail, ok);
}

void Recorder::progress(store::Progress progress) {
    progress.at = now();
    // Prune and compact name no bytes; those of the archive stay.
    if (progress.so_far == store::Statistics{}) progress.so_far = so_far_;
    so_far_ = progress.so_far;
    listener_.progress(step_, progress);
    // A clock that was set back must not silence the progress.
    if (progress.at >= stored_at_ && progress.at - stored_at_ < store_every) return;
    stored_at_ = progress.at;
    note(store_.set_progress(run_, progress));
}

void Recorder::warning(store::Warning warning) {
    listener_.warning(warning.text);
    if (on_warning) on_warning(warning);
    if (++warnings_ <= store::most_warnings) note(store_.add_warning(run_, warning));
}

void Recorder::archive_made(const std::string& archive) {
    note(store_.archive_made(run_, archive));
}

void Recorder::archive_is_whole(const store::Statistics& statistics) {
    so_far_ = statistics;  // the progress of prune and compact says the same
    note(store_.archive_is_whole(run_, statistics));
}

void Recorder::archive_set_aside(std::int64_t run, const std::string& name) {
    note(store_.archive_set_aside(run, name));
}

void Recorder::keep_doubts(const std::set<std::string>& doubts) {
    note(store_.set_doubts(run_, doubts));
}

void Recorder::keep_places(const std::string& plan, const std::set<store::Place>& places) {
    note(store_.set_places(plan, places));
}

void Recorder::log_line(std::string_view line) {
    if (on_log_line) on_log_line(line);
    log_tail_ += printable(line, 2000) + "\n";
    if (log_tail_.size() > 2 * tail_bytes) {
        log_tail_.erase(0, log_tail_.size() - tail_bytes);
        log_tail_.erase(0, log_tail_.find('\n') + 1);
    }
}

void Recorder::end_run(store::RunRecord record) {
    record.warnings = warnings_;
    record.log_tail = log_tail_;
    note(store_.end_run(record));
    listener_.run_ended(record);
}

}  // namespace guardian::backup
