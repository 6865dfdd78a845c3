"""What is started and does nothing, by whom, and what the daemon makes of it."""

import fcntl
import shutil

from harness import config, waiting

PLAN = "files-usb"


def hold_the_machines_lock(machine):
    machine.config.runtime_dir.mkdir(exist_ok=True)
    lock = open(machine.config.runtime_dir / "run.lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def test_a_run_that_stepped_back_is_not_the_success_before_it(machine):
    """After a new beginning on the disk, the old run is no run of it; one that steps back must not bring it back."""
    machine.start_daemon()
    assert machine.plug_in_and_wait()[0] == "success"
    machine.stop_daemon()
    with machine.disk_aside() as folder:
        shutil.rmtree(folder / "repo")
    assert machine.guardian("init", "usb", "--replace").code == 0
    with hold_the_machines_lock(machine):
        since = machine.log.mark()
        machine.start_daemon()
        assert machine.log.wait("run 0 of files-usb: absent", since)
        plan = machine.plan()
        assert plan["due"] and plan["last_success"] is None
    assert machine.outcomes() == ["success"]


def test_a_run_that_cannot_begin_is_a_failure_and_not_a_skip(machine):
    machine.config.runtime_dir.mkdir()
    (machine.config.runtime_dir / "run.lock").mkdir()
    machine.start_daemon()
    machine.disk.plug_in()
    assert "cannot open the lock" in machine.wait_incident("failed")
    assert machine.outcomes() == ["failed"]


def test_a_timer_runs_what_is_due_and_the_daemon_lets_the_disk_go(machine):
    gate = machine.borg_waits_in_create()
    machine.plug_in()
    timers = machine.background([config.program("guardian"), "--config", machine.config.path, "run", PLAN, "--by", "timer"])
    gate.wait()
    machine.start_daemon()  # or it would have started the run itself
    since = machine.log.mark()
    gate.open()
    assert timers.wait(60) == 0
    machine.wait_released(since)
    assert [run["trigger"] for run in machine.runs()] == ["timer"]
    again = machine.guardian("run", PLAN, "--by", "timer")
    assert again.code == 8 and "not due" in again.err
    assert len(machine.runs()) == 1


def test_a_late_timer_does_not_run_what_on_plug_forbids(machine):
    """The slot passed while the disk was away; a persistent timer fires when the machine is on again."""
    machine.config.plans[PLAN]["on_plug"] = "never"
    machine.write_config()
    machine.start_daemon()
    machine.disk.plug_in()
    machine.wait_target("safe-to-unplug")
    done = machine.guardian("run", PLAN, "--by", "timer")
    assert done.code == 8 and "on_plug" in done.err
    assert machine.runs() == []


def test_a_timer_whose_disk_is_away_leaves_the_plan_to_the_daemon(machine):
    machine.start_daemon()
    done = machine.guardian("run", PLAN, "--by", "timer")
    assert done.code == 8 and "absent" in done.err
    assert machine.runs() == [] and machine.incidents() == {}
    assert machine.plug_in_and_wait()[0] == "success"


def test_a_unit_that_failed_is_an_incident_until_the_daemon_runs(machine):
    assert machine.guardian("note-failure", "guardian.service").code == 0
    assert "systemctl restart guardian" in machine.incidents()["unit"]
    machine.start_daemon()
    waiting.until("it is over", lambda: "unit" not in machine.incidents())


def test_what_the_daemon_sees_itself_is_no_failed_unit(machine):
    machine.start_daemon()
    assert machine.guardian("note-failure", f"guardian-run@{PLAN}.service").code == 0
    assert "unit" not in machine.incidents()
