"""Finding and ending processes, each by its own id."""

import os
import signal
from pathlib import Path

from . import waiting


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return False
    return state not in "ZX"


def wait_gone(pid, deadline=waiting.DEADLINE):
    waiting.until(f"process {pid} is gone", lambda: not is_alive(pid), deadline)


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def environment(pid):
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def that_mention(words, in_environment=False):
    """All processes but this one with the words in their command line."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        said = command_line(entry) + (environment(entry) if in_environment else b"")
        if words.encode() in said:
            found.append(int(entry))
    return found


def end_all_that_mention(folder):
    """For the end of a test: its folder is its own, so whoever names it is its own too."""
    def none_left():
        mine = [pid for pid in that_mention(str(folder)) if is_alive(pid)]
        for pid in mine:
            kill(pid)
        return not mine

    waiting.until(f"no process of {folder} is left", none_left)
