"""What the machines boot from, made in layers of which each is kept until what it is made of changes:

base tree    Debian without Guardian
image        the tree with Guardian's package, as an ext4 filesystem
clean        the image with Guardian configured and a disk made its target; switched off
booted       after a boot, without the disk: the machine's state, to go on from in a moment
"""

import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import time

from disk import Disk
from guest import Guest

here = pathlib.Path(__file__).parent
top = here.parent.parent
IMAGE_SIZE = "4G"
BOOTED = "booted"  # the name of the saved state
PACKAGES = (
    "systemd systemd-sysv dbus polkitd udev linux-image-amd64 kmod qemu-guest-agent busybox-static "
    "borgbackup smartmontools e2fsprogs dmsetup procps psmisc sqlite3 jq man-db mdadm cryptsetup-bin lvm2"
).split()


def cache():
    return pathlib.Path(os.environ.get("GUARDIAN_LAB_CACHE") or top / "build" / "lab")


class Image:
    """The newest one that was built. `fingerprint` is different whenever anything in it is."""

    def __init__(self, folder):
        self.folder = folder
        self.kernel = folder / "vmlinuz"
        self.initrd = folder / "initrd"
        self.clean = folder / "clean.qcow2"
        self.booted = folder / "booted.qcow2"
        self.disk = Disk(folder / "usb.img", "GUARDIAN-LAB-1")

    def copy_clean(self, path):
        """A machine that is switched off."""
        _overlay(self.clean, path)

    def copy_booted(self, path):
        """One that goes on from the saved state BOOTED; a backing file cannot bring such a state, so it is a whole copy."""
        _call("cp", "--reflink=auto", "--sparse=always", self.booted, path)
        _call("qemu-img", "rebase", "-u", "-F", "qcow2", "-b", self.clean.resolve(), path)


def build(package):
    """Gives the Image with that .deb in it."""
    cache().mkdir(parents=True, exist_ok=True)
    with open(cache() / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _remove_others("new-*", None)  # of a build that was interrupted
        base = _base_tree(package)
        of_ours = _own_text("image.py", "machine.py", "guest.py", "customise", "initrd-init")
        folder = cache() / ("image-" + _fingerprint(base.name, package.read_bytes(), *of_ours))
        if not folder.exists():
            _made_whole(folder, lambda new: _make_image(base, package, new))
            _remove_others("image-*", folder)
        return Image(folder)


def _made_whole(folder, make):
    """What is interrupted leaves nothing that looks finished."""
    started = time.monotonic()
    new = folder.with_name("new-" + folder.name)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    make(new)
    new.rename(folder)
    print(f"{folder.name}: {time.monotonic() - started:.0f} s", flush=True)


def _remove_others(pattern, folder):
    for other in cache().glob(pattern):
        if other != folder:
            shutil.rmtree(other)


# ---- the base tree


def _base_tree(package):
    """What the .deb depends on is in it already, so that installing it takes no network and no time."""
    packages = sorted({*PACKAGES, *_depends_on(package)})
    key = _fingerprint(_suite(), *packages, *_own_text("base-tree"))
    folder = cache() / f"base-{key}"
    if not folder.exists():
        command = [here / "base-tree", _suite()]
        _made_whole(folder, lambda new: _call(command[0], command[1], new / "tree", *packages))
        _remove_others("base-*", folder)
    return folder


def _suite():
    """Guardian's package is built on this machine, for this machine's Debian."""
    text = pathlib.Path("/etc/os-release").read_text()
    return re.search(r"^VERSION_CODENAME=(\S+)", text, re.M).group(1)


def _depends_on(package):
    fields = _call("dpkg-deb", "--field", package, "Depends", "Pre-Depends")
    alternatives = re.sub(r"^[\w-]+:", "", fields, flags=re.M).replace("\n", ",").split(",")
    return {re.match(r"\s*([a-z0-9.+-]+)", a).group(1) for a in alternatives if a.strip()}


# ---- the image


def _make_image(base, package, folder):
    tree = folder / "tree"
    _call("cp", "-a", "--reflink=auto", base / "tree", tree)
    _call(here / "customise", tree)
    _install(tree, package)
    shutil.copy(tree / "boot" / "lab-initrd", folder / "initrd")
    shutil.copy(next((tree / "boot").glob("vmlinuz-*")), folder / "vmlinuz")
    for kept in (tree / "boot").iterdir():
        kept.unlink()
    _call("truncate", "--size", IMAGE_SIZE, folder / "root.ext4")
    _call("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1", "-J", "size=16", "-L", "guest", "-d", tree,
          folder / "root.ext4")  # fmt: skip
    shutil.rmtree(tree)
    _boot_twice(folder)


def _install(tree, package):
    shutil.copy(package, tree / "root" / "guardian.deb")
    # A mount namespace of its own: /proc in the tree goes away with it, whatever happens.
    _call("unshare", "--mount", "--pid", "--fork", "sh", "-c",
          'mount -t proc proc "$1/proc" && exec chroot "$1" dpkg --install /root/guardian.deb', "sh", tree)  # fmt: skip


def _boot_twice(folder):
    """The first boot does things that no later one does, and Guardian is configured then; a second, to save its state."""
    image = Image(folder)
    _call("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "root.ext4", image.clean)
    machine = Guest(folder, image.clean, image.kernel, image.initrd)
    try:
        started = time.monotonic()
        machine.start()
        print(f"the first boot: {time.monotonic() - started:.0f} s", flush=True)
        try:
            machine.prepare(image.disk.path)
        except Exception:
            print(machine.run("journalctl --no-pager --boot | tail -n 60").out, flush=True)
            raise
        machine.shut_down()
        _overlay(image.clean, image.booted)
        machine.image = image.booted
        started = time.monotonic()
        # Later than all that the first boot wrote down.
        machine.start(date="2027-03-10T11:00:00")
        print(f"a boot: {time.monotonic() - started:.0f} s", flush=True)
        machine.must("systemctl is-system-running --wait || true")
        machine.wait_target("absent")
        (folder / "boot.txt").write_text(machine.must("systemd-analyze; systemd-analyze blame"))
        machine.save(BOOTED)
    finally:
        machine.power_cut()


def _overlay(of, path):
    """Without the path's folder where both lie in one, so that the folder can be renamed."""
    beside = pathlib.Path(path).parent == of.parent
    _call("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", of.name if beside else of.resolve(), path)


# ---- small things


def _own_text(*names):
    return [(here / name).read_bytes() for name in names]


def _fingerprint(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:12]


def _call(*command, cwd=None):
    done = subprocess.run([str(c) for c in command], cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL)  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout
