"""A disk that can be plugged in and pulled: an image file with ext4 on it, and a loop device. To the kernel and
udev it is a disk like any other."""

import contextlib
import ctypes
import fcntl
import hashlib
import os
import shutil
import struct
import tempfile
import uuid
from pathlib import Path

from . import command, config, mounts, waiting

SIZE = 1024 * 1024 * 1024  # sparse; Borg wants half a gigabyte free before it prunes
BLOCK = 4096
LOOP_SET_STATUS64, LOOP_GET_STATUS64 = 0x4C04, 0x4C05
LOOP_INFO64 = struct.Struct("=QQQQQIIII64s64s32sQQ")
SIZE_LIMIT = 4  # its field in loop_info64
# linux/blkpg.h
BLKPG, ADD_PARTITION, DELETE_PARTITION = 0x1269, 1, 2
BLKPG_PARTITION = struct.Struct("@qqi64s64s4x")
BLKPG_ARGUMENT = struct.Struct("@iiiP")


class Disk:
    """One disk image. `loop` is its device while it is plugged in."""

    def __init__(self, image, identity):
        self.image, self.uuid, self.loop = Path(image), identity, None

    @classmethod
    def make(cls, image, size=SIZE, identity=None):
        """An empty filesystem with a UUID of its own."""
        identity = identity or str(uuid.uuid4())
        with open(image, "wb") as f:
            f.truncate(size)
        # metadata_csum would tie every checksum to the UUID, which copies of the image change.
        command.check(["mkfs.ext4", "-q", "-F", "-m", "0", "-N", "2000", "-J", "size=4", "-O", "^metadata_csum", "-U",
                       identity, image])
        return cls(image, identity)

    def copy(self, image, identity=None):
        """A copy with another UUID, or with the same: a clone."""
        command.check(["cp", "--sparse=always", self.image, image])
        if identity != self.uuid:
            identity = identity or str(uuid.uuid4())
            command.check(["tune2fs", "-U", identity, image])
        return Disk(image, identity)

    def plug_in(self):
        assert self.loop is None
        self.loop = command.check(["losetup", "--find", "--show", self.image]).out.strip()
        return self.loop

    def unplug(self):
        """Of a disk that is mounted nowhere."""
        loop, self.loop = self.loop, None
        if loop is None:
            return
        command.run(["losetup", "--detach", loop])
        backing = Path("/sys/block") / Path(loop).name / "loop/backing_file"
        # udevd may be looking at it: the kernel lets go when it is done. Another test may have taken it since.
        waiting.until(f"{loop} is detached", lambda: not is_backed_by(backing, self.image))

    def die(self):
        """What a pulled disk looks like: from here on every read and write fails, and udev sees no filesystem, nor any
        medium. The image keeps what was written."""
        fd = os.open(self.loop, os.O_RDWR)
        try:
            fields = list(LOOP_INFO64.unpack(fcntl.ioctl(fd, LOOP_GET_STATUS64, bytes(LOOP_INFO64.size))))
            fields[SIZE_LIMIT] = 1  # bytes: not a single sector
            fcntl.ioctl(fd, LOOP_SET_STATUS64, LOOP_INFO64.pack(*fields))
        finally:
            os.close(fd)

    def fail(self):
        """It is plugged in and as large as it was, and from here on every read fails. It must not be mounted."""
        command.check(["cp", "--sparse=always", self.image, self.image.with_suffix(".whole")])
        os.truncate(self.image, 0)
        self.announce()

    def mend(self):
        """After fail(), when it was unplugged."""
        os.replace(self.image.with_suffix(".whole"), self.image)

    def fail_to_read(self):
        """One read of the device fails, as of a bad sector: the kernel says so. Later ones do not."""
        size = self.image.stat().st_size
        os.truncate(self.image, size - 1024 * 1024)
        read = command.run(["dd", f"if={self.loop}", "of=/dev/null", f"bs={BLOCK}", f"skip={size // BLOCK - 16}", "count=1",
                            "iflag=direct"])
        os.truncate(self.image, size)
        assert read.code != 0, read

    def add_partition(self, number, start, length):
        """In the kernel alone, without a table on the disk. Bytes."""
        self._change_partitions(ADD_PARTITION, number, start, length)

    def delete_partition(self, number):
        with contextlib.suppress(OSError):
            self._change_partitions(DELETE_PARTITION, number, 0, 0)

    def _change_partitions(self, operation, number, start, length):
        partition = ctypes.create_string_buffer(BLKPG_PARTITION.pack(start, length, number, b"", b""))
        argument = BLKPG_ARGUMENT.pack(operation, 0, len(partition) - 1, ctypes.addressof(partition))
        fd = os.open(self.loop, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, BLKPG, argument)
        finally:
            os.close(fd)

    def announce(self):
        """udev looks at the disk anew."""
        command.check(["udevadm", "trigger", "--action=change", "--settle", self.loop])

    def checksum(self):
        """Of everything that was ever written to it."""
        digest = hashlib.sha256()
        with open(self.image, "rb") as f:
            os.fsync(f.fileno())
            for start, end in written_parts(f.fileno()):
                for at in range(start - start % BLOCK, end, BLOCK):
                    f.seek(at)
                    block = f.read(BLOCK)
                    if block.strip(b"\0"):
                        digest.update(f"{at} ".encode() + block)
        return digest.hexdigest()

    def write_at(self, offset, data):
        """Damages the image; only while it is not plugged in."""
        assert self.loop is None
        with open(self.image, "r+b") as f:
            f.seek(offset)
            f.write(data)

    def debugfs(self, *requests):
        """Changes files on it without mounting it; only while it is not plugged in."""
        assert self.loop is None
        command.check(["debugfs", "-w", "-f", "/dev/stdin", self.image], stdin=as_file("\n".join(requests) + "\n"))


def as_file(text):
    f = tempfile.TemporaryFile()
    f.write(text.encode())
    f.seek(0)
    return f


def written_parts(fd):
    end = 0
    while True:
        try:
            start = os.lseek(fd, end, os.SEEK_DATA)
        except OSError:  # no data any more
            return
        end = os.lseek(fd, start, os.SEEK_HOLE)
        yield start, end


def is_backed_by(backing, image):
    try:
        return backing.read_text().strip() == str(image)
    except OSError:
        return False


class Template:
    """An initialised disk with one repository, and the pins that know it."""

    def __init__(self, folder):
        self.disk = Disk(folder / "disk.img", (folder / "uuid").read_text())
        self.pins = folder / "pins.json"

    @classmethod
    def get(cls):
        """Made once for each build of the programs, where there is a folder to keep it in."""
        cache = Path(os.environ.get("GUARDIAN_TEST_CACHE") or tempfile.mkdtemp(prefix="guardian-it-"))
        stat = config.program("guardian").stat()
        folder = cache / f"template-{stat.st_mtime_ns}-{stat.st_size}"
        with open(cache / "template.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                for old in cache.glob("template-*"):
                    shutil.rmtree(old, ignore_errors=True)
                cls.make(folder)
        return cls(folder)

    @staticmethod
    def make(folder):
        work = Path(tempfile.mkdtemp(prefix="guardian-it-"))
        disk = Disk.make(work / "disk.img")
        file = config.File(work, disk.uuid)
        file.write()
        try:
            disk.plug_in()
            waiting.until("udev knows the disk", lambda: os.path.exists(f"/dev/disk/by-uuid/{disk.uuid}"))
            command.check([config.program("guardian"), "--config", file.path, "init", "usb"])
        finally:
            mounts.unmount_all_below(work)
            disk.unplug()
        (work / "uuid").write_text(disk.uuid)
        shutil.copy(file.state_dir / "pins.json", work / "pins.json")
        shutil.move(work, folder)
