"""A backup disk: an image file on this machine, with a filesystem, that a guest sees as a USB disk. It can be looked into
from outside, which is how Borg's verdict is asked for without trusting the guest."""

import contextlib
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import uuid as uuids


class Disk:
    def __init__(self, path, serial):
        self.path = pathlib.Path(path)
        self.serial = serial
        self.name = self.path.stem

    @staticmethod
    def make(path, serial, uuid=None, megabytes=3000):
        disk = Disk(path, serial)
        with open(disk.path, "wb") as file:
            file.truncate(megabytes << 20)
        _call("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1", "-U", uuid or str(uuids.uuid4()), disk.path)
        return disk

    @staticmethod
    def blank(path, serial, megabytes=1200):
        disk = Disk(path, serial)
        with open(disk.path, "wb") as file:
            file.truncate(megabytes << 20)
        return disk

    def copy(self, path, serial=None):
        _call("cp", "--sparse=always", self.path, path)
        return Disk(path, serial or self.serial)

    @property
    def uuid(self):
        return subprocess.check_output(["blkid", "-p", "-s", "UUID", "-o", "value", self.path], text=True).strip()

    def hash(self):
        """Of every byte: two that are equal say that nothing at all was written in between."""
        digest = hashlib.sha1()
        with open(self.path, "rb") as file:
            while data := file.read(1 << 22):
                digest.update(data)
        return digest.hexdigest()

    @contextlib.contextmanager
    def opened(self):
        """The folder with what is on the disk: on a copy, because after a pull its journal has to be replayed."""
        with tempfile.TemporaryDirectory(prefix="lab-disk-", dir=self.path.parent) as folder:
            copy = self.copy(f"{folder}/copy.img")
            mounted = pathlib.Path(folder, "mounted")
            mounted.mkdir()
            _call("mount", "-o", "loop,nosuid,nodev,noexec", copy.path, mounted)
            try:
                yield mounted
            finally:
                _call("umount", mounted)

    def borg(self, repository, *arguments):
        with self.opened() as folder:
            return borg_says(folder / repository, *arguments)

    def must_pass_borg_check(self, repository):
        self.borg(repository, "check", "--verify-data")

    def archives(self, repository):
        return self.borg(repository, "list", "--short").split()


def borg_says(repository, verb, *arguments):
    with tempfile.TemporaryDirectory(prefix="lab-borg-") as base:
        environment = os.environ | {
            "BORG_BASE_DIR": base,
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        }
        command = [shutil.which("borg"), verb, *arguments, str(repository)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"borg {verb} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout


def _call(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
