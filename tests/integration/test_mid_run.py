"""A disk whose health changes while a run is at work, and what the kernel says meanwhile."""

import json
import os
from pathlib import Path

import pytest

from harness import command, config, mounts
from harness.fake_smartctl import ASLEEP, report

FAILING = report(passed=False, pending=80)
KEEPS_ONE = {"last": 1}
UNREADABLE = json.dumps({"type": "log_message", "levelname": "WARNING",
                         "message": "/srv/films/one: read: [Errno 5] Input/output error"})


def keep_one(machine, **health):
    machine.config.plans["files-usb"]["keep"] = KEEPS_ONE
    machine.config.targets["usb"].update(health)
    machine.config.write()


def damage(machine):
    """A shell command that has the kernel find the disk's filesystem damaged."""
    return f"echo a test >/sys/fs/ext4/{Path(machine.disk.loop).name}/trigger_fs_error"


def steps(machine):
    return machine.guardian("log", str(machine.runs()[-1]["id"])).out


def test_a_disk_that_slept_until_it_was_mounted_and_then_says_it_fails_is_not_written_to(machine, smartctl):
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    smartctl.once_mounted(machine.config.mount, FAILING, 8, before=(ASLEEP, 3))
    refused = machine.guardian("run", "files-usb")
    assert refused.code == 1 and "--anyway" in refused.err and "80 sectors" in refused.err, refused
    assert len(machine.archives()) == 1


def test_errors_that_a_filesystem_tells_of_when_it_is_mounted_refuse_the_run_where_watch_is_to(machine, smartctl):
    machine.config.targets["usb"]["on_watch"] = "refuse"
    machine.config.write()
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount)
    os.system(damage(machine))
    mounts.unmount_all_below(machine.folder)
    refused = machine.guardian("run", "files-usb")
    assert refused.code == 1 and "--anyway" in refused.err and "EXT4-fs" in refused.err, refused
    assert not machine.archives()


def test_that_a_drive_tells_nothing_any_more_is_said_in_mid_run_too(machine, smartctl):
    machine.plug_in()
    smartctl.once_mounted(machine.config.mount, "garbage", 2)
    assert machine.guardian("run", "files-usb").code == 0
    mount = next(line for line in steps(machine).splitlines() if line.strip().startswith("mount"))
    assert "its health is not known" in steps(machine).split(mount)[1], steps(machine)


def test_a_drive_that_was_asleep_for_long_is_known_once_it_is_awake(machine, smartctl):
    keep_one(machine, on_unknown="keep")
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    machine.change_store("UPDATE drives SET read_at = read_at - 31 * 86400 * 1000000")
    smartctl.once_mounted(machine.config.mount, report(), before=(ASLEEP, 3))
    assert machine.guardian("run", "files-usb").code == 0
    assert not machine.runs()[-1]["held_back"] and len(machine.archives()) == 1, steps(machine)


def test_a_disk_to_watch_that_fails_in_mid_run_is_not_read_more_than_it_must_be(machine, smartctl):
    smartctl.says(report(pending=3))
    machine.plug_in()
    gate = machine.borg_waits_in_create()
    run = machine.person_runs()
    gate.wait()
    smartctl.says(FAILING, 8)
    gate.open()
    run.wait(100)
    assert "is failing" in machine.runs()[-1]["held_back"]
    check = next(line for line in steps(machine).splitlines() if line.strip().startswith("check"))
    assert "withheld" in check, steps(machine)


def test_what_was_pruned_before_the_disk_got_worse_is_not_said_to_be_there(machine, smartctl):
    keep_one(machine)
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    answer, code = smartctl.folder / "answer", smartctl.folder / "exit"
    smartctl.says(FAILING, 8)
    for f in (answer, code):
        f.rename(f.with_suffix(".failing"))
    smartctl.says(report())
    fails = "; ".join(f"cp {f.with_suffix('.failing')} {f}" for f in (answer, code))
    machine.use_borg(prune=f'/usr/bin/borg "$@" && {{ {fails}; }}')
    assert machine.guardian("run", "files-usb").code == 0
    machine.use_real_borg()
    assert len(machine.archives()) == 1
    assert not machine.runs()[-1]["held_back"], "prune was done"
    assert "withheld: the health of disk usb is failing" in steps(machine)


def test_with_anyway_nothing_is_deleted_on_a_healthy_disk_either(machine, smartctl):
    keep_one(machine)
    machine.plug_in()
    for _ in range(2):
        assert machine.guardian("run", "files-usb", "--anyway").code == 0
    assert len(machine.archives()) == 2 and not machine.runs()[-1]["held_back"]


def test_a_disk_that_says_it_fails_is_not_written_to_while_somebody_holds_the_store(machine, smartctl):
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    smartctl.says(FAILING, 8)
    store = machine.config.state_dir / "store" / "guardian.db"
    # Once smartctl has been asked, and until its answer should be kept.
    smartctl.before_it_answers(f"""
import sqlite3, subprocess
hold = "import sqlite3, sys, time; d = sqlite3.connect({str(store)!r}, isolation_level=None, timeout=10); " \
       "d.execute('BEGIN IMMEDIATE'); print(flush=True); time.sleep(60)"
if not (here / "held").exists():
    (here / "held").touch()
    holder = subprocess.Popen(["/usr/bin/python3", "-c", hold], stdout=subprocess.PIPE, start_new_session=True,
                              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    holder.stdout.readline()
    (here / "holder").write_text(str(holder.pid))
""")
    try:
        done = machine.guardian("run", "files-usb", deadline=400)
    finally:
        os.kill(int((smartctl.folder / "holder").read_text()), 9)
    assert done.code == 1 and "is failing" in done.err, done
    assert len(machine.archives()) == 1


def test_errors_a_moment_before_the_run_do_not_hide_those_during_it(machine, smartctl):
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount)
    os.system(damage(machine))
    machine.guardian("probe", "health", "target:usb")
    machine.use_borg(create=f"{damage(machine)}; printf '%s\\n' '{UNREADABLE}' >&2; /usr/bin/borg \"$@\"; exit 1")
    assert machine.guardian("run", "files-usb").code == 1
    assert "had errors while the backup was made" in machine.runs()[-1]["reason"]


def test_where_drives_are_not_asked_the_kernel_is_heard_all_the_same(machine, smartctl):
    keep_one(machine, health_every="never", when_done="keep")
    machine.start_daemon()
    machine.disk.plug_in()
    assert machine.wait_outcome()[0] == "success"
    machine.wait_target("ready")
    os.system(damage(machine))
    assert "fsck" in machine.wait_incident("disk")
    assert machine.guardian("run", "files-usb").code == 0
    assert "the health of disk usb is watch" in machine.runs()[-1]["held_back"]
    assert len(machine.archives()) == 2 and not smartctl.calls()


@pytest.fixture
def kernel_takes_every_word():
    """A process's own lines in the kernel's log are few, unless it is told otherwise."""
    setting = Path("/proc/sys/kernel/printk_devkmsg")
    before = setting.read_text()
    setting.write_text("on\n")
    yield
    setting.write_text(before)


@pytest.mark.parametrize("before, after", [(2200, 0), (0, 8000)])
def test_a_storm_in_the_kernels_log_hides_no_errors_from_the_run(machine, smartctl, kernel_takes_every_word, before, after):
    shelf = machine.folder / "shelf"
    shelf.mkdir()
    command.check(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", shelf])
    machine.use_blank_disk(size=64_000_000, folder=shelf)
    keep_one(machine)
    machine.init()
    mounts.mount(machine.disk.loop, machine.config.mount)
    assert machine.guardian("run", "files-usb").code == 0
    # What the disk's image has no room for are errors of the disk; then it has room again.
    noise = machine.config.mount / "noise"
    storm = "(for i in $(seq {}); do echo storm $i; done) >/dev/kmsg"
    machine.use_borg(create=f"""/usr/bin/borg "$@" || exit
sync -f {machine.config.mount}
{storm.format(before)}
dd if=/dev/urandom of={noise} bs=1M count=22 conv=fsync 2>/dev/null
mount -o remount,size=200m {shelf} >&2
rm -f {noise}
{storm.format(after)}
sync -f {machine.config.mount}
exit""")
    assert machine.guardian("run", "files-usb").code in (0, 3)
    assert "the health of disk usb is" in machine.runs()[-1]["held_back"]
    machine.use_real_borg()
    assert len(machine.archives()) == 2
    mounts.unmount_all_below(machine.folder)


def test_a_failing_disk_is_not_made_a_target(machine, smartctl):
    smartctl.says(FAILING, 8)
    machine.use_blank_disk()
    before = machine.disk.checksum()
    machine.plug_in()
    done = machine.guardian("init", "usb")
    assert done.code == 4 and "80 sectors cannot be read" in done.err and "on_failing" in done.err, done
    machine.disk.unplug()
    assert machine.disk.checksum() == before
    machine.plug_in()
    smartctl.says(report(pending=3))
    done = machine.guardian("init", "usb")
    assert done.code == 0 and "is watch" in done.out, done


def test_a_slow_look_does_not_make_a_newer_one_better(machine, smartctl):
    machine.plug_in()
    gate = machine.new_gate("slow")
    smartctl.before_it_answers(f"""
if not (here / "first").exists():
    (here / "first").touch()
    answer = (here / "answer").read_text()
    import subprocess
    subprocess.run(["/bin/sh", "-c", {gate.shell()!r}])
    sys.stdout.write(answer)
    sys.exit(0)
""")
    slow = machine.background([config.program("guardian"), "--config", machine.config.path, "probe", "health", "target:usb"])
    gate.wait()
    smartctl.says(FAILING, 8)
    assert machine.guardian("run", "files-usb").code == 1
    gate.open()
    slow.wait(100)
    drive, = json.loads(machine.guardian("smart", "--json").out)["drives"]
    assert drive["verdict"] == "failing"
