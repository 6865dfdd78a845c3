"""A disk under a mapped device of the guest, which can be told to answer with errors."""

import json

NAME = "lab"
MAPPED = f"/dev/mapper/{NAME}"


def put_under(machine, disk):
    """Plugs the disk in; the daemon sees it when all is there. Of the two devices udev tells of the mapped one alone as
    one with a filesystem."""
    machine.keep_daemon_off()
    _hide_the_disk_itself(machine)
    machine.plug(disk)
    machine.wait_until("lsblk --nodeps --noheadings --output SERIAL | grep -q GUARDIAN-LAB")
    machine.must("udevadm settle")
    machine.must(f"dmsetup create {NAME} --table \"{_linear(machine)}\" && udevadm settle")
    machine.let_daemon_on()


def put_under_long_run(machine, disk):
    """Until Borg writes to it, for long enough to be disturbed."""
    machine.make_source_large()
    put_under(machine, disk)
    wait_borg_writes(machine)


def wait_borg_writes(machine):
    machine.wait_step("create")
    machine.wait_until("pgrep -f '[b]org.* create '")


def answer_errors(machine):
    _load(machine, f"0 $(blockdev --getsz {MAPPED}) error")


def fail_for_a_while(machine):
    """By turns it answers for two seconds and has only errors for three: until the kernel has met one and it answers."""
    _load(machine, f"{_from_the_disk(machine, 'flakey')} 2 3")
    machine.wait_until("dmesg | grep -q 'error.*dm-0'")
    machine.wait_until(f"dd if={MAPPED} of=/dev/null bs=4096 count=1 iflag=direct 2>/dev/null")
    answer_again(machine)


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
    return _from_the_disk(machine, "linear")


def _from_the_disk(machine, target):
    node = _disk_node(machine)
    return f"0 $(blockdev --getsz {node}) {target} {node} 0"


def _disk_node(machine):
    devices = json.loads(machine.must("lsblk --json --nodeps --output PATH,SERIAL"))["blockdevices"]
    return next(d["path"] for d in devices if (d["serial"] or "").startswith("GUARDIAN-LAB"))
