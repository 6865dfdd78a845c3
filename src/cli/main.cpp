/// The command `guardian`: reads the command line and calls the verb.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "base/version.hpp"
#include "cli/verbs.hpp"
#include "config/config.hpp"

namespace {

using guardian::cli::CalendarOptions;
using guardian::cli::DoctorOptions;
using guardian::cli::Globals;
using guardian::cli::HistoryOptions;
using guardian::cli::InitOptions;
using guardian::cli::LogOptions;
using guardian::cli::RunOptions;
using guardian::cli::SetupOptions;
using guardian::cli::SmartAckOptions;
using guardian::cli::SmartAssessOptions;
using guardian::cli::SmartForgetOptions;
using guardian::cli::SmartOptions;
using guardian::cli::SmartTestOptions;
using guardian::cli::StatusOptions;

struct Options {
    Globals globals;
    StatusOptions status;
    RunOptions run;
    InitOptions init;
    HistoryOptions history;
    LogOptions log;
    CalendarOptions calendar;
    SetupOptions setup;
    DoctorOptions doctor;
    SmartOptions smart;
    SmartAckOptions ack;
    SmartForgetOptions forget;
    SmartTestOptions test;
    SmartAssessOptions assess;
    std::string target;
    bool aloud = false;
    std::string unit;
    bool install = false;
    std::function<int()> verb;
};

void add_looking(CLI::App& app, Options& o) {
    auto* status = app.add_subcommand("status", "how the targets, plans and runs are");
    status->add_flag("--json", o.status.json, "as JSON (the documented contract)");
    status->add_flag("--watch", o.status.watch, "stay, and show every change");
    status->callback([&o] { o.verb = [&o] { return guardian::cli::status(o.globals, o.status); }; });

    auto* history = app.add_subcommand("history", "the runs, newest first");
    history->add_option("PLAN", o.history.plan, "only of this plan");
    history->add_option("-n,--lines", o.history.most, "how many")->check(CLI::Range(1, 100000));
    history->add_flag("--json", o.history.json, "as JSON");
    history->callback([&o] { o.verb = [&o] { return guardian::cli::history(o.globals, o.history); }; });

    auto* log = app.add_subcommand("log", "everything about one run");
    log->add_option("RUN", o.log.run, "its number")->required();
    log->callback([&o] { o.verb = [&o] { return guardian::cli::log(o.globals, o.log); }; });
}

void add_doing(CLI::App& app, Options& o) {
    auto* run = app.add_subcommand("run", "run a plan now; the target is left as it was found");
    run->add_option("PLAN", o.run.plan)->required();
    run->add_flag("--shrunk-is-right", o.run.shrunk_is_right,
                  "the source is meant to be so small: prune again");
    run->add_flag("--anyway", o.run.anyway, "on a failing disk too: nothing old is deleted");
    run->add_flag("--quiet", o.run.quiet, "no bar, only lines");
    run->add_option("--by", o.run.by)
        ->check(CLI::IsMember({"person", "daemon", "timer", "asked", "unit"}))
        ->group("");
    run->callback([&o] { o.verb = [&o] { return guardian::cli::run(o.globals, o.run); }; });

    auto* init = app.add_subcommand("init", "make a disk or share a target: marker, repositories, pins");
    init->add_option("TARGET", o.init.target)->required();
    auto* adopt = init->add_flag("--adopt", o.init.adopt, "take the marker and repositories that are there");
    auto* take_over =
        init->add_flag("--take-over", o.init.take_over,
                       "as --adopt, and the archives of the plans here are this machine's from now on");
    init->add_flag("--replace", o.init.replace, "a new disk or repository in the place of the old")
        ->excludes(adopt)
        ->excludes(take_over);
    init->callback([&o] { o.verb = [&o] { return guardian::cli::init(o.globals, o.init); }; });

    auto* eject =
        app.add_subcommand("eject", "unmount a target; nothing starts on it until it is plugged in again");
    eject->add_option("TARGET", o.target)->required();
    eject->callback([&o] { o.verb = [&o] { return guardian::cli::eject(o.globals, o.target); }; });
}

void add_machine(CLI::App& app, Options& o) {
    auto* setup = app.add_subcommand("setup", "the first configuration: asks, and makes a disk the target");
    auto& s = o.setup;
    setup->add_option("--disk", s.disk, "the UUID of the disk's filesystem");
    setup->add_option("--name", s.name, "of the target; default: usb");
    setup->add_option("--path", s.paths, "what to save, once for each folder; default: /")
        ->allow_extra_args(false);
    setup->add_option("--schedule", s.schedule, "in systemd's OnCalendar notation; default: *-*-* 02:00");
    setup->add_option("--mount", s.mount, "where the disk is mounted; default: /mnt/backup");
    setup->add_option("--repository", s.repository, "its folder on the disk; default: the host name");
    setup->add_flag("--encrypt", s.encrypt, "encrypt the repository, with a new random passphrase");
    setup->add_flag("--fstab", s.fstab, "add the disk to /etc/fstab");
    setup->add_flag("--yes", s.yes, "ask nothing: what is not given is as by default");
    setup->add_flag("--force", s.force, "keep a configuration that is there as guardian.toml.old-N");
    auto* list = setup->add_flag("--list", s.list, "only list the disks");
    setup->add_flag("--json", s.json, "with --list: as JSON")->needs(list);
    setup->add_option("--root", s.root)->group("");
    setup->callback([&o] { o.verb = [&o] { return guardian::cli::setup(o.globals, o.setup); }; });

    auto* doctor = app.add_subcommand("doctor", "what is wrong on this machine, and what to do about it");
    doctor->add_flag("--json", o.doctor.json, "as JSON");
    doctor->add_option("--root", o.doctor.root)->group("");
    doctor->callback([&o] { o.verb = [&o] { return guardian::cli::doctor(o.globals, o.doctor); }; });
}

void add_smart(CLI::App& app, Options& o) {
    auto* smart = app.add_subcommand("smart", "the health of the drives");
    smart->require_subcommand(0, 1);
    smart->add_option("DRIVE", o.smart.drive, "its id, serial, model, target or device; default: all")
        ->check([](const std::string& drive) { return drive.empty() ? std::string("no drive has an empty name") : std::string(); });
    smart->add_flag("--all", o.smart.all, "every attribute and counter");
    auto* json = smart->add_flag("--json", o.smart.json, "as JSON");
    smart->add_option("--html", o.smart.html, "write a page of it to this file; -: standard output")->excludes(json);
    smart->callback([&o, smart] {
        if (smart->get_subcommands().empty()) o.verb = [&o] { return guardian::cli::smart(o.globals, o.smart); };
    });

    auto* ack = smart->add_subcommand("ack", "accept a number as it is: it is no reason until it changes");
    ack->add_option("DRIVE", o.ack.drive)->required();
    ack->add_option("ATTRIBUTE", o.ack.sign, "its name, or the number of an ATA attribute")->required();
    ack->callback([&o] { o.verb = [&o] { return guardian::cli::smart_ack(o.globals, o.ack); }; });
    auto* forget = smart->add_subcommand("forget", "a drive is out of use: nothing of it is kept");
    forget->add_option("DRIVE", o.forget.drive)->required();
    forget->add_flag("--anyway", o.forget.anyway, "though it may be in use");
    forget->callback([&o] { o.verb = [&o] { return guardian::cli::smart_forget(o.globals, o.forget); }; });
    auto* test = smart->add_subcommand("test", "have the drive test itself");
    test->add_option("KIND", o.test.kind)->required()->check(CLI::IsMember({"short", "long"}));
    test->add_option("DRIVE", o.test.drive)->required();
    test->callback([&o] { o.verb = [&o] { return guardian::cli::smart_test(o.globals, o.test); }; });
    auto* assess = smart->add_subcommand("assess", "judge a recorded report: smartctl's JSON, or its text");
    assess->add_option("FILE", o.assess.file, "the report; -: standard input")->required();
    auto* lines = assess->add_flag("--ndjson", o.assess.ndjson, "a line for each report: {drive, seq, hours, report}");
    assess->add_flag("--json", o.assess.json, "the verdict as JSON")->excludes(lines);
    assess->callback([&o] { o.verb = [&o] { return guardian::cli::smart_assess(o.globals, o.assess); }; });
}

void add_rest(CLI::App& app, Options& o) {
    auto* config = app.add_subcommand("config", "check or show guardian.toml");
    config->require_subcommand(1);
    config->add_subcommand("check", "every problem, with its line")->callback([&o] {
        o.verb = [&o] { return guardian::cli::config_check(o.globals); };
    });
    config->add_subcommand("show", "with all defaults filled in")->callback([&o] {
        o.verb = [&o] { return guardian::cli::config_show(o.globals); };
    });
    auto* calendar = app.add_subcommand("calendar", "when a schedule comes due, as systemd-analyze calendar");
    calendar->add_option("EXPR", o.calendar.expression, "in systemd's OnCalendar notation")->required();
    calendar->add_option("--from", o.calendar.from, "a moment, as in systemd.time(7); default: now");
    calendar->add_option("--count", o.calendar.count, "how many")->check(CLI::Range(1, 100000));
    calendar->add_flag("--json", o.calendar.json, "as JSON");
    calendar->callback([&o] { o.verb = [&o] { return guardian::cli::calendar(o.globals, o.calendar); }; });
    app.add_subcommand("version", "the version")->callback([&o] { o.verb = guardian::cli::version; });

    app.add_subcommand("apply", "after a change of guardian.toml: rules, timers and guardiand go by it")
        ->callback([&o] { o.verb = [&o] { return guardian::cli::apply(o.globals); }; });
    auto* rules = app.add_subcommand("rules", "the udev rules for the configured disks");
    rules->add_flag("--install", o.install, "write them to /etc/udev/rules.d and have udevd read them");
    rules->callback([&o] { o.verb = [&o] { return guardian::cli::rules(o.globals, o.install); }; });

    // What the daemon and systemd start; not for people.
    auto* note = app.add_subcommand("note-failure", "")->group("");
    note->add_option("UNIT", o.unit)->required();
    note->callback([&o] { o.verb = [&o] { return guardian::cli::note_failure(o.globals, o.unit); }; });
    auto* release = app.add_subcommand("release", "")->group("");
    release->add_option("TARGET", o.target)->required();
    release->callback([&o] { o.verb = [&o] { return guardian::cli::release(o.globals, o.target); }; });
    auto* probe = app.add_subcommand("probe", "")->group("");
    auto* share = probe->add_subcommand("share", "");
    share->add_option("TARGET", o.target)->required();
    share->callback([&o] { o.verb = [&o] { return guardian::cli::probe_share(o.globals, o.target); }; });
    auto* health = probe->add_subcommand("health", "");
    health->add_option("SUBJECT", o.target)->required();
    health->add_flag("--aloud", o.aloud);
    health->callback([&o] { o.verb = [&o] { return guardian::cli::probe_health(o.globals, o.target, o.aloud); }; });
}

}  // namespace

int main(int argc, char** argv) {
    std::setlocale(LC_ALL, "");
    CLI::App app{"Guardian: backs up when the disk is plugged in, and says when something goes wrong"};
    app.require_subcommand(1);
    Options o;
    const char* from_environment = std::getenv("GUARDIAN_CONFIG");
    o.globals.config_path = from_environment != nullptr ? from_environment : guardian::config::default_path;
    app.add_option("-c,--config", o.globals.config_path, "the configuration file")->capture_default_str();
    app.set_version_flag("--version", [] { return std::string(guardian::version()); });
    o.globals.color = ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
    add_looking(app, o);
    add_doing(app, o);
    add_machine(app, o);
    add_smart(app, o);
    add_rest(app, o);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? guardian::cli::ok : guardian::cli::bad_usage;
    }
    // Runs and helpers are started from /, with this path.
    std::error_code ignored;
    o.globals.config_path = std::filesystem::absolute(o.globals.config_path, ignored).string();
    return o.verb();
}
