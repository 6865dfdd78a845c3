"""A machine with Guardian on it: what every scenario begins with, and the questions scenarios ask."""

import json

from disk import Disk
from machine import Machine

UUID = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"
PLAN = "files-usb"
REPOSITORY = "guest"
MOUNT = "/mnt/usb"
SOURCE = "/srv/files"
RUN_SECONDS = 240  # a run with all its steps starts Borg six times, and each takes seconds in emulation

CONFIGURATION = f"""\
[guardian]
name = "guest"

[target.usb]
type = "disk"
uuid = "{UUID}"
mount = "{MOUNT}"

[job.files]
type = "system"
paths = ["{SOURCE}"]

[plan.{PLAN}]
job = "files"
target = "usb"
repository = "{REPOSITORY}"
schedule = "*-*-* 02:00"
stale_after = "3d"
keep = {{ last = 2 }}
min_free = "50 MB"
"""


class Guest(Machine):
    # ---- before any scenario

    def prepare(self, disk_path):
        """Configures Guardian and makes a disk its target; gives that disk, pulled out."""
        self.must(f"mkdir -p {SOURCE} && for i in $(seq 50); do seq $i 9000 >{SOURCE}/$i; done")
        self.write("/etc/guardian/guardian.toml", CONFIGURATION)
        disk = Disk.make(disk_path, "GUARDIAN-LAB-1", UUID)
        # It shall be there for init only: with the daemon running, the backup would start at once.
        self.keep_daemon_off()
        self.plug(disk)
        self.wait_until(f"test -e /dev/disk/by-uuid/{UUID}")
        self.must("guardian init usb")
        self.must(f"sync; ! mountpoint -q {MOUNT}")
        self.pull(disk)
        self.let_daemon_on()
        self.must("guardian apply")
        return disk

    # ---- what Guardian says

    def status(self):
        return json.loads(self.must("guardian status --json"))

    def target(self):
        return self.status()["targets"][0]

    def plan(self):
        return self.status()["plans"][0]

    def history(self):
        """Oldest first."""
        return json.loads(self.must("guardian history --json"))["runs"][::-1]

    def last_run(self):
        runs = self.history()
        return runs[-1] if runs else None

    def incidents(self):
        return self.status()["incidents"]

    # ---- waiting for it

    def wait_status(self, question, seconds=RUN_SECONDS, every=1):
        """`question` is jq's, about `guardian status --json`."""
        self.wait_until(f"guardian status --json | jq -e '{question}' >/dev/null", seconds, question, every)

    def wait_target(self, state, seconds=RUN_SECONDS):
        self.wait_status(f'.targets[0].state == "{state}"', seconds)

    def wait_step(self, step):
        """Until the run is in the middle of that step."""
        self.wait_status(f'.runs[0] | .outcome == "running" and .step == "{step}"', every=0.1)

    def wait_run_over(self, number):
        """The run with that number, counted from 1, after it ended."""
        self.wait_status(f'.runs[0] | .id >= {number} and .outcome != "running"')
        return self.history()[number - 1]

    def wait_success(self, runs_before=0):
        """The first run after so many others succeeded, and the disk was let go of."""
        run = self.wait_run_over(runs_before + 1)
        assert run["outcome"] == "success", f"{run['outcome']}: {run['reason']}"
        self.wait_target("safe-to-unplug")
        self.must_not_be_mounted()
        return run

    # ---- what is so in the guest, whatever Guardian says

    def must_not_be_mounted(self):
        mounts = self.must("cat /proc/self/mountinfo")
        assert MOUNT not in mounts, mounts

    def wait_not_mounted(self, seconds=120):
        self.wait_until(f"! grep -q {MOUNT} /proc/self/mountinfo", seconds)

    def make_source_large(self, megabytes=60):
        """So that Borg is busy long enough to be disturbed."""
        self.must(f"for i in $(seq {megabytes}); do head -c 1M /dev/urandom >{SOURCE}/large-$i; done")

    def keep_daemon_off(self):
        """Otherwise the udev rule starts it as soon as the disk comes."""
        self.must("systemctl mask --runtime --now guardian.service")

    def let_daemon_on(self):
        self.must("systemctl unmask --runtime guardian.service && systemctl start guardian.service")

    def runner_pid(self):
        return self.status()["runs"][0]["pid"]

    def plug_into_long_run(self, disk):
        """Until its create has begun, which takes long enough to be disturbed."""
        self.make_source_large()
        self.plug(disk)
        self.wait_step("create")
        self.wait_until("pgrep -x borg")
