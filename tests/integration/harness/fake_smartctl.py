"""A stand-in for smartctl: it says what the test lays down beside it, and notes each call."""

import json
from pathlib import Path

PROGRAM = """#!/usr/bin/python3
import pathlib, sys, time
here = pathlib.Path({folder!r})
with open(here / "calls", "a") as f:
    f.write(" ".join(sys.argv[1:]) + "\\n")
if (here / "hang").exists():
    time.sleep(3600)
if "-t" in sys.argv and (here / "begins-tests").exists():
    print('{{"smartctl": {{"exit_status": 0, "output": ["Testing has begun."]}}}}')
    sys.exit(0)
if (here / "before.py").exists():
    exec((here / "before.py").read_text())
sys.stdout.write((here / "answer").read_text())
sys.exit(int((here / "exit").read_text()))
"""


def attribute(number, name, raw, value=100, thresh=0, prefail=False, failed=""):
    return {"id": number, "name": name, "value": value, "worst": value, "thresh": thresh, "when_failed": failed,
            "flags": {"prefailure": prefail}, "raw": {"value": raw, "string": str(raw)}}


def report(serial="WD-1", passed=True, pending=0, reallocated=0, crc=0, hours=9000, test=None, **more):
    """A hard disk's, as smartctl --json writes it."""
    return {"smartctl": {"version": [7, 3], "exit_status": 0}, "device": {"type": "sat", "protocol": "ATA"},
            "model_name": "WDC WD40EFRX", "serial_number": serial, "rotation_rate": 5400,
            "user_capacity": {"bytes": 4000787030016}, "smart_status": {"passed": passed},
            "power_on_time": {"hours": hours}, "temperature": {"current": 34},
            "ata_smart_attributes": {"table": [
                attribute(5, "Reallocated_Sector_Ct", reallocated, thresh=140, prefail=True),
                attribute(9, "Power_On_Hours", hours),
                attribute(194, "Temperature_Celsius", 34),
                attribute(197, "Current_Pending_Sector", pending),
                attribute(199, "UDMA_CRC_Error_Count", crc)]},
            "ata_smart_data": {"self_test": {"status": test or {"value": 0, "passed": True}}}, **more}


ASLEEP = {"smartctl": {"exit_status": 3, "messages": [
    {"string": "Device is in STANDBY mode, exit(3)", "severity": "information"}]}}


class Smartctl:
    def __init__(self, folder):
        self.folder = Path(folder) / "smartctl"
        self.folder.mkdir()
        self.program = self.folder / "smartctl"
        self.program.write_text(PROGRAM.format(folder=str(self.folder)))
        self.program.chmod(0o755)
        self.says(report())

    def says(self, answer, exit_status=0):
        text = answer if isinstance(answer, str) else json.dumps(answer)
        for name, content in (("answer", text), ("exit", str(exit_status))):
            aside = self.folder / (name + ".new")
            aside.write_text(content)
            aside.rename(self.folder / name)

    def hangs(self, yes=True):
        (self.folder / "hang").touch() if yes else (self.folder / "hang").unlink()

    def before_it_answers(self, code):
        """Python, which knows the folder as `here`."""
        (self.folder / "before.py").write_text(code)

    def says_of(self, answers):
        """Another answer for each node."""
        told = {node: json.dumps(answer) for node, answer in answers.items()}
        self.before_it_answers(f"""
for node, answer in {told!r}.items():
    if node in sys.argv:
        sys.stdout.write(answer)
        sys.exit(0)
""")

    def once_mounted(self, mount, answer, exit_status=0, before=(None, 0)):
        """Another answer while something is mounted there; `before`: the one until then, the present one if there is none."""
        if before[0] is not None:
            self.says(*before)
        text = answer if isinstance(answer, str) else json.dumps(answer)
        self.before_it_answers(f"""
if {str(mount)!r} in open("/proc/mounts").read():
    sys.stdout.write({text!r})
    sys.exit({exit_status})
""")

    def begins_tests(self):
        (self.folder / "begins-tests").touch()

    def calls(self):
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []
