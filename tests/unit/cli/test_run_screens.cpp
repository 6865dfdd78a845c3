#include "base/text.hpp"
#include "cli/screen_bar.hpp"
#include "cli/screen_runs.hpp"
#include "golden.hpp"
#include "samples.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace guardian::test;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;

cli::RunLog warned_log() {
    auto record = success_run(42, "system-usb", 72min, 6min + 3s);
    record.run.outcome = core::Outcome::warning;
    record.run.held_back = "the source /home is missing";
    record.warnings = 1205;
    record.log_tail = "Creating archive\n/home/john/.cache/x: file changed while we backed it up\n";
    const auto at = [&](Duration d) { return record.run.started + d; };
    return {record,
            {{core::Step::identify, at(0s), at(2ms), {}, "/dev/sdb1"},
             {core::Step::mount, at(0s), at(340ms), {}, "/mnt/backup"},
             {core::Step::create, at(1s), at(6min), 1,
              "system-usb-2026-11-23T02:00:07, 1,234,567 files, 182.40 GB"},
             {core::Step::prune, at(6min), {}, {}, ""}},
            {{"/home/john/.cache/x", "/home/john/.cache/x: file changed while we backed it up"},
             {"/home", "the source is missing"}}};
}

cli::StepView creating() {
    return {core::Step::create, running_run(1, "system-usb").progress, 85'200'000, 72s};
}

store::RunRecord ended_as(core::Outcome outcome, const std::string& reason) {
    auto r = failed_run(44, "system-usb", 2h);
    r.run.outcome = outcome;
    r.run.reason = reason;
    return r;
}

}  // namespace

TEST_CASE("history: the screens at 80 and 200 columns") {
    const auto runs = trouble_status().runs;
    for (const std::size_t width : {80U, 200U})
        CHECK(golden_difference(fmt::format("history-{}.txt", width),
                                cli::render_history(runs, utc(), sample_now(), width, false)) == "");
    CHECK(cli::render_history({}, utc(), sample_now(), 80, false) == "No run yet.\n");
}

TEST_CASE("log: the screens of a run with warnings and of one that failed") {
    CHECK(golden_difference("log-warning-80.txt",
                            cli::render_log(warned_log(), utc(), sample_now(), 80, false)) == "");
    const cli::RunLog failed{failed_run(44, "system-usb", 2h), {}, {}};
    CHECK(golden_difference("log-failed-80.txt", cli::render_log(failed, utc(), sample_now(), 80, false)) ==
          "");
}

TEST_CASE("log: what Borg said is whole, however narrow the terminal") {
    const auto screen = cli::render_log(warned_log(), utc(), sample_now(), 30, false);
    CHECK(screen.find("  /home/john/.cache/x: file changed while we backed it up\n") != std::string::npos);
    CHECK(screen.find("  and 1,203 more\n") != std::string::npos);
}

TEST_CASE("bar: create shows bytes, files, rate and time, and of the path what fits") {
    CHECK(cli::bar_line(creating(), 100) ==
          "create    12.30 GB  45,678 files  85.20 MB/s  1 min 12 s  "
          "/home/john/Pi…name/IMG_20251224_183012.dng");
    CHECK(cli::bar_line(creating(), 60) == "create    12.30 GB  45,678 files  85.20 MB/s  1 min 12 s");
    CHECK(cli::bar_line(creating(), 30) == "create    12.30 GB");
}

TEST_CASE("bar: prune and compact show the percentage Borg names") {
    const cli::StepView view{core::Step::prune, {{}, "", 45, {}}, 0, 12s};
    CHECK(cli::bar_line(view, 80) == "prune     [#############.................]  45 %  12 s");
}

TEST_CASE("bar: a step of which nothing is known yet shows its time") {
    const cli::StepView view{core::Step::mount, {}, 0, 250ms};
    CHECK(cli::bar_line(view, 80) == "mount     250 ms");
}

TEST_CASE("a step leaves a line, and more when it has more to say") {
    CHECK(cli::step_lines(core::Step::create, "system-usb-2026, 1,234 files, 3.20 GB", true, 12s, 80) ==
          Lines{"✓ create    system-usb-2026, 1,234 files, 3.20 GB   12 s"});
    CHECK(cli::step_lines(core::Step::identify, "", true, 2ms, 80) == Lines{"✓ identify  2 ms"});
    CHECK(cli::step_lines(core::Step::create, "system-usb-2026, 1,234 files, 3.20 GB", true, 12s, 40) ==
          Lines{"✓ create    system-usb-2026, 1,234", "            files, 3.20 GB   12 s"});
}

TEST_CASE("a step that failed leaves one line: the end of the run says the reason in full") {
    CHECK(cli::step_lines(core::Step::mount, "cannot mount /dev/sdb1: Structure needs cleaning", false, 1s,
                          40) == Lines{"✗ mount     cannot mount /dev/sdb…   1 s"});
}

TEST_CASE("the end of a run that succeeded is one line") {
    CHECK(cli::end_lines(success_run(42, "system-usb", 72min, 6min + 3s), 100) ==
          Lines{"✓ system-usb is saved: 1,234,567 files, 182.40 GB (1.27 GB new) in 6 min 3 s"});
}

TEST_CASE("the end of a run that failed says what happened, why, and what to do") {
    const auto text =
        join(cli::end_lines(ended_as(core::Outcome::failed, "the disk is full; make room"), 200), "\n");
    CHECK(text ==
          "✗ system-usb failed, after 4 s\n"
          "  the disk is full; make room\n"
          "  Once that is put right, guardiand tries again by itself; or: guardian run system-usb\n"
          "  Everything about it: guardian log 44");
}

TEST_CASE("every end that is no success has advice, and no success has") {
    using enum core::Outcome;
    for (const auto o : {failed, refused, aborted, vanished, cancelled, absent})
        CHECK(!cli::advice_after(ended_as(o, "").run).empty());
    for (const auto o : {success, warning, running}) CHECK(cli::advice_after(ended_as(o, "").run).empty());
}

TEST_CASE("warnings and what was held back are part of the end") {
    auto record = success_run(42, "system-usb", 72min, 6min);
    record.run.outcome = core::Outcome::warning;
    record.warnings = 3;
    record.run.held_back = "the source shrank";
    const auto text = join(cli::end_lines(record, 200), "\n");
    CHECK(text.find("is saved, with warnings") != std::string::npos);
    CHECK(text.find("3 warnings") != std::string::npos);
    CHECK(text.find("Nothing was pruned: the source shrank") != std::string::npos);
}

TEST_CASE("the rate is that of the last seconds") {
    cli::Rate rate;
    CHECK(rate.bytes_per_second() == 0);
    for (int i = 0; i <= 20; ++i)
        rate.add(std::chrono::seconds{i}, static_cast<std::uint64_t>(i) * 1000 + (i > 5 ? 1'000'000 : 0));
    CHECK(rate.bytes_per_second() == 1000);
    rate.add(21s, 5);  // another archive
    CHECK(rate.bytes_per_second() == 0);
}

TEST_CASE("a terminal that is not UTF-8 gets one plain character for each") {
    CHECK(cli::to_ascii("✓ a…b ü ✗") == "+ a~b ? x");
    for (const auto c : cli::to_ascii("\xff\xc3\x28漢")) CHECK(static_cast<unsigned char>(c) < 0x80);
}
