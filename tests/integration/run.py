"""Runs one file of tests under pytest, or says why it cannot and ends with 77 (ctest: skipped).

    GUARDIAN_BIN=build/bin python3 tests/integration/run.py test_plug_in.py [further arguments of pytest]
"""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

SKIPPED = 77
HERE = Path(__file__).resolve().parent
TOOLS = ("losetup", "mkfs.ext4", "tune2fs", "debugfs", "udevadm", "borg", "setpriv", "unshare", "findmnt")


def obstacle():
    """Why the tests cannot run here; empty: they can."""
    if os.geteuid() != 0:
        return "they need root"
    if importlib.util.find_spec("pytest") is None:
        return "pytest is not there (apt-get install python3-pytest)"
    if not os.path.exists("/dev/loop-control"):
        return "this machine has no loop devices"
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [tool for tool in TOOLS if shutil.which(tool, path=path) is None]
    if missing:
        return "not installed: " + ", ".join(missing)
    programs = Path(os.environ.get("GUARDIAN_BIN", ""))
    if not (programs / "guardian").exists() or not (programs / "guardiand").exists():
        return "GUARDIAN_BIN does not name the folder with guardian and guardiand"
    return ""


def main(arguments):
    why = obstacle()
    if why:
        print("skipped: " + why)
        return SKIPPED
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(HERE))
    import pytest

    files = [str(HERE / a) if a.startswith("test_") else a for a in arguments]
    return pytest.main(["-p", "no:cacheprovider", "--rootdir", str(HERE), "-q", "-rxXs", "--durations=3", *files])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
