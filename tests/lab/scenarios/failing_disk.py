"""A disk that is there and does not do what it should."""

import mapper


def io_errors(lab):
    """The disk answers with errors in mid-run: the run fails within its time and says so, and the machine goes on."""
    machine = lab.running()
    mapper.put_under_long_run(machine, lab.disk)
    mapper.answer_errors(machine)
    run = machine.wait_run_over(1)
    assert run["outcome"] in ("failed", "vanished"), run
    assert machine.incidents(), "nothing is said"


def read_only_filesystem(lab):
    """A disk that takes no writing (the switch on the stick): nothing is written, and it is said."""
    machine = lab.running()
    before = lab.disk.hash()
    machine.plug(lab.disk, read_only=True)
    run = machine.wait_run_over(1)
    assert run["outcome"] in ("failed", "refused"), run
    machine.wait_status(".incidents | length > 0")
    machine.pull(lab.disk)
    machine.wait_not_mounted()
    assert lab.disk.hash() == before
