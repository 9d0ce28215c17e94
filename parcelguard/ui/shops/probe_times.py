"""When a marketplace is asked again what a shop may do."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

PROBE_AGAIN_S = 600.0  # an answer of the marketplace that old is asked for again at the next visit


class ProbeTimes:
    """Remembers when each shop was asked about; what has changed since is asked about at once."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._asked_at: dict[str, float] = {}
        self._held: frozenset[str] = frozenset()

    def note_asked(self, shop_id: str) -> None:
        """Note that the marketplace is asked about a shop now."""
        self._asked_at[shop_id] = self._clock()

    def is_due(self, shop_id: str) -> bool:
        """Whether a shop was never asked about, or too long ago."""
        asked_at = self._asked_at.get(shop_id)
        return asked_at is None or self._clock() - asked_at > PROBE_AGAIN_S

    def note_held(self, held: frozenset[str]) -> frozenset[str]:
        """Note which shops may not send now, and return those that may not any more, or may again.

        They are due: their rows must not say what the marketplace said before.
        """
        changed, self._held = held ^ self._held, held
        for shop_id in changed:
            self._asked_at.pop(shop_id, None)
        return changed
