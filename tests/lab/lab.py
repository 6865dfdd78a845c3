"""What a scenario is given: machines and disks in a folder of its own, and what is left of them when it fails."""

import pathlib
import shutil

from disk import Disk
from guest import Guest, UUID
from image import BOOTED


class Lab:
    def __init__(self, image, folder):
        self.image = image
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.machine = None
        self.disk = image.disk.copy(self.folder / "usb.img")

    def running(self):
        """A machine that has booted without the disk, in a moment: it goes on from a saved state."""
        return self._start(self.image.copy_booted, state=BOOTED)

    def booted(self, disks=(), date="2027-03-10T12:00:00", inside=None):
        """A machine that really boots, with these disks in it."""
        return self._start(self.image.copy_clean, disks=disks, date=date, inside=inside)

    def again(self, disks=(), date="2027-03-10T14:00:00", inside=None):
        """The same machine, which is off, switched on again."""
        self.machine.start(disks=disks, date=date, inside=inside)
        self._ask_in_the_background()
        return self.machine

    def new_disk(self, name, uuid=UUID):
        return Disk.make(self.folder / f"{name}.img", "GUARDIAN-LAB-" + name, uuid)

    def blank_disk(self, name):
        return Disk.blank(self.folder / f"{name}.img", "GUARDIAN-LAB-" + name)

    def _start(self, copy, **how):
        copy(self.folder / "root.qcow2")
        self.machine = Guest(self.folder, self.folder / "root.qcow2", self.image.kernel, self.image.initrd)
        self.machine.start(**how)
        self._ask_in_the_background()
        return self.machine

    def _ask_in_the_background(self):
        """A run has an idle weight, and would never come to its turn beside what only asks how far it is."""
        self.machine.must("systemctl set-property --runtime qemu-guest-agent.service CPUWeight=idle")

    def close(self):
        if self.machine:
            self.machine.power_cut()
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep_for_reading(self, folder, said):
        """What a person needs to see why it failed."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "failure.txt").write_text(said)
        for name in ("serial.log", "qemu.log"):
            if (self.folder / name).exists():
                shutil.copy(self.folder / name, folder)
        if self.machine and self.machine.runs:
            for name, command in QUESTIONS.items():
                self._keep_answer(folder / name, command)

    def _keep_answer(self, path, command):
        try:
            result = self.machine.run(command, seconds=60)
            path.write_text(result.out + result.err)
        except Exception as error:  # a guest that hangs is no reason to lose the rest
            path.write_text(f"no answer: {error!r}\n")


QUESTIONS = {
    "journal.txt": "journalctl --no-pager --output=short-precise",
    "status.json": "guardian status --json",
    "history.json": "guardian history --json",
    "runs.txt": "for id in $(guardian history --json | jq '.runs[].id'); do guardian log $id; done",
    "units.txt": "systemctl --no-pager --all list-units 'guardian*' '*usb*'; systemctl --no-pager list-timers --all",
    "processes.txt": "ps axfo pid,ppid,stat,lstart,wchan:20,args; cat /proc/self/mountinfo",
}
