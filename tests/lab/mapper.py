"""A disk under a mapped device of the guest, which can be told to answer with errors."""

import json

NAME = "lab"
MAPPED = f"/dev/mapper/{NAME}"


def put_under(machine, disk):
    """Plugs the disk in. Of the two devices udev tells of the mapped one alone as one with a filesystem."""
    _hide_the_disk_itself(machine)
    machine.plug(disk)
    machine.wait_until("lsblk --nodeps --noheadings --output SERIAL | grep -q GUARDIAN-LAB")
    machine.must("udevadm settle")
    machine.must(f"dmsetup create {NAME} --table \"{_linear(machine)}\" && udevadm settle")


def answer_errors(machine):
    _load(machine, f"0 $(blockdev --getsz {MAPPED}) error")


def answer_again(machine):
    _load(machine, _linear(machine))


def _hide_the_disk_itself(machine):
    machine.write("/run/udev/rules.d/99-lab.rules",
                  'KERNEL=="sd*", ENV{ID_FS_UUID}="", ENV{ID_FS_TYPE}="", ENV{ID_FS_USAGE}=""\n')  # fmt: skip
    machine.must("udevadm control --reload")


def _load(machine, table):
    machine.must(f"dmsetup suspend --nolockfs --noflush {NAME} && dmsetup load {NAME} --table \"{table}\" "
                 f"&& dmsetup resume {NAME}")  # fmt: skip


def _linear(machine):
    node = _disk_node(machine)
    return f"0 $(blockdev --getsz {node}) linear {node} 0"


def _disk_node(machine):
    devices = json.loads(machine.must("lsblk --json --nodeps --output PATH,SERIAL"))["blockdevices"]
    return next(d["path"] for d in devices if (d["serial"] or "").startswith("GUARDIAN-LAB"))
