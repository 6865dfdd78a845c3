"""A disk's health that the store cannot keep: guardiand knows of it all the same, and says it."""

import fcntl
import shutil

import pytest

from harness import command, mounts, waiting
from harness.disk import Disk
from harness.fake_smartctl import ASLEEP, report
from harness.full import fill

FAILING = report(passed=False, pending=80)
NAMELESS = report(serial="", passed=False, pending=80)
SILENT = report(serial="")
del SILENT["smart_status"], SILENT["ata_smart_attributes"]
in_vain = pytest.mark.parametrize("answer, status", [("", 2), (ASLEEP, 3), (SILENT, 4)], ids=["garbage", "asleep", "silent"])


def backs_up_and_keeps(machine):
    machine.config.targets["usb"]["when_done"] = "keep"
    machine.config.write()
    machine.start_daemon()
    machine.disk.plug_in()
    assert machine.wait_outcome()[0] == "success"
    machine.wait_target("ready")


def look(machine, smartctl):
    """The daemon's own, because the filesystem was made read-only and writable again."""
    asked = len(smartctl.calls())
    for how in ("ro", "rw"):
        command.check(["mount", "-o", f"remount,{how}", machine.config.mount])
    waiting.until("the disk is looked at", lambda: len(smartctl.calls()) > asked, signal=machine.log.sleep)


def test_a_failing_drive_that_does_not_say_who_it_is_is_an_incident(machine, smartctl):
    backs_up_and_keeps(machine)
    smartctl.says(NAMELESS, 8)
    look(machine, smartctl)
    assert "80 sectors" in machine.wait_incident("disk")
    assert "failing" in machine.guardian("status").out
    assert "unnamed:usb" in machine.guardian("smart", "--json").out
    accepted = machine.guardian("smart", "ack", "unnamed:usb", "197")
    assert accepted.code == 2 and "does not say who it is" in accepted.err
    refused = machine.guardian("run", "files-usb")
    assert refused.code == 1 and len(machine.archives()) == 1, refused
    since = machine.log.mark()
    machine.stop_daemon()
    machine.start_daemon()
    assert "80 sectors" in machine.wait_incident("disk")
    smartctl.says(report(serial=""))
    look(machine, smartctl)
    machine.wait_no_incident("disk")
    assert machine.log.text(since).count("incident disk:usb is over") == 1, "it did not end and begin again with the daemon"


def must_still_fail(machine, since):
    """For the run, which looks itself; and for guardiand, which hears of that look."""
    refused = machine.guardian("run", "files-usb")
    assert refused.code == 1 and "failing" in refused.err, refused
    assert "80 sectors" in machine.incidents()["disk"]
    assert "is over" not in machine.log.text(since)


def fails_while_the_store_is_full(machine, smartctl):
    backs_up_and_keeps(machine)
    machine.stop_daemon()
    fill(machine.config.state_dir / "store", 100_000)
    smartctl.says(FAILING, 8)
    machine.start_daemon()
    machine.log.wait("incident disk:usb")


@in_vain
def test_a_failing_drive_without_a_name_fails_until_it_says_otherwise(machine, smartctl, answer, status):
    backs_up_and_keeps(machine)
    smartctl.says(NAMELESS, 8)
    look(machine, smartctl)
    machine.wait_incident("disk")
    since = machine.log.mark()
    smartctl.says(answer, status)
    must_still_fail(machine, since)
    asked = len(smartctl.calls())
    machine.stop_daemon()
    assert machine.guardian("run", "files-usb").code == 1, "guardiand is not needed for it"
    shutil.rmtree(machine.config.runtime_dir)  # as a reboot does
    machine.start_daemon()
    waiting.until("the disk is looked at", lambda: len(smartctl.calls()) > asked + 1, signal=machine.log.sleep)
    must_still_fail(machine, since)
    smartctl.says(report(serial=""))
    look(machine, smartctl)
    machine.wait_no_incident("disk")
    assert machine.guardian("run", "files-usb").code == 0


@pytest.mark.parametrize("answer, status", [("", 2), (ASLEEP, 3)], ids=["garbage", "asleep"])
def test_a_drive_that_failed_while_the_store_was_full_fails_until_it_says_otherwise(machine, smartctl, answer, status):
    fails_while_the_store_is_full(machine, smartctl)
    since = machine.log.mark()
    smartctl.says(answer, status)
    refused = machine.guardian("run", "files-usb")
    assert refused.code == 1 and "80 sectors" in refused.err, refused
    for killed in (False, True):
        # Neither guardiand nor an answer of the probe is needed.
        if killed:
            smartctl.before_it_answers("import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
        else:
            machine.stop_daemon()
        refused = machine.guardian("run", "files-usb")
        assert refused.code == 1 and "80 sectors" in refused.err, refused
    smartctl.before_it_answers("")
    asked = len(smartctl.calls())
    machine.start_daemon()
    waiting.until("the disk is looked at", lambda: len(smartctl.calls()) > asked, signal=machine.log.sleep)
    refused = machine.guardian("run", "files-usb")
    assert refused.code == 1 and "80 sectors" in refused.err, refused
    log = machine.log.text(since)
    assert "is over" not in log and "incident failed:" not in log and "did not come to an end" not in log, log
    machine.stop_daemon()
    mounts.unmount_all_below(machine.config.state_dir)


def test_what_was_told_of_a_drive_ends_when_a_person_forgets_it(machine, smartctl):
    fails_while_the_store_is_full(machine, smartctl)
    machine.stop_daemon()
    command.check(["mount", "-o", "remount,size=8m", machine.config.state_dir / "store"])
    smartctl.says("", 2)
    machine.start_daemon()
    machine.wait_incident("disk")
    assert machine.guardian("eject", "usb").code == 0
    machine.unplug()
    assert machine.guardian("smart", "forget", "WD-1").code == 0
    machine.wait_no_incident("disk")
    assert not machine.guardian("smart").err
    machine.stop_daemon()
    mounts.unmount_all_below(machine.config.state_dir)


def test_the_word_of_a_nameless_drive_ends_with_the_disk_that_replaces_it(machine, smartctl):
    backs_up_and_keeps(machine)
    smartctl.says(NAMELESS, 8)
    look(machine, smartctl)
    machine.wait_incident("disk")
    assert machine.guardian("eject", "usb").code == 0
    machine.unplug()
    smartctl.says("", 4)  # a bridge that tells nothing
    machine.use_blank_disk()
    machine.write_config()
    machine.plug_in()
    assert machine.guardian("init", "usb", "--replace").code == 0
    machine.wait_no_incident("disk")
    assert machine.guardian("run", "files-usb").code == 0


def test_that_a_disk_fails_is_known_while_the_store_is_full(machine, smartctl):
    backs_up_and_keeps(machine)
    machine.stop_daemon()
    fill(machine.config.state_dir / "store", 100_000)
    smartctl.says(FAILING, 8)
    since = machine.log.mark()
    machine.start_daemon()
    assert machine.wait_outcome(since)[0] == "failed"
    machine.log.wait("incident disk:usb")
    shown = machine.guardian("status").out
    assert "healthy" not in shown and "is failing" in shown and "80 sectors" in shown, shown
    assert "80 sectors" in machine.guardian("smart").err
    assert "incident failed:" not in machine.log.text(since), "one cause is one incident"
    machine.stop_daemon()
    mounts.unmount_all_below(machine.config.state_dir)


def test_what_is_kept_again_is_read_by_a_daemon_that_goes_on_in_memory(machine, smartctl):
    fails_while_the_store_is_full(machine, smartctl)
    (machine.config.state_dir / "store" / "filler").unlink()
    smartctl.says(report(passed=False, pending=90), 8)
    since = machine.log.mark()
    look(machine, smartctl)
    machine.log.wait("90 sectors", since)
    assert "is over" not in machine.log.text(since)
    machine.stop_daemon()
    mounts.unmount_all_below(machine.config.state_dir)


def test_a_failing_drive_that_is_saved_and_does_not_say_who_it_is_is_an_incident(machine, smartctl):
    source = machine.keep(Disk.make(machine.folder / "source.img", size=64_000_000))
    source.plug_in()
    mounts.mount(source.loop, machine.config.source)
    (machine.config.source / "letter").write_text("Dear reader,\n")
    machine.config.jobs["files"]["watch_sources"] = True
    machine.config.targets["usb"]["health_every"] = "never"
    machine.config.write()
    smartctl.says(NAMELESS, 8)
    machine.start_daemon()
    assert "80 sectors" in machine.wait_incident("source")
    machine.stop_daemon()
    mounts.unmount_all_below(machine.folder)


def test_the_run_after_what_a_person_accepted_neither_waits_nor_is_the_old_one_an_incident(machine, smartctl):
    machine.config.targets["usb"]["on_watch"] = "refuse"
    machine.config.write()
    smartctl.says(report(pending=3))
    machine.start_daemon()
    machine.disk.plug_in()
    assert machine.wait_outcome()[0] == "failed"
    machine.wait_incident("disk")
    since = machine.log.mark()
    assert machine.guardian("smart", "ack", "usb", "197").code == 0
    assert machine.wait_outcome(since)[0] == "success"
    assert not machine.incidents() and "failed:files-usb" not in machine.log.text(since)


def test_a_run_that_found_another_at_work_is_no_look_at_the_disk(machine, smartctl):
    machine.config.runtime_dir.mkdir()
    lock = open(machine.config.runtime_dir / "run.lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    machine.start_daemon()
    machine.disk.plug_in()
    assert machine.wait_outcome()[0] == "absent"
    waiting.until("the disk is looked at", smartctl.calls, signal=machine.log.sleep)
