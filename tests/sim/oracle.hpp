#pragma once
/// The judge: says, from what is true outside, what the daemon must and must not do, and throws Violation
/// when it does otherwise. Written afresh: it uses none of decide()'s own helpers, so that it can contradict
/// them.

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/decide.hpp"
#include "outside.hpp"

namespace sim {

/// A rule that did not hold.
struct Violation : std::runtime_error {
    Violation(const std::string& rule, const std::string& what) : std::runtime_error(rule + ": " + what) {}
};

/// What happened in a life; every count must be above zero after many lives, or the model is dead.
struct Totals {
    std::map<std::string, std::int64_t> counts;
    std::int64_t& operator[](const std::string& name) { return counts[name]; }
    void add(const Totals& other) {
        for (const auto& [name, n] : other.counts) counts[name] += n;
    }
};

/// What the daemon has been shown so far, as far as the oracle must excuse ignorance.
struct View {
    bool up = false;       ///< the daemon lives
    bool devices = false;  ///< its newest snapshot of devices is true now
    bool mounts = false;
    int untold_ends = 0;  ///< runs that ended and were not yet told
    std::set<std::string> releasing;
    std::set<std::string> asked;  ///< plans that a person asked for
    std::map<std::string, std::set<std::int64_t>>
        eject_pending;                          ///< target -> its mounts when that was asked
    std::set<std::string> eject_in_run;         ///< targets that were ejected while a run was going
    std::map<std::string, Time> release_tried;  ///< when the last release failed
    std::set<std::string> stopped;              ///< plans whose run was told to stop
    std::map<std::string, std::string> active;  ///< runs that live, person's too: plan -> target

    std::map<std::string, KnownHealth> health;       ///< by target, or job_key()
    std::set<std::string> looking;                   ///< the same: a probe is going
    std::set<std::string> looked;  ///< something came of a look since the daemon began
    std::map<std::string, std::string> looked_plug;  ///< target -> the plugging-in of the newest look
    /// target -> on which plugging-in, and when, it was last to test itself
    std::map<std::string, std::pair<std::string, Time>> test_asked;
    std::map<std::string, Duration> happened;        ///< target -> since when its health is to be looked at
    std::map<std::string, Time> failing_since;       ///< by job

    [[nodiscard]] bool complete() const { return up && devices && mounts && untold_ends == 0; }
};

class Oracle {
  public:
    Oracle(const Outside& out, const core::Config& config, const View& view)
        : out_(out), config_(config), view_(view) {}

    /// Before a decision is carried out.
    void judge(const core::Decision& decision);

    /// When the daemon has settled, or at any moment in between: nothing that must be done is left undone.
    void audit() const;

    /// Before a run deletes something, or gives back its room: by what the runner knows.
    void judge_prune(const core::TargetSpec& target, const KnownHealth& known) const;
    /// What the daemon counts of the kernel's words from now on.
    void judge_counted(const std::string& target, const std::vector<core::KernelEvent>& counted) const;
    /// Its health was looked at just now, by whom ever.
    void note_look(const std::string& subject) { last_look_[subject] = out_.awake; }
    [[nodiscard]] core::Verdict verdict(const KnownHealth& known) const;
    [[nodiscard]] core::Verdict verdict(const core::TargetSpec& target, const KnownHealth& known) const;
    [[nodiscard]] core::OnVerdict policy(const core::TargetSpec& target, const KnownHealth& known) const;
    /// Nothing is due; it is made for a source that is failing.
    [[nodiscard]] bool only_urgent(const core::PlanSpec& plan) const;

    /// The clock was set, or the daemon started: what was measured across it says nothing.
    void measure_anew() {
        starts_.clear();
        tries_.clear();
        share_wait_.clear();
        waits_since_.clear();
        last_look_.clear();
        answers_.clear();
        look_from_.clear();
        old_from_.clear();
        test_from_.clear();
    }

    [[nodiscard]] bool active_on(const std::string& target) const;

  private:
    /// A run that named no plugging-in is counted to this one or to none, as the daemon was told of it or
    /// read it.
    enum class Bound { may, must };

    void judge_start(const core::StartRun& start);
    void judge_stop(const core::StopRun& stop) const;
    void judge_frequency(const std::string& what);
    void judge_release(const core::Release& release) const;
    void judge_look(const core::ProbeHealth& probe);
    void judge_target_look(const core::ProbeHealth& probe);
    void judge_source_look(const core::ProbeHealth& probe);
    void judge_test(const core::TargetSpec& target, core::ProbeHealth::Test test) const;
    void judge_raise(const core::Incident& incident);
    void judge_end(const core::Incident& incident);

    [[nodiscard]] Time slot(const core::PlanSpec& plan) const;
    [[nodiscard]] bool slot_satisfied(const core::PlanSpec& plan) const;
    [[nodiscard]] Time begin_of_slot(const core::PlanSpec& plan) const;
    [[nodiscard]] bool left_to_the_timer(const core::PlanSpec& plan) const;
    [[nodiscard]] bool wanted_by_schedule(const core::PlanSpec& plan) const;
    [[nodiscard]] bool urgent(const core::PlanSpec& plan) const;
    [[nodiscard]] bool asked_for_by_schedule(const core::PlanSpec& plan) const;
    [[nodiscard]] int failures(const core::PlanSpec& plan, Bound bound) const;
    [[nodiscard]] bool backed_off(const core::PlanSpec& plan, Bound bound) const;
    [[nodiscard]] bool usable(const core::TargetSpec& target, bool by_person) const;
    [[nodiscard]] bool usable_but_for_eject(const core::TargetSpec& target, bool by_person) const;
    [[nodiscard]] bool refused(const core::TargetSpec& target) const;
    [[nodiscard]] bool is_dead(const core::TargetSpec& target) const;
    [[nodiscard]] bool startable(const core::PlanSpec& plan, Bound bound) const;
    [[nodiscard]] const core::Run* going(const std::string& plan) const;
    [[nodiscard]] const LiveMount* own_mount(const core::TargetSpec& target) const;
    [[nodiscard]] const core::Run* newest(const core::PlanSpec& plan, bool (*which)(core::Outcome)) const;
    [[nodiscard]] const core::Target& remembered(const std::string& target) const;
    [[nodiscard]] bool eject_pending(const core::TargetSpec& target) const;

    void audit_starts() const;
    void audit_stops() const;
    void audit_slot(const core::PlanSpec& plan) const;
    /// Its slot could have been run for so long, and nothing stands in the way.
    [[nodiscard]] bool missed(const core::PlanSpec& plan, Bound startable_bound) const;
    void audit_patience(const core::PlanSpec& plan) const;
    void audit_releases() const;
    void audit_looks() const;
    void audit_look(const core::TargetSpec& target) const;
    void audit_test(const core::TargetSpec& target) const;
    void audit_words(const core::TargetSpec& target) const;
    void audit_source_look(const std::string& job) const;
    [[nodiscard]] bool is_bad(const core::TargetSpec& t) const;
    [[nodiscard]] bool is_unknown(const core::TargetSpec& t) const;
    [[nodiscard]] bool is_as_it_was(core::IncidentKind kind, const std::string& subject, const KnownHealth& known,
                                    const std::string& key) const;
    [[nodiscard]] bool was_bad(const core::TargetSpec& t) const;
    [[nodiscard]] bool stays_open(core::IncidentKind kind, const std::string& subject, const KnownHealth& known) const;
    [[nodiscard]] static bool is_watched(const core::TargetSpec& t);
    [[nodiscard]] static bool is_asked(const core::TargetSpec& t);
    void audit_health_incidents(const core::TargetSpec& target) const;
    void audit_source_incidents(const core::JobSpec& job) const;
    [[nodiscard]] const KnownHealth& told(const std::string& subject) const;
    [[nodiscard]] bool refused_for_health(const core::TargetSpec& target) const;
    [[nodiscard]] const Disk* lookable(const core::TargetSpec& target) const;
    [[nodiscard]] bool runs_soon(const core::TargetSpec& target) const;
    [[nodiscard]] core::ProbeHealth::Test test_due(const core::TargetSpec& target) const;
    void audit_incidents() const;
    void audit_target_incidents(const core::TargetSpec& target) const;
    void audit_plan_incidents(const core::PlanSpec& plan) const;
    void must_be(bool open, core::IncidentKind kind, const std::string& subject,
                 const std::string& why) const;
    [[noreturn]] void violated(const std::string& rule, const std::string& what) const;

    const Outside& out_;
    const core::Config& config_;
    const View& view_;
    mutable std::map<std::string, Timetable> timetables_;
    std::map<std::string, std::vector<Duration>> starts_;  ///< by plan and plugging-in
    std::map<std::string, std::vector<Duration>> tries_;   ///< probes and releases, by target
    std::map<std::string, std::string> open_;              ///< by key: the text
    mutable std::map<std::string, Duration> waits_since_;  ///< since when a plan is due and others run
    std::map<std::string, Duration> last_look_;            ///< by target, or job_key(): its end
    std::map<std::string, Duration> answers_;  ///< when a target was last looked at because something happened
    mutable std::map<std::string, Duration> look_from_;    ///< since when it could be looked at
    mutable std::map<std::string, Duration> old_from_;     ///< since when the kernel's words are too old
    mutable std::map<std::string, Duration> test_from_;    ///< since when it is to test itself
    mutable std::map<std::string, Duration> share_wait_;   ///< since when it could run on a live share
};

}  // namespace sim
