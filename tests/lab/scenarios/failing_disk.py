"""A disk that is there and does not do what it should."""

import json

from guest import UUID

MAPPED = "/dev/mapper/lab"


def io_errors(lab):
    """The disk answers with errors in mid-run: the run fails within its time and says so, and the machine goes on. With the
    disk well again, the next run succeeds."""
    machine = lab.running()
    machine.make_source_large()
    machine.must("systemctl stop guardian.service")
    machine.plug(lab.disk)
    machine.wait_until(f"test -e /dev/disk/by-uuid/{UUID}")
    machine.must("udevadm settle")
    _put_under_mapper(machine)
    machine.must("systemctl start guardian.service")
    machine.wait_step("create")
    machine.wait_until("pgrep -x borg")
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


def _put_under_mapper(machine):
    """The filesystem has one device only that udev tells of: the mapped one has a higher link priority, and the disk below
    is hidden from the daemon by a rule."""
    machine.write("/run/udev/rules.d/99-lab.rules",
                  'KERNEL=="sd*", ENV{ID_FS_UUID}="", ENV{ID_FS_TYPE}="", ENV{ID_FS_USAGE}=""\n')  # fmt: skip
    machine.must("udevadm control --reload && udevadm trigger --settle --subsystem-match=block")
    node = _disk_node(machine)
    machine.must(f"dmsetup create lab --table \"0 $(blockdev --getsz {node}) linear {node} 0\" && udevadm settle")


def _load(machine, kind):
    machine.must(f"dmsetup suspend --nolockfs --noflush lab && dmsetup load lab --table \"0 $(blockdev --getsz {MAPPED}) {kind}\" "
                 "&& dmsetup resume lab")  # fmt: skip


def _disk_node(machine):
    devices = json.loads(machine.must("lsblk --json --nodeps --output PATH,SERIAL"))["blockdevices"]
    return next(d["path"] for d in devices if (d["serial"] or "").startswith("GUARDIAN-LAB"))
