#!/usr/bin/env python3
"""smart-corpus.py FOLDER OUT: single reports out of files of many, to begin fuzzing with.

Reads every *.ndjson and *.ndjson.xz of FOLDER, one JSON object a line (the report itself, or an object that has
it as its member "report"), and writes some of each as OUT/NAME-NUMBER.json. Other files of FOLDER are left alone.
"""
import json
import lzma
import pathlib
import sys

PER_FILE = 50


def lines_of(path):
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        yield from file


def write_some(path, out):
    lines = list(lines_of(path))
    step = max(1, len(lines) // PER_FILE)
    for number, line in enumerate(lines[::step][:PER_FILE]):
        report = json.loads(line)
        report = report.get("report", report)
        name = f"{path.name.split('.')[0]}-{number}.json"
        (out / name).write_text(json.dumps(report, separators=(",", ":")), encoding="utf-8")


def main(argv):
    if len(argv) != 3:
        sys.exit(__doc__)
    folder, out = map(pathlib.Path, argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.iterdir()):
        if path.name.endswith((".ndjson", ".ndjson.xz")):
            write_some(path, out)


if __name__ == "__main__":
    main(sys.argv)
