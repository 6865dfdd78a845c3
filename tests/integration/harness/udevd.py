"""The machine's udevd. A container often has none: then one is started for the session, and stopped after it."""

import os
import subprocess

from . import command, waiting

PROGRAM = "/lib/systemd/systemd-udevd"


def answers():
    if not os.path.exists("/run/udev/control"):
        return False
    return command.run(["udevadm", "control", "--ping", "--timeout=5"], deadline=15).code == 0


class Keeper:
    def __init__(self):
        self.process = None

    def ensure(self):
        """Someone else's udevd may have gone since the last test."""
        if answers():
            return
        if self.process is not None:
            self.stop()
        self.process = subprocess.Popen([PROGRAM], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True)
        waiting.until("udevd answers", answers)

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
