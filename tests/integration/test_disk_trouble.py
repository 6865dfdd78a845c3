"""A disk that is full, damaged, failing or pulled: it costs the run and nothing else."""

import os


from harness import command, mounts, processes, waiting

MEGABYTE = 1_000_000


def small_disk(machine, size, folder=None):
    """An initialised disk that a real source can fill."""
    machine.use_blank_disk(size=size, folder=folder)
    machine.init()
    assert machine.guardian("run", "files-usb").code == 0
    machine.disk.unplug()


def add_big_source(machine, size):
    big = machine.config.source / "big.bin"
    big.write_bytes(os.urandom(size))
    return big


def test_pulled_in_mid_run_it_is_stopped_the_dead_mount_detached_and_the_next_plug_in_carries_on(machine):
    gate = machine.borg_waits_in_create()
    machine.start_daemon()
    machine.disk.plug_in()
    borg = gate.wait()
    since = machine.log.mark()
    machine.disk.die()
    machine.log.wait("target usb: unplugged", since)
    outcome, reason = machine.wait_outcome(since)
    assert outcome == "vanished" and "went away in the middle" in reason
    processes.wait_gone(borg)
    waiting.until("the dead mount is detached", lambda: not machine.is_mounted())
    assert "went away" in machine.wait_incident("failed")
    machine.wait_target("absent")
    assert machine.plan()["last_success"] is None
    machine.use_real_borg()
    machine.disk.unplug()
    assert machine.plug_in_and_wait()[0] == "success"
    machine.wait_no_incident("failed")
    machine.stop_daemon()
    with machine.repository() as repository:
        assert len(repository.archives()) == 1
        repository.check()


def test_pulled_without_a_daemon_the_runner_notices_by_itself(machine):
    gate = machine.borg_waits_in_create()
    machine.plug_in()
    run = machine.person_runs()
    gate.wait()
    machine.disk.die()
    assert run.wait(90) == 1
    assert machine.outcomes() == ["vanished"] and not machine.is_mounted()


def test_pulled_while_it_was_mounted_and_idle_the_dead_mount_is_detached(machine):
    machine.config.targets["usb"]["when_done"] = "keep"
    machine.config.write()
    machine.start_daemon()
    machine.disk.plug_in()
    assert machine.wait_outcome()[0] == "success"
    machine.wait_target("ready")
    machine.disk.die()
    machine.log.wait("dead mount is detached")
    machine.wait_target("absent")
    assert not machine.is_mounted()
    machine.wait_no_incident("dead-mount")
    machine.disk.unplug()
    since = machine.log.mark()
    machine.disk.plug_in()
    machine.log.wait("plugged in", since)


def test_writes_that_fail_are_a_failed_run_with_the_disk_named_as_the_cause(machine):
    """The disk stays plugged in, but writes to it fail: its image lies on a filesystem without room for it."""
    shelf = machine.folder / "shelf"
    shelf.mkdir()
    command.check(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", shelf])
    small_disk(machine, 64 * MEGABYTE, shelf)
    big = add_big_source(machine, 30 * MEGABYTE)
    machine.plug_in()
    machine.guardian("run", "files-usb")
    run = machine.runs()[-1]
    assert run["outcome"] == "failed" and run["archive_id"] is None
    assert any(words in run["reason"] for words in ("cannot be read or written", "read-only")), run["reason"]
    assert not machine.is_mounted()
    machine.disk.unplug()
    big.unlink()
    command.check(["mount", "-o", "remount,size=200m", shelf])
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0, machine.runs()[-1]
    with machine.repository() as repository:
        assert len(repository.archives()) == 2
        repository.check()


def test_a_damaged_filesystem_that_cannot_be_mounted_is_said_so_and_not_repaired(machine):
    good = machine.disk.copy(machine.folder / "good.img", machine.disk.uuid)
    machine.disk.write_at(4096, b"\xff" * 4096)  # the group descriptors: udev still sees the UUID
    machine.start_daemon()
    machine.disk.plug_in()
    outcome, reason = machine.wait_outcome()
    assert outcome == "failed" and "cannot mount" in reason and "fsck" in reason
    machine.wait_incident("failed")
    assert not machine.is_mounted()
    machine.unplug()
    os.replace(good.image, machine.disk.image)
    assert machine.plug_in_and_wait()[0] == "success"
    machine.wait_no_incident("failed")


def test_a_filesystem_that_was_not_unmounted_is_mounted_and_used(machine):
    """Pulled while mounted: the journal is replayed."""
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.folder / "aside")
    (machine.folder / "aside/unsynced").write_text("x")
    machine.disk.die()
    command.run(["umount", "--lazy", machine.folder / "aside"])
    machine.disk.unplug()
    machine.start_daemon()
    assert machine.plug_in_and_wait()[0] == "success"


def test_too_full_before_it_begins_nothing_is_written(machine):
    machine.config.plans["files-usb"]["min_free"] = "900 GB"
    machine.use_borg(create=f"touch {machine.folder}/created")
    machine.start_daemon()
    outcome, reason = machine.plug_in_and_wait()
    assert outcome == "failed" and "is too full" in reason and "900.00 GB" in reason
    machine.wait_incident("failed")
    assert not (machine.folder / "created").exists()


def test_full_in_the_middle_the_old_archives_stay_and_after_making_room_it_goes_on(machine):
    small_disk(machine, 64 * MEGABYTE)
    big = add_big_source(machine, 70 * MEGABYTE)
    machine.config.plans["files-usb"]["on_plug"] = "always"
    machine.config.write()
    machine.disk.plug_in()
    whole = machine.archives()
    machine.disk.unplug()
    machine.start_daemon()
    outcome, reason = machine.plug_in_and_wait()
    assert outcome == "failed" and "the target is full" in reason
    assert "the target is full" in machine.wait_incident("failed")
    assert set(whole) <= set(machine.archives())
    big.unlink()
    machine.unplug()
    assert machine.plug_in_and_wait()[0] == "success"
    machine.wait_no_incident("failed")
    machine.stop_daemon()
    with machine.repository() as repository:
        assert len(repository.archives()) >= 2  # one that is not whole may be there too
        repository.check()


def test_a_disk_that_became_read_only_is_said_so(machine):
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount, "-o", "ro")
    done = machine.guardian("run", "files-usb")
    assert done.code == 1 and "mounted read-only" in done.err
    assert machine.is_mounted()


def test_a_mount_point_behind_a_link_is_a_failed_run_that_names_the_real_path(machine):
    (machine.folder / "link").symlink_to(machine.folder)
    machine.config.targets["usb"]["mount"] = machine.folder / "link/mnt"
    machine.config.write()
    machine.plug_in()
    before = mounts.points()
    assert machine.guardian("run", "files-usb").code == 1
    run = machine.runs()[-1]
    assert run["outcome"] == "failed" and f'mount = "{machine.folder}/mnt"' in run["reason"]
    assert mounts.points() == before
