"""When the backup comes due: the plan's time is 02:00 each day."""

import json

from guest import PLAN, REPOSITORY

BEFORE_SLOT = "2027-03-11 01:59:50"
TIMER = f"guardian-run@{PLAN}.timer"


def slot_with_disk(lab):
    """The disk stays in after the first backup: the second is made at its time, once."""
    machine = _first_backup_made(lab)
    machine.set_clock(BEFORE_SLOT)
    machine.wait_success(runs_before=1)
    machine.pull(lab.disk)
    machine.wait_target("absent")
    assert len(machine.history()) == 2
    lab.disk.must_pass_borg_check(REPOSITORY)


def slot_disk_away_then_plugged(lab):
    """The time passes while the disk is away: nothing runs and nothing is alarmed; plugged in, the backup is made."""
    machine = _first_backup_made(lab)
    machine.pull(lab.disk)
    machine.wait_target("absent")
    machine.set_clock(BEFORE_SLOT)
    machine.wait_status(".plans[0].due")
    machine.must("systemctl stop guardian.service && systemctl start guardian.service")
    runs = machine.history()
    assert all(run["outcome"] in ("success", "absent") for run in runs), runs
    assert not machine.incidents()
    machine.plug(lab.disk)
    machine.wait_status('.runs[0].outcome == "success" and (.plans[0].due | not)')
    machine.wait_target("safe-to-unplug")
    assert [run["outcome"] for run in machine.history()].count("success") == 2


def slot_machine_off(lab):
    """The machine is off at the plan's time, and the disk in when it is switched on: the backup is made, once."""
    machine = _first_backup_made(lab)
    machine.shut_down()
    lab.again(disks=[lab.disk], date="2027-03-11T08:00:00")
    machine.wait_success(runs_before=1)
    machine.must("systemctl is-system-running --wait", seconds=180)
    assert len(machine.history()) == 2


def asleep_at_its_time(lab):
    """The machine sleeps over the plan's time, the disk in: the backup is made when it wakes, once."""
    machine = _first_backup_made(lab)
    machine.set_clock("2027-03-11 01:59:00")
    machine.sleep(90)
    woken = machine.must("date --iso-8601=seconds")
    run = machine.wait_success(runs_before=1)
    assert run["started"] >= "2027-03-11T02:00:00" and woken >= "2027-03-11T02:00:00", (run, woken)
    _reset_by_waking_up(machine)
    machine.must("systemctl is-system-running --wait", seconds=180)
    assert len(machine.history()) == 2


def _reset_by_waking_up(machine):
    """Its USB connection was reset as the machine woke: that is the machine's doing, and is not held against the disk."""
    asleep = machine.must("dmesg").partition("PM: suspend entry")[2].partition("PM: suspend exit")[0]
    assert "reset SuperSpeed USB device" in asleep, asleep
    drive = json.loads(machine.must("guardian smart usb --json"))["drives"][0]
    assert not drive["events"], drive["events"]


def timers_masked(lab):
    """Someone masked the plan's timer: the daemon keeps the schedule itself, and says that the timer is not active."""
    machine = _first_backup_made(lab)
    machine.must(f"systemctl stop {TIMER}; systemctl mask {TIMER}")
    machine.must("! systemctl is-active --quiet " + TIMER)
    machine.must("systemctl reload guardian.service")
    machine.wait_status('.incidents | any(.kind == "timer")')
    machine.set_clock(BEFORE_SLOT)
    machine.wait_success(runs_before=1)


def _first_backup_made(lab):
    machine = lab.running()
    machine.plug(lab.disk)
    machine.wait_success()
    return machine
