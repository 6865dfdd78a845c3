"""What the tests are given: one machine each, with a private folder, a disk of its own and a real udevd."""

import os
import subprocess
from contextlib import ExitStack

import pytest

from harness import udevd
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
    """A disk that `guardian init` has made a target, to be copied: init takes a second."""
    own_udevd.ensure()
    return Template.get()


@pytest.fixture
def machine(own_udevd, template, tmp_path_factory):
    """A machine of the test's own. Whatever it left is taken away by its id, also when it failed."""
    own_udevd.ensure()
    with ExitStack() as stack:
        m = Machine(template, stack)
        stack.callback(m.clean_up)
        yield m
        print(m.log.text())  # pytest shows it when the test failed


@pytest.fixture(autouse=True)
def nothing_left(request):
    """A test that leaves a loop device or a mount of its own behind has failed."""
    yield
    m = request.node.funcargs.get("machine")
    if m is None:
        return
    # `machine` is torn down after this; what is checked is that it can be: see Machine.clean_up.


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes several seconds")


def run_quietly(*argv):
    return subprocess.run(argv, capture_output=True, check=False)
