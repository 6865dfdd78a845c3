"""Borg that is missing, hangs, dies or talks nonsense: a clear failure, never a success."""

import pytest

REAL_CREATE = '"/usr/bin/borg" "$@"'
LINE_10_MB = "head -c 10000000 /dev/zero | tr '\\0' x"


def run_with(machine, create):
    machine.use_borg(create=create)
    machine.plug_in()
    done = machine.guardian("run", "files-usb")
    return done, machine.runs()[-1]


@pytest.mark.parametrize("create, says", [
    ("kill -9 $$", "killed by signal 9"),
    ("head -c 100000 /dev/urandom >&2; head -c 100000 /dev/urandom; exit 0", "did not name the archive"),
    ("exit 0", "did not name the archive"),
    ("echo '{\"archive\": {\"name\": \"files-usb-2026\"'; exit 0", "did not name the archive"),
    ("echo '{}'; exit 0", "did not name the archive"),
    ("echo '{\"type\": \"log_mes' >&2; exit 2", "log_mes"),
    (f"{LINE_10_MB}; exit 0", "did not name the archive"),
    (f"{LINE_10_MB} >&2; exit 2", "xxxx"),
    ("printf '\\033[31mred\\033[0m\\n' >&2; exit 2", "\\x1b[31mred"),
    ("for i in $(seq 2000); do echo '[[[[[[[[' >&2; done; exit 2", "[[[["),
    ('"/usr/bin/borg" "$@" > /dev/null; exit', "did not name the archive"),
    ('"/usr/bin/borg" "$@"; exit 2', "exit code 2"),
])
def test_what_is_no_success_is_a_failure_that_says_why(machine, create, says):
    done, run = run_with(machine, create)
    assert done.code == 1
    assert run["outcome"] == "failed" and says in run["reason"], run["reason"]
    assert machine.plan()["last_success"] is None
    assert not machine.is_mounted()


@pytest.mark.parametrize("create", [
    f"{LINE_10_MB} >&2; echo >&2; {REAL_CREATE}; exit",
    f"head -c 100000 /dev/urandom >&2; echo >&2; {REAL_CREATE}; exit",
    f"echo 'half a {{\"type\":' >&2; {REAL_CREATE}; exit",
])
def test_noise_around_a_good_backup_does_not_spoil_it(machine, create):
    done, run = run_with(machine, create)
    assert done.code == 0, done
    assert run["archive"] in machine.archives()


def test_a_borg_that_hangs_is_stopped_and_the_next_run_succeeds(machine):
    machine.config.plans["files-usb"]["silence_max"] = "1s"
    machine.use_borg(create="exec sleep 1000")
    machine.start_daemon()
    outcome, reason = machine.plug_in_and_wait()
    assert outcome == "failed" and "said nothing for 1 s" in reason
    assert "said nothing" in machine.wait_incident("failed")
    machine.config.plans["files-usb"]["silence_max"] = "1h"
    machine.use_real_borg()
    machine.unplug()
    assert machine.plug_in_and_wait()[0] == "success"
    machine.wait_no_incident("failed")


def test_a_borg_that_is_missing_is_an_incident_and_the_next_run_succeeds(machine):
    machine.config.guardian["borg"] = machine.folder / "no-such-borg"
    machine.config.write()
    machine.start_daemon()
    machine.disk.plug_in()
    outcome, reason = machine.wait_outcome()
    assert outcome == "failed" and "no-such-borg" in reason
    assert "no-such-borg" in machine.wait_incident("failed")
    machine.use_real_borg()
    machine.unplug()
    assert machine.plug_in_and_wait()[0] == "success"
    machine.wait_no_incident("failed")


def test_a_prune_that_fails_makes_the_run_fail_and_keeps_the_archive(machine):
    machine.config.plans["files-usb"]["keep"] = {"last": 5}
    machine.use_borg(prune="exit 2", compact=f"touch {machine.folder}/compacted")
    machine.plug_in()
    assert machine.guardian("run", "files-usb").code == 1
    run = machine.runs()[-1]
    assert run["outcome"] == "failed" and run["archive"] in machine.archives()
    assert not (machine.folder / "compacted").exists()
