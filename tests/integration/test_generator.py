"""systemd's generator of the timers: it never breaks a boot, whatever lies where the configuration should be."""

import os
import shutil
import subprocess

import pytest

from harness.config import program


def generate(folder, config):
    out = folder / "units"
    out.mkdir(exist_ok=True)
    done = subprocess.run([program("guardian-generator"), out, out, out], env={"GUARDIAN_CONFIG": str(config)}, timeout=30,
                          capture_output=True, text=True)
    assert done.returncode == 0
    return sorted(str(path.relative_to(out)) for path in out.rglob("*") if not path.is_dir())


def test_each_plan_has_a_timer_that_timers_target_wants(machine):
    machine.write_config()
    assert generate(machine.folder, machine.config.path) == [
        "guardian-run@files-usb.service.d/50-target.conf", "guardian-run@files-usb.timer",
        "timers.target.wants/guardian-run@files-usb.timer"]
    link = machine.folder / "units" / "timers.target.wants" / "guardian-run@files-usb.timer"
    assert "OnCalendar=" in link.read_text()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_systemd_understands_the_timer(machine):
    machine.config.plans["files-usb"].update(random_delay="5min", wake_system=True)
    machine.write_config()
    generate(machine.folder, machine.config.path)
    units = machine.folder / "units"
    (units / "guardian-run@.service").write_text("[Service]\nExecStart=/bin/true\n")
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", units / "guardian-run@files-usb.timer"],
                          capture_output=True, text=True, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"})
    assert "guardian" not in said.stderr, said.stderr


def broken(machine, kind):
    path = machine.folder / "hostile.toml"
    if kind == "syntax":
        path.write_text("[plan")
    elif kind == "one plan of two":
        path.write_text(machine.config.path.read_text() + '\n[plan.x]\njob = "none"\n')
    elif kind == "binary":
        path.write_bytes(os.urandom(100_000))
    elif kind == "huge":
        path.write_bytes(b"a = 1\n" * 1_000_000)
    elif kind == "deep":
        path.write_text("a = " + "[" * 100_000)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "loop":
        path.symlink_to(path)
    return path


@pytest.mark.parametrize("kind", ["absent", "syntax", "one plan of two", "binary", "huge", "deep", "pipe", "folder",
                                  "device", "loop"])
def test_a_configuration_that_cannot_be_used_gives_nothing_and_no_failure(machine, kind):
    machine.write_config()
    assert generate(machine.folder, broken(machine, kind)) == []


def test_a_folder_that_cannot_be_written_is_no_failure(machine):
    machine.write_config()
    done = subprocess.run([program("guardian-generator"), "/proc/nowhere"], env={"GUARDIAN_CONFIG": str(machine.config.path)},
                          timeout=30)
    assert done.returncode == 0


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_the_daemons_unit_is_confined(machine):
    build = program("guardiand").parent.parent
    said = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=25",
                           build / "systemd" / "guardian.service"], capture_output=True, text=True)
    assert said.returncode == 0, said.stdout
