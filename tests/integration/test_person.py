"""`guardian run` typed by a person, and the exit codes that scripts rely on."""

import os
import signal

import pytest
from harness import command, config, mounts, processes

OK, FAILED, USAGE, WARNINGS, REFUSED, ABSENT, BUSY, DENIED = range(8)


def test_it_unmounts_a_disk_that_it_found_unmounted(machine):
    machine.plug_in()
    done = machine.guardian("run", "files-usb")
    assert done.code == OK, done
    assert not machine.is_mounted()
    assert machine.runs()[-1]["trigger"] == "person"
    assert len(machine.archives()) == 1


def test_it_leaves_a_disk_mounted_that_it_found_mounted(machine):
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount)
    assert machine.guardian("run", "files-usb").code == OK
    assert machine.is_mounted()


def test_the_daemon_hears_of_it_and_leaves_the_mount_to_the_person(machine):
    machine.config.plans["files-usb"]["on_plug"] = "never"
    machine.config.write()
    machine.start_daemon()
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount)
    assert machine.guardian("run", "files-usb").code == OK
    assert machine.wait_outcome()[0] == "success"
    assert machine.plan()["state"] == "ok"
    machine.stop_daemon()
    assert machine.is_mounted() and not machine.log.says("unmounted")


def test_killed_in_the_middle_the_daemon_releases_what_it_had_mounted(machine):
    machine.config.plans["files-usb"]["on_plug"] = "never"
    gate = machine.borg_waits_in_create()
    machine.start_daemon()
    machine.plug_in()
    run = machine.person_runs()
    borg = gate.wait()
    run.kill()
    processes.wait_gone(borg)
    assert machine.wait_outcome()[0] == "aborted"
    machine.wait_released()
    assert not machine.is_mounted()


def test_killed_in_the_middle_a_mount_that_was_there_before_is_left(machine):
    machine.config.plans["files-usb"]["on_plug"] = "never"
    gate = machine.borg_waits_in_create()
    machine.start_daemon()
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount)
    run = machine.person_runs()
    gate.wait()
    run.kill()
    assert machine.wait_outcome()[0] == "aborted"
    machine.wait_target("ready")
    machine.stop_daemon()
    assert machine.is_mounted() and not machine.log.says("unmounted")


def test_typed_before_the_daemon_has_seen_the_disk_it_goes_on_and_is_the_plans_run(machine):
    gate = machine.borg_waits_in_create()
    machine.start_daemon()
    machine.daemon.send_signal(signal.SIGSTOP)
    machine.plug_in()
    run = machine.person_runs()
    gate.wait()
    machine.daemon.send_signal(signal.SIGCONT)
    machine.log.wait("plugged in")
    gate.open()
    assert run.wait(120) == OK
    assert machine.wait_outcome()[0] == "success"
    assert "told to stop" not in machine.log.text()
    machine.wait_target("safe-to-unplug")
    assert machine.outcomes() == ["success"]


def test_ctrl_c_cancels_it_cleanly(machine):
    gate = machine.borg_waits_in_create()
    machine.plug_in()
    run = machine.person_runs()
    gate.wait()
    run.send_signal(signal.SIGINT)
    assert run.wait(60) == FAILED
    assert machine.outcomes() == ["cancelled"]
    assert not machine.is_mounted()
    machine.use_real_borg()
    assert machine.guardian("run", "files-usb").code == OK
    with machine.repository() as repository:
        assert len(repository.archives()) == 1


def test_a_warning_of_borg_is_kept_and_counts_as_a_backup(machine):
    machine.use_borg(create='"/usr/bin/borg" "$@"; echo \'{"type": "log_message", "levelname": "WARNING", '
                            '"name": "borg", "message": "letter.txt: file changed while we backed it up"}\' >&2; exit 1')
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == WARNINGS
    run = machine.runs()[-1]
    assert run["outcome"] == "warning" and run["warnings"] == 1
    assert "file changed while we backed it up" in machine.guardian("log", str(run["id"])).out
    assert machine.plan()["state"] == "warning" and not machine.plan()["due"]


def test_a_warning_code_without_words_is_a_warning_all_the_same(machine):
    machine.use_borg(create='"/usr/bin/borg" "$@"; exit 100')
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == WARNINGS


def test_no_disk_is_exit_code_5(machine):
    done = machine.guardian("run", "files-usb")
    assert done.code == ABSENT and "is not there" in done.err
    assert machine.outcomes() == ["absent"]
    assert machine.status()["incidents"] == []


def test_another_run_going_is_exit_code_6(machine):
    gate = machine.borg_waits_in_create()
    machine.plug_in()
    first = machine.person_runs()
    gate.wait()
    done = machine.guardian("run", "files-usb")
    assert done.code == BUSY and f"pid {first.pid}" in done.err
    gate.open()
    assert first.wait(60) == OK


@pytest.mark.parametrize("arguments, code", [
    (["version"], OK),
    (["status"], OK),
    (["config", "check"], OK),
    (["config", "show"], OK),
    (["history"], OK),
    ([], USAGE),
    (["nonsense"], USAGE),
    (["run"], USAGE),
    (["run", "no-such-plan"], USAGE),
    (["eject", "no-such-target"], USAGE),
    (["status", "--json", "--watch"], USAGE),
    (["history", "no-such-plan"], ABSENT),
    (["log", "4711"], ABSENT),
    (["init", "usb"], ABSENT),
])
def test_exit_codes(machine, arguments, code):
    assert machine.guardian(*arguments).code == code


def test_a_broken_configuration_is_exit_code_2_for_every_verb_and_names_all_its_errors(machine):
    machine.config.plans["files-usb"].update(job="no-such-job", schedule="whenever")
    machine.config.targets["usb"]["colour"] = "red"
    machine.config.write()
    for verb in (["status"], ["run", "files-usb"], ["eject", "usb"], ["config", "check"], ["init", "usb"]):
        done = machine.guardian(*verb)
        assert done.code == USAGE, done
        for word in ("no-such-job", "whenever", "colour"):
            assert word in done.err
    done = command.run([config.program("guardiand"), "--config", machine.config.path])
    assert done.code == USAGE and "colour" in done.err


def test_a_second_daemon_does_not_start(machine):
    machine.start_daemon()
    done = command.run([config.program("guardiand"), "--config", machine.config.path])
    assert done.code == BUSY and "another guardiand" in done.err


def test_nobody_may_run_and_nobody_may_read_the_store(machine):
    machine.plug_in()
    machine.guardian("run", "files-usb")
    os.chmod(machine.folder, 0o755)
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    guardian = [config.program("guardian"), "--config", machine.config.path]
    assert command.run([*nobody, *guardian, "status"]).code == DENIED
    assert command.run([*nobody, *guardian, "history"]).code == DENIED
    assert command.run([*nobody, *guardian, "run", "files-usb"]).code != OK
    assert len(machine.archives()) == 1
