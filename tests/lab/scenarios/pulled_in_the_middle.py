"""The disk is pulled while a run is busy with it. The next plugging-in makes it good, and Borg finds nothing wrong."""

from guest import REPOSITORY

SLOW = 2_000_000  # bytes a second: a step lasts long enough to be hit


def pull_before_mount(lab):
    """Pulled as soon as the kernel has seen it: nothing stays mounted, and the next plugging-in succeeds."""
    machine = lab.running()
    machine.plug(lab.disk)
    machine.wait_until(f"test -e /dev/disk/by-uuid/{lab.disk.uuid}")
    _pull_and_make_good(lab, machine)


def pull_in_create(lab):
    """Pulled while Borg writes: the run ends as vanished."""
    machine = lab.running()
    machine.make_source_large()
    machine.plug(lab.disk, SLOW)
    machine.wait_step("create")
    machine.wait_status(".runs[0].progress.statistics.original_bytes > 10000000 or .runs[0].progress.original_bytes > 10000000", 120)
    _pull_and_make_good(lab, machine, "vanished")


def pull_in_prune(lab):
    """Pulled during prune: the archive that was made before it is whole."""
    machine = lab.running()
    machine.plug(lab.disk, SLOW)
    machine.wait_step("prune")
    _pull_and_make_good(lab, machine, "vanished")


def pull_in_compact(lab):
    """Pulled during compact: the archive that was made before it is whole."""
    machine = lab.running()
    machine.plug(lab.disk, SLOW)
    machine.wait_step("compact")
    _pull_and_make_good(lab, machine, "vanished")


def _pull_and_make_good(lab, machine, outcome=None):
    machine.pull(lab.disk)
    machine.wait_not_mounted()
    machine.wait_target("absent")
    machine.wait_status('.runs | all(.outcome != "running")')
    runs_before = len(machine.history())
    if outcome:
        assert [run["outcome"] for run in machine.history()] == [outcome], machine.history()
    machine.must("! pgrep -x borg")
    machine.plug(lab.disk)
    run = machine.wait_success(runs_before)
    machine.pull(lab.disk)
    machine.wait_target("absent")
    lab.disk.must_pass_borg_check(REPOSITORY)
    assert run["archive"] in lab.disk.archives(REPOSITORY)
