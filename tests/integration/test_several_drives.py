"""A target on more than one drive: each is asked, and the worst of them decides."""

import json
import uuid

import pytest

from harness import command, mounts, waiting
from harness.disk import Disk
from harness.fake_smartctl import ASLEEP, report
from harness.full import fill

FAILING = report("WD-2", passed=False, pending=80)


@pytest.fixture
def mirror(machine, smartctl):
    """Makes the target a Btrfs on two disks, each with a copy of everything; both are plugged in. smartctl says of each
    what the test lays down for it: mirror(first, second)."""
    machine.use_blank_disk()
    first, second = machine.disk, machine.keep(Disk.make(machine.folder / "second.img"))
    first.plug_in()
    second.plug_in()
    first.uuid = machine.config.targets["usb"]["uuid"] = str(uuid.uuid4())
    machine.config.write()
    command.check(["mkfs.btrfs", "-q", "-f", "-d", "raid1", "-m", "raid1", "-U", first.uuid, first.loop, second.loop])
    for disk in (first, second):
        disk.announce()

    def say(of_first, of_second):
        smartctl.says_of({first.loop: of_first, second.loop: of_second})

    say(report("WD-1"), report("WD-2"))
    machine.init()
    return say


def drives(machine):
    told = machine.guardian("smart", "usb", "--json")
    assert told.code == 0, told
    return {d["serial"]: d["verdict"] for d in json.loads(told.out)["drives"]}


def test_each_drive_of_a_mirror_is_asked_and_the_worst_decides(machine, mirror):
    assert machine.guardian("run", "files-usb").code == 0
    assert drives(machine) == {"WD-1": "healthy", "WD-2": "healthy"}
    mirror(report("WD-1"), FAILING)
    refused = machine.guardian("run", "files-usb")
    assert refused.code == 1 and "failing" in refused.err and "--anyway" in refused.err, refused
    assert drives(machine) == {"WD-1": "healthy", "WD-2": "failing"}
    mirror(report("WD-1", pending=3), report("WD-2"))
    assert machine.guardian("run", "files-usb").code == 0
    assert drives(machine) == {"WD-1": "watch", "WD-2": "healthy"}
    assert "watch" in machine.runs()[-1]["held_back"]
    assert len(machine.archives()) == 2


def test_a_failing_half_of_a_mirror_is_one_incident_that_names_it(machine, mirror):
    mirror(report("WD-1"), FAILING)
    machine.start_daemon()
    text = machine.wait_incident("disk")
    assert "WD-2" in text and "WD-1" not in text and "80 sectors cannot be read" in text, text
    machine.wait_target("safe-to-unplug")
    assert "success" not in machine.outcomes() and "failed" not in machine.incidents()


def must_be_refused(machine):
    refused = machine.guardian("run", "files-usb")
    assert refused.code == 1 and "failing" in refused.err, refused


def test_a_half_that_fails_is_not_forgotten_while_it_may_be_there(machine, mirror):
    mirror(report("WD-1"), FAILING)
    must_be_refused(machine)
    for answer in (FAILING, ASLEEP):
        mirror(report("WD-1"), answer)
        said = machine.guardian("smart", "forget", "WD-2")
        assert said.code == 6 and "may be in use" in said.err, said
        must_be_refused(machine)
        assert drives(machine) == {"WD-1": "healthy", "WD-2": "failing"}
    assert machine.guardian("smart", "forget", "WD-2", "--anyway").code == 0
    assert drives(machine) == {"WD-1": "healthy"}


@pytest.mark.parametrize("serial", ["WD-2", ""], ids=["named", "nameless"])
def test_a_half_that_failed_and_dropped_out_is_still_the_targets_trouble(machine, mirror, serial):
    mirror(report("WD-1"), report(serial, passed=False, pending=80))
    must_be_refused(machine)
    second = machine.disks[-1]
    second.unplug()
    must_be_refused(machine)
    told = json.loads(machine.guardian("smart", "usb", "--json").out)["drives"]
    assert sorted(d["verdict"] for d in told) == ["failing", "healthy"]
    # A person replaced it by nothing.
    assert machine.guardian("smart", "forget", next(d["id"] for d in told if d["verdict"] == "failing")).code == 0
    assert drives(machine) == {"WD-1": "healthy"}


def test_a_half_that_failed_while_the_store_was_full_and_dropped_out_is_still_the_targets_trouble(machine, mirror, smartctl):
    assert machine.guardian("run", "files-usb").code == 0
    mirror(report("WD-1"), FAILING)
    fill(machine.config.state_dir / "store", 100_000)
    machine.start_daemon()
    machine.log.wait("incident disk:usb")
    since = machine.log.mark()
    must_be_refused(machine)
    machine.disks[-1].unplug()
    must_be_refused(machine)
    assert "is over" not in machine.log.text(since)
    machine.stop_daemon()
    mounts.unmount_all_below(machine.config.state_dir)


def test_a_half_without_a_name_does_not_speak_for_the_other(machine, mirror):
    mirror(report("WD-1"), report("", passed=False, pending=80))
    must_be_refused(machine)
    # Now it is the other one that has no name, and the failing one tells nothing.
    mirror(report(""), {})
    must_be_refused(machine)
