"""The figures of docs/disk-health.md, by half: what Guardian says of recorded drives of which it is known what became.

health-figures.py FOLDER [GUARDIAN]     (FOLDER holds COHORT.ndjson.xz, as described there)"""

import hashlib
import itertools
import json
import lzma
import pathlib
import statistics
import subprocess
import sys

folder, guardian = pathlib.Path(sys.argv[1]), (sys.argv[2:] or ["guardian"])[0]


def failed_test(record):
    """Of the newest self-test that came to a result, when it failed; empty: it did not."""
    logs = record["report"].get("ata_smart_self_test_log", {})
    for test in logs.get("extended", logs.get("standard", {})).get("table", ()):
        result = test["status"].get("value", 0x10) >> 4
        if result == 0 and "xtended" in test["type"]["string"]:
            return ""
        if 3 <= result <= 8:
            age = (-1 if record["hours"] is None else record["hours"]) - test.get("lifetime_hours", 1 << 20)
            return "self-test of unknown age" if age < 0 else "self-test" if age <= 2160 else "older self-test"
    return ""


def hard(record):
    """All that a warning should come before; one drive may have several."""
    report = record["report"]
    found, status = {failed_test(record)} - {""}, report.get("smart_status", {})
    if any(a.get("when_failed") == "now" and a["flags"]["prefailure"] and a["id"] not in (190, 194)
           for a in report.get("ata_smart_attributes", {}).get("table", ())):
        found.add("status or pre-fail")
    elif status.get("passed") is False:
        found.add("heat" if status.get("nvme", {}).get("value") == 2 else "status or pre-fail")
    return found


def drives_of(cohort):
    """For each drive its reports in order, each with the verdict as "said"."""
    with lzma.open(folder / f"{cohort}.ndjson.xz", "rt", encoding="utf-8") as lines:
        reports = sorted(map(json.loads, lines), key=lambda r: (r["drive"], r["kind"], r["seq"]))
    asked = "".join(json.dumps({k: r[k] for k in ("drive", "kind", "seq", "hours", "report")}) + "\n" for r in reports)
    told = subprocess.run([guardian, "smart", "assess", "--ndjson", "-"], input=asked, capture_output=True, text=True)
    for report, answer in zip(reports, told.stdout.splitlines(), strict=True):
        report["said"] = json.loads(answer)["verdict"]
    return [list(of_one) for _, of_one in itertools.groupby(reports, lambda r: (r["drive"], r["kind"]))]


def show(what, drives, *questions):
    """The share of drives for which each question holds: of all, of those for tuning, of those for checking."""
    tuning = [hashlib.sha256(("half:" + d[0]["drive"]).encode()).digest()[0] < 128 for d in drives]
    cells = []
    for halves in ((True, False), (True,), (False,)):
        part = [d for d, t in zip(drives, tuning) if t in halves]
        shares = (f"{100 * sum(map(ask, part)) / max(1, len(part)):.2f}" for ask in questions)
        cells.append("; ".join(shares) + f" of {len(part)}")
    print("| " + " | ".join([what, *cells]) + " |")


def flagged(reports):
    return any(r["said"] in ("watch", "failing") for r in reports)


print("| | all | for tuning | for checking |\n|---|---|---|---|")
failing, first = lambda d: d[0]["said"] == "failing", lambda d: flagged(d[:1])
early = lambda d: list(itertools.takewhile(lambda r: not hard(r), d))
clean, lines, later, now = map(drives_of, ("outcome-clean", "timelines-clean", "later-hard", "currently-hard"))
for kind, origin in itertools.product(("hdd", "ssd", "nvme"), ("", "server", "desktop", "bsd")):
    show(f"clean {kind} {origin}: failing; any flag",
         [d for d in clean if d[0]["kind"] == kind and origin in ("", d[0]["source"])], failing, first)
for kind in ("hdd", "ssd", "nvme"):
    show(f"clean {kind}: flagged after the first report", [d for d in lines if d[0]["kind"] == kind],
         lambda d: flagged(d) and not first(d))
    some = [d for d in later if d[0]["kind"] == kind and 0 < len(early(d)) < len(d)]
    show(f"{kind} that failed later: flagged at the first report; at any before", some, first, lambda d: flagged(early(d)))
    lead = [d[len(early(d))]["hours"] - next(r["hours"] for r in d if flagged([r])) for d in some if flagged(early(d))]
    print(f"| … median lead, hours of operation | {statistics.median(lead) if lead else '-'} | | |")
for kind, why in itertools.product(("hdd", "ssd", "nvme"), ("status or pre-fail", "self-test", "older self-test",
                                                            "self-test of unknown age", "heat")):
    show(f"{kind}, hard now by {why}: failing; any flag",
         [d for d in now if d[0]["kind"] == kind and why in hard(d[0])], failing, first)
show("healthy with quirks: failing; any flag", drives_of("quirk-healthy"), failing, first)
