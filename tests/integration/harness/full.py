"""Filesystems without room."""

from harness import command


def fill(folder, room):
    """The folder's filesystem becomes one without room, with what was in the folder."""
    aside = folder.parent / "aside"
    command.check(["cp", "-a", folder, aside])
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    command.check(["mount", "-t", "tmpfs", "-o", f"size={size + room}", "tmpfs", folder])
    command.check(["cp", "-a", f"{aside}/.", folder])
    try:
        with open(folder / "filler", "wb", buffering=0) as f:
            while True:
                f.write(b"x" * 4096)
    except OSError:
        pass
