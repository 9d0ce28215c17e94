"""Notices that the computer slept, and that somebody set its clock."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from parcelguard.core.alerts import Alert, Alerts, Severity

log = logging.getLogger(__name__)

WORTH_TELLING = timedelta(minutes=2)


def real_seconds() -> float:
    """Return seconds that go on while the computer sleeps, and that nobody can set."""
    # On Linux and macOS the usual steady clock stands still in sleep.
    name = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC_RAW"}.get(sys.platform, "")
    return time.clock_gettime(getattr(time, name)) if hasattr(time, name) else time.monotonic()


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


class ClockAlerts:
    """Tells the station when it slept or its clock was set; `woke` is told too, to look for work at once."""

    def __init__(self, watch: ClockWatch, alerts: Alerts, woke: Callable[[], None]) -> None:
        self._watch = watch
        self._alerts = alerts
        self._woke = woke
        self._rounds_left = 0

    def look(self) -> None:
        """Look once; what was told stands for a few minutes of looking."""
        passed = self._watch.look()
        if passed.away:
            log.warning("nothing ran for %s", passed.away)
            self._show(
                "asleep", f"Back after {_in_words(passed.away)}.", "Nothing is lost; what waits goes out."
            )
            self._woke()
        if passed.set_ahead:
            log.warning("the clock was set by %s", passed.set_ahead)
            how = "ahead" if passed.set_ahead > timedelta(0) else "back"
            by = _in_words(abs(passed.set_ahead))
            self._show(
                "clock set", f"This computer’s clock was set {how} by {by}.", "Check that it is right."
            )
        if not (passed.away or passed.set_ahead) and self._rounds_left:
            self._rounds_left -= 1
            if not self._rounds_left:
                self._alerts.withdraw("asleep")
                self._alerts.withdraw("clock set")

    def _show(self, kind: str, headline: str, advice: str) -> None:
        self._rounds_left = ROUNDS_TOLD
        self._alerts.show(Alert(kind, Severity.NOTE, headline, advice))


ROUNDS_TOLD = 10


def _in_words(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} minutes"
    hours = round(minutes / 60)
    return f"{hours} hours" if hours < 48 else f"{round(hours / 24)} days"
