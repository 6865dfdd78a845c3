"""The mount table, and taking mounts away."""

from . import command, waiting


def points():
    """Every mount point, in the order of mounting."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as f:
        return [unescape(line.split()[4]) for line in f]


def unescape(text):
    for code in ("040", "011", "012", "134"):
        text = text.replace("\\" + code, chr(int(code, 8)))
    return text


def is_mounted(point):
    return str(point) in points()


def mount(source, point, *options):
    point.mkdir(exist_ok=True)
    command.check(["mount", *options, source, point])


def unmount(point):
    command.check(["umount", point])


def unmount_all_below(folder):
    """For the end of a test: newest first, detached where it cannot be unmounted."""
    prefix = str(folder) + "/"

    def none_left():
        mine = [p for p in points() if p.startswith(prefix)]
        for point in reversed(mine):
            if command.run(["umount", point]).code != 0:
                command.run(["umount", "--lazy", point])
        return not mine

    waiting.until(f"nothing is mounted below {folder}", none_left)
