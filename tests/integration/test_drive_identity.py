"""Whose health it is: drives that are silent, seen through bridges and docks that have a name of their own."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from harness import command
from harness.disk import Disk
from harness.fake_smartctl import ASLEEP, attribute, report

FAILING = report(passed=False, pending=80)
WWN = {"wwn": {"naa": 5, "oui": 0x14EE, "id": 0x2B1C2D3E4}}
KEEPS_ONE = {"last": 1}


def drives(machine):
    return json.loads(machine.guardian("smart", "--json").out)["drives"]


def told(machine):
    return [(d["serial"], d["verdict"]) for d in drives(machine)]


def look(machine, subject="target:usb"):
    return machine.guardian("probe", "health", subject)


def gets_the_bridges_name(loop, serial):
    """What udev tells of a disk behind a bridge that has a serial of its own."""
    command.check(["udevadm", "settle"])
    number = os.stat(loop).st_rdev
    record = Path(f"/run/udev/data/b{os.major(number)}:{os.minor(number)}")
    record.write_text(record.read_text() + f"E:ID_SERIAL_SHORT={serial}\nE:ID_MODEL=Elements\n")


def self_tests(machine):
    with closing(sqlite3.connect(machine.config.state_dir / "store" / "guardian.db")) as db:
        return db.execute("SELECT drive, kind, result FROM self_tests ORDER BY id").fetchall()


def without(number, told):
    told["ata_smart_attributes"]["table"] = [a for a in told["ata_smart_attributes"]["table"] if a["id"] != number]
    return told


def test_a_failing_disk_that_slept_once_is_still_failing(machine, smartctl):
    machine.config.plans["files-usb"]["keep"] = KEEPS_ONE
    machine.config.write()
    machine.plug_in()
    gets_the_bridges_name(machine.disk.loop, "BRIDGE0001")
    smartctl.says({**report(pending=60), **WWN})
    assert machine.guardian("run", "files-usb").code == 1
    smartctl.says(ASLEEP, 3)
    look(machine)
    assert told(machine) == [("WD-1", "failing")]
    smartctl.says(without(197, {**report(), **WWN}))
    assert machine.guardian("run", "files-usb").code == 1
    assert told(machine) == [("WD-1", "failing")], "what the answer has not got is still so"


def test_what_was_accepted_outlives_a_drives_sleep(machine, smartctl):
    machine.plug_in()
    gets_the_bridges_name(machine.disk.loop, "BRIDGE0001")
    smartctl.says({**report(pending=3), **WWN})
    look(machine)
    machine.guardian("smart", "ack", "usb", "197")
    for answer, code in ((ASLEEP, 3), ({**report(pending=3), **WWN}, 0)):
        smartctl.says(answer, code)
        look(machine)
        assert told(machine) == [("WD-1", "healthy")]


def test_a_silent_disk_in_a_dock_is_not_the_other_one_that_was_met_there(machine, smartctl):
    other = machine.keep(Disk.make(machine.folder / "other.img"))
    machine.config.targets["other"] = {"type": "disk", "uuid": other.uuid, "mount": machine.folder / "mnt-other"}
    machine.config.plans["files-usb"]["keep"] = KEEPS_ONE
    machine.config.write()
    machine.plug_in()
    gets_the_bridges_name(machine.disk.loop, "ADAPTER77")
    smartctl.says(report(serial="B-FAILING", passed=False, pending=80), 8)
    assert machine.guardian("run", "files-usb").code == 1
    machine.disk.unplug()

    machine.plug_in(other)
    gets_the_bridges_name(other.loop, "DOCK0001")
    smartctl.says(report(serial="A-GOOD"))
    look(machine, "target:other")
    other.unplug()

    machine.plug_in()
    gets_the_bridges_name(machine.disk.loop, "DOCK0001")
    for answer, code in ((ASLEEP, 3), ("", 2)):
        smartctl.says(answer, code)
        refused = machine.guardian("run", "files-usb")
        assert refused.code == 1 and "failing" in refused.err, refused
    usb, = json.loads(machine.guardian("smart", "usb", "--json").out)["drives"]
    assert (usb["serial"], usb["verdict"]) == ("B-FAILING", "failing")
    assert not next(d for d in drives(machine) if d["serial"] == "A-GOOD")["trouble"]


def test_a_nameless_answer_in_a_dock_is_nobodys(machine, smartctl):
    other = machine.keep(Disk.make(machine.folder / "other.img"))
    machine.config.targets["other"] = {"type": "disk", "uuid": other.uuid, "mount": machine.folder / "mnt-other"}
    machine.config.write()
    machine.plug_in()
    gets_the_bridges_name(machine.disk.loop, "DOCK0001")
    smartctl.says(report(serial="B-FAILING", passed=False, pending=80), 8)
    assert machine.guardian("run", "files-usb").code == 1
    machine.disk.unplug()

    machine.plug_in(other)
    gets_the_bridges_name(other.loop, "DOCK0001")
    smartctl.says(report(serial=""))
    look(machine, "target:other")
    other.unplug()
    assert told(machine) == [("B-FAILING", "failing"), (None, "healthy")]

    machine.plug_in()
    gets_the_bridges_name(machine.disk.loop, "DOCK0001")
    smartctl.says(ASLEEP, 3)
    assert machine.guardian("run", "files-usb").code == 1


def test_the_only_drive_of_a_target_may_have_its_name_or_not(machine, smartctl):
    machine.config.targets["usb"]["on_unknown"] = "refuse"
    machine.config.write()
    machine.plug_in()
    for answer, status in ((report(), 0), (report(serial=""), 0), (ASLEEP, 3), (report(serial=""), 0), (report(), 0)):
        smartctl.says(answer, status)
        done = machine.guardian("run", "files-usb")
        assert done.code == 0, (answer, done)
        here = json.loads(machine.guardian("smart", "usb", "--json").out)["drives"]
        assert [d["verdict"] for d in here] == ["healthy"], here


def test_another_word_for_the_model_makes_no_other_drive(machine, smartctl):
    smartctl.says({**FAILING, **WWN}, 8)
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 1
    smartctl.says({**report(pending=60), **WWN, "model_name": "WDC WD40EFRX-68N32N0"})
    assert machine.guardian("run", "files-usb").code == 1
    assert told(machine) == [("WD-1", "failing")]


def test_a_newcomer_that_tells_nothing_does_not_take_a_failing_drives_place(machine, smartctl):
    smartctl.says(FAILING, 8)
    machine.plug_in()
    look(machine)
    bridge = report(serial="BRIDGE77AA") | {"model_name": "JMicron Generic"}
    del bridge["ata_smart_attributes"]
    smartctl.says(bridge, 4)
    look(machine)
    refused = machine.guardian("run", "files-usb")
    assert refused.code == 1 and "failing" in refused.err, refused
    # One that does is the disk on which the target is now.
    smartctl.says(report(serial="WD-2"))
    look(machine)
    assert machine.guardian("run", "files-usb").code == 0


def test_an_attribute_that_had_failed_is_not_cleared_by_half_a_table(machine, smartctl):
    whole = report()
    failed = attribute(1, "Raw_Read_Error_Rate", 5, value=20, thresh=51, prefail=True, failed="now")
    whole["ata_smart_attributes"]["table"].append(failed)
    smartctl.says(whole, 16)
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 1
    half = without(1, report())
    smartctl.says(half, 4)
    assert machine.guardian("run", "files-usb").code == 1
    half["ata_smart_attributes"]["table"].append(attribute(1, "Raw_Read_Error_Rate", 5, value=20, prefail=True))
    for a in half["ata_smart_attributes"]["table"]:
        del a["thresh"], a["when_failed"]
    smartctl.says(half, 4)
    assert machine.guardian("run", "files-usb").code == 1
    assert told(machine) == [("WD-1", "failing")]
    well = report()
    well["ata_smart_attributes"]["table"].append(attribute(1, "Raw_Read_Error_Rate", 5, thresh=51, prefail=True))
    smartctl.says(well)
    assert machine.guardian("run", "files-usb").code == 0, "a whole answer clears it"


def test_a_drive_that_only_itself_can_name_has_its_self_test(machine, smartctl):
    smartctl.begins_tests()
    machine.plug_in()
    gets_the_bridges_name(machine.disk.loop, "0123456789ABCDEF")
    look(machine, "target:usb:long")
    drive, = drives(machine)
    assert self_tests(machine) == [(drive["id"], "extended", None)]
    passed = {"type": {"value": 2, "string": "Extended offline"}, "lifetime_hours": 9001,
              "status": {"value": 0, "string": "Completed without error", "passed": True}}
    log = {"standard": {"revision": 1, "count": 1, "table": [passed]}}
    smartctl.says(report(hours=9001, ata_smart_self_test_log=log))
    look(machine, "target:usb:long")
    assert self_tests(machine) == [(drive["id"], "extended", "passed")], "and is not begun again"
    begun = machine.guardian("smart", "test", "short", "WD-1")
    assert begun.code == 0 and drive["id"] in begun.out, begun


def test_a_self_test_of_which_the_log_knows_nothing_is_repeated(machine, smartctl):
    smartctl.begins_tests()
    smartctl.says(report(ata_smart_self_test_log={"standard": {"revision": 1, "count": 0}}))
    machine.plug_in()
    for _ in range(2):
        look(machine, "target:usb:long")
    assert [result for _, _, result in self_tests(machine)] == ["interrupted", None]


def test_a_self_test_that_a_drive_would_not_begin_is_noted_once_and_tried_again(machine, smartctl):
    machine.plug_in()
    for _ in range(2):
        look(machine, "target:usb:long")
    drive, = drives(machine)
    assert self_tests(machine) == [(drive["id"], "extended", "refused")]
    assert "would not begin it" in machine.guardian("smart", "usb").out
    smartctl.begins_tests()
    look(machine, "target:usb:long")
    assert [result for _, _, result in self_tests(machine)] == ["refused", None]
