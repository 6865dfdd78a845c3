/// Whatever stands in labels, serials, names, paths and reasons: the screens keep their width, and nothing
/// that could steer a terminal gets through.

#include <random>

#include "base/text.hpp"
#include "cli/screen.hpp"
#include "cli/screen_bar.hpp"
#include "cli/screen_runs.hpp"
#include "cli/screen_status.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::test;

namespace {

class Chaos {
  public:
    explicit Chaos(unsigned seed) : engine_(seed) {}

    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(engine_); }

    std::string text() {
        static const std::vector<std::string> pieces{"a",        "name ",
                                                     "/",        "\x1b[2J",
                                                     "\n",       "\r",
                                                     "\t",       std::string(1, '\0'),
                                                     "\xff",     "\xc3",
                                                     "ü",        "…",
                                                     "漢",       "\xe2\x80\xae",
                                                     "\xc2\x9b", "\x7f",
                                                     "\"",       "'",
                                                     "%s{}",     " ",
                                                     "   ",      "0123456789012345678901234567890"};
        std::string out;
        const std::size_t n = below(4) == 0 ? below(400) : below(12);
        for (std::size_t i = 0; i < n; ++i) out += pieces[below(pieces.size())];
        return out;
    }

    std::uint64_t number() {
        constexpr auto most = std::numeric_limits<std::uint64_t>::max();
        const std::vector<std::uint64_t> some{0, 1, 999, 1000, 123'456'789, most / 2, most - 1, most};
        return some[below(some.size())];
    }

    /// The years 1 to 9999, as far as a store gives.
    Time time() {
        const std::vector<std::int64_t> some{-62'135'596'800'000'000, -1, 0, to_micros(sample_now()),
                                             253'402'300'799'000'000};
        return from_micros(some[below(some.size())]);
    }

    core::Outcome outcome() {
        using enum core::Outcome;
        const std::vector<core::Outcome> all{running, success,  warning,   failed, refused,
                                             aborted, vanished, cancelled, absent};
        return all[below(all.size())];
    }

    store::RunRecord run() {
        store::RunRecord r;
        r.run.id = static_cast<std::int64_t>(number());
        r.run.plan = text();
        r.run.target = text();
        r.run.outcome = outcome();
        r.run.started = time();
        if (below(2) == 0) r.run.ended = time();
        r.run.reason = text();
        r.run.held_back = text();
        r.archive = text();
        r.archive_id = text();
        r.statistics = {number(), number(), number(), number()};
        if (below(2) == 0) r.step = core::Step::compact;
        r.progress = {r.statistics, text(), static_cast<int>(below(102)) - 1, time()};
        r.warnings = number();
        r.log_tail = text();
        r.run.repository = text();
        r.borg_version = text();
        return r;
    }

    report::TargetStatus target() {
        using enum core::TargetState;
        const std::vector<core::TargetState> all{absent,        present,        ambiguous, refused,
                                                 mounting,      busy,           ready,     releasing,
                                                 still_mounted, safe_to_unplug, vanished};
        report::TargetStatus t;
        t.target.spec.name = text();
        t.target.spec.mount = text();
        t.target.spec.type = below(3) == 0 ? core::TargetType::share : core::TargetType::disk;
        t.state = all[below(all.size())];
        t.explanation = text();
        for (std::size_t i = below(3); i > 0; --i) {
            core::Device d;
            d.node = text();
            d.model = text();
            d.serial = text();
            d.label = text();
            t.target.devices.push_back(d);
        }
        return t;
    }

    report::PlanStatus plan() {
        const std::vector<std::string> states{"running", "due",   "waiting",   "ok",   "warning",
                                              "failed",  "stale", "never-ran", text(), ""};
        report::PlanStatus p;
        p.plan.spec.name = text();
        p.plan.spec.job = text();
        p.plan.spec.target = text();
        p.plan.spec.repository = text();
        p.plan.spec.stale_after = Duration::max();
        p.state = states[below(states.size())];
        p.due = below(2) == 0;
        p.stale = below(2) == 0;
        if (below(2) == 0) p.plan.last_success = run().run;
        if (below(2) == 0) p.plan.last_run = run().run;
        if (below(2) == 0) p.running = run();
        if (below(2) == 0) p.next_slot = time();
        if (below(2) == 0) p.retry_at = time();
        p.plan.failures = static_cast<int>(below(1'000'000));
        return p;
    }

    report::Status status() {
        report::Status s;
        s.name = text();
        s.at = time();
        s.zone = utc();
        s.daemon = {below(2) == 0, static_cast<pid_t>(below(1 << 22)), text(), {}, text()};
        if (below(2) == 0) s.daemon.since = time();
        for (auto i = below(4); i > 0; --i) s.targets.push_back(target());
        for (auto i = below(4); i > 0; --i) {
            s.plans.push_back(plan());
            if (!s.targets.empty()) s.plans.back().plan.spec.target = s.targets.front().target.spec.name;
        }
        for (auto i = below(7); i > 0; --i) s.runs.push_back(run());
        for (auto i = below(3); i > 0; --i)
            s.incidents.push_back({1, {core::IncidentKind::stale, text(), text()}, time(), {}});
        return s;
    }

  private:
    std::mt19937 engine_;
};

/// Empty when every line keeps to the width and holds nothing but printable text.
std::string wrong_with(const std::string& screen, std::size_t width) {
    for (const auto& line : split_lines(screen)) {
        if (columns(line) > width) return "too long: " + line;
        if (printable(line, line.size() + 1) != line) return "not printable: " + printable(line, 4000);
    }
    return "";
}

std::string joined(const std::vector<std::string>& lines) {
    return join(lines, "\n");
}

constexpr unsigned rounds = 60;
const std::vector<std::size_t> widths{1, 2, 10, 20, 39, 60, 80, 81, 129, 130, 200, 500};

}  // namespace

TEST_CASE("hostile: the status keeps its width") {
    for (unsigned seed = 1; seed <= rounds; ++seed) {
        Chaos chaos{seed};
        const auto status = chaos.status();
        for (const auto width : widths) {
            CAPTURE(seed, width);
            REQUIRE(wrong_with(cli::render_status(status, width, false), width) == "");
        }
    }
}

TEST_CASE("hostile: the history keeps its width") {
    for (unsigned seed = 1; seed <= rounds; ++seed) {
        Chaos chaos{seed};
        const std::vector<store::RunRecord> runs{chaos.run(), chaos.run(), chaos.run()};
        for (const auto width : widths) {
            CAPTURE(seed, width);
            REQUIRE(wrong_with(cli::render_history(runs, utc(), chaos.time(), width, false), width) == "");
        }
    }
}

TEST_CASE("hostile: the lines of a run keep their width") {
    for (unsigned seed = 1; seed <= rounds; ++seed) {
        Chaos chaos{seed};
        const auto record = chaos.run();
        const cli::StepView view{core::Step::create, record.progress, chaos.number(), chaos.time() - Time{}};
        for (const auto width : widths) {
            CAPTURE(seed, width);
            REQUIRE(wrong_with(cli::bar_line(view, width), width) == "");
            REQUIRE(wrong_with(joined(cli::end_lines(record, width)), width) == "");
            REQUIRE(wrong_with(joined(cli::step_lines(core::Step::create, record.run.reason, seed % 2 == 0,
                                                      chaos.time() - Time{}, width)),
                               width) == "");
        }
        REQUIRE(wrong_with(cli::end_sentence(record), 1'000'000) == "");
        REQUIRE(wrong_with(cli::progress_sentence(view), 1'000'000) == "");
    }
}

TEST_CASE("hostile: the log of a run has no control characters") {
    for (unsigned seed = 1; seed <= rounds; ++seed) {
        Chaos chaos{seed};
        cli::RunLog log{chaos.run(), {}, {}};
        for (int i = 0; i < 3; ++i) {
            log.warnings.push_back({chaos.text(), chaos.text()});
            log.steps.push_back({core::Step::create, chaos.time(), chaos.time(), 1, chaos.text()});
        }
        CAPTURE(seed);
        REQUIRE(wrong_with(cli::render_log(log, utc(), chaos.time(), 80, false), 1'000'000) == "");
    }
}

TEST_CASE("hostile: with colour, the only control sequences are the screen's own") {
    for (unsigned seed = 1; seed <= rounds; ++seed) {
        Chaos chaos{seed};
        const auto screen = cli::render_status(chaos.status(), 80, true);
        for (auto at = screen.find('\x1b'); at != std::string::npos; at = screen.find('\x1b', at + 1)) {
            const auto end = screen.find_first_not_of("[0123456789;", at + 1);
            CAPTURE(seed);
            REQUIRE(end != std::string::npos);
            REQUIRE(screen[end] == 'm');
        }
    }
}
