"""The disk's health: what a verdict lets a backup do, from smartctl's answer to the next run."""

import json
from pathlib import Path

import pytest

from harness import command, fake_smartctl, mounts, waiting
from harness.disk import Disk
from harness.fake_smartctl import ASLEEP, attribute, report
from harness.full import fill


def drives(machine):
    return json.loads(machine.guardian("smart", "--json").out)["drives"]


def step(machine, run, name):
    text = machine.guardian("log", str(run["run"] if "run" in run else run["id"])).out
    return next((line for line in text.splitlines() if name in line), "")


FAILING = report(passed=False, pending=80)
WATCH = report(pending=3)


def test_a_healthy_disk_is_backed_up_pruned_and_remembered(machine, smartctl):
    machine.start_daemon()
    assert machine.plug_in_and_wait()[0] == "success"
    drive, = drives(machine)
    assert drive["verdict"] == "healthy" and drive["serial"] == "WD-1"
    assert "disk" not in machine.incidents() and not machine.runs()[-1]["held_back"]
    assert all("standby,3" in call for call in smartctl.calls())


def test_no_backup_is_made_on_a_failing_disk_and_it_is_an_incident(machine, smartctl):
    smartctl.says(FAILING, 8)
    before = machine.disk.checksum()
    machine.start_daemon()
    machine.disk.plug_in()
    text = machine.wait_incident("disk")
    assert "is failing" in text and "--anyway" in text and "80 sectors cannot be read" in text
    machine.wait_target("safe-to-unplug")
    assert "failed" not in machine.incidents(), "one cause is one incident"
    assert "success" not in machine.outcomes()
    machine.stop_daemon()
    machine.disk.unplug()
    assert machine.disk.checksum() == before, "nothing was written"


def test_with_anyway_a_person_gets_one_backup_on_a_failing_disk_and_nothing_is_deleted(machine, smartctl):
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    smartctl.says(FAILING, 8)
    refused = machine.guardian("run", "files-usb")
    assert refused.code == 1 and "--anyway" in refused.err, refused
    done = machine.guardian("run", "files-usb", "--anyway")
    assert done.code == 0, done
    run = machine.runs()[-1]
    assert run["outcome"] == "success" and "failing" in run["held_back"]
    assert len(machine.archives()) == 2


def test_a_disk_to_watch_is_backed_up_and_verified_and_nothing_is_pruned(machine, smartctl):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    smartctl.says(WATCH)
    assert machine.guardian("run", "files-usb").code == 0
    run = machine.runs()[-1]
    assert "3 sectors cannot be read" in run["held_back"]
    assert "the newest archive and a part" in step(machine, run, "check")
    assert len(machine.archives()) == 2, "keep is one"
    accepted = machine.guardian("smart", "ack", "WD-1", "197")
    assert accepted.code == 0, accepted
    assert drives(machine)[0]["verdict"] == "healthy"
    assert machine.guardian("run", "files-usb").code == 0
    assert not machine.runs()[-1]["held_back"] and len(machine.archives()) == 1
    smartctl.says(report(pending=4))
    assert machine.guardian("run", "files-usb").code == 0
    assert "4 sectors" in machine.runs()[-1]["held_back"], "it stays quiet until it changes"


def test_attributes_at_their_threshold_are_accepted_until_there_is_another(machine, smartctl):
    def worn(*numbers):
        answer = report()
        for number in (193, 202, 203):
            value, failed = (1, "now") if number in numbers else (100, "")
            answer["ata_smart_attributes"]["table"].append(
                attribute(number, "Load_Cycle_Count", 900_000, value=value, thresh=5, failed=failed))
        smartctl.says(answer)

    worn(193)
    machine.plug_in()
    machine.guardian("probe", "health", "target:usb")
    drive, = drives(machine)
    assert drive["verdict"] == "watch"
    screen = machine.guardian("smart", "usb").out
    assert any("smart ack" in line and line.endswith(" at_threshold") for line in screen.splitlines()), screen
    accepted = machine.guardian("smart", "ack", "usb", "193")
    assert accepted.code == 0 and "attributes at their threshold 193" in accepted.out, accepted
    assert drives(machine)[0]["verdict"] == "healthy"

    def look_and_judge(*numbers):
        worn(*numbers)
        machine.guardian("probe", "health", "target:usb")
        return drives(machine)[0]["verdict"]

    for numbers, verdict in (((193,), "healthy"), ((202,), "watch"), ((193,), "watch"), ((193, 202), "watch")):
        assert look_and_judge(*numbers) == verdict, numbers
    assert machine.guardian("smart", "ack", "usb", "202").out.find("193, 202") > 0
    told = json.loads(machine.guardian("smart", "usb", "--json").out)["drives"][0]
    assert told["accepted"]["at_threshold"] == [193, 202]
    assert "accepted: 193, 202" in machine.guardian("smart", "usb").out
    for numbers, verdict in (((193, 202), "healthy"), ((202,), "healthy"), ((203,), "watch"), ((202,), "watch")):
        assert look_and_judge(*numbers) == verdict, numbers


def test_what_cannot_be_kept_quiet_is_not_said_to_be(machine, smartctl):
    answer = report(passed=False)
    answer["ata_smart_attributes"]["table"][0] |= {"value": 1, "when_failed": "now"}
    smartctl.says(answer, 24)
    machine.plug_in()
    machine.guardian("probe", "health", "target:usb")
    for number, why in (("5", "about to fail"), ("197", "nothing to accept"), ("at_threshold", "nothing to accept")):
        said = machine.guardian("smart", "ack", "usb", number)
        assert said.code == 2 and why in said.err, said


def test_heat_and_what_only_counts_use_cannot_be_accepted(machine, smartctl):
    smartctl.says(report())
    machine.plug_in()
    machine.guardian("probe", "health", "target:usb")
    for number, why in (("temperature", "heat passes"), ("9", "no verdict stands on it"), ("written", "no verdict")):
        refused = machine.guardian("smart", "ack", "usb", number)
        assert refused.code == 2 and "cannot be accepted" in refused.err and why in refused.err, refused
    assert "pending (unreadable sectors)" in machine.guardian("smart", "ack", "usb", "no such").err


def test_a_disk_that_sleeps_is_said_to(machine, smartctl):
    machine.plug_in()
    machine.guardian("probe", "health", "target:usb")
    assert "  there " in machine.guardian("smart").out
    smartctl.says(ASLEEP, 3)
    machine.guardian("probe", "health", "target:usb")
    assert "  asleep " in machine.guardian("smart").out
    assert "asleep; read" in machine.guardian("smart", "usb").out
    assert "healthy, asleep, read" in machine.guardian("status").out
    machine.disk.unplug()
    assert "  absent " in machine.guardian("smart").out


def test_watch_is_one_incident_and_ends_when_it_is_accepted(machine, smartctl):
    smartctl.says(WATCH)
    machine.start_daemon()
    machine.plug_in_and_wait()
    text = machine.wait_incident("disk")
    assert "shows signs of failing" in text and "held-back" not in machine.incidents()
    assert machine.guardian("smart", "ack", "usb", "pending").code == 0
    machine.wait_no_incident("disk")


def test_a_disk_that_fails_in_mid_run_keeps_all_its_old_archives(machine, smartctl):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    machine.disk.unplug()
    machine.config.plans["files-usb"]["on_plug"] = "always"
    machine.config.write()
    gate = machine.borg_waits_in_create()
    machine.start_daemon()
    machine.disk.plug_in()
    gate.wait()
    smartctl.says(FAILING, 8)
    gate.open()
    assert machine.wait_outcome()[0] == "success"
    assert "failing" in machine.runs()[-1]["held_back"]
    machine.wait_incident("disk")
    machine.wait_released()
    machine.stop_daemon()
    assert len(machine.archives()) == 2


@pytest.mark.parametrize("answer, status", [("", 0), ("{", 2), ("garbage \x1b[2J", 1), ("{}", 2)])
def test_an_answer_that_means_nothing_is_unknown_and_the_backup_is_made(machine, smartctl, answer, status):
    smartctl.says(answer, status)
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    run = machine.runs()[-1]
    assert run["outcome"] == "success" and not run["held_back"]
    assert "health is not known" in step(machine, run, "identify")


def test_a_sleeping_drive_is_asked_once_and_its_last_verdict_stays(machine, smartctl):
    smartctl.says(WATCH)
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    smartctl.says(ASLEEP, 3)
    before = len(smartctl.calls())
    machine.guardian("probe", "health", "target:usb")
    assert len(smartctl.calls()) == before + 1, "no further command is sent"
    drive, = drives(machine)
    assert drive["verdict"] == "watch" and "sleep" in json.dumps(drive)


def test_without_smartctl_the_backup_is_made_and_it_is_said(machine, smartctl):
    smartctl.program.unlink()
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    assert "health is not known" in step(machine, machine.runs()[-1], "identify")


def wwn(naa, oui, number):
    return {"wwn": {"naa": naa, "oui": oui, "id": number}}


def test_a_look_that_dies_is_no_health(machine, smartctl):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    smartctl.program.write_text("#!/bin/sh\nkill -9 $PPID\n")
    assert machine.guardian("run", "files-usb").code == 0
    assert "health is not known: the look at it" in step(machine, machine.runs()[-1], "identify")
    assert drives(machine)[0]["verdict"] == "unknown"


def test_a_report_that_does_not_say_whose_it_is_unlinks_no_failing_drive(machine, smartctl):
    smartctl.says(FAILING, 8)
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 1
    smartctl.says(report(serial=""))
    assert machine.guardian("run", "files-usb").code == 1, "nothing good was told of the failing drive"
    assert drives(machine)[0]["verdict"] == "failing"


def test_a_drive_is_the_same_with_and_without_its_wwn(machine, smartctl):
    smartctl.says({**FAILING, **wwn(5, 0x14EE, 0x2B1C2D3E4)}, 8)
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 1
    smartctl.says(FAILING, 8)
    assert machine.guardian("run", "files-usb").code == 1
    assert len(drives(machine)) == 1


def test_drives_with_one_placeholder_for_a_wwn_are_told_apart(machine, smartctl):
    machine.plug_in()
    for serial in ("SERIAL-A", "SERIAL-B"):
        smartctl.says({**report(serial=serial), **wwn(5, 0, 0)})
        assert machine.guardian("probe", "health", "target:usb").code == 0
    for serial in ("SERIAL-C", "SERIAL-D"):
        smartctl.says({**report(serial=serial), **wwn(5, 0x14EE, 0x2B1C2D3E4)})
        assert machine.guardian("probe", "health", "target:usb").code == 0
    assert {d["serial"] for d in drives(machine)} == {"SERIAL-A", "SERIAL-B", "SERIAL-C", "SERIAL-D"}


def test_what_was_accepted_as_a_sign_is_not_when_it_is_failing(machine, smartctl):
    smartctl.says(report(pending=12))
    machine.plug_in()
    assert machine.guardian("probe", "health", "target:usb").code == 0
    assert machine.guardian("smart", "ack", "WD-1", "197").code == 0
    assert drives(machine)[0]["verdict"] == "healthy"
    smartctl.says(report(pending=12, reallocated=60))
    assert machine.guardian("probe", "health", "target:usb").code == 0
    assert drives(machine)[0]["verdict"] == "failing"


def test_an_error_of_the_kernel_is_an_incident_though_smart_says_nothing_yet(machine, smartctl):
    """The disk's image lies on a filesystem without room: what is written to the disk fails for good."""
    shelf = machine.folder / "shelf"
    shelf.mkdir()
    command.check(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", shelf])
    machine.use_blank_disk(size=64_000_000, folder=shelf)
    machine.config.targets["usb"]["when_done"] = "keep"
    machine.config.write()
    machine.init()
    machine.start_daemon()
    machine.wait_outcome()
    machine.wait_target("ready")
    noise = machine.config.mount / "noise"
    try:
        with open(noise, "wb", buffering=0) as f, open("/dev/urandom", "rb") as source:
            for _ in range(40):
                f.write(source.read(1_000_000))
            import os
            os.fsync(f.fileno())
    except OSError:
        pass
    text = machine.wait_incident("disk")
    assert "kernel" in text and "I/O error" in text
    mounts.unmount_all_below(machine.folder)


def damage(disk):
    """The filesystem, which is mounted, finds an error in itself: the kernel says so, and it notes it."""
    (Path("/sys/fs/ext4") / Path(disk.loop).name / "trigger_fs_error").write_text("a test\n")


def test_a_filesystem_that_finds_itself_damaged_is_an_incident_and_the_next_run_deletes_nothing(machine, smartctl):
    machine.config.targets["usb"]["when_done"] = "keep"
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    machine.start_daemon()
    machine.disk.plug_in()
    assert machine.wait_outcome()[0] == "success"
    machine.wait_target("ready")
    damage(machine.disk)
    text = machine.wait_incident("disk")
    assert "filesystem of" in text and "EXT4-fs error" in text and "fsck" in text, text
    line, = machine.target()["drives"]
    assert line["verdict"] == "watch" and "damaged" in line["reason"], line
    assert machine.guardian("run", "files-usb").code == 0
    assert "damaged" in machine.runs()[-1]["held_back"]
    assert len(machine.archives()) == 2


def test_a_backup_during_which_the_disk_had_errors_is_no_success(machine, smartctl):
    """Borg takes an error of the repository for one of the file that it was about to write there."""
    machine.plug_in()
    noted = f"/sys/fs/ext4/{Path(machine.disk.loop).name}/trigger_fs_error"
    warning = json.dumps({"type": "log_message", "levelname": "WARNING",
                          "message": "/srv/films/one: read: [Errno 5] Input/output error"})
    machine.use_borg(create=f"echo a test >{noted}; printf '%s\\n' '{warning}' >&2; /usr/bin/borg \"$@\"; exit 1")
    failed = machine.guardian("run", "files-usb")
    assert failed.code == 1 and "had errors while the backup was made" in failed.err, failed
    assert machine.runs()[-1]["outcome"] == "failed" and not machine.runs()[-1]["held_back"]
    machine.use_borg(create=f"printf '%s\\n' '{warning}' >&2; /usr/bin/borg \"$@\"; exit 1")
    # The disk is quiet now: it is the source's.
    again = machine.guardian("run", "files-usb")
    assert again.code == 3 and "a source cannot be read" in machine.runs()[-1]["held_back"], again


def test_what_a_filesystem_noted_in_itself_is_found_though_nobody_heard_the_kernel(machine, smartctl):
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount)
    damage(machine.disk)
    for _ in range(2):
        assert machine.guardian("probe", "health", "target:usb").code == 0
    drive = json.loads(machine.guardian("smart", "usb", "--json").out)["drives"][0]
    assert drive["verdict"] == "watch" and "ext4 has noted errors in itself (1)" in drive["why"][0], drive
    assert len(drive["events"]) == 1
    shown = machine.guardian("smart", "usb").out
    assert "fsck" in shown and "new disk" not in shown, shown
    mounts.unmount_all_below(machine.folder)


def test_a_pulled_disk_leaves_no_word_of_the_kernel_against_it(machine, smartctl):
    gate = machine.borg_waits_in_create()
    machine.start_daemon()
    machine.disk.plug_in()
    gate.wait()
    since = machine.log.mark()
    machine.disk.die()
    machine.log.wait("target usb: unplugged", since)
    assert machine.wait_outcome(since)[0] == "vanished"
    machine.wait_target("absent")
    machine.use_real_borg()
    machine.disk.unplug()
    assert machine.plug_in_and_wait()[0] == "success"
    assert "disk" not in machine.incidents()


def test_a_disk_that_says_it_fails_is_not_written_to_because_the_store_cannot_be(machine, smartctl):
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    smartctl.says(FAILING, 8)
    assert machine.guardian("run", "files-usb").code == 1
    fill(machine.config.state_dir / "store", 100_000)
    refused = machine.guardian("run", "files-usb")
    assert refused.code == 1 and "is failing" in refused.err and "--anyway" in refused.err, refused
    smartctl.says("", 2)  # nor does it tell anything now
    refused = machine.guardian("run", "files-usb")
    assert refused.code == 1 and "is failing" in refused.err and "--anyway" in refused.err, refused
    mounts.unmount_all_below(machine.config.state_dir)
    assert len(machine.archives()) == 1


def test_what_is_mounted_below_a_jobs_folders_is_asked_too(machine, smartctl):
    inner = machine.keep(Disk.make(machine.folder / "inner.img", size=64_000_000))
    inner.plug_in()
    below = machine.config.source / "home"
    below.mkdir()
    mounts.mount(inner.loop, below)
    machine.config.jobs["files"]["watch_sources"] = True
    machine.config.write()
    machine.guardian("probe", "health", "job:files")
    assert any(inner.loop in call for call in smartctl.calls()), smartctl.calls()
    asked = len(smartctl.calls())
    machine.config.jobs["files"]["one_file_system"] = True
    machine.config.write()
    machine.guardian("probe", "health", "job:files")
    assert not any(inner.loop in call for call in smartctl.calls()[asked:])
    mounts.unmount_all_below(machine.folder)


@pytest.mark.parametrize("inner_serial, outer_serial", [("INNER", "OUTER"), ("", "OUTER"), ("", "")])
def test_a_failing_disk_that_is_saved_and_drops_out_is_still_an_incident(machine, smartctl, inner_serial, outer_serial):
    outer, inner = (machine.keep(Disk.make(machine.folder / f"{name}.img", size=64_000_000)) for name in ("outer", "inner"))
    source, photos = machine.config.source, machine.config.source / "photos"
    for disk, folder in ((outer, source), (inner, photos)):
        disk.plug_in()
        folder.mkdir(exist_ok=True)
        mounts.mount(disk.loop, folder)
    (photos / "sunset").write_text("red\n")
    machine.config.jobs["files"] |= {"watch_sources": True, "paths": [str(photos)]}
    machine.config.targets["usb"]["health_every"] = "never"
    machine.config.write()
    smartctl.says_of({inner.loop: report(serial=inner_serial, passed=False, pending=80), outer.loop: report(serial=outer_serial)})
    machine.start_daemon()
    machine.wait_incident("source")
    machine.stop_daemon()
    command.check(["umount", photos])
    assert machine.guardian("probe", "health", "job:files").code == 0
    since = machine.log.mark()
    machine.start_daemon()
    assert "is failing" in machine.incidents()["source"] and "smart forget" in machine.incidents()["source"]
    inner = inner_serial or "unnamed:job:files"
    assert "smart forget" in machine.guardian("smart", inner).out
    # A person knows that it is out of use.
    options = [] if outer_serial else ["--anyway"]  # which of the two it was, nobody else knows
    assert machine.guardian("smart", "forget", inner, *options).code == 0
    machine.wait_no_incident("source")
    assert "failing" not in [d["verdict"] for d in drives(machine)]
    assert machine.log.text(since).count("source:files is over") == 1
    machine.stop_daemon()
    mounts.unmount_all_below(machine.folder)


def test_a_drive_that_is_in_use_is_not_forgotten(machine, smartctl):
    smartctl.says(FAILING, 8)
    machine.start_daemon()
    machine.disk.plug_in()
    machine.wait_incident("disk")
    machine.wait_target("safe-to-unplug")
    since = machine.log.mark()
    said = machine.guardian("smart", "forget", "WD-1")
    assert said.code == 6 and "may be in use" in said.err, said
    assert "disk" in machine.incidents() and "is over" not in machine.log.text(since)
    assert machine.ask_store("SELECT count(*) FROM readings")[0][0] > 1, "its history is kept"


def test_a_number_that_got_better_is_accepted_no_more_than_it_is(machine, smartctl):
    machine.plug_in()
    smartctl.says(report(pending=12))
    assert machine.guardian("probe", "health", "target:usb").code == 0
    assert machine.guardian("smart", "ack", "usb", "197").code == 0
    for pending, verdict in [(12, "healthy"), (0, "healthy"), (12, "watch")]:
        smartctl.says(report(pending=pending))
        assert machine.guardian("probe", "health", "target:usb").code == 0
        assert drives(machine)[0]["verdict"] == verdict, pending


def test_a_failing_disk_that_is_saved_is_backed_up_now(machine, smartctl):
    source = machine.keep(Disk.make(machine.folder / "source.img", size=64_000_000))
    source.plug_in()
    mounts.mount(source.loop, machine.config.source)
    (machine.config.source / "letter").write_text("Dear reader,\n")
    machine.config.jobs["files"]["watch_sources"] = True
    machine.config.write()
    machine.start_daemon()
    assert machine.plug_in_and_wait()[0] == "success"
    machine.stop_daemon()
    # Nothing is due any more. The target has no drive that could be asked.
    machine.config.targets["usb"]["health_every"] = "never"
    machine.config.write()
    smartctl.says(FAILING, 8)
    assert machine.guardian("probe", "health", "job:files").code == 0
    machine.start_daemon()
    machine.wait_incident("source")
    waiting.until("a second backup", lambda: machine.outcomes().count("success") == 2, signal=machine.log.sleep)
    mounts.unmount_all_below(machine.folder)

