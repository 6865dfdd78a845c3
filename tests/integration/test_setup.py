"""`guardian setup` and `guardian doctor`. The machine's own files lie below a folder of the test's."""

import ctypes
import json
import os
import pty
import subprocess

import pytest

from harness import config, mounts, waiting
from harness.command import run

BAD_USAGE = 2
ABSENT = 5


@pytest.fixture
def blank(machine):
    """A machine without a configuration, and a disk with nothing on it but a filesystem."""
    machine.use_blank_disk()
    machine.plug_in()
    machine.root = machine.folder / "root"
    (machine.root / "etc").mkdir(parents=True)
    (machine.root / "etc/fstab").write_text("UUID=1 / ext4 defaults 0 1\n")
    machine.config.path = machine.root / "etc/guardian/guardian.toml"
    machine.config.mount = machine.folder / "mnt"
    return machine


def guardian_setup(machine, *arguments):
    return machine.guardian("setup", "--root", machine.root, *arguments)


def set_up(machine, *arguments):
    done = guardian_setup(machine, "--disk", machine.disk.uuid, "--mount", machine.config.mount, "--path",
                 machine.config.source, "--repository", "repo", "--yes", *arguments)
    assert done.code == 0, done
    return done


def doctor(machine):
    """The exit code, and the checks that are not ok: what was found and what to type, by name."""
    done = machine.guardian("doctor", "--json", "--root", machine.root)
    answer = json.loads(done.out)
    assert answer["ok"] is (done.code == 0)
    return done.code, {c["check"]: (c["state"], c["found"], c["fix"]) for c in answer["checks"] if c["state"] != "ok"}


def files_below(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_the_list_has_the_disk_and_what_it_is(blank):
    disks = json.loads(blank.guardian("setup", "--list", "--json").out)["disks"]
    mine = next(d for d in disks if d["uuid"] == blank.disk.uuid)
    assert mine["node"] == blank.disk.loop and mine["filesystem"] == "ext4" and mine["use"] == "free"
    assert mine["size"] == 1024 ** 3 and mine["mounts"] == [] and mine["health"] in ("good", "unknown")
    mounts.mount(blank.disk.loop, blank.folder / "elsewhere")
    assert str(blank.folder / "elsewhere") in blank.guardian("setup", "--list").out.replace("\n      ", "")


def test_with_options_it_configures_and_makes_the_disk_a_target(blank):
    done = set_up(blank, "--encrypt", "--fstab")
    assert "next run of system-usb" in done.out and "KEEP A COPY OF THE PASSPHRASE" in done.out
    assert blank.guardian("config", "check").code == 0
    assert oct(blank.config.path.stat().st_mode & 0o777) == "0o640"
    passphrase = blank.config.path.parent / "passphrase"
    assert oct(passphrase.stat().st_mode & 0o777) == "0o600"
    assert passphrase.read_text().strip() not in done.out
    fstab = (blank.root / "etc/fstab").read_text()
    assert fstab.count(f"UUID={blank.disk.uuid} {blank.config.mount} ext4 nofail,noauto") == 1
    assert (blank.root / "etc/fstab.before-guardian").read_text() == "UUID=1 / ext4 defaults 0 1\n"
    assert blank.disk.uuid in (blank.root / "etc/udev/rules.d/61-guardian.rules").read_text()
    assert not blank.is_mounted()
    with blank.repository(passphrase=passphrase.read_text().strip()) as repository:
        assert repository.archives() == []


def test_a_second_time_it_refuses_and_with_force_keeps_the_old(blank):
    set_up(blank, "--fstab")
    blank.config.path.write_text("# changed by hand\n" + blank.config.path.read_text())
    before = blank.config.path.read_text()
    refused = guardian_setup(blank, "--disk", blank.disk.uuid, "--yes")
    assert refused.code == BAD_USAGE and "edit it" in refused.err
    assert blank.config.path.read_text() == before
    set_up(blank, "--force", "--fstab")
    assert (blank.config.path.parent / "guardian.toml.old-1").read_text() == before
    assert (blank.root / "etc/fstab").read_text().count(blank.disk.uuid) == 1


def test_without_a_terminal_it_says_what_is_missing(blank):
    before = files_below(blank.root)
    done = guardian_setup(blank)
    assert done.code == BAD_USAGE and "--disk UUID" in done.err and "--yes" in done.err
    assert guardian_setup(blank, "--yes").code == BAD_USAGE
    assert guardian_setup(blank, "--yes", "--disk", "no-such-disk").code == ABSENT
    wrong = guardian_setup(blank, "--yes", "--disk", blank.disk.uuid, "--schedule", "at two")
    assert wrong.code == BAD_USAGE and "--schedule" in wrong.err
    assert files_below(blank.root) == before


class Dialogue:
    """A person at a terminal."""

    def __init__(self, machine):
        self.mine, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [str(config.program("guardian")), "--config", str(machine.config.path), "setup", "--root",
             str(machine.root), "--disk", machine.disk.uuid], stdin=theirs, stdout=theirs, stderr=theirs)
        machine.helpers.append(self.process)
        os.close(theirs)
        os.set_blocking(self.mine, False)
        self.said = ""

    def hear(self, words):
        waiting.until(f"it says {words}", lambda: words in self.listen())

    def listen(self):
        try:
            self.said += os.read(self.mine, 65536).decode()
        except OSError:  # nothing more now, or ever
            pass
        return self.said

    def answer(self, question, words):
        self.hear(question)
        os.write(self.mine, words.encode())

    def end(self):
        code = self.process.wait(60)
        self.listen()
        os.close(self.mine)
        return code


def test_the_dialogue_asks_and_writes_at_its_end(blank):
    person = Dialogue(blank)
    person.answer("A name for it [usb]", "\n")
    person.answer("Where to mount it [/mnt/backup]", f"{blank.config.mount}\n")
    person.answer("What to save", f"{blank.config.source}\n")
    person.answer("When", "at two\n")
    person.answer("at two", "Sun 04:00\n")
    person.answer("The repository's folder", "repo\n")
    person.answer("Encrypt it [no]", "\n")
    person.answer("Add it to /etc/fstab", "\n")
    person.hear('schedule = "Sun 04:00"')
    assert not blank.config.path.exists()
    person.answer("Write this to", "\n")
    assert person.end() == 0, person.said
    assert blank.guardian("config", "check").code == 0
    assert "target usb is ready" in person.said


def test_the_end_of_the_input_ends_it_with_nothing_written(blank):
    before, disk = files_below(blank.root), blank.disk.checksum()
    person = Dialogue(blank)
    person.answer("A name for it", "\n")
    person.answer("Where to mount it", "\x04")
    assert person.end() == 1 and "nothing was written" in person.said
    assert files_below(blank.root) == before and blank.disk.checksum() == disk


def test_the_doctor_finds_nothing_on_a_machine_that_was_set_up(blank):
    set_up(blank, "--encrypt", "--fstab")
    blank.start_daemon()
    assert blank.wait_outcome(plan="system-usb")[0] == "success"
    blank.wait_released()
    assert doctor(blank) == (0, {})
    text = blank.guardian("doctor", "--root", blank.root, env=dict(os.environ, COLUMNS="80")).out
    assert "all is well" in text and max(map(len, text.splitlines())) <= 80


def test_the_doctor_names_what_is_broken_and_what_to_type(blank):
    assert "guardian setup" in doctor(blank)[1]["configuration"][2]
    set_up(blank, "--encrypt", "--fstab")
    passphrase = blank.config.path.parent / "passphrase"
    rules = blank.root / "etc/udev/rules.d/61-guardian.rules"
    blank.config.path.chmod(0o666)
    passphrase.chmod(0o644)
    rules.write_text("# another's\n")
    (blank.config.mount / "hidden").write_text("under the mount")
    code, wrong = doctor(blank)
    assert code == 1
    assert "chmod 640" in wrong["its mode"][2]
    assert "chmod 600" in wrong["passphrase of system-usb"][2]
    assert wrong["udev rules"][2] == "guardian rules --install"
    assert wrong["guardiand"][0] == "fail" and "hide" in wrong["mount point of usb"][1]
    assert passphrase.read_text().strip() not in json.dumps(wrong)


def test_the_doctor_names_a_target_that_is_there_twice_or_was_never_initialised(blank):
    set_up(blank)
    clone = blank.keep(blank.disk.copy(blank.folder / "clone.img", blank.disk.uuid))
    blank.plug_in(clone)
    assert "several disks" in doctor(blank)[1]["disk of usb"][1]
    blank.unplug(clone)
    run(["udevadm", "settle"])
    (blank.root / "var/lib/guardian/pins.json").unlink()
    assert doctor(blank)[1]["target usb"] == ("fail", "it is not initialised", "guardian init usb")


def test_a_broken_configuration_is_the_doctors_first_word(blank):
    set_up(blank)
    blank.config.path.write_text(blank.config.path.read_text().replace('schedule = "*', 'schedule = "at *'))
    code, wrong = doctor(blank)
    assert code == 1 and "schedule" in wrong["configuration"][1] and "config check" in wrong["configuration"][2]


@pytest.fixture
def dead_share(blank):
    """A filesystem that nobody answers for: whoever looks at it waits for ever."""
    if not os.path.exists("/dev/fuse"):
        pytest.skip("there is no /dev/fuse")
    point = blank.config.source / "share"
    point.mkdir()
    fd = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fd},rootmode=40000,user_id=0,group_id=0".encode()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"dead", str(point).encode(), b"fuse", 0, options) != 0:
        os.close(fd)
        pytest.skip("no FUSE filesystem can be mounted here")
    yield point
    libc.umount2(str(point).encode(), 2)
    os.close(fd)


def test_the_doctor_does_not_wait_for_a_dead_share(blank, dead_share):
    set_up(blank, "--path", dead_share / "folder")
    code, wrong = doctor(blank)
    assert code == 1 and "no answer" in wrong["plan system-usb"][1]
