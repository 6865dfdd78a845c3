"""Nothing is written unless the disk is proven to be the target."""

import json

from harness import command, mounts

MARKER = ".guardian-target.json"


def files_on(machine):
    """Every file of the disk with its size and time. Mounting alone changes the image, so the image says nothing."""
    with machine.disk_aside() as disk:
        return command.check(["find", ".", "-printf", "%p %s %T@\n"], cwd=disk).out


def change_marker(machine, **changes):
    """Another token in the marker; without changes, no marker at all."""
    with machine.disk_aside() as disk:
        marker = json.loads((disk / MARKER).read_text())
        (disk / MARKER).unlink()
        if changes:
            (disk / MARKER).write_text(json.dumps(marker | changes))
        return marker


def test_two_disks_with_the_uuid_neither_is_touched_and_pulling_one_makes_it_run(machine):
    clone = machine.keep(machine.disk.copy(machine.folder / "clone.img", machine.disk.uuid))
    before = [machine.disk.checksum(), clone.checksum()]
    machine.plug_in()
    machine.plug_in(clone)
    machine.start_daemon()
    text = machine.wait_incident("ambiguous")
    assert machine.disk.loop in text and clone.loop in text
    assert machine.target()["state"] == "ambiguous"
    assert machine.guardian("run", "files-usb").code == 4
    assert [machine.disk.checksum(), clone.checksum()] == before
    since = machine.log.mark()
    clone.unplug()
    assert machine.wait_outcome(since)[0] == "success"
    machine.wait_no_incident("ambiguous")


def test_a_clone_that_appears_during_a_run_stops_it_before_anything_is_deleted(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    gate = machine.borg_waits_in_create()
    clone = machine.keep(machine.disk.copy(machine.folder / "clone.img", machine.disk.uuid))
    machine.start_daemon()
    machine.disk.plug_in()
    gate.wait()
    clone.plug_in()
    machine.log.wait("incident ambiguous")
    since = machine.log.mark()
    gate.open()
    outcome, reason = machine.wait_outcome(since)
    assert outcome == "failed" and "carry the same UUID" in reason  # "refused" would say that nothing was written
    since = machine.log.mark()
    clone.unplug()
    gate.wait()  # the one that is left is used again, at once
    gate.open()
    assert machine.wait_outcome(since)[0] == "success"
    machine.wait_released(since)
    machine.wait_no_incident("ambiguous")


def test_the_right_uuid_without_the_marker_gets_nothing(machine):
    change_marker(machine)
    before = files_on(machine)
    machine.start_daemon()
    outcome, reason = machine.plug_in_and_wait()
    assert outcome == "refused" and "not Guardian's marker" in reason
    assert "copied UUID" in machine.wait_incident("refused")
    assert machine.target()["state"] == "refused"
    machine.stop_daemon()
    assert files_on(machine) == before


def test_anothers_marker_gets_nothing_and_the_right_one_is_used_again(machine):
    marker = change_marker(machine, token="0" * 64, host="stranger")
    before = files_on(machine)
    machine.start_daemon()
    outcome, reason = machine.plug_in_and_wait()
    assert outcome == "refused" and 'of "stranger"' in reason
    assert files_on(machine) == before
    change_marker(machine, **marker)
    machine.unplug()
    assert machine.plug_in_and_wait()[0] == "success"
    machine.wait_no_incident("refused")


def test_a_marker_that_is_no_marker_gets_nothing(machine):
    with machine.disk_aside() as disk:
        (disk / MARKER).unlink()
        (disk / MARKER).symlink_to("/etc/passwd")
    machine.start_daemon()
    outcome, reason = machine.plug_in_and_wait()
    assert outcome == "refused" and "symbolic link" in reason


def test_another_serial_gets_nothing_it_is_not_even_mounted(machine):
    machine.config.targets["usb"]["serial"] = "WD-4711"
    machine.config.write()
    before = machine.disk.checksum()
    machine.start_daemon()
    machine.disk.plug_in()
    assert "WD-4711" in machine.wait_incident("refused")
    assert machine.guardian("run", "files-usb").code == 4
    machine.stop_daemon()
    assert machine.disk.checksum() == before


def test_a_disk_that_was_never_initialised_is_not_even_mounted(machine):
    machine.use_blank_disk()
    before = machine.disk.checksum()
    machine.start_daemon()
    machine.disk.plug_in()
    assert "guardian init usb" in machine.wait_incident("refused")
    assert machine.target()["state"] == "refused"
    machine.unplug()
    machine.wait_no_incident("refused")
    machine.stop_daemon()
    assert machine.disk.checksum() == before and machine.runs() == []


def test_a_mount_point_that_holds_another_filesystem_is_left_alone(machine):
    machine.config.mount.mkdir()
    command.check(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", machine.config.mount])
    machine.start_daemon()
    machine.disk.plug_in()
    outcome, reason = machine.wait_outcome()
    assert outcome == "failed" and "mounted there already" in reason
    assert machine.is_mounted() and list(machine.config.mount.iterdir()) == []
    mounts.unmount(machine.config.mount)
    machine.unplug()
    assert machine.plug_in_and_wait()[0] == "success"


def test_a_mount_point_that_is_not_empty_is_not_hidden(machine):
    machine.config.mount.mkdir()
    (machine.config.mount / "written-while-it-was-away").write_text("x")
    machine.start_daemon()
    machine.disk.plug_in()
    outcome, reason = machine.wait_outcome()
    assert outcome == "failed" and "files lie underneath" in reason
    assert not machine.is_mounted()
    assert [p.name for p in machine.config.mount.iterdir()] == ["written-while-it-was-away"]


def test_a_mount_point_that_was_lost_in_mid_run_gets_nothing_more(machine):
    """The disk is unmounted behind the run's back before prune: what lies on the mount point now is not the target."""
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.use_borg(create=f'"/usr/bin/borg" "$@"; code=$?; umount -l "{machine.config.mount}"; exit $code',
                     prune=f"touch {machine.folder}/pruned")
    machine.plug_in()
    done = machine.guardian("run", "files-usb")
    assert done.code == 1 and "nothing is mounted" in done.err
    assert not (machine.folder / "pruned").exists()
    assert list(machine.config.mount.iterdir()) == []


def test_a_filesystem_mounted_over_the_target_in_mid_run_makes_it_fail(machine):
    gate = machine.borg_waits_in_create()
    machine.plug_in()
    run = machine.person_runs()
    gate.wait()
    mounts.mount("tmpfs", machine.config.mount, "-t", "tmpfs")
    gate.open()
    assert run.wait(60) == 1
    assert machine.outcomes() == ["failed"]
    mounts.unmount(machine.config.mount)


def test_a_repository_that_was_moved_away_behind_a_link_is_not_used(machine):
    machine.plug_in()
    with machine.disk_aside() as disk:
        (disk / "repo").rename(disk / "elsewhere")
        (disk / "repo").symlink_to("elsewhere")
    failed = machine.guardian("run", "files-usb")
    assert failed.code == 1 and "symbolic link" in failed.err
    with machine.disk_aside() as disk:
        (disk / "repo").unlink()
        (disk / "elsewhere").rename(disk / "repo")
    assert machine.archives() == []
