"""One machine: a configuration in a private folder, a disk, the daemon, and the command `guardian`."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from . import command, config, fake_borg, mounts, processes, waiting
from .disk import Disk
from .log import Log
from .repository import Repository, mounted_aside

PLAN = "files-usb"


class Machine:
    def __init__(self, template):
        self.folder = Path(tempfile.mkdtemp(prefix="guardian-it-"))
        self.log = Log()
        self.disks, self.gates, self.helpers = [], [], []
        self.disk = self.keep(template.disk.copy(self.folder / "disk.img"))
        self.config = config.File(self.folder, self.disk.uuid)
        self.daemon = None
        self._make_source()
        self.config.state_dir.mkdir()
        shutil.copy(template.pins, self.config.state_dir / "pins.json")
        self.config.write()

    def _make_source(self):
        self.config.source.mkdir()
        (self.config.source / "letter.txt").write_text("Dear reader,\n")
        (self.config.source / "noise.bin").write_bytes(os.urandom(300_000))
        (self.config.source / "gate").write_text("here a run may be made to wait\n")

    # ---- disks

    def keep(self, disk):
        """The disk is unplugged at the end of the test."""
        self.disks.append(disk)
        return disk

    def use_blank_disk(self, folder=None, **options):
        """A disk that was never initialised, and no pins."""
        self.disk = self.keep(Disk.make((folder or self.folder) / "blank.img", **options))
        self.config.targets["usb"]["uuid"] = self.disk.uuid
        (self.config.state_dir / "pins.json").unlink(missing_ok=True)
        self.config.write()

    def init(self, *arguments):
        """`guardian init`, with the disk plugged in, as it is after it."""
        if self.disk.loop is None:
            self.plug_in()
        done = self.guardian("init", "usb", *arguments)
        assert done.code == 0, done
        return done

    def plug_in(self, disk=None):
        """Without a daemon; until udev knows it."""
        disk = disk or self.disk
        loop = disk.plug_in()
        udev_says = ["udevadm", "info", "--query=property", loop]
        waiting.until("udev knows the disk", lambda: f"ID_FS_UUID={disk.uuid}" in command.run(udev_says).out)
        command.run(["udevadm", "settle"])  # a second event of the attach may be on its way

    def add_plan(self, name, **changes):
        """A further plan in the repository, as a person adds one."""
        self.config.plans[name] = self.config.plan(**changes)
        self.config.write()
        self.init()
        self.disk.unplug()

    def unplug(self, disk=None):
        disk = disk or self.disk
        since = self.log.mark()
        disk.unplug()
        if self.daemon:
            self.log.wait("unplugged", since)

    # ---- programs

    def guardian(self, *arguments, deadline=120, **options):
        return command.run([config.program("guardian"), "--config", self.config.path, *arguments], deadline, **options)

    def start_daemon(self, wrapper=(), **options):
        assert self.daemon is None
        since = self.log.mark()
        argv = [*wrapper, config.program("guardiand"), "--config", self.config.path]
        self.daemon = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=self.log.write_fd,
                                       stderr=self.log.write_fd, **options)
        self.log.wait("is watching", since)

    def stop_daemon(self, number=signal.SIGTERM):
        daemon, self.daemon = self.daemon, None
        daemon.send_signal(number)
        try:
            return daemon.wait(30)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
            raise AssertionError("guardiand did not stop") from None

    def reload(self):
        self.daemon.send_signal(signal.SIGHUP)

    def write_config(self):
        """A living daemon goes by what it has read, and so does what it starts."""
        self.config.write()
        if self.daemon:
            since = self.log.mark()
            self.reload()
            self.log.wait("the configuration was read again", since)

    def background(self, argv, **options):
        """A program that is killed at the end of the test, if it still runs then."""
        helper = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, **options)
        self.helpers.append(helper)
        return helper

    def person_runs(self, plan=PLAN):
        """`guardian run`, going on beside the test."""
        return self.background([config.program("guardian"), "--config", self.config.path, "run", plan],
                               stdout=self.log.write_fd, stderr=self.log.write_fd)

    # ---- Borg

    def change_store(self, statement, *values):
        """What time would do, or another version of Guardian."""
        store = sqlite3.connect(self.config.state_dir / "store" / "guardian.db")
        with store:
            store.execute(statement, values)
        store.close()

    def ask_store(self, question, *values):
        store = sqlite3.connect(self.config.state_dir / "store" / "guardian.db", timeout=10)
        answer = store.execute(question, values).fetchall()
        store.close()
        return answer

    def use_borg(self, **commands):
        fake_borg.write(self.folder / "borg", **commands)
        self.config.guardian["borg"] = self.folder / "borg"
        self.write_config()

    def use_real_borg(self):
        self.config.guardian.pop("borg", None)
        self.write_config()

    def new_gate(self, name="gate"):
        self.gates.append(fake_borg.Gate(self.folder, name))
        return self.gates[-1]

    def borg_waits_in_create(self):
        """The real Borg will wait in the middle of a create, with its transaction open."""
        gate = self.new_gate()
        fake_borg.write_with_hook(self.folder / "borg", gate)
        self.config.guardian["borg"] = self.folder / "borg"
        self.write_config()
        return gate

    @contextmanager
    def repository(self, name="repo", passphrase=None, disk=None):
        """The repository, seen from outside. The disk has to be plugged in and unmounted."""
        with mounted_aside(disk or self.disk, self.folder) as point:
            yield Repository(point / name, self.folder / "outside", passphrase)

    @contextmanager
    def disk_aside(self, disk=None):
        """The disk's files. Plugged in for it where it is not."""
        disk = disk or self.disk
        was_in = disk.loop is not None
        if not was_in:
            disk.plug_in()
        with mounted_aside(disk, self.folder) as point:
            yield point
        if not was_in:
            disk.unplug()
            command.run(["udevadm", "settle"])  # or a daemon that starts now is told that it is still in

    def archives(self, **where):
        with self.repository(**where) as r:
            return r.archives()

    # ---- what became of it

    def wait_outcome(self, since=0, plan=PLAN):
        """How the plan's next run ended, as the daemon tells it: the outcome and the reason."""
        line = self.log.wait(f" of {plan}: ", since)
        return re.search(rf"run \d+ of {plan}: (\w+)(?:: (.*))?$", line).groups(default="")

    def wait_released(self, since=0):
        self.log.wait("target usb: unmounted", since)

    def plug_in_and_wait(self):
        """The run that plugging in starts, and its release."""
        since = self.log.mark()
        self.disk.plug_in()
        outcome = self.wait_outcome(since)
        self.wait_released(since)
        return outcome

    def status(self):
        done = self.guardian("status", "--json")
        assert done.code == 0, done
        return json.loads(done.out)

    def target(self, name="usb"):
        return next(t for t in self.status()["targets"] if t["name"] == name)

    def plan(self, name=PLAN):
        return next(p for p in self.status()["plans"] if p["name"] == name)

    def runs(self):
        """All runs, oldest first."""
        return json.loads(self.guardian("history", "--json", "-n", "1000").out)["runs"][::-1]

    def outcomes(self):
        return [r["outcome"] for r in self.runs()]

    def incidents(self):
        """The open ones: their texts by kind."""
        return {i["kind"]: i["text"] for i in self.status()["incidents"]}

    def wait_target(self, state):
        waiting.until(f"target usb is {state}", lambda: self.target()["state"] == state, signal=self.log.sleep)

    def wait_incident(self, kind):
        return waiting.until(f"incident {kind}", lambda: self.incidents().get(kind), signal=self.log.sleep)

    def wait_no_incident(self, kind):
        waiting.until(f"no incident {kind}", lambda: kind not in self.incidents(), signal=self.log.sleep)

    def is_mounted(self):
        return mounts.is_mounted(self.config.mount)

    # ---- the end

    def clean_up(self):
        """Takes away everything the test left, each by its id. Goes on after a step that failed."""
        failed = []
        for step in (self._end_processes, lambda: mounts.unmount_all_below(self.folder), self._detach,
                     self._close):
            try:
                step()
            except Exception as e:  # noqa: the rest has to be cleaned up all the same
                failed.append(e)
        if failed:
            raise failed[0]
        shutil.rmtree(self.folder)

    def _end_processes(self):
        own = [self.daemon, *self.helpers]
        for process in own:
            if process is not None:
                process.kill()
                process.wait(30)
        processes.end_all_that_mention(self.folder)

    def _detach(self):
        for disk in self.disks:
            disk.unplug()

    def _close(self):
        for gate in self.gates:
            gate.close()
        self.log.close()
