"""Guardian beside the udev rule and script of Borg's documentation ("Automated backups to a local hard drive"), which is
written afresh here: the same machine, disk and tree. Prints what each of the two does."""

import concurrent.futures
import statistics

from guest import MOUNT, REPOSITORY, RUN_SECONDS, SOURCE, UUID

RULE = """\
ACTION=="add", SUBSYSTEM=="block", ENV{ID_FS_UUID}=="%s", TAG+="systemd", ENV{SYSTEMD_WANTS}="automatic-backup.service"
""" % UUID
UNIT = """\
[Service]
Type=oneshot
ExecStart=/etc/backups/run.sh
"""
SCRIPT = f"""\
#!/bin/bash -ue
# The kernel may not have finished with the disk's partitions when the rule fires.
sleep 5
export BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
uuid=$(lsblk --noheadings --list --output uuid,name | awk '$1 == "{UUID}" {{print $1; exit}}')
[ -n "$uuid" ] || exit 0
mkdir -p {MOUNT}
findmnt {MOUNT} >/dev/null || mount /dev/disk/by-uuid/$uuid {MOUNT}
borg create --stats --one-file-system --compression lz4 {MOUNT}/{REPOSITORY}::guest-$(date --iso-8601=seconds) {SOURCE}
borg prune --keep-last 2 {MOUNT}/{REPOSITORY}
sync
umount {MOUNT}
"""
STARTS = "/run/borg-starts"
# In Borg's place: writes down when, by the guest's own clock, it was started and with what.
WITNESS = f"""\
#!/bin/sh
echo "$(cut -d' ' -f1 /proc/uptime) $*" >>{STARTS}
exec /usr/lib/lab/borg "$@"
"""
SLOW = 2_000_000  # bytes a second


def guardian(lab):
    machine = lab.running()
    machine.must("mkdir /usr/lib/lab && mv /usr/bin/borg /usr/lib/lab/borg")
    machine.write("/usr/bin/borg", WITNESS)
    # The script's Borg has the weight of any process: who asks must come to its turn beside it.
    machine.must("chmod +x /usr/bin/borg && systemctl set-property --runtime qemu-guest-agent.service CPUWeight=1000")
    return machine


def by_script(lab):
    machine = guardian(lab)
    machine.must("systemctl disable --now guardian.service; rm /etc/udev/rules.d/61-guardian.rules; mkdir -p /etc/backups")
    machine.write("/etc/udev/rules.d/61-backup.rules", RULE)
    machine.write("/etc/systemd/system/automatic-backup.service", UNIT)
    machine.write("/etc/backups/run.sh", SCRIPT)
    machine.must("chmod +x /etc/backups/run.sh && udevadm control --reload && systemctl daemon-reload")
    return machine


WAYS = {"Guardian": guardian, "rule and script": by_script}


def seconds_to_borg(lab, way):
    """From the kernel's first word of the USB device to the start of `borg create`, by the guest's own clock."""
    machine = WAYS[way](lab)
    machine.make_source_large()
    machine.plug(lab.disk)
    _wait_start(machine, "create")
    started = float(machine.must(f"grep -m 1 ' create ' {STARTS}").split()[0])
    lines = machine.must("dmesg | grep 'USB device number' | tail -n 1")
    return started - float(lines.split("]")[0].strip("[ "))


def _wait_start(machine, verb):
    machine.wait_until(f"grep -q ' {verb} ' {STARTS}", RUN_SECONDS, every=0.2)


def pulled_before_mount(lab, way):
    machine = WAYS[way](lab)
    machine.plug(lab.disk)
    machine.wait_until(f"test -e /dev/disk/by-uuid/{lab.disk.uuid}")
    return _pulled(lab, machine, way)


def pulled_in_create(lab, way):
    machine = WAYS[way](lab)
    machine.make_source_large()
    machine.plug(lab.disk, SLOW)
    _wait_start(machine, "create")
    machine.wait_until(f"[ $(du -sm {MOUNT}/{REPOSITORY} | cut -f1) -gt 5 ]", 120)
    return _pulled(lab, machine, way)


def pulled_in_prune(lab, way):
    machine = WAYS[way](lab)
    machine.plug(lab.disk, SLOW)
    _wait_start(machine, "prune")
    return _pulled(lab, machine, way)


def _pulled(lab, machine, way):
    machine.pull(lab.disk)
    said = [_ended(machine), _left_mounted(machine), TROUBLE[way](machine)]
    return "; ".join([*said, "plugged in again: " + _again(lab, machine)])


def _ended(machine):
    try:
        machine.wait_until("! pgrep -x borg && ! pgrep -x run.sh", 120)
        return "all ended"
    except TimeoutError:
        return "still running after 2 min"


def _left_mounted(machine):
    try:
        machine.wait_not_mounted(60)
        return "nothing is mounted"
    except TimeoutError:
        return "the dead mount is still there after a minute"


def _trouble_of_script(machine):
    """What there is to be seen by who looks."""
    return "the unit is " + machine.run("systemctl show --value --property=Result automatic-backup.service").out.strip()


def _trouble_of_guardian(machine):
    machine.wait_target("absent")
    outcomes = [run["outcome"] for run in machine.history()]
    kinds = [incident["kind"] for incident in machine.incidents()]
    return f"runs: {', '.join(outcomes) or 'none'}; incidents: {', '.join(kinds) or 'none'}"


TROUBLE = {"Guardian": _trouble_of_guardian, "rule and script": _trouble_of_script}


def _again(lab, machine):
    machine.must(f"rm -f {STARTS}")
    machine.plug(lab.disk)
    try:
        _wait_start(machine, "create")
        machine.wait_until(f"! pgrep -x borg && ! grep -q {MOUNT} /proc/self/mountinfo", RUN_SECONDS)
        machine.pull(lab.disk)
        lab.disk.must_pass_borg_check(REPOSITORY)
        return f"{len(lab.disk.archives(REPOSITORY))} archive(s) in all, borg check clean"
    except (TimeoutError, AssertionError) as error:
        return f"no backup ({str(error)[:60]})"


def _changed(disk, before):
    return "written to" if disk.hash() != before else "not touched"


def twins(lab, way):
    twin = lab.disk.copy(lab.folder / "twin.img", serial="GUARDIAN-LAB-TWIN")
    before = lab.disk.hash()
    machine = WAYS[way](lab)
    machine.plug(lab.disk)
    machine.plug(twin)
    _settle(machine)
    machine.power_cut()
    return f"the target: {_changed(lab.disk, before)}; the copy: {_changed(twin, before)}"


def stranger(lab, way):
    disk = lab.new_disk("stranger")
    machine = WAYS[way](lab)
    machine.plug(disk)
    _settle(machine)
    machine.power_cut()
    with disk.opened() as folder:
        found = sorted(f.name for f in folder.iterdir() if f.name != "lost+found")
    return f"on the disk: {', '.join(found) or 'nothing'}"


def _settle(machine):
    """Long enough for either to have begun, and to have come to its end."""
    machine.run("timeout 25 bash -c 'until pgrep -x borg >/dev/null; do sleep 1; done'", seconds=60)
    machine.wait_until("! pgrep -x borg", 240)


def print_table(new_lab, repetitions):
    with concurrent.futures.ThreadPoolExecutor(len(WAYS)) as pool:
        for done in [pool.submit(_measure, new_lab, way, repetitions) for way in WAYS]:
            done.result()


def _measure(new_lab, way, repetitions):
    times = [new_lab(lambda lab: seconds_to_borg(lab, way)) for _ in range(repetitions)]
    print(f"{way}: plug to borg create: median {statistics.median(times):.1f} s "
           f"({min(times):.1f} to {max(times):.1f}, {repetitions} times)", flush=True)  # fmt: skip
    for what in (pulled_before_mount, pulled_in_create, pulled_in_prune, twins, stranger):
        try:
            seen = new_lab(lambda lab: what(lab, way))
        except (TimeoutError, AssertionError) as error:
            seen = f"did not come so far: {error}"
        print(f"{way}: {what.__name__.replace('_', ' ')}: {seen}", flush=True)
