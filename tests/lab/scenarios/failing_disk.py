"""A disk that is there and does not do what it should."""

import json

MAPPED = "/dev/mapper/lab"


def io_errors(lab):
    """The disk answers with errors in mid-run: the run fails within its time and says so, and the machine goes on."""
    machine = lab.running()
    machine.make_source_large()
    machine.keep_daemon_off()
    _hide_the_disk_itself(machine)
    machine.plug(lab.disk)
    machine.wait_until("lsblk --nodeps --noheadings --output SERIAL | grep -q GUARDIAN-LAB")
    machine.must("udevadm settle")
    _put_under_mapper(machine)
    machine.let_daemon_on()
    machine.wait_step("create")
    machine.wait_until("pgrep -f '[b]org.* create '")
    _load(machine, "error")
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


def _hide_the_disk_itself(machine):
    """So that udev tells of one device only with the filesystem: the mapped one."""
    machine.write("/run/udev/rules.d/99-lab.rules",
                  'KERNEL=="sd*", ENV{ID_FS_UUID}="", ENV{ID_FS_TYPE}="", ENV{ID_FS_USAGE}=""\n')  # fmt: skip
    machine.must("udevadm control --reload")


def _put_under_mapper(machine):
    node = _disk_node(machine)
    machine.must(f"dmsetup create lab --table \"0 $(blockdev --getsz {node}) linear {node} 0\" && udevadm settle")


def _load(machine, kind):
    machine.must(f"dmsetup suspend --nolockfs --noflush lab && dmsetup load lab --table \"0 $(blockdev --getsz {MAPPED}) {kind}\" "
                 "&& dmsetup resume lab")  # fmt: skip


def _disk_node(machine):
    devices = json.loads(machine.must("lsblk --json --nodeps --output PATH,SERIAL"))["blockdevices"]
    return next(d["path"] for d in devices if (d["serial"] or "").startswith("GUARDIAN-LAB"))
