"""Looking at a repository from outside, with Borg itself and a base folder of its own."""

import json
import os
from contextlib import contextmanager

from . import command, fake_borg, mounts


class Repository:
    def __init__(self, path, base_dir, passphrase=None):
        self.path = path
        self.environment = dict(os.environ, BORG_BASE_DIR=str(base_dir), BORG_EXIT_CODES="modern",
                                BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes",
                                BORG_RELOCATED_REPO_ACCESS_IS_OK="yes")
        if passphrase is not None:
            self.environment["BORG_PASSPHRASE"] = passphrase

    def borg(self, *arguments):
        return command.check([fake_borg.REAL, *arguments], env=self.environment)

    def archives(self):
        """The names, oldest first; checkpoints are none."""
        return [a["name"] for a in json.loads(self.borg("list", "--json", self.path).out)["archives"]]

    def files_of(self, archive):
        return self.borg("list", "--format", "{path}{NL}", f"{self.path}::{archive}").out.splitlines()

    def check(self):
        self.borg("check", self.path)


@contextmanager
def mounted_aside(disk, folder):
    """The disk, mounted on a folder that Guardian does not know."""
    point = folder / "aside"
    mounts.mount(disk.loop, point)
    try:
        yield point
    finally:
        mounts.unmount(point)
