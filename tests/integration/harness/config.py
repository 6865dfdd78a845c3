"""guardian.toml for a test: one disk target `usb`, one job `files`, one plan `files-usb`, and whatever the test
changes of it."""

import json
import os
from pathlib import Path


def program(name):
    return Path(os.environ["GUARDIAN_BIN"]).resolve() / name


def toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(str(value) if isinstance(value, Path) else value)


class File:
    """The sections as dictionaries, to be changed before write()."""

    def __init__(self, folder, uuid):
        self.path = folder / "guardian.toml"
        self.state_dir, self.runtime_dir = folder / "state", folder / "run"
        self.mount, self.source = folder / "mnt", folder / "source"
        self.guardian = {"name": "tester", "state_dir": self.state_dir, "runtime_dir": self.runtime_dir}
        self.targets = {"usb": {"type": "disk", "uuid": uuid, "mount": self.mount}}
        self.jobs = {"files": {"type": "system", "paths": [str(self.source)]}}
        self.plans = {"files-usb": self.plan()}

    @staticmethod
    def plan(**changes):
        """A plan that has a slot behind it and the next one days away."""
        plan = {"job": "files", "target": "usb", "repository": "repo", "schedule": "weekly", "min_free": 1000}
        plan.update(changes)
        return plan

    def write(self):
        parts = [self.section("guardian", self.guardian)]
        for kind, sections in (("target", self.targets), ("job", self.jobs), ("plan", self.plans)):
            parts += [self.section(f"{kind}.{name}", values) for name, values in sections.items()]
        self.path.write_text("\n".join(parts))

    @staticmethod
    def section(name, values):
        return f"[{name}]\n" + "".join(f"{k} = {toml(v)}\n" for k, v in values.items())
