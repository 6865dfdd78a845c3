"""A program in Borg's place: it does what a test asks in one of Borg's commands and is the real Borg in the others;
and gates, at which a run waits until the test lets it go on."""

import os
import select
import shutil
from pathlib import Path

from . import waiting

REAL = shutil.which("borg", path="/usr/local/bin:/usr/bin:/bin")

# Loaded into the real Borg: it waits when it comes to the file named "gate", its transaction open.
HOOK = """
import os, select
from borg import archive

processors = archive.FilesystemObjectProcessors
original = processors.process_file

def process_file(self, *, path, **rest):
    if os.path.basename(path) == "gate":
        with open({arrived!r}, "w") as f:
            f.write(str(os.getpid()) + "\\n")
        go = os.open({go!r}, os.O_RDONLY | os.O_NONBLOCK)
        while not select.select([go], [], [], 0.05)[0]:
            if archive.sig_int:
                break
        else:
            os.read(go, 3)
        os.close(go)
    return original(self, path=path, **rest)

processors.process_file = process_file
"""


class Gate:
    """Two FIFOs. Held open at both ends by the test, so that nobody blocks in opening them."""

    def __init__(self, folder, name):
        self.arrived, self.go = folder / f"{name}.arrived", folder / f"{name}.go"
        for path in (self.arrived, self.go):
            os.mkfifo(path)
        self.arrived_fd = os.open(self.arrived, os.O_RDWR | os.O_NONBLOCK)
        self.go_fd = os.open(self.go, os.O_RDWR | os.O_NONBLOCK)

    def shell(self):
        """What makes a shell script wait here."""
        return f'echo $$ > "{self.arrived}"; read -r _ < "{self.go}"'

    def hook(self):
        """What makes the real Borg wait in the middle of a create."""
        return HOOK.format(arrived=str(self.arrived), go=str(self.go))

    def wait(self):
        """Until someone waits at the gate: its pid."""
        ready, _, _ = select.select([self.arrived_fd], [], [], waiting.DEADLINE)
        assert ready, "nobody came to the gate"
        return int(os.read(self.arrived_fd, 100).split()[0])

    def open(self):
        os.write(self.go_fd, b"go\n")

    def close(self):
        os.close(self.arrived_fd)
        os.close(self.go_fd)


def write(path, **commands):
    """commands: the name of one of Borg's commands, and the shell lines that come before the real one."""
    cases = "\n".join(f"{name})\n{lines}\n;;" for name, lines in commands.items())
    path.write_text(f'#!/bin/bash\ncase "$1" in\n{cases}\nesac\nexec "{REAL}" "$@"\n')
    path.chmod(0o755)


def write_with_hook(path, gate):
    """The real Borg, which waits at the gate in mid-create."""
    folder = Path(str(path) + ".hook")
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(gate.hook())
    write(path, create=f'export PYTHONPATH="{folder}" PYTHONDONTWRITEBYTECODE=1')
