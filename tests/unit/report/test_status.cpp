#include <unistd.h>

#include <filesystem>

#include "base/child.hpp"
#include "core/observe.hpp"
#include "report/status.hpp"
#include "report/world_builder.hpp"
#include "support/catch.hpp"

using namespace guardian;
using namespace std::chrono_literals;
using core::Outcome;
using core::TargetState;

namespace {

Time the_now() {
    using namespace std::chrono;
    return Time{sys_days{2026y / November / 23} + 3h + 12min};
}

core::Config one_plan() {
    core::Config c;
    c.name = "john-ai";
    core::TargetSpec usb;
    usb.name = "usb";
    usb.uuid = "5f0c6a0e-2f0e-4f43-9d4c-6f3f1f0a7a11";
    usb.mount = "/mnt/backup";
    c.targets = {usb};
    core::PlanSpec plan;
    plan.name = "system-usb";
    plan.job = "system";
    plan.target = "usb";
    plan.repository = "r";
    plan.schedule = core::Schedule::parse("*-*-* 02:00").value();
    plan.stale_after = 30h;
    c.plans = {plan};
    return c;
}

store::RunRecord run_record(Time started, bool alive) {
    store::RunRecord r;
    r.run.plan = "system-usb";
    r.run.target = "usb";
    r.run.started = started;
    r.run.plug = "plug-1";
    r.run.repository = "usb:r";
    r.pid = alive ? ::getpid() : 0;
    r.pid_start = process_start(::getpid()).value_or(0);
    r.boot = boot_id();
    return r;
}

/// A store in memory, the world it makes, and the status of both.
struct Scene {
    store::Store store = store::Store::empty_in_memory();

    std::int64_t begin(Time started, bool alive) {
        return store.begin_run(run_record(started, alive)).value();
    }

    void end(Time started, Outcome outcome) {
        auto r = run_record(started, true);
        r.run.id = store.begin_run(r).value();
        r.run.outcome = outcome;
        r.run.ended = started + 5min;
        r.run.reason = core::satisfies(outcome) ? "" : "it broke";
        REQUIRE(store.end_run(r).has_value());
    }

    [[nodiscard]] core::World world() {
        auto world = report::remembered_world(one_plan(), store).value();
        world.zone = [](Time) { return 0s; };
        return world;
    }
    report::Status status() { return status_of(world()); }
    report::Status status_of(const core::World& world) {
        return report::make_status(world, store, "john-ai", {}, the_now()).value();
    }
};

}  // namespace

namespace {

report::DaemonStatus living_daemon() {
    report::DaemonStatus d;
    d.running = true;
    return d;
}

}  // namespace

TEST_CASE("a target has the drives that it was on, each as it was last heard of") {
    Scene scene;
    store::DriveReading reading;
    reading.drive = {"wwn-0x1", core::DriveKind::hdd, "Model", "SERIAL", "", 0};
    reading.at = the_now() - 3h;
    reading.verdict = core::Verdict::watch;
    reading.reasons = {{"pending-sectors", core::Verdict::watch, core::Sign::pending, "One cannot be read."},
                       {"other", core::Verdict::watch, {}, "Another."}};
    REQUIRE(scene.store.keep_reading(reading).has_value());
    reading.drive.id = "wwn-0x2";
    REQUIRE(scene.store.keep_reading(reading).has_value());
    CHECK(scene.status().targets[0].drives.empty());
    REQUIRE(scene.store.set_target_drives("usb", {"wwn-0x1", "not known"}).has_value());
    const auto s = scene.status();
    const auto& drives = s.targets[0].drives;
    REQUIRE(drives.size() == 1);
    CHECK(drives[0].id == "wwn-0x1");
    CHECK(drives[0].name == "Model SERIAL");
    CHECK(drives[0].verdict == core::Verdict::watch);
    CHECK(drives[0].reason == "One cannot be read.");
    CHECK(drives[0].read_at == the_now() - 3h);
}

TEST_CASE("a target's drive that sleeps is said to, while it is plugged in") {
    Scene scene;
    auto world = scene.world();
    core::DriveState drive;
    drive.id = "wwn-0x1";
    drive.asleep = true;
    world.targets[0].health.drives = {drive};
    CHECK_FALSE(scene.status_of(world).targets[0].drives.at(0).asleep);
    world.targets[0].devices.emplace_back();
    const auto s = scene.status_of(world);
    CHECK(s.targets[0].drives.at(0).asleep);
    CHECK(report::to_json(s).find("\"asleep\":true") != std::string::npos);
}

TEST_CASE("a target's drive is as the kernel's words make it, and where it is not known whose they are, they stand alone") {
    Scene scene;
    auto world = scene.world();
    auto& health = world.targets[0].health;
    const auto drives = [&] { return scene.status_of(world).targets[0].drives; };
    CHECK(drives().empty());  // not there
    world.targets[0].devices = {{}};
    REQUIRE(drives().size() == 1);
    CHECK(drives()[0].id.empty());
    CHECK(drives()[0].verdict == core::Verdict::unknown);
    CHECK(drives()[0].reason == "none has told anything so far");

    core::DriveState healthy;
    healthy.id = "a";
    healthy.verdict = core::Verdict::healthy;
    health.drives = {healthy};
    health.events = {{the_now(), core::KernelSign::io_error, "I/O error"}};
    REQUIRE(drives().size() == 1);
    CHECK(drives()[0].verdict == core::Verdict::watch);
    CHECK(drives()[0].reason.find("I/O error") != std::string::npos);

    health.drives.push_back(healthy);
    REQUIRE(drives().size() == 3);
    CHECK(drives()[0].verdict == core::Verdict::healthy);
    CHECK(drives()[2].id.empty());
    CHECK(drives()[2].verdict == core::Verdict::watch);
    health.events.clear();
    CHECK(drives().size() == 2);

    world.targets[0].spec.health.every = 0s;
    CHECK(drives().empty());
}

TEST_CASE("a plan that never ran: due, and without success") {
    const auto s = Scene{}.status();
    REQUIRE(s.plans.size() == 1);
    CHECK(s.plans[0].state == "never-ran");
    CHECK(s.plans[0].due);
    CHECK(s.plans[0].next_slot == the_now() + 22h + 48min);
    CHECK(s.targets.at(0).state == TargetState::absent);
    CHECK(s.targets.at(0).explanation == "never seen");
    CHECK(s.runs.empty());
}

TEST_CASE("states of a plan after its runs") {
    Scene scene;
    scene.end(the_now() - 72min, Outcome::success);
    CHECK(scene.status().plans[0].state == "ok");
    scene.end(the_now() - 60min, Outcome::warning);
    CHECK(scene.status().plans[0].state == "warning");
    scene.end(the_now() - 50min, Outcome::failed);
    CHECK(scene.status().plans[0].state == "failed");
    scene.end(the_now() - 40min, Outcome::cancelled);
    CHECK(scene.status().plans[0].state == "failed");
    scene.end(the_now() - 30min, Outcome::success);
    CHECK(scene.status().plans[0].state == "ok");
}

TEST_CASE("a success before the newest slot: due; older than it may be: stale") {
    Scene scene;
    scene.end(the_now() - 2h, Outcome::success);
    CHECK(scene.status().plans[0].state == "due");
    Scene old;
    old.end(the_now() - 31h, Outcome::success);
    CHECK(old.status().plans[0].state == "stale");
    CHECK(old.status().plans[0].stale);
}

TEST_CASE("a run that is going is shown with its record") {
    Scene scene;
    const auto id = scene.begin(the_now() - 3min, true);
    const auto s = scene.status();
    CHECK(s.plans[0].state == "running");
    REQUIRE(s.plans[0].running.has_value());
    CHECK(s.plans[0].running->run.id == id);
    CHECK(s.targets[0].state == TargetState::vanished);  // it runs on a disk that is not there
    CHECK(s.runs.at(0).run.outcome == Outcome::running);
}

TEST_CASE("a run whose process is gone is nowhere shown as running") {
    Scene scene;
    scene.begin(the_now() - 3min, false);
    const auto s = scene.status();
    CHECK(s.plans[0].state == "failed");
    CHECK(!s.plans[0].running.has_value());
    CHECK(s.targets[0].state == TargetState::absent);
    CHECK(s.runs.at(0).run.outcome == Outcome::aborted);
    CHECK(!s.runs.at(0).run.ended.has_value());
    CHECK(!s.runs.at(0).run.reason.empty());
    CHECK(report::to_json(s).find(R"("outcome":"running")") == std::string::npos);
}

TEST_CASE("a process number that was given anew is not the runner") {
    auto record = run_record(the_now(), true);
    CHECK(report::as_it_stands(record).run.outcome == Outcome::running);
    record.pid_start += 1;
    CHECK(report::as_it_stands(record).run.outcome == Outcome::aborted);
    record = run_record(the_now(), true);
    record.boot = "another";
    CHECK(report::as_it_stands(record).run.outcome == Outcome::aborted);
    record.run.outcome = Outcome::success;
    CHECK(report::as_it_stands(record).run.outcome == Outcome::success);
}

TEST_CASE("an old run that died unnoticed does not make a later success a failure") {
    Scene scene;
    scene.begin(the_now() - 20h, false);
    scene.end(the_now() - 1h, Outcome::success);
    CHECK(scene.status().plans[0].state == "ok");
}

TEST_CASE("a run that the daemon has launched and that has not recorded itself yet is running") {
    Scene scene;
    auto world = scene.world();
    core::Run launched;
    launched.plan = "system-usb";
    launched.target = "usb";
    core::run_started(world, launched);
    const auto s = scene.status_of(world);
    CHECK(s.plans[0].state == "running");
    CHECK(!s.plans[0].running.has_value());
}

TEST_CASE("only as many runs as asked for, newest first; and the open incidents") {
    Scene scene;
    for (int i = 0; i < 5; ++i) scene.end(the_now() - 5h + std::chrono::hours{i}, Outcome::success);
    REQUIRE(
        scene.store.raise_incident({core::IncidentKind::stale, "system-usb", "old"}, the_now()).has_value());
    const auto s =
        report::make_status(scene.world(), scene.store, "john-ai", living_daemon(), the_now(), 3).value();
    REQUIRE(s.runs.size() == 3);
    CHECK(s.runs[0].run.started == the_now() - 1h);
    CHECK(s.runs[2].run.started == the_now() - 3h);
    REQUIRE(s.incidents.size() == 1);
    CHECK(s.incidents[0].incident.text == "old");
}

TEST_CASE("without a daemon the incidents are those that hold now") {
    Scene scene;
    scene.end(the_now() - 5h, Outcome::failed);
    REQUIRE(scene.store.raise_incident({core::IncidentKind::stale, "system-usb", "over by now"}, the_now())
                .has_value());
    const auto kind =
        GENERATE(core::IncidentKind::store, core::IncidentKind::configuration, core::IncidentKind::no_udevd);
    REQUIRE(scene.store.raise_incident({kind, "guardiand", "only it knows"}, the_now()).has_value());
    const auto dead = scene.status().incidents;
    REQUIRE(dead.size() == 2);
    CHECK(dead[0].incident.text == "only it knows");
    CHECK(dead[1].incident.kind == core::IncidentKind::failed);
    CHECK(dead[1].incident.text.find("it broke") != std::string::npos);
    const auto alive =
        report::make_status(scene.world(), scene.store, "john-ai", living_daemon(), the_now()).value();
    REQUIRE(alive.incidents.size() == 2);
    CHECK(alive.incidents[0].incident.text == "over by now");
}

TEST_CASE("an incident that is open and holds keeps its beginning, with the newest words") {
    Scene scene;
    REQUIRE(scene.store
                .raise_incident({core::IncidentKind::failed, "system-usb", "the first time"}, the_now() - 9h)
                .has_value());
    scene.end(the_now() - 5h, Outcome::failed);
    const auto s = scene.status();
    REQUIRE(s.incidents.size() == 1);
    CHECK(s.incidents[0].opened == the_now() - 9h);
    CHECK(s.incidents[0].incident.text.find("it broke") != std::string::npos);
}

TEST_CASE("what ran before the repository was pinned was saved elsewhere") {
    Scene scene;
    scene.end(the_now() - 5h, Outcome::success);
    auto world = scene.world();
    const auto number = world.plans[0].last_run->id;
    store::Pins pins;
    pins["usb"].repositories["r"] = {std::string(64, 'a'), "none", number - 1};
    report::apply_pins(world, pins);
    CHECK(world.plans[0].last_success);
    pins["usb"].repositories["r"].after_run = number;
    report::apply_pins(world, pins);
    CHECK_FALSE(world.plans[0].last_success);
    CHECK_FALSE(world.plans[0].last_run);
    CHECK_FALSE(world.plans[0].last_telling);
}
