"""What the kernel says of the disk: it counts for whoever works on it next, whoever heard it."""

import signal

from harness import command, mounts, waiting


def keep_one(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.targets["usb"]["when_done"] = "keep"
    machine.config.write()


def heard(machine):
    """What is written down, counted or not."""
    return machine.ask_store("SELECT kind, plug <> '' FROM drive_events ORDER BY id")


def wait_heard(machine, *expected):
    waiting.until(f"{expected} is heard", lambda: heard(machine) == list(expected), signal=machine.log.sleep)


def test_an_error_heard_a_moment_before_a_run_holds_it(machine, smartctl):
    """The disk was looked at just now, and is not asked again at once: the run must know all the same."""
    keep_one(machine)
    machine.start_daemon()
    machine.disk.plug_in()
    assert machine.wait_outcome()[0] == "success"
    machine.wait_target("ready")
    asked = len(smartctl.calls())
    command.check(["mount", "-o", "remount,ro", machine.config.mount])
    waiting.until("the disk is looked at", lambda: len(smartctl.calls()) > asked, signal=machine.log.sleep)
    command.check(["mount", "-o", "remount,rw", machine.config.mount])
    machine.disk.fail_to_read()
    wait_heard(machine, ("io_error", 1))
    assert machine.guardian("run", "files-usb").code == 0
    assert "could not read or write it" in machine.runs()[-1]["held_back"]
    assert "I/O error" in machine.wait_incident("disk")
    assert len(machine.archives()) == 2


def test_an_error_that_was_heard_is_known_after_a_restart(machine, smartctl):
    """The look that would have confirmed it hung, as one at a dying disk does."""
    keep_one(machine)
    machine.start_daemon()
    machine.disk.plug_in()
    assert machine.wait_outcome()[0] == "success"
    machine.wait_target("ready")
    smartctl.hangs()
    machine.disk.fail_to_read()
    wait_heard(machine, ("io_error", 1))
    machine.stop_daemon()
    smartctl.hangs(False)
    machine.start_daemon()
    assert "I/O error" in machine.wait_incident("disk")
    assert heard(machine) == [("io_error", 0)]


def test_an_error_heard_before_the_disk_was_pulled_comes_to_nothing_over_a_restart_too(machine, smartctl):
    keep_one(machine)
    machine.start_daemon()
    machine.disk.plug_in()
    assert machine.wait_outcome()[0] == "success"
    machine.wait_target("ready")
    smartctl.hangs()
    machine.disk.fail_to_read()
    wait_heard(machine, ("io_error", 1))
    machine.stop_daemon()
    smartctl.hangs(False)
    mounts.unmount_all_below(machine.folder)
    machine.disk.unplug()
    machine.start_daemon()
    machine.disk.plug_in()
    wait_heard(machine)
    assert machine.guardian("run", "files-usb").code == 0
    assert not machine.runs()[-1]["held_back"] and "disk" not in machine.incidents()


def test_an_error_is_remembered_though_the_run_that_heard_it_was_cancelled(machine, smartctl):
    keep_one(machine)
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    gate = machine.borg_waits_in_create()
    run = machine.person_runs()
    gate.wait()
    machine.disk.fail_to_read()
    run.send_signal(signal.SIGINT)
    gate.open()
    run.wait(60)
    assert machine.runs()[-1]["outcome"] == "cancelled"
    machine.use_real_borg()
    assert machine.guardian("run", "files-usb").code == 0
    assert "could not read or write it" in machine.runs()[-1]["held_back"]


def test_a_disk_that_died_where_it_is_is_an_incident_and_not_a_pull(machine, smartctl):
    """Its filesystem cannot be read any more, and it is plugged in as it was. It takes as long as it is given to go."""
    keep_one(machine)
    machine.start_daemon()
    machine.disk.plug_in()
    assert machine.wait_outcome()[0] == "success"
    machine.wait_target("ready")
    since = machine.log.mark()
    mounts.unmount_all_below(machine.folder)
    machine.disk.fail()
    machine.log.wait("no filesystem is found on it any more", since)
    assert "I/O error" in machine.wait_incident("disk")
    # It is remembered when the disk is pulled, and when it comes again.
    machine.disk.unplug()
    machine.disk.mend()
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    assert "could not read or write it" in machine.runs()[-1]["held_back"] and "disk" in machine.incidents()
