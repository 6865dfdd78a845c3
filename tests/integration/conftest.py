"""What the tests are given: one machine each, with a private folder, a disk of its own and a real udevd."""

import os

import pytest

from harness import fake_smartctl, udevd
from harness.disk import Template
from harness.machine import Machine


@pytest.fixture(scope="session", autouse=True)
def environment():
    """The session runs with a plain environment and a umask that is nobody's habit."""
    os.umask(0o022)
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    os.environ["LC_ALL"] = "C.UTF-8"
    for name in ("GUARDIAN_CONFIG", "CREDENTIALS_DIRECTORY", "JOURNAL_STREAM", "NOTIFY_SOCKET"):
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def own_udevd(environment):
    keeper = udevd.Keeper()
    yield keeper
    keeper.stop()


@pytest.fixture(scope="session")
def template(own_udevd):
    """A disk that `guardian init` has made a target, to be copied: making one takes seconds."""
    own_udevd.ensure()
    return Template.get()


@pytest.fixture
def machine(own_udevd, template):
    """A machine of the test's own. Whatever it leaves is taken away by its id, also when the test failed; what
    cannot be taken away is an error of the test."""
    own_udevd.ensure()
    m = Machine(template)
    try:
        yield m
    finally:
        print(m.log.text())  # pytest shows it when the test failed
        m.clean_up()


@pytest.fixture
def smartctl(machine):
    stand_in = fake_smartctl.Smartctl(machine.folder)
    machine.config.guardian["smartctl"] = stand_in.program
    machine.config.write()
    return stand_in
