"""Encrypted repositories: where the passphrase comes from, and that nobody else gets to see it."""

import os
from pathlib import Path

import pytest
from harness import processes

PASSPHRASE = "correct horse battery 4711 staple"


def write_secret(path, text=PASSPHRASE):
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


def encrypted(machine, source):
    """The plan with the passphrase from this source; the environment that the programs need for it."""
    environment = dict(os.environ)
    plan = machine.config.plans["files-usb"]
    plan["encryption"] = "repokey-blake2"
    secret = write_secret(machine.folder / "secret")
    if source == "file":
        plan["passphrase_file"] = secret
    elif source == "command":
        plan["passphrase_command"] = ["/bin/cat", str(secret)]
    else:
        plan["passphrase_credential"] = "secret"
        environment["CREDENTIALS_DIRECTORY"] = str(machine.folder)
    machine.use_blank_disk()
    return environment


@pytest.mark.parametrize("source", ["file", "command", "credential"])
def test_each_source_of_the_passphrase_works_and_a_wrong_one_is_said_to_be_wrong(machine, source):
    environment = encrypted(machine, source)
    machine.plug_in()
    assert machine.guardian("init", "usb", env=environment).code == 0
    machine.start_daemon(env=environment)
    assert machine.wait_outcome()[0] == "success"
    machine.wait_released()
    machine.stop_daemon()
    assert len(machine.archives(passphrase=PASSPHRASE)) == 1
    write_secret(machine.folder / "secret", "wrong")
    done = machine.guardian("run", "files-usb", env=environment)
    assert done.code == 1 and "the passphrase is wrong" in done.err
    assert len(machine.archives(passphrase=PASSPHRASE)) == 1


@pytest.mark.parametrize("spoil, says", [
    (lambda secret: secret.unlink(), "No such file"),
    (lambda secret: secret.write_text(""), "it is empty"),
    (lambda secret: secret.chmod(0o644), "other users may read it"),
])
def test_a_passphrase_file_that_cannot_be_used_is_said_so(machine, spoil, says):
    encrypted(machine, "file")
    machine.init()
    spoil(machine.folder / "secret")
    done = machine.guardian("run", "files-usb")
    assert done.code != 0 and says in done.err
    assert machine.outcomes()[-1] == "failed"


def test_the_passphrase_is_in_no_command_line_environment_log_or_state_file(machine):
    encrypted(machine, "file")
    gate = machine.new_gate()
    machine.use_borg(create=gate.shell())
    machine.init()
    machine.start_daemon()
    gate.wait()
    assert processes.that_mention(str(machine.config.mount)) != []  # Borg is there to be looked at
    assert processes.that_mention(PASSPHRASE, in_environment=True) == []
    gate.open()
    assert machine.wait_outcome()[0] == "success"
    machine.wait_released()
    machine.stop_daemon()
    assert PASSPHRASE not in machine.log.text()
    assert PASSPHRASE not in machine.guardian("config", "show").out
    for folder, _, files in os.walk(machine.config.state_dir):
        for name in files:
            assert PASSPHRASE.encode() not in (Path(folder) / name).read_bytes()
