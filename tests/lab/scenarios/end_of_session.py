"""The machine is switched off or restarted while a run is going."""

from guest import REPOSITORY

STOP_SECONDS = 200  # the unit's own time to stop is 3 min


def reboot_during_run(lab):
    """A reboot stops the run in order; after it, the disk still being in, the next run succeeds."""
    machine = lab.running()
    machine.plug_into_long_run(lab.disk)
    seconds = machine.reboot(STOP_SECONDS)
    _went_in_order(machine, seconds)
    machine.wait_success(runs_before=1)
    machine.pull(lab.disk)
    machine.wait_target("absent")
    lab.disk.must_pass_borg_check(REPOSITORY)


def shutdown_during_run(lab):
    """A shutdown stops the run in order, and the disk's repository is clean without any repair."""
    machine = lab.running()
    machine.plug_into_long_run(lab.disk)
    seconds = machine.shut_down(STOP_SECONDS)
    lab.disk.must_pass_borg_check(REPOSITORY)
    lab.again()
    _went_in_order(machine, seconds)


def _went_in_order(machine, seconds):
    first = machine.history()[0]
    assert first["outcome"] == "cancelled", first
    assert seconds < STOP_SECONDS
    before = machine.journal("--boot=-1")
    assert "State 'stop-sigterm' timed out" not in before and "Killing process" not in before, before[-3000:]
