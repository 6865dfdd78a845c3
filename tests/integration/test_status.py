"""`guardian status`, with and without the daemon and the store; and reading the configuration again."""

import json
import os
import shutil

from harness import control, mounts

TOP = {"name", "at", "daemon", "targets", "plans", "runs", "incidents"}
TARGET = {"name", "type", "state", "explanation", "uuid", "mount", "mounted", "devices", "initialised", "plugged_at",
          "last_seen"}
PLAN = {"name", "job", "target", "repository", "schedule", "state", "due", "stale", "last_success", "last_run",
        "next_slot", "retry_at", "failures", "stale_after_seconds", "running"}


def test_without_the_daemon_and_without_a_store(machine):
    shutil.rmtree(machine.config.state_dir)
    status = machine.status()
    assert status["daemon"]["running"] is False
    assert status["targets"][0]["state"] == "absent" and status["plans"][0]["state"] == "never-ran"
    assert status["runs"] == [] and status["incidents"] == []
    assert machine.guardian("status").code == 0
    assert not machine.config.state_dir.exists()


def test_without_the_daemon_it_shows_what_the_store_knows(machine):
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    status = machine.status()
    assert status["daemon"]["running"] is False
    assert status["plans"][0]["state"] == "ok" and status["runs"][0]["outcome"] == "success"
    assert status["targets"][0]["state"] == "safe-to-unplug"
    text = machine.guardian("status").out
    assert "files-usb" in text and "usb" in text


def test_the_json_has_the_documented_fields_with_and_without_the_daemon(machine):
    for with_daemon in (False, True):
        if with_daemon:
            machine.start_daemon()
        status = machine.status()
        assert TOP <= set(status) and status["daemon"]["running"] is with_daemon
        assert TARGET <= set(status["targets"][0]) and PLAN <= set(status["plans"][0])
        assert status["at"][10] == "T" and (status["at"].endswith("Z") or status["at"][-6] in "+-")


def test_a_run_is_shown_while_it_goes_and_its_pid_is_the_runners(machine):
    gate = machine.borg_waits_in_create()
    machine.start_daemon()
    machine.disk.plug_in()
    gate.wait()
    plan = machine.plan()
    assert plan["state"] == "running" and plan["running"]["step"] == "create"
    assert os.readlink(f"/proc/{plan['running']['pid']}/exe").endswith("/guardian")
    assert machine.target()["state"] == "busy"
    gate.open()
    assert machine.wait_outcome()[0] == "success"


def test_the_daemon_answers_the_same_as_the_command(machine):
    machine.start_daemon()
    machine.plug_in_and_wait()
    here = machine.status()
    theirs = control.ask(machine, op="status")["status"]
    for status in (here, theirs):
        del status["targets"][0]["last_seen"]  # now, and the daemon's newest event
    for key in ("targets", "plans", "runs", "incidents"):
        assert here[key] == theirs[key]


def test_a_reload_takes_a_new_plan_into_force(machine):
    machine.add_plan("second")
    second = machine.config.plans.pop("second")
    machine.config.write()
    machine.start_daemon()
    machine.plug_in_and_wait()
    machine.unplug()
    machine.config.plans["second"] = second
    machine.write_config()
    machine.disk.plug_in()
    assert machine.wait_outcome(plan="second")[0] == "success"


def test_a_reload_of_a_broken_file_keeps_the_old_one_and_says_so(machine):
    machine.start_daemon()
    good = machine.config.path.read_text()
    machine.config.path.write_text(good + '\n[plan.broken]\njob = "nothing"\n')
    machine.reload()
    machine.log.wait("incident configuration")
    machine.config.path.write_text(good)  # for the command; the daemon is not told
    assert "broken" in machine.wait_incident("configuration")
    assert machine.plug_in_and_wait()[0] == "success"  # the old one is in force
    machine.reload()
    machine.wait_no_incident("configuration")


def test_a_reload_cannot_move_the_state_folder(machine):
    machine.start_daemon()
    good = machine.config.path.read_text()
    machine.config.guardian["state_dir"] = machine.folder / "elsewhere"
    machine.config.write()
    machine.reload()
    machine.log.wait("cannot change while guardiand runs")
    machine.config.path.write_text(good)
    assert "restart guardiand" in machine.wait_incident("configuration")


def test_a_plan_that_leaves_the_configuration_during_its_run_keeps_its_run(machine):
    machine.add_plan("renamed")
    del machine.config.plans["renamed"]
    gate = machine.borg_waits_in_create()
    machine.start_daemon()
    machine.disk.plug_in()
    gate.wait()
    machine.config.plans = {"renamed": machine.config.plan()}
    machine.config.write()
    machine.reload()
    machine.log.wait("the configuration was read again")
    gate.open()
    assert machine.wait_outcome()[0] == "success"
    gate.wait()
    gate.open()
    assert machine.wait_outcome(plan="renamed")[0] == "success"
    machine.wait_released()


def test_history_and_log_tell_of_a_run(machine):
    machine.plug_in()
    machine.guardian("run", "files-usb")
    run = machine.runs()[-1]
    assert "files-usb" in machine.guardian("history").out
    log = machine.guardian("log", str(run["id"])).out
    for word in ("identify", "mount", "create", run["archive"]):
        assert word in log
    assert json.loads(machine.guardian("history", "--json", "files-usb").out)["runs"][0]["id"] == run["id"]


def test_a_disk_mounted_elsewhere_is_not_called_safe(machine):
    machine.plug_in()
    machine.guardian("run", "files-usb")
    mounts.mount(machine.disk.loop, machine.folder / "elsewhere")
    assert machine.target()["state"] == "still-mounted"


def test_what_the_daemon_runs_goes_by_the_configuration_in_force(machine):
    machine.start_daemon()
    good = machine.config.path.read_text()
    machine.config.path.write_text("broken")
    since = machine.log.mark()
    machine.disk.plug_in()
    assert machine.wait_outcome(since)[0] == "success"
    machine.wait_released(since)
    machine.config.path.write_text(good)
    machine.wait_target("safe-to-unplug")


def test_a_changed_file_that_is_not_in_force_is_said(machine):
    machine.start_daemon()
    assert "has changed" not in machine.guardian("status").out
    machine.config.path.write_text(machine.config.path.read_text() + "\n# changed\n")
    assert "has changed since guardiand read it" in " ".join(machine.guardian("status").out.split())
    machine.write_config()
    assert "has changed" not in machine.guardian("status").out


def test_what_init_has_initialised_is_in_force(machine):
    machine.start_daemon()
    machine.config.plans["other"] = machine.config.plan()
    machine.config.write()
    since = machine.log.mark()
    machine.disk.plug_in()
    machine.wait_outcome(since)
    machine.wait_released(since)
    machine.init()
    machine.wait_outcome(since, plan="other")
    assert "has changed" not in machine.guardian("status").out
