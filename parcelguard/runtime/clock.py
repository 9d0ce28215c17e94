"""Notices that the computer slept, and that somebody set its clock."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from parcelguard.core.alerts import Alert, AlertKey, Alerts, AlertTopic, Severity
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason

log = logging.getLogger(__name__)

WORTH_TELLING = timedelta(minutes=2)
ROUNDS_TOLD = 10  # five minutes of housekeeping's rounds
ASLEEP = AlertKey(AlertTopic.ASLEEP)
CLOCK_SET = AlertKey(AlertTopic.CLOCK_SET)


def real_seconds() -> float:
    """Return seconds that go on while the computer sleeps, and that nobody can set."""
    # On Linux and macOS the usual steady clock stands still in sleep.
    name = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC_RAW"}.get(sys.platform, "")
    return time.clock_gettime(getattr(time, name)) if hasattr(time, name) else time.monotonic()


@dataclass(frozen=True, slots=True)
class Passed:
    """For how long nothing ran since the last comparison, and by how much the clock was set ahead."""

    away: timedelta = timedelta(0)
    set_ahead: timedelta = timedelta(0)


class ClockComparison:
    """Compares the wall clock with a steady one; `compare` wants to be called every half minute or so."""

    def __init__(self, now: Callable[[], datetime], steady_s: Callable[[], float] = real_seconds) -> None:
        self._now = now
        self._steady_s = steady_s
        self._last = now(), steady_s()

    def compare(self) -> Passed:
        """Return what is worth telling since the last comparison."""
        wall, steady_s = self._last
        self._last = self._now(), self._steady_s()
        passed = timedelta(seconds=self._last[1] - steady_s)
        # What the wall clock went beyond the steady one was set by somebody; sleep makes both go on.
        ahead = self._last[0] - wall - passed
        return Passed(
            away=passed if passed >= WORTH_TELLING else timedelta(0),
            set_ahead=ahead if abs(ahead) >= WORTH_TELLING else timedelta(0),
        )


class ClockAlerts:
    """Tells the station when it slept or its clock was set; `woke` is told too, to look for work at once."""

    def __init__(self, comparison: ClockComparison, alerts: Alerts, woke: Callable[[], None]) -> None:
        self._comparison = comparison
        self._alerts = alerts
        self._woke = woke
        self._rounds_left = 0

    def check_clock(self) -> None:
        """Compare once; an alert stands for a few minutes of comparing."""
        passed = self._comparison.compare()
        if passed.away:
            log.warning("nothing ran for %s", passed.away)
            self._raise(ASLEEP, StorageReason.ASLEEP, passed.away)
            # After sleep much is due at once, and a timer that stood still in the night would come to it
            # late.
            self._woke()
        if passed.set_ahead:
            log.warning("the clock was set by %s", passed.set_ahead)
            ahead = passed.set_ahead > timedelta(0)
            kind = StorageReason.CLOCK_SET_AHEAD if ahead else StorageReason.CLOCK_SET_BACK
            self._raise(CLOCK_SET, kind, abs(passed.set_ahead))
        if not (passed.away or passed.set_ahead) and self._rounds_left:
            self._rounds_left -= 1
            if not self._rounds_left:
                self._alerts.withdraw(ASLEEP)
                self._alerts.withdraw(CLOCK_SET)

    def _raise(self, key: AlertKey, kind: StorageReason, span: timedelta) -> None:
        self._rounds_left = ROUNDS_TOLD
        reason = because(kind, minutes=round(span.total_seconds() / 60))
        self._alerts.raise_alert(Alert(key, Severity.NOTE, reason))
