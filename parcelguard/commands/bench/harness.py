"""One harness for all speed figures: rows of case, ours, floor, ratio and unit.

Machines are noisy, so milliseconds of different runs say little. Each floor is measured in
the same run as what it stands beside, and the ratio is what counts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr

MS = msgid("ms")


class Case:
    """What a figure is of: a message and its values, in English in a report and translated on a terminal."""

    def __init__(self, message: str, **values: object) -> None:
        self._message = message
        self._values = values

    def __str__(self) -> str:
        return self._message.format_map(self._values)

    def shown(self) -> str:
        """Return it in the language in use."""
        return tr(self._message, **self._values)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `floor` is None where there is nothing to compare with. `unit` is a message too."""

    case: Case
    ours: float
    floor: float | None
    unit: str

    @property
    def ratio(self) -> float | None:
        """How many times the floor ours costs."""
        return round(self.ours / self.floor, 2) if self.floor else None


def spread(middle: Case, high: Case, ours: Sequence[float], floor: Sequence[float]) -> list[Row]:
    """Return the rows for median and 95th percentile of some milliseconds."""
    return [
        Row(middle, median(ours), median(floor), MS),
        Row(high, _p95(ours), _p95(floor), MS),
    ]


def run_bench(name: str, report: Path | None) -> int:
    """Run one measurement, print its table, and write it as JSON if asked."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    rows = _measure(name)
    print(table(rows))  # noqa: T201 - a command speaks to its terminal
    if report:
        written = [
            {
                "case": str(row.case),
                "ours": row.ours,
                "floor": row.floor,
                "ratio": row.ratio,
                "unit": row.unit,
            }
            for row in rows
        ]
        report.write_text(json.dumps({"bench": name, "rows": written}, indent=2) + "\n", encoding="utf-8")
    return 0


def _measure(name: str) -> list[Row]:
    # Each is imported alone: what one measures must not pay for what another loads.
    if name == "startup":
        from parcelguard.commands.bench.startup import measure
    elif name == "preview":
        from parcelguard.commands.bench.preview import measure
    elif name == "capture":
        from parcelguard.commands.bench.capture import measure
    else:
        from parcelguard.commands.bench.send import measure
    return measure()


def table(rows: Sequence[Row]) -> str:
    """Return the rows for a terminal."""
    cases = [row.case.shown() for row in rows]
    width = max(len(case) for case in cases)
    head = f"{tr('ours'):>10}{tr('floor'):>10}{tr('ratio'):>8}  {tr('unit')}"
    lines = [f"{tr('case'):<{width}}{head}"]
    for case, row in zip(cases, rows, strict=True):
        floor = f"{row.floor:.1f}" if row.floor is not None else "-"
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else "-"
        lines.append(f"{case:<{width}}{row.ours:>10.1f}{floor:>10}{ratio:>8}  {tr(row.unit)}")
    return "\n".join(lines)


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1]
