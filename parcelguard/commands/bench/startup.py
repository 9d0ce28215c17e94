"""Time to the first paint, beside a window made of Qt alone. Fresh processes, in turn."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from parcelguard.commands.bench import UNTIL_PAINTED
from parcelguard.commands.bench.harness import Case, Row, spread
from parcelguard.core.message_id import msgid

RUNS = 15
SETTINGS = '[bench]\nstation = "Bench 07"\n'
FLOOR = "parcelguard.commands.bench.first_paint"


def measure() -> list[Row]:
    """Start both some times, after one start each to warm the disk's cache."""
    with tempfile.TemporaryDirectory(prefix="parcelguard-bench-") as home:
        (Path(home) / "settings.toml").write_text(SETTINGS, encoding="utf-8")
        ours, floor = [], []
        for run in range(RUNS + 1):
            took = _start("parcelguard", home), _start(FLOOR, home)
            if run:
                ours.append(took[0])
                floor.append(took[1])
        middle, high = Case(msgid("first paint, median")), Case(msgid("first paint, p95"))
        return spread(middle, high, ours, floor)


def _start(module: str, home: str) -> float:
    """Return the milliseconds from starting the interpreter to the first paint."""
    command = [sys.executable, "-m", module]
    begun = perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_surroundings(home)) as process:  # noqa: S603
        assert process.stdout
        line = process.stdout.readline()
        took = (perf_counter() - begun) * 1000
    if line.strip() != "painted":
        raise RuntimeError(f"{module} did not paint")
    return took


def _surroundings(home: str) -> dict[str, str]:
    """Let Python keep its bytecode, as an installed program does; the first start writes it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PARCELGUARD_HOME": home, UNTIL_PAINTED: "1"}
