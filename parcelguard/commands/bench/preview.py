"""The live picture at 30 frames a second, beside bare decode, resize and paint.

The floor is one process that does just that on a timer, with the same JPEGs and the same size on
the screen. Ours is the real window with its camera process. Both run for the same time, in
turn; CPU counts every process involved.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

from parcelguard.commands.bench.harness import MS, Case, Row
from parcelguard.core.message_id import msgid

ROUNDS = 2
OF_A_CORE = msgid("% of a core")
PER_SECOND = msgid("per second")


def measure() -> list[Row]:
    """Run the floor, ours with the reader resting, and ours with the reader looking for codes."""
    with tempfile.TemporaryDirectory(prefix="parcelguard-bench-") as home:
        runs = {
            which: [_run(which, home) for _ in range(ROUNDS)] for which in ("floor", "resting", "reading")
        }
    mean = {
        which: {key: sum(run[key] for run in some) / len(some) for key in some[0]}
        for which, some in runs.items()
    }
    floor, resting, reading = mean["floor"], mean["resting"], mean["reading"]
    late = "late_p99_ms"
    return [
        Row(Case(msgid("CPU, picture only")), resting["cpu"], floor["cpu"], OF_A_CORE),
        Row(Case(msgid("CPU, reading codes as well")), reading["cpu"], floor["cpu"], OF_A_CORE),
        Row(Case(msgid("frames shown")), resting["fps"], floor["fps"], PER_SECOND),
        Row(Case(msgid("frames shown, reading codes")), reading["fps"], floor["fps"], PER_SECOND),
        Row(Case(msgid("event loop late, p99")), resting[late], floor[late], MS),
        Row(
            Case(msgid("event loop late, p99, reading")),
            reading[late],
            floor[late],
            MS,
        ),
    ]


def _run(which: str, home: str) -> dict[str, float]:
    command = [sys.executable, "-m", "parcelguard.commands.bench.picture", which, home]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return dict(json.loads(done.stdout.splitlines()[-1]))
