"""The main job on a whole machine."""

from guest import REPOSITORY


def boot_absent_then_plug(lab):
    """A boot without the disk does not wait for it. Plugged in, the backup that is due runs and the disk is let go of;
    plugged in again, nothing is due."""
    machine = lab.booted()
    machine.must("systemctl is-system-running --wait | grep -qx running", seconds=180)
    assert machine.target()["state"] == "absent"
    machine.plug(lab.disk)
    run = machine.wait_success()
    machine.pull(lab.disk)
    machine.wait_target("absent")
    lab.disk.must_pass_borg_check(REPOSITORY)
    assert lab.disk.archives(REPOSITORY) == [run["archive"]]
    machine.plug(lab.disk)
    machine.wait_target("safe-to-unplug")
    assert len(machine.history()) == 1
    assert not machine.incidents()


def boot_with_disk(lab):
    """The disk is in already when the machine boots: the backup that is due runs."""
    machine = lab.booted(disks=[lab.disk])
    machine.wait_success()
    machine.must("systemctl is-system-running --wait | grep -qx running", seconds=180)
