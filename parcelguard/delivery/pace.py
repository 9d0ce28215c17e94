"""How fast one shop's messages may follow each other, and when to try again."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

HARDLY = timedelta(milliseconds=1)
LONGEST_GAP = timedelta(seconds=60)
LONGEST_WAIT_S = 300
LONGEST_PAUSE_S = 30


class Pace:
    """The gap between two messages: doubles on 'too fast', shrinks with each success."""

    def __init__(self, gap: timedelta) -> None:
        self._least = gap
        self._gap = gap
        self.next_at: datetime | None = None

    def allows(self, now: datetime) -> bool:
        """Whether a message may go now; a clock set back must not forbid it for hours."""
        return self.next_at is None or not now < self.next_at <= now + LONGEST_GAP

    @property
    def slowed(self) -> bool:
        """Whether messages still go more slowly than they might."""
        return self._gap > self._least

    def sent(self, now: datetime) -> None:
        """Count a message that went out."""
        self._gap = max(self._least, self._gap * 0.9 - HARDLY)
        self.next_at = now + self._gap

    def too_fast(self, now: datetime) -> None:
        """Slow down."""
        self._gap = min(max(self._gap * 2, timedelta(seconds=1)), LONGEST_GAP)
        self.next_at = now + self._gap


def wait_after(attempts: int) -> timedelta:
    """Return how long a part waits after so many tries: 2, 4, 8 … 300 s, spread at random."""
    longest = min(2.0 ** min(attempts, 9), LONGEST_WAIT_S)
    return timedelta(seconds=random.uniform(longest / 2, longest))  # noqa: S311 - spread, not secrecy


def pause_after(failures: int) -> timedelta:
    """Return how long a shop rests after so many connections failed in a row: 1, 2, 4 … 30 s."""
    return timedelta(seconds=min(2.0 ** (min(failures, 6) - 1), LONGEST_PAUSE_S))
