"""tools/lab calls this: builds the image, runs the scenarios two at a time, says which passed."""

import argparse
import concurrent.futures
import importlib
import inspect
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import compare
import image as images
from lab import Lab
from machine import KERNEL_LINE, qemu

MACHINES_AT_ONCE = 2
# One of each kind, for every change: together some minutes.
SHORT = ["boot_absent_then_plug", "pull_in_create", "timers_masked", "twin_uuid", "setup_and_doctor",
         "package_removed_and_purged"]  # fmt: skip


def scenarios():
    """Name -> function: all public functions in scenarios/ that take a lab."""
    found = {}
    for file in sorted(pathlib.Path(__file__).with_name("scenarios").glob("*.py")):
        module = importlib.import_module("scenarios." + file.stem)
        for name, function in vars(module).items():
            if inspect.isfunction(function) and not name.startswith("_") and function.__module__ == module.__name__:
                assert function.__doc__, f"{name} does not say what it proves"
                found[name] = function
    return found


def in_a_new_lab(image, work):
    with tempfile.TemporaryDirectory(prefix="machine-", dir=images.cache()) as folder:
        lab = Lab(image, pathlib.Path(folder, "lab"))
        try:
            return work(lab)
        finally:
            lab.close()


def run_one(name, function, image, failures):
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="machine-", dir=images.cache()) as folder:
        lab = Lab(image, pathlib.Path(folder, "lab"))
        said = None
        try:
            function(lab)
        except Exception:
            said = traceback.format_exc()
            lab.keep_for_reading(failures / name, said)
        finally:
            lab.close()
    if said is None:
        shutil.rmtree(failures / name, ignore_errors=True)
    return name, time.monotonic() - started, said


def run_all(chosen, image, at_once):
    failures = images.top / "build" / "lab" / "failures"
    failures.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        futures = [pool.submit(run_one, name, function, image, failures) for name, function in chosen.items()]
        for future in concurrent.futures.as_completed(futures):
            name, seconds, said = future.result()
            passed, failed = passed + (said is None), failed + (said is not None)
            print(f"{'passed' if said is None else 'FAILED'}  {name}  {seconds:.0f} s", flush=True)
            if said:
                print(f"        {said.strip().splitlines()[-1]}\n        see {failures / name}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed == 0


def shell(image):
    """On the serial console; leave with `poweroff`, or Ctrl-a x. Nothing that is done there is kept."""
    with tempfile.TemporaryDirectory(prefix="machine-", dir=images.cache()) as folder:
        image.copy_clean(f"{folder}/root.qcow2")
        disk = image.disk.copy(f"{folder}/usb.img")
        line = KERNEL_LINE + " systemd.wants=serial-getty@ttyS0.service"
        print(f"A disk that is a target: {disk.path}. Ctrl-a c is QEMU's monitor; there, it is plugged in with\n"
              "  device_add usb-storage,id=usb,drive=usb,bus=usb-bus.0\nand pulled with\n  device_del usb")  # fmt: skip
        subprocess.run([*qemu(2), "-kernel", image.kernel, "-initrd", image.initrd, "-append", line,
                        "-drive", f"file={folder}/root.qcow2,if=none,id=root,format=qcow2",
                        "-device", "virtio-blk-pci,drive=root", "-device", "qemu-xhci,id=usb-bus",
                        "-blockdev", f"raw,node-name=usb,file.driver=file,file.filename={disk.path}",
                        "-serial", "mon:stdio"])  # fmt: skip


def package():
    """The .deb: GUARDIAN_LAB_DEB, or what tools/package makes now."""
    if given := os.environ.get("GUARDIAN_LAB_DEB"):
        return pathlib.Path(given).resolve()
    done = subprocess.run([images.top / "tools" / "package"], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit("lab: tools/package does not make a package; see its words above")
    return (images.top / done.stdout.strip().splitlines()[-1]).resolve()


def choose(names, short):
    known = scenarios()
    names = names or (SHORT if short else [])
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"lab: there is no scenario {', '.join(unknown)}; --list has their names")
    return {name: known[name] for name in names} if names else known


def main():
    parser = argparse.ArgumentParser(prog="tools/lab", description="Guardian on whole machines, in emulation.")
    parser.add_argument("verb", choices=["build", "test", "shell", "compare"])
    parser.add_argument("names", nargs="*", metavar="NAME", help="scenarios; all if none is named")
    parser.add_argument("--list", action="store_true", help="only say which scenarios there are")
    parser.add_argument("--times", type=int, default=3, metavar="N", help="repetitions of a measurement, for compare")
    parser.add_argument("--short", action="store_true", help="one scenario of each kind")
    parser.add_argument("--at-once", type=int, default=MACHINES_AT_ONCE, metavar="N", help="machines at the same time")
    arguments = parser.parse_intermixed_args()
    chosen = choose(arguments.names, arguments.short)
    if arguments.list:
        for name, function in chosen.items():
            print(f"{name}\n    {' '.join(function.__doc__.split())}")
        return 0
    image = images.build(package())
    if arguments.verb == "shell":
        shell(image)
    if arguments.verb == "compare":
        compare.print_table(lambda work: in_a_new_lab(image, work), repetitions=arguments.times)
    return 0 if arguments.verb != "test" or run_all(chosen, image, arguments.at_once) else 1


if __name__ == "__main__":
    sys.exit(main())
