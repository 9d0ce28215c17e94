"""How fast one shop's messages may follow each other, and when to try again."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
GROWTH = 1.1  # of the pace, for each minute without a refusal
LONGEST_GAP = timedelta(seconds=60)
SHORTEST_BRAKE = timedelta(milliseconds=250)  # of a shop that keeps no gap of its own
HARDLY = timedelta(milliseconds=100)  # a gap this much longer than it might be is none to speak of
LONGEST_WAIT_S = 300
LONGEST_PAUSE_S = 30
_LONG_RECOVERED = 1000  # minutes


class Pace:
    """The gap between two messages, never shorter than the channel's own.

    A refusal doubles it, so that the pace halves; each quiet minute gives a tenth of the pace back.
    """

    def __init__(self, gap: timedelta) -> None:
        self._least = gap
        self._gap = gap
        self._quiet_since: datetime | None = None  # while it is slower than it might be
        self.next_at: datetime | None = None

    def allows(self, now: datetime) -> bool:
        """Whether a message may go now; a clock set back must not forbid it for hours."""
        return self.next_at is None or not now < self.next_at <= now + LONGEST_GAP

    @property
    def gap(self) -> timedelta:
        """The time from one message to the next, as of the last one."""
        return self._gap

    @property
    def slowed(self) -> bool:
        """Whether messages still go more slowly than they might."""
        return self._gap > self._least

    def sent(self, now: datetime) -> None:
        """Count a message that went out."""
        self._recover(now)
        self.next_at = now + self._gap

    def too_fast(self, now: datetime) -> None:
        """Slow down."""
        self._gap = min(max(self._gap * 2, SHORTEST_BRAKE), LONGEST_GAP)
        self._quiet_since = now
        self.next_at = now + self._gap

    def _recover(self, now: datetime) -> None:
        if self._quiet_since is None:
            return
        if now < self._quiet_since:  # the clock was set back: the minute begins anew
            self._quiet_since = now
        minutes = (now - self._quiet_since) // MINUTE
        # Whole minutes only; what is begun counts for the next time.
        self._quiet_since += minutes * MINUTE
        # Bounded, since a larger power overflows; by then the pace is back anyway.
        self._gap /= GROWTH ** min(minutes, _LONG_RECOVERED)
        if self._gap <= self._least + HARDLY:
            self._gap, self._quiet_since = self._least, None


def wait_after(attempts: int) -> timedelta:
    """Return how long a part waits after so many tries: 2, 4, 8 … 300 s, spread at random."""
    # Spread, so that what failed together does not come back together.
    longest = min(2.0 ** min(attempts, 9), LONGEST_WAIT_S)
    return timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311 - spread, not secrecy


def pause_after(failures: int) -> timedelta:
    """Return how long a shop rests after so many connections failed in a row: 1, 2, 4 … 30 s."""
    return timedelta(seconds=min(2.0 ** (min(failures, 6) - 1), LONGEST_PAUSE_S))
