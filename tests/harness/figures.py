"""What the harnesses counted, one JSON line each, and their sum in one line for people.

Tests call `note`; it writes only where PARCELGUARD_FIGURES names a file. Run as a script with that file,
this prints the sum: "4 channels · 200 kills · 65 crash points · 0 lost · 0 doubled · 0 false sent".
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path

ALWAYS = ("lost", "doubled", "false_sent")


def note(harness: str, channel: str = "", **counts: int) -> None:
    """Add one test's counts; a control that was meant to break things notes nothing."""
    if file := os.environ.get("PARCELGUARD_FIGURES"):
        line = json.dumps({"harness": harness, "channel": channel, "counts": counts})
        with Path(file).open("a", encoding="utf-8") as figures:
            figures.write(f"{line}\n")


def summed(file: Path) -> str:
    """Return the sum of all lines in words; what must be nothing is always named, and comes last."""
    total: Counter[str] = Counter()
    notes = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for each in notes:
        total.update(each["counts"])
    channels = len({each["channel"] for each in notes if each["channel"]})
    worked = {"channels": channels, **{name: total[name] for name in total if name not in ALWAYS}}
    must_be_nothing = {name: total[name] for name in ALWAYS}
    return " · ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in {**worked, **must_be_nothing}.items())


if __name__ == "__main__":
    sys.stdout.write(f"{summed(Path(sys.argv[1]))}\n")
