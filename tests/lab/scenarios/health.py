"""Disks that say how they are: by SMART, or by errors that the kernel meets on them."""

import json

import mapper
import stack
from guest import PLAN, REPOSITORY

LOOK = "guardian-health@target:usb.service"
# "The reliability of the media is degraded", in the first byte of an NVMe drive's health log.
DEGRADED = 4


def nvme_warning(lab):
    """A backup disk that warns of itself is failing: an incident, no backup of its own accord, none that is asked for,
    and with --anyway one that deletes nothing."""
    machine = lab.running()
    machine.plug(lab.disk, driver="nvme")
    machine.wait_success()
    _must_run(machine, "")
    drive = _drive(machine)
    assert drive["verdict"] == "healthy" and drive["serial"] == lab.disk.serial, drive
    machine.set_in_device(lab.disk, "smart_critical_warning", DEGRADED)
    refused = machine.run(f"guardian run {PLAN}")
    assert not refused.ok and "failing" in refused.err and "--anyway" in refused.err, refused
    _wait_incident(machine)
    assert machine.target()["drives"][0]["verdict"] == "failing"
    _must_leave_it_alone_when_plugged_in(machine, lab.disk)
    _must_run(machine, "--anyway")
    machine.pull(lab.disk)
    machine.wait_not_mounted()
    # The plan keeps two: a run that deletes would have left two of the three.
    assert len(lab.disk.archives(REPOSITORY)) == 3
    lab.disk.must_pass_borg_check(REPOSITORY)


def stacked_drives(lab):
    """Below a logical volume, an encryption and a mirror both drives are found and asked; that one of them fails is the
    target's trouble, and no backup is made on it."""
    machine = lab.running()
    disks = [lab.blank_disk(name) for name in ("left", "right")]
    stack.make_on(machine, disks)
    machine.wait_success()
    assert _verdicts(machine) == {disk.serial: "healthy" for disk in disks}
    machine.set_in_device(disks[1], "smart_critical_warning", DEGRADED)
    refused = machine.run(f"guardian run {PLAN}")
    assert not refused.ok and "failing" in refused.err, refused
    assert disks[1].serial in _wait_incident(machine)["text"]
    assert _verdicts(machine) == {disks[0].serial: "healthy", disks[1].serial: "failing"}


def ahci_smart(lab):
    """An ATA disk is read by smartctl in the daemon's unit, within all that is forbidden to it, and its self-test's
    result comes with a later look."""
    machine = lab.booted(inside=("ahci.0", lab.disk))
    machine.wait_success()
    first = _drive(machine)
    assert (first["model"], first["serial"]) == ("QEMU HARDDISK", lab.disk.serial), first
    assert first["verdict"] == "healthy" and first["signs"]["hours"] >= 1, first
    _look(machine)
    second = _drive(machine)
    assert second["read_at"] > first["read_at"] and not second["trouble"], second
    machine.must(f"guardian smart test short '{first['id']}'")
    _look(machine)
    tests = _drive(machine, first["id"])["self_tests"]
    assert [(t["kind"], t["result"]) for t in tests] == [("short", "passed")], tests
    assert not machine.incidents()


def dm_error(lab):
    """The kernel cannot read or write the disk in mid-run: the incident has the kernel's words, which guardiand reads
    without any capability; the next run on the disk, which answers again, deletes nothing."""
    machine = lab.running()
    _must_be_without_capabilities(machine)
    mapper.put_under_long_run(machine, lab.disk)
    mapper.answer_errors(machine)
    run = machine.wait_run_over(1)
    assert run["outcome"] == "failed", run
    machine.wait_not_mounted()
    mapper.answer_again(machine)
    _must_be_kept_as_it_is(machine)


def dm_flakey(lab):
    """The disk has errors for some seconds in mid-run and then answers again: whatever the run makes of it, the disk is
    one to watch; neither that run nor the next, on the disk that answers, deletes anything, and what was there is
    whole."""
    machine = lab.running()
    mapper.put_under(machine, lab.disk)
    machine.wait_success()
    _must_run(machine, "")
    old = [run["archive"] for run in machine.history()]
    machine.make_source_large()
    machine.start_command(f"guardian run {PLAN}")
    mapper.wait_borg_writes(machine)
    mapper.fail_for_a_while(machine)
    run = machine.wait_run_over(3)
    # What the errors hit is a matter of luck: Borg fails, or leaves files out, or only the kernel ever hears of it.
    assert run["outcome"] == "failed" or run["held_back"], run
    last = _must_be_kept_as_it_is(machine)
    machine.wait_target("safe-to-unplug")
    machine.pull(lab.disk)
    # The plan keeps two: a run that deletes would have left one of the old ones at most.
    for archive in old:
        lab.disk.borg(f"{REPOSITORY}::{archive}", "extract", "--dry-run")
    assert last["archive"] in lab.disk.archives(REPOSITORY)


def smartctl_removed(lab):
    """Without smartmontools, of an NVMe drive nothing is known, and it is said; an ATA drive is read all the same. The
    backup is made on both."""
    machine = lab.running()
    machine.must("dpkg --remove smartmontools", seconds=300)
    machine.plug(lab.disk, driver="nvme")
    machine.wait_success()
    nvme = _drive(machine)
    assert nvme["verdict"] == "unknown" and "smartmontools" in nvme["trouble"], nvme
    machine.pull(lab.disk)
    machine.shut_down()
    # On AHCI, QEMU tells after each reading that more is to come (DRQ): libatasmart takes the answer for none.
    lab.again(inside=("ide.0", lab.disk), date="2027-03-12T14:00:00")
    machine.wait_success(runs_before=1)
    _look(machine)
    ata = _drive(machine)
    assert ata["verdict"] == "healthy" and ata["serial"] == lab.disk.serial and not ata["trouble"], ata
    assert not machine.incidents()


def _drive(machine, name="usb"):
    return json.loads(machine.must(f"guardian smart '{name}' --json"))["drives"][0]


def _verdicts(machine):
    """Of the target's drives, by serial."""
    drives = json.loads(machine.must("guardian smart usb --json"))["drives"]
    return {drive["serial"]: drive["verdict"] for drive in drives}


def _look(machine):
    """As the daemon has it done: in its unit."""
    machine.must(f"systemctl start {LOOK}")
    said = machine.journal(f"--unit={LOOK}")
    for trouble in ("not permitted", "denied", "cannot"):
        assert trouble not in said, said


def _must_run(machine, options):
    result = machine.run(f"guardian run {PLAN} {options}", seconds=300)
    assert result.ok, result


def _wait_incident(machine):
    machine.wait_status('any(.incidents[]; .kind == "disk")')
    return next(i for i in machine.incidents() if i["kind"] == "disk")


def _must_be_kept_as_it_is(machine):
    """The disk, which answers again after errors, is one to watch. Gives the next run on it."""
    incident = _wait_incident(machine)
    assert "dm-0" in incident["text"], incident
    machine.wait_not_mounted()
    _must_run(machine, "")
    last = machine.last_run()
    assert "the health of disk usb is watch" in (last["held_back"] or ""), last
    return last


def _must_leave_it_alone_when_plugged_in(machine, disk):
    """Though a backup is due."""
    runs = len(machine.history())
    machine.pull(disk)
    machine.wait_target("absent")
    machine.set_clock("2027-03-12 14:00")
    looked = _drive(machine)["read_at"]
    machine.plug(disk, driver="nvme", smart_critical_warning=DEGRADED)
    machine.wait_status(f'.plans[0].due and .targets[0].drives[0].read_at > "{looked}"')
    machine.wait_until(f"systemctl show --value --property=ActiveState {LOOK} | grep -qx inactive")
    assert len(machine.history()) == runs, machine.history()
    assert [i["kind"] for i in machine.incidents()].count("disk") == 1


def _must_be_without_capabilities(machine):
    pid = machine.must("systemctl show --value --property=MainPID guardian.service").strip()
    assert machine.must(f"readlink /proc/{pid}/fd/0").strip() == "/dev/kmsg"
    for line in machine.must(f"grep ^Cap /proc/{pid}/status").splitlines():
        assert int(line.split()[1], 16) == 0, line
