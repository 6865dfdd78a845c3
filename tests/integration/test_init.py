"""`guardian init`: the only thing that ever makes a marker or a repository."""

import re
import json

from harness import command, config, mounts
from harness.disk import Disk
from harness.fake_borg import REAL

MARKER = ".guardian-target.json"
REFUSED = 4


def pins(machine):
    return json.loads((machine.config.state_dir / "pins.json").read_text())


def test_it_makes_the_marker_and_the_repository_pins_both_and_unmounts(machine):
    machine.use_blank_disk()
    done = machine.init()
    assert "target usb is ready" in done.out
    assert not machine.is_mounted()
    with machine.disk_aside() as disk:
        marker = json.loads((disk / MARKER).read_text())
        repository = (disk / "repo/config").read_text()
    pin = pins(machine)["usb"]
    assert marker["token"] == pin["token"] and len(pin["token"]) == 64
    assert f"id = {pin['repositories']['repo']['id']}" in repository
    reserved = int(re.search(r"additional_free_space = (\d+)", repository).group(1))
    assert 1_000_000 <= reserved <= 2_000_000_000
    assert machine.guardian("run", "files-usb").code == 0
    assert machine.runs()[-1]["id"] == 1


def test_done_twice_it_changes_nothing(machine):
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    before = pins(machine)["usb"]
    machine.init()
    after = pins(machine)["usb"]
    assert (before["token"], before["repositories"]) == (after["token"], after["repositories"])
    with machine.repository() as repository:
        assert len(repository.archives()) == 1
        repository.check()


def test_a_disk_mounted_before_stays_mounted(machine):
    machine.use_blank_disk()
    machine.plug_in()
    mounts.mount(machine.disk.loop, machine.config.mount)
    machine.init()
    assert machine.is_mounted()


def test_another_marker_is_refused_and_adopted_only_when_asked(machine):
    (machine.config.state_dir / "pins.json").unlink()
    machine.plug_in()
    done = machine.guardian("init", "usb")
    assert done.code == REFUSED and "carries a marker already" in done.err and "--adopt" in done.err
    assert not (machine.config.state_dir / "pins.json").exists()
    machine.init("--take-over")
    assert machine.guardian("run", "files-usb").code == 0


def test_a_repository_it_did_not_make_is_refused_and_adopted_only_when_asked(machine):
    machine.use_blank_disk()
    machine.plug_in()
    with machine.disk_aside() as disk:
        command.check([REAL, "init", "--encryption", "none", disk / "repo"],
                      env={"BORG_BASE_DIR": str(machine.folder / "outside"), "PATH": "/usr/bin:/bin"})
    done = machine.guardian("init", "usb")
    assert done.code == REFUSED and "Guardian did not make it" in done.err
    assert machine.guardian("run", "files-usb").code != 0
    assert machine.archives() == []
    machine.init("--adopt")
    assert machine.guardian("run", "files-usb").code == 0


def test_a_new_disk_in_the_old_ones_place_needs_replace(machine):
    other = machine.keep(Disk.make(machine.folder / "other.img", identity=machine.disk.uuid))
    machine.plug_in(other)
    done = machine.guardian("init", "usb")
    assert done.code == REFUSED and "--replace" in done.err
    with machine.disk_aside(other) as disk:
        assert sorted(p.name for p in disk.iterdir()) == ["lost+found"]
    assert machine.guardian("init", "usb", "--replace").code == 0
    assert machine.guardian("run", "files-usb").code == 0


def test_a_repository_that_is_gone_is_not_silently_made_anew(machine):
    with machine.disk_aside() as disk:
        (disk / "repo").rename(disk / "elsewhere")
    machine.plug_in()
    done = machine.guardian("init", "usb")
    assert done.code == REFUSED and "--replace" in done.err
    with machine.disk_aside() as disk:
        assert not (disk / "repo").exists()


def test_with_two_disks_of_that_uuid_it_refuses(machine):
    machine.use_blank_disk()
    clone = machine.keep(machine.disk.copy(machine.folder / "clone.img", machine.disk.uuid))
    before = [d.checksum() for d in (machine.disk, clone)]
    machine.plug_in()
    machine.plug_in(clone)
    assert machine.guardian("init", "usb").code == REFUSED
    assert [d.checksum() for d in (machine.disk, clone)] == before


def test_the_daemon_uses_a_target_as_soon_as_it_is_initialised(machine):
    machine.use_blank_disk()
    machine.start_daemon()
    machine.disk.plug_in()
    assert "never initialised" in machine.wait_incident("refused")
    assert machine.target()["state"] == "refused"
    machine.init()
    assert machine.wait_outcome()[0] == "success"
    machine.wait_no_incident("refused")


def other_machine(machine):
    """Another installation with its own state, and the same plan on the same disk: its command."""
    other = config.File(machine.folder, machine.disk.uuid)
    other.path = machine.folder / "other.toml"
    other.guardian.update(name="laptop", state_dir=machine.folder / "other-state")
    other.plans["files-usb"]["keep"] = {"last": 1}
    other.write()

    def guardian(*arguments):
        return command.run([config.program("guardian"), "--config", other.path, *arguments])

    return other, guardian


def test_two_machines_never_prune_each_others_archives(machine):
    other, guardian = other_machine(machine)
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    refused = guardian("init", "usb", "--adopt")
    assert refused.code == REFUSED and 'those of "tester"' in refused.err and "--take-over" in refused.err
    assert guardian("run", "files-usb").code != 0
    assert len(machine.archives()) == 1
    other.plans["laptop-usb"] = other.plans.pop("files-usb")
    other.write()
    assert guardian("init", "usb", "--adopt").code == 0
    for _ in range(2):
        assert guardian("run", "laptop-usb").code == 0
    assert machine.guardian("run", "files-usb").code == 0
    assert sorted(a[:9] for a in machine.archives()) == ["files-usb", "files-usb", "laptop-us"]


def test_archives_that_were_there_before_any_claim_are_not_pruned(machine):
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    with machine.disk_aside() as disk:
        (disk / ".guardian-series.json").unlink()
    failed = machine.guardian("run", "files-usb")
    assert failed.code == 1 and "guardian init" in failed.err
    assert machine.guardian("init", "usb").code == REFUSED
    machine.init("--take-over")
    assert machine.guardian("run", "files-usb").code == 0


def test_who_loses_its_archives_to_another_machine_is_told_so_and_writes_nothing_more(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 1}
    machine.config.write()
    _, guardian = other_machine(machine)
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    assert guardian("init", "usb", "--take-over").code == 0
    failed = machine.guardian("run", "files-usb")
    assert failed.code == 1 and 'those of "laptop"' in failed.err
    assert len(machine.archives()) == 1


def test_a_disk_whose_mount_point_was_moved_goes_on(machine):
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 0
    machine.config.mount = machine.folder / "elsewhere"
    machine.config.targets["usb"]["mount"] = machine.config.mount
    machine.config.write()
    assert machine.guardian("run", "files-usb").code in (0, 3)
    assert len(machine.archives()) == 2
