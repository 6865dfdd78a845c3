#pragma once
/// One simulated life of one machine: time, the world outside, the runner, the people, and the daemon around
/// the real core::decide(). Time goes from event to event. One object is one seed; nothing is shared.

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <string>

#include "core/decide.hpp"
#include "mutation.hpp"
#include "oracle.hpp"
#include "outside.hpp"
#include "random.hpp"

namespace sim {

/// How a run will end if nobody interferes.
enum class Fate {
    success,
    warning,
    held_back,
    fails_to_launch,
    fails_at_mount,
    fails_at_create,
    leaves_checkpoint,
    fails_at_prune,
    hangs,
    dies,
};

struct Runner {
    int token = 0;
    core::Run run;  ///< id 0 until it has recorded itself
    core::TargetSpec target;
    Fate fate = Fate::success;
    core::Step step = core::Step::identify;
    std::string disk;  ///< what it found; empty: a share
    unsigned mount_id = 0;
    bool source_gone = false;  ///< the disk it works on was pulled
    bool checkpoint = false;
    bool anyway = false;  ///< a person accepts the disk as it is
    bool holds = false;   ///< the disk's health lets nothing be deleted
};

class Simulation {
  public:
    Simulation(std::uint64_t seed, Mutation mutation, bool print);

    /// Lives for so long. Throws Violation.
    void live(Duration span);

    [[nodiscard]] const Totals& totals() const { return totals_; }
    [[nodiscard]] const std::deque<std::string>& trace() const { return trace_; }
    [[nodiscard]] Duration lived() const { return out_.lived; }

  private:
    // simulation.cpp: time
    struct Event {
        Duration at;
        std::uint64_t order;
        std::function<void()> act;
        bool operator<(const Event& o) const { return at != o.at ? at > o.at : order > o.order; }
    };
    void after(Duration delay, std::function<void()> act);
    void pass(Duration span);
    void next_event();
    [[nodiscard]] std::optional<Duration> until_alarm() const;
    void note(std::string line);

    // scenario.cpp: the cast
    void make_scenario();
    void make_targets();
    void make_plan(int number);
    void make_disks();
    void change_configuration();
    [[nodiscard]] core::HealthSpec invent_health();
    [[nodiscard]] std::string invent_schedule();

    // daemon.cpp: what guardiand does around decide()
    void start_daemon();
    void stop_daemon();
    void load_memory();
    void remember(const core::Target& target);
    void wake();
    void carry_out(const core::Decision& decision);
    void carry_out_start(const core::StartRun& start);
    void carry_out_release(const std::string& target);
    void end_release(const std::string& target, bool dead, bool everywhere);
    void probe(const std::string& target);
    void audit();

    // drives.cpp: what becomes of the drives, and who looks at them
    void drives_age();
    void drive_ages(const std::string& drive);
    void kernel_speaks();
    void kernel_says(const Disk& disk, core::KernelSign sign, bool by_pull);
    [[nodiscard]] bool is_asked(const std::string& target) const;
    void want_look(const std::string& target);
    void carry_out_look(const core::ProbeHealth& probe);
    void end_look(const core::ProbeHealth& probe, const std::string& plug);
    void begin_test(const std::string& drive, core::ProbeHealth::Test test);
    void read_drive(const std::string& drive);
    void tell_look(const std::string& target, const Disk& disk);
    void tell_sources(const std::string& job);
    void recall_health();
    [[nodiscard]] core::OnVerdict look_in_run(Runner& r);
    void hold_back(Runner& r);
    void forget_health();
    void forget_heard();

    // watching.cpp: what reaches the daemon, late, twice or not at all
    void devices_changed();
    void mounts_changed();
    void see_devices();
    [[nodiscard]] std::vector<std::string> devices_now();
    void see_mounts();
    void see_mounts_quietly();
    void look_around();
    [[nodiscard]] bool is_noticed(const LiveMount& mount);
    void tell_run_ended(core::Run run, bool checkpoint);
    [[nodiscard]] Duration notice_delay();

    // runner.cpp: `guardian run`
    int launch(const core::PlanSpec& plan, core::Trigger trigger, bool anyway = false);
    void step_of(int token, core::Step step);
    void record_beginning(Runner& r);
    void identify(Runner& r);
    void mount_target(Runner& r);
    void create(Runner& r);
    void prune(Runner& r);
    void compact(Runner& r);
    void finish(int token, core::Outcome outcome, std::string reason);
    bool leave_as_found(const Runner& r);
    void take_over_mount(const Runner& r, core::Outcome outcome);
    void announce_end(const core::Run& run, bool checkpoint);
    void die(int token);
    void disk_was_pulled(const std::string& disk);
    void stop_runner(const std::string& plan);
    [[nodiscard]] Fate invent_fate();
    [[nodiscard]] bool works_on(const std::string& target) const;

    // people.cpp: everything that happens by itself
    void something_happens();
    void plug_something();
    void pull_something();
    void hand_mount();
    void hand_unmount();
    void hold();
    void person_acts();
    void disks_move();
    void ask();
    void type_run(const std::string& target);
    void eject();
    void cancel();
    void initialise();
    void sleep();
    void jump_clock();
    void share_comes_or_goes();
    void restart_daemon();

    Random random_;
    Mutation mutation_;
    bool print_;
    Outside out_;
    core::Config config_;
    core::World world_;
    View view_;
    Oracle oracle_;
    Totals totals_;
    std::map<int, Runner> runners_;
    int next_token_ = 1;
    int daemon_life_ = 0;  ///< counts starts, so that answers for an earlier life are dropped
    std::optional<Time> look_again_;
    std::priority_queue<Event> queue_;
    std::uint64_t events_ = 0;
    std::deque<std::string> trace_;
};

}  // namespace sim
