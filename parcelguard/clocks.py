"""Notices that the computer slept, and that somebody set its clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

WORTH_TELLING = timedelta(minutes=2)


def real_seconds() -> float:
    """Return seconds that go on while the computer sleeps, and that nobody can set."""
    if hasattr(time, "CLOCK_BOOTTIME"):  # Linux, where the usual steady clock stands still in sleep
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class Passed:
    """What happened between two looks: for how long nothing ran, and by how much the clock was set ahead."""

    away: timedelta = timedelta(0)
    set_ahead: timedelta = timedelta(0)


class ClockWatch:
    """Compares the wall clock with a steady one; `look` wants to be called every half minute or so."""

    def __init__(self, now: Callable[[], datetime], steady_s: Callable[[], float] = real_seconds) -> None:
        self._now = now
        self._steady_s = steady_s
        self._last = now(), steady_s()

    def look(self) -> Passed:
        """Return what is worth telling since the last look."""
        wall, steady_s = self._last
        self._last = self._now(), self._steady_s()
        passed = timedelta(seconds=self._last[1] - steady_s)
        ahead = self._last[0] - wall - passed
        return Passed(
            away=passed if passed >= WORTH_TELLING else timedelta(0),
            set_ahead=ahead if abs(ahead) >= WORTH_TELLING else timedelta(0),
        )
