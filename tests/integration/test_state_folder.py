"""The state folder in trouble: it is said loudly, backups go on, and nothing is silently taken for a success."""

import json

import pytest
from harness import command, mounts


def make_read_only(machine):
    state = machine.config.state_dir
    command.check(["mount", "--bind", state, state])
    command.check(["mount", "-o", "remount,bind,ro", state])


def fill_up(machine):
    """A small filesystem for the state folder, without a free block."""
    state = machine.config.state_dir
    pins = (state / "pins.json").read_bytes()
    command.check(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", state])
    (state / "pins.json").write_bytes(pins)
    with open(state / "filler", "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"x" * 4096)
        except OSError:
            pass


@pytest.mark.parametrize("spoil", [make_read_only, fill_up])
def test_a_state_folder_that_cannot_be_written_is_said_so_and_the_backup_is_made(machine, spoil):
    spoil(machine)
    machine.start_daemon()
    machine.log.wait("incident store")
    outcome, reason = machine.plug_in_and_wait()
    assert outcome == "warning" and "could not record it" in reason
    assert machine.log.says("nothing is being recorded") and machine.log.says("Borg's cache in")
    machine.stop_daemon()
    assert len(machine.archives()) == 1
    assert machine.plan()["last_success"] is None  # not recorded, so not known


@pytest.mark.parametrize("spoil", [make_read_only, fill_up])
def test_a_person_is_told_that_the_run_is_not_recorded(machine, spoil):
    spoil(machine)
    machine.plug_in()
    done = machine.guardian("run", "files-usb")
    assert done.code == 3 and "nothing is being recorded" in done.err and "Borg's cache in" in done.err
    assert len(machine.archives()) == 1


def test_once_it_can_be_written_again_that_is_over(machine):
    make_read_only(machine)
    machine.start_daemon()
    machine.log.wait("incident store")
    machine.stop_daemon()
    mounts.unmount(machine.config.state_dir)
    machine.start_daemon()
    assert machine.plug_in_and_wait()[0] == "success"
    assert "store" not in machine.incidents()


def garbage(database):
    database.write_bytes(b"\x00\x1b[31m not a database \xff" * 1000)


def torn(database):
    """The second half never reached the disk."""
    whole = database.read_bytes()
    database.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


@pytest.mark.parametrize("spoil", [garbage, torn, lambda d: d.write_bytes(b"")])
def test_a_broken_database_is_moved_aside_and_backups_go_on(machine, spoil):
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    machine.disk.unplug()
    database = machine.config.state_dir / "store" / "guardian.db"
    for companion in ("-wal", "-shm"):
        (machine.config.state_dir / "store" / f"guardian.db{companion}").unlink(missing_ok=True)
    spoil(database)
    was_empty = database.stat().st_size == 0
    machine.start_daemon()
    assert machine.plug_in_and_wait()[0] == "success"
    assert machine.status()["daemon"]["running"]
    if not was_empty:
        assert "moved to" in machine.incidents()["store"]
        assert (machine.config.state_dir / "store" / "guardian.db.broken-1").exists()
    machine.stop_daemon()
    assert len(machine.archives()) == 2


def test_a_database_that_breaks_while_the_daemon_runs_is_moved_aside_and_the_run_recorded(machine):
    machine.start_daemon()
    database = machine.config.state_dir / "store" / "guardian.db"
    for name in ("store/guardian.db-wal", "store/guardian.db-shm"):
        (machine.config.state_dir / name).unlink(missing_ok=True)
    garbage(database)
    assert machine.plug_in_and_wait()[0] == "success"
    assert machine.outcomes()[-1] == "success"
    assert "moved aside" in machine.wait_incident("store")
    assert (machine.config.state_dir / "store" / "guardian.db.broken-1").exists()


def test_the_database_removed_while_the_daemon_runs_is_made_anew(machine):
    machine.config.plans["files-usb"]["on_plug"] = "always"
    machine.config.write()
    machine.start_daemon()
    machine.plug_in_and_wait()
    machine.unplug()
    for path in (machine.config.state_dir / "store").glob("guardian.db*"):
        path.unlink()
    assert machine.plug_in_and_wait()[0] == "success"  # and it is released, though run numbers began anew
    assert machine.outcomes() == ["success"]
    assert "removed" in machine.wait_incident("store")


@pytest.mark.parametrize("text", ["{", "[]", '{"usb": 7}', '{"usb": {"token": "x"}}', "\x00\x1b[31m"])
def test_broken_pins_are_said_so_and_nothing_is_written(machine, text):
    (machine.config.state_dir / "pins.json").write_text(text)
    machine.plug_in()
    done = machine.guardian("run", "files-usb")
    assert done.code != 0 and "pins.json" in done.err and "\x1b" not in done.err
    assert machine.archives() == []


def test_broken_pins_are_an_incident_and_take_over_is_the_way_back(machine):
    (machine.config.state_dir / "pins.json").write_text("{")
    machine.start_daemon()
    assert "pins.json" in machine.wait_incident("store")
    machine.disk.plug_in()
    machine.wait_target("refused")
    machine.init("--take-over")
    assert machine.wait_outcome()[0] == "success"
    assert set(json.loads((machine.config.state_dir / "pins.json").read_text())) == {"usb"}
    machine.wait_no_incident("store")
