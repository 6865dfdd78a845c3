"""Letting go of the disk: ejecting it, and what happens while somebody holds it."""

import contextlib
import os
import stat
import subprocess
from pathlib import Path

from harness import command, mounts, processes, waiting
from harness.disk import Disk


def hold(machine):
    """A process that stands in the mounted disk."""
    return machine.background(["sleep", "1000"], cwd=machine.config.mount)


@contextlib.contextmanager
def plugged_in_beside_another_partition(machine):
    """The disk as the first of two partitions of a drive. Gives the second, with a filesystem of its own."""
    sector, first, sectors, more = 512, 2048, machine.disk.image.stat().st_size // 512, 64 * 1024 * 2
    image = machine.folder / "drive.img"
    with open(image, "wb") as f:
        f.truncate((first + sectors + more) * sector)
    command.check(["dd", f"if={machine.disk.image}", f"of={image}", "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none"])
    drive = machine.keep(Disk(image, machine.disk.uuid))
    loop = drive.plug_in()
    try:
        drive.add_partition(2, (first + sectors) * sector, more * sector)
        command.check(["udevadm", "settle"])
        node = block_node(loop, 2)
        command.check(["mkfs.ext4", "-q", node])
        mounts.mount(node, machine.folder / "other")
        drive.add_partition(1, first * sector, sectors * sector)
        block_node(loop, 1)
        yield node
    finally:
        mounts.unmount_all_below(machine.folder)
        for number in (1, 2):
            drive.delete_partition(number)


def block_node(loop, number):
    """The partition's node, made where no devtmpfs has made it."""
    node = Path(f"{loop}p{number}")
    major, minor = Path(f"/sys/class/block/{node.name}/dev").read_text().strip().split(":")
    if not node.exists():
        os.mknod(node, 0o600 | stat.S_IFBLK, os.makedev(int(major), int(minor)))
    return str(node)


def hold_during_a_run(machine):
    """Holds the disk from the middle of the daemon's run on, which then comes to its end."""
    gate = machine.borg_waits_in_create()
    machine.start_daemon()
    machine.disk.plug_in()
    gate.wait()
    helper = hold(machine)
    gate.open()
    return helper


def let_go(helper):
    helper.terminate()
    helper.wait(30)


def test_an_eject_unmounts_and_nothing_starts_until_the_next_plugging_in(machine):
    machine.config.targets["usb"]["when_done"] = "keep"
    machine.config.plans["files-usb"]["on_plug"] = "always"
    machine.config.write()
    machine.start_daemon()
    machine.disk.plug_in()
    machine.wait_outcome()
    machine.wait_target("ready")
    done = machine.guardian("eject", "usb")
    assert done.code == 0 and "safe to unplug" in done.out
    assert not machine.is_mounted()
    machine.unplug()
    since = machine.log.mark()
    machine.disk.plug_in()
    assert machine.wait_outcome(since)[0] == "success"


def test_an_eject_without_the_daemon_unmounts(machine):
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount)
    assert machine.guardian("eject", "usb").code == 0
    assert not machine.is_mounted()


def test_an_eject_without_the_daemon_names_who_holds_the_disk_and_forces_nothing(machine):
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount)
    helper = hold(machine)
    done = machine.guardian("eject", "usb")
    assert done.code == 6 and f"sleep (pid {helper.pid})" in done.err
    assert machine.is_mounted() and helper.poll() is None


def test_an_eject_leaves_what_a_stranger_mounted_over_the_disk(machine):
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount)
    mounts.mount("stranger", machine.config.mount, "-t", "tmpfs")
    before = mounts.points()
    done = machine.guardian("eject", "usb")
    assert done.code == 6 and "stranger (tmpfs) was mounted over it; unmount that first" in done.err
    assert mounts.points() == before
    mounts.unmount(machine.config.mount)
    assert machine.guardian("eject", "usb").code == 0
    assert not machine.is_mounted()


def test_a_dead_mount_is_not_detached_through_what_a_stranger_mounted_over_it(machine):
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount)
    mounts.mount("stranger", machine.config.mount, "-t", "tmpfs")
    before = mounts.points()
    machine.disk.die()
    command.run(["udevadm", "settle"])
    done = machine.guardian("eject", "usb")
    assert done.code == 6 and "stranger (tmpfs) was mounted over it" in done.err
    assert mounts.points() == before


def test_dead_mounts_on_top_of_each_other_are_all_detached(machine):
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount)
    mounts.mount(machine.config.mount, machine.config.mount, "--bind")
    machine.disk.die()
    command.run(["udevadm", "settle"])
    assert machine.guardian("eject", "usb").code == 0
    assert not machine.is_mounted()


def test_an_eject_during_a_run_is_turned_down(machine):
    gate = machine.borg_waits_in_create()
    machine.start_daemon()
    machine.disk.plug_in()
    gate.wait()
    done = machine.guardian("eject", "usb")
    assert done.code == 6 and "files-usb is running" in done.err
    gate.open()
    assert machine.wait_outcome()[0] == "success"


def test_a_held_mount_is_an_incident_that_names_the_holder_and_is_over_once_it_is_closed(machine):
    helper = hold_during_a_run(machine)
    assert machine.wait_outcome()[0] == "success"
    text = machine.wait_incident("still-mounted")
    assert f"sleep (pid {helper.pid})" in text and "do not unplug" in text
    assert machine.target()["state"] == "still-mounted"
    assert machine.is_mounted() and helper.poll() is None  # never forced
    done = machine.guardian("eject", "usb")
    assert done.code == 6 and f"sleep (pid {helper.pid})" in done.err
    let_go(helper)
    assert machine.guardian("eject", "usb").code == 0
    assert not machine.is_mounted()
    machine.wait_no_incident("still-mounted")


def test_when_the_holder_unmounts_it_himself_that_is_a_release_too(machine):
    helper = hold_during_a_run(machine)
    machine.wait_incident("still-mounted")
    let_go(helper)
    mounts.unmount(machine.config.mount)
    machine.wait_no_incident("still-mounted")
    machine.wait_target("safe-to-unplug")


def test_a_lazy_unmount_under_a_holder_is_not_taken_for_a_release(machine):
    helper = hold_during_a_run(machine)
    machine.wait_incident("still-mounted")
    command.check(["umount", "--lazy", machine.config.mount])
    waiting.until("the release looked again", lambda: "still in use" in machine.incidents().get("still-mounted", ""))
    assert machine.target()["state"] == "still-mounted"
    let_go(helper)
    assert machine.guardian("eject", "usb").code == 0
    machine.wait_no_incident("still-mounted")
    machine.wait_target("safe-to-unplug")


def test_while_another_partition_of_the_drive_is_mounted_it_is_not_called_safe(machine):
    machine.start_daemon()
    with plugged_in_beside_another_partition(machine) as other:
        assert machine.wait_outcome()[0] == "success"
        text = machine.wait_incident("still-mounted")
        assert f"{other}, on the same drive, is mounted on {machine.folder}/other" in text
        assert not machine.is_mounted() and machine.target()["state"] == "still-mounted"
        assert machine.guardian("eject", "usb").code == 6
        mounts.unmount(machine.folder / "other")
        assert machine.guardian("eject", "usb").code == 0
        machine.wait_target("safe-to-unplug")


def test_a_disk_mounted_in_another_mount_namespace_is_not_called_safe(machine):
    gate = machine.borg_waits_in_create()
    machine.start_daemon()
    machine.disk.plug_in()
    gate.wait()
    helper = machine.background(["unshare", "--mount", "--propagation", "private", "sleep", "1000"])
    own = os.readlink("/proc/self/ns/mnt")
    waiting.until("it has its own mounts", lambda: os.readlink(f"/proc/{helper.pid}/ns/mnt") != own
                  and Path(f"/proc/{helper.pid}/comm").read_text() == "sleep\n")
    gate.open()
    assert machine.wait_outcome()[0] == "success"
    assert f"the mount namespace of sleep (pid {helper.pid})" in machine.wait_incident("still-mounted")
    assert not machine.is_mounted()
    assert machine.target()["state"] == "still-mounted"
    assert machine.guardian("eject", "usb").code == 6
    machine.stop_daemon()
    assert machine.target()["state"] == "still-mounted"  # known without the daemon, and to the next one
    machine.start_daemon()
    assert machine.target()["state"] == "still-mounted"
    let_go(helper)
    assert machine.guardian("eject", "usb").code == 0
    machine.wait_no_incident("still-mounted")
    machine.wait_target("safe-to-unplug")


def test_an_eject_looks_into_other_mount_namespaces_though_nothing_is_mounted_here(machine):
    machine.config.plans["files-usb"]["on_plug"] = "never"
    machine.config.write()
    machine.start_daemon()
    machine.disk.plug_in()
    machine.wait_target("safe-to-unplug")
    inside = machine.folder / "inside"
    inside.mkdir()
    helper = machine.background(["unshare", "--mount", "--propagation", "private", "sh", "-c",
                                 f'mount "{machine.disk.loop}" "{inside}" && exec sleep 1000'])
    waiting.until("it has mounted the disk", lambda: Path(f"/proc/{helper.pid}/comm").read_text() == "sleep\n")
    done = machine.guardian("eject", "usb")
    assert done.code == 6 and f"sleep (pid {helper.pid})" in done.err
    assert machine.target()["state"] == "still-mounted"
    let_go(helper)
    assert machine.guardian("eject", "usb").code == 0
    machine.wait_target("safe-to-unplug")


def test_the_command_that_holds_is_named_also_when_it_only_has_a_file_open(machine):
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount)
    with open(machine.config.mount / "lost+found/open.txt", "w", encoding="ascii") as f:
        helper = machine.background(["sleep", "1000"], stdout=f, stderr=subprocess.DEVNULL)
    assert f"sleep (pid {helper.pid})" in machine.guardian("eject", "usb").err
    processes.kill(helper.pid)
    helper.wait(30)
    assert machine.guardian("eject", "usb").code == 0
