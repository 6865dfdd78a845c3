"""The main job: the disk is plugged in, the plan that is due runs, and the disk is let go of."""

from harness import mounts
from harness.disk import Disk


def test_plugging_in_runs_what_is_due_and_leaves_it_safe_to_unplug(machine):
    machine.start_daemon()
    since = machine.log.mark()
    machine.disk.plug_in()
    assert machine.wait_outcome(since) == ("success", "")
    machine.log.wait("target usb: safe to unplug", since)
    assert not machine.is_mounted()
    assert machine.target()["state"] == "safe-to-unplug"
    plan, run = machine.plan(), machine.runs()[-1]
    assert plan["state"] == "ok" and not plan["due"] and plan["last_success"]
    assert run["trigger"] == "daemon" and len(run["archive_id"]) == 64 and run["statistics"]["files"] == 3
    with machine.repository() as repository:
        assert repository.archives() == [run["archive"]]
        assert any(f.endswith("source/letter.txt") for f in repository.files_of(run["archive"]))
        repository.check()


def test_pulled_and_plugged_in_again_nothing_is_due(machine):
    machine.start_daemon()
    machine.plug_in_and_wait()
    machine.unplug()
    assert machine.target()["state"] == "absent"
    since = machine.log.mark()
    machine.disk.plug_in()
    machine.log.wait("target usb: plugged in", since)
    machine.wait_target("safe-to-unplug")
    machine.stop_daemon()
    assert not machine.log.says("run started", since)
    assert len(machine.archives()) == 1


def test_a_disk_that_is_in_already_when_the_daemon_starts_counts_as_plugged_in(machine):
    machine.plug_in()
    machine.start_daemon()
    assert machine.wait_outcome() == ("success", "")
    machine.wait_released()


def test_two_plans_on_one_disk_release_it_once_after_the_last(machine):
    machine.add_plan("other-usb")
    machine.start_daemon()
    machine.disk.plug_in()
    machine.log.wait("target usb: safe to unplug")
    text = machine.log.text()
    assert text.count("target usb: unmounted") == 1
    last_run = max(text.index("of files-usb: success"), text.index("of other-usb: success"))
    assert last_run < text.index("target usb: unmounted")
    assert [a[:9] for a in sorted(machine.archives())] == ["files-usb", "other-usb"]


def test_keep_leaves_it_mounted(machine):
    machine.config.targets["usb"]["when_done"] = "keep"
    machine.config.write()
    machine.start_daemon()
    machine.disk.plug_in()
    assert machine.wait_outcome()[0] == "success"
    machine.wait_target("ready")
    assert machine.is_mounted()


def test_on_plug_never_waits_for_a_slot(machine):
    machine.config.plans["files-usb"]["on_plug"] = "never"
    machine.config.write()
    machine.start_daemon()
    machine.disk.plug_in()
    machine.log.wait("target usb: plugged in")
    machine.wait_target("safe-to-unplug")
    machine.stop_daemon()
    assert machine.runs() == [] and not machine.log.says("run started")


def test_on_plug_always_runs_at_every_plugging_in(machine):
    machine.config.plans["files-usb"]["on_plug"] = "always"
    machine.config.write()
    machine.start_daemon()
    machine.plug_in_and_wait()
    machine.unplug()
    assert machine.plug_in_and_wait()[0] == "success"
    assert machine.outcomes() == ["success", "success"]


def test_what_a_person_mounted_is_not_unmounted_when_nothing_ran(machine):
    machine.start_daemon()
    machine.plug_in_and_wait()
    since = machine.log.mark()
    mounts.mount(machine.disk.loop, machine.config.mount)
    machine.wait_target("ready")
    machine.stop_daemon()
    assert not machine.log.says("unmounted", since)
    assert machine.is_mounted()


def test_without_udevd_there_is_an_incident_until_an_event_of_udev_comes_after_all(machine):
    no_socket = "mount --bind /dev/null /run/udev/control && exec \"$0\" \"$@\""
    machine.start_daemon(["unshare", "--mount", "sh", "-c", no_socket])
    assert "no disk can be noticed" in machine.wait_incident("no-udevd")
    machine.keep(Disk.make(machine.folder / "strangers.img", 16 * 1024 * 1024)).plug_in()
    machine.wait_no_incident("no-udevd")


def test_with_udevd_there_is_no_such_incident(machine):
    machine.start_daemon()
    assert not machine.incidents()
