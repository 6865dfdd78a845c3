"""A repository that is gone, locked or damaged: nothing is repaired or made anew without a person."""

import json
import subprocess

import pytest
from harness import fake_borg, mounts


def break_something(machine, change):
    """Makes one good archive, and then does something to the repository."""
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    with machine.disk_aside() as disk:
        change(disk / "repo")


def test_a_repository_that_is_missing_is_not_made_anew(machine):
    with machine.disk_aside() as disk:
        (disk / "repo").rename(disk / "moved-away")
    machine.start_daemon()
    outcome, reason = machine.plug_in_and_wait()
    assert outcome == "failed" and "missing on the disk" in reason and "guardian init" in reason
    machine.wait_incident("failed")
    with machine.disk_aside() as disk:
        assert not (disk / "repo").exists()
        (disk / "moved-away").rename(disk / "repo")
    machine.unplug()
    assert machine.plug_in_and_wait()[0] == "success"
    machine.wait_no_incident("failed")


def test_a_repository_that_was_replaced_is_not_used(machine):
    with machine.disk_aside() as disk:
        text = (disk / "repo/config").read_text()
        line = next(t for t in text.splitlines() if t.startswith("id = "))
        (disk / "repo/config").write_text(text.replace(line, "id = " + "ab" * 32))
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 1
    assert "it was replaced" in machine.runs()[-1]["reason"]


def test_a_lock_of_another_machine_is_never_broken(machine):
    with machine.disk_aside() as disk:
        lock = disk / "repo/lock.exclusive"
        lock.mkdir()
        (lock / "other-host@123.4711-0").touch()
    machine.start_daemon()
    outcome, reason = machine.plug_in_and_wait()
    assert outcome == "failed" and "other-host@123.4711-0" in reason and "another machine" in reason
    assert "locked" in machine.wait_incident("failed")
    machine.stop_daemon()
    with machine.disk_aside() as disk:
        assert (disk / "repo/lock.exclusive/other-host@123.4711-0").exists()


def host_id(machine):
    """As Guardian names this machine in Borg's locks, learned from a run."""
    seen = machine.folder / "host-id"
    machine.use_borg(create=f'echo "$BORG_HOST_ID" > "{seen}"; exit 2')
    machine.guardian("run", "files-usb")
    machine.use_real_borg()
    return seen.read_text().strip()


def test_a_lock_of_a_living_borg_of_ours_is_not_broken(machine):
    machine.plug_in()
    own = host_id(machine)
    mounts.mount(machine.disk.loop, machine.config.mount)
    gate = machine.new_gate("holder")
    environment = {"PATH": "/usr/bin:/bin", "BORG_BASE_DIR": str(machine.folder / "outside"), "BORG_HOST_ID": own,
                   "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes", "LC_ALL": "C.UTF-8"}
    holder = machine.background([fake_borg.REAL, "with-lock", machine.config.mount / "repo", "/bin/bash", "-c",
                                 gate.shell()], env=environment, stderr=subprocess.DEVNULL)
    gate.wait()
    done = machine.guardian("run", "files-usb")
    assert done.code == 1 and f"pid {holder.pid}" in done.err and "running" in done.err
    gate.open()
    assert holder.wait(60) == 0
    assert machine.guardian("run", "files-usb").code == 0


def overwrite_segments(repository):
    """Bytes in the middle of everything that is stored."""
    for segment in sorted((repository / "data/0").iterdir()):
        size = segment.stat().st_size
        with open(segment, "r+b") as f:
            for at in range(20, size, 40):
                f.seek(at)
                f.write(b"\xff\x00\xff")


def truncate_segments(repository):
    for segment in (repository / "data/0").iterdir():
        with open(segment, "r+b") as f:
            f.truncate(min(segment.stat().st_size, 30))


@pytest.mark.parametrize("change, says", [
    (overwrite_segments, "damaged"),
    (truncate_segments, "damaged"),
    (lambda r: (r / "config").write_text("[repository]\nversion = 1\nnonsense\n"), "damaged"),
    (lambda r: (r / "config").write_bytes(b"\x00\x1b[31m\xff" * 100), "damaged"),
    (lambda r: (r / "config").unlink(), "missing"),
])
def test_a_damaged_repository_is_said_to_be_damaged_and_not_repaired(machine, change, says):
    break_something(machine, change)
    done = machine.guardian("run", "files-usb")
    assert done.code == 1
    reason = machine.runs()[-1]["reason"]
    assert says in reason and "\x1b" not in json.dumps(reason)
    assert machine.runs()[-1]["archive_id"] is None
    assert machine.outcomes() == ["success", "failed"]
