"""A whole machine in emulation: boots, is asked by its guest agent, has USB disks plugged in and pulled, loses power."""

import os
import pathlib
import signal
import subprocess
import time

from agent import Agent, CommandFailed
from qmp import Gone, Qmp

BOOT_SECONDS = 180
MEMORY_MEGABYTES = 768


class Machine:
    """`image` is a qcow2 file that belongs to this machine and keeps what is written from one start to the next."""

    def __init__(self, folder, image, kernel, initrd, processors=1):
        self.folder = pathlib.Path(folder)
        self.image, self.kernel, self.initrd, self.processors = image, kernel, initrd, processors
        self.serial_log = self.folder / "serial.log"
        self._process = self._qmp = self._agent = None
        self._plugged = {}  # name of the disk -> the disk

    # ---- power

    def start(self, date="2027-03-10T10:00:00", state=None, disks=(), inside=None):
        """Boots, or goes on from a saved `state`. `date` is what its clock says in UTC; a saved state brings its own.
        systemd does not believe a date before its own making. `inside` is a bus, "ahci.0" or "ide.0", and an ATA
        disk with SMART on it: QEMU has no hot-plugging for it."""
        self._launch(date, state, inside)
        for disk in disks:
            self.plug(disk)
        self._qmp.command("cont")
        if state is None:
            self._wait_agent_is_there(BOOT_SECONDS)
        self._agent.synchronise(60)

    def _launch(self, date, state, inside):
        for name in ("qmp", "agent"):
            (self.folder / name).unlink(missing_ok=True)
        command = self._command(date) + (["-loadvm", state] if state else []) + (_inside(*inside) if inside else [])
        with open(self.folder / "qemu.log", "ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._qmp = self._connect(Qmp, "qmp")
        self._agent = self._connect(Agent, "agent")

    def _command(self, date):
        chardev = lambda name: f"socket,id={name},path={self.folder}/{name},server=on,wait=off"
        return [
            *qemu(self.processors), "-S",
            "-kernel", str(self.kernel), "-initrd", str(self.initrd), "-append", KERNEL_LINE,
            "-drive", f"file={self.image},if=none,id=root,format=qcow2,cache=writeback",
            "-device", "virtio-blk-pci,drive=root",
            "-rtc", f"base={date},clock=vm",
            "-chardev", f"file,id=serial,path={self.serial_log},append=on", "-serial", "chardev:serial",
            "-chardev", chardev("qmp"), "-mon", "chardev=qmp,mode=control",
            "-chardev", chardev("agent"), "-device", "virtio-serial-pci",
            "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0,id=agent-port",
            "-device", "qemu-xhci,id=xhci",
        ]  # fmt: skip

    def _connect(self, kind, name):
        deadline = time.monotonic() + 30
        while True:
            try:
                return kind(self.folder / name)
            except (FileNotFoundError, ConnectionRefusedError):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("QEMU does not start: " + (self.folder / "qemu.log").read_text()) from None
                time.sleep(0.05)

    def _wait_agent_is_there(self, seconds):
        self._qmp.wait_event("VSERPORT_CHANGE", seconds, id="agent-port", open=True)

    def save(self, state):
        """Keeps the running machine in its image under that name, and ends it."""
        self._qmp.command("stop")
        self._qmp.human(f"savevm {state}")
        self.power_cut()

    def power_cut(self):
        """What was not written to a disk yet is lost."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._forget()

    def shut_down(self, seconds=BOOT_SECONDS):
        self._agent.start("systemctl poweroff")
        started = time.monotonic()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"the guest does not shut down in {seconds} s") from None
        self._forget()
        return time.monotonic() - started

    def reboot(self, seconds=2 * BOOT_SECONDS):
        """Gives how long it took until the machine was reset."""
        self._qmp.forget_events("VSERPORT_CHANGE")
        self._qmp.forget_events("RESET")
        started = time.monotonic()
        self._agent.start("systemctl reboot")
        self._qmp.wait_event("RESET", seconds, guest=True)
        stopped = time.monotonic() - started
        self._qmp.forget_events("VSERPORT_CHANGE")
        self._wait_agent_is_there(BOOT_SECONDS)
        self._agent.synchronise(60)
        return stopped

    def sleep(self, seconds):
        """Suspends to memory for that long: the guest's clock goes on meanwhile."""
        self._qmp.forget_events("SUSPEND")
        self._agent.start("systemctl suspend")
        self._qmp.wait_event("SUSPEND", 60)
        time.sleep(seconds)
        self._qmp.command("system_wakeup")
        self._qmp.wait_event("WAKEUP", 30)
        self._agent.synchronise(120)

    def _forget(self):
        if self._process:
            self._process.wait()
        for connection in (self._qmp, self._agent):
            if connection:
                connection.close()
        self._process = self._qmp = self._agent = None
        self._plugged.clear()

    @property
    def runs(self):
        return self._process is not None and self._process.poll() is None

    # ---- disks

    def plug(self, disk, bytes_per_second=None, read_only=False, driver="usb-storage", **properties):
        """As on the USB port; slow if wanted, so that what is going on lasts long enough to be disturbed. With the
        driver "nvme" it is a drive of its own, as in a Thunderbolt enclosure."""
        node = {"driver": "raw", "read-only": read_only, "file": {"driver": "file", "filename": str(disk.path)}}
        if bytes_per_second:
            limits = {"bps-total": bytes_per_second}
            self._qmp.command("object-add", **{"qom-type": "throttle-group", "id": "limit-" + disk.name, "limits": limits})
            node = {"driver": "throttle", "throttle-group": "limit-" + disk.name, "file": node}
        self._qmp.command("blockdev-add", **{"node-name": "node-" + disk.name}, **node)
        bus = "xhci.0" if driver == "usb-storage" else "pci.0"
        self._qmp.command("device_add", driver=driver, id=disk.name, drive="node-" + disk.name, bus=bus,
                          serial=disk.serial, **properties)  # fmt: skip
        self._plugged[disk.name] = (disk, bytes_per_second)

    def pull(self, disk):
        """At once and without a word to the guest, as a hand does it."""
        _, limited = self._plugged.pop(disk.name)
        self._qmp.command("device_del", id=disk.name)
        self._qmp.wait_event("DEVICE_DELETED", 30, device=disk.name)
        self._qmp.command("blockdev-del", **{"node-name": "node-" + disk.name})
        if limited:
            self._qmp.command("object-del", id="limit-" + disk.name)

    def set_in_device(self, disk, name, value):
        """One of its properties in QEMU, while it is plugged in."""
        self._qmp.command("qom-set", path=f"/machine/peripheral/{disk.name}", property=name, value=value)

    # ---- the guest

    def run(self, command, stdin=None, seconds=120):
        return self._agent.run(command, stdin, seconds)

    def must(self, command, stdin=None, seconds=120):
        """What the command printed; fails when it does."""
        result = self.run(command, stdin, seconds)
        if not result.ok:
            raise CommandFailed(f"`{command}` ended with {result.code}: {result.err}{result.out}")
        return result.out

    def start_command(self, command):
        self._agent.start(command)

    def wait_until(self, condition, seconds=120, what=None, every=0.2):
        """`condition` is a shell command that succeeds in the guest, or a function that gives something true, which
        wait_until returns."""
        if isinstance(condition, str):
            loop = f"until {condition}; do sleep {every}; done"
            result = self.run(_with_deadline(loop, seconds), seconds=seconds + 60)
            if not result.ok:
                raise TimeoutError(f"not within {seconds} s: {what or condition}")
            return True
        deadline = time.monotonic() + seconds
        while not (answer := condition()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds} s: {what or condition}")
            time.sleep(every)
        return answer

    def write(self, path, text):
        self.must(f"mkdir -p $(dirname {path}) && cat >{path}", stdin=text)

    def set_clock(self, date):
        self.must(f"date --utc --set='{date}'")

    def journal(self, options=""):
        return self.must(f"journalctl --no-pager --output=short-precise {options}")


def _with_deadline(loop, seconds):
    quoted = loop.replace("'", "'\\''")
    return f"timeout {seconds} bash -c '{quoted}'"


def _inside(bus, disk):
    return [
        *(["-device", "ich9-ahci,id=ahci"] if bus.startswith("ahci") else []),
        "-blockdev", f"driver=raw,node-name=inside,file.driver=file,file.filename={disk.path}",
        "-device", f"ide-hd,bus={bus},drive=inside,serial={disk.serial}",
    ]  # fmt: skip


KERNEL_LINE = "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0 mitigations=off nowatchdog tsc=reliable audit=0"


def qemu(processors):
    """What the machines in the tests and the one in the shell have in common."""
    return [
        "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-machine", "pc,usb=off,vmport=off", "-cpu", "qemu64",
        "-smp", str(processors), "-m", str(MEMORY_MEGABYTES), "-display", "none", "-nodefaults", "-no-user-config",
    ]  # fmt: skip
