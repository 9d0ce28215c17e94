"""Which texts count: two readings must agree, and each appearance is told once. Pure; times are handed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

AGREE_WITHIN_S = 1.2  # at two readings per second the second one comes half a second later
GONE_AFTER_S = 1.5

Code = tuple[str, str]
"""A text and its symbology."""


@dataclass(slots=True)
class _Appearance:
    """One code while it is in view: when it was seen last, and whether it is believed and told."""

    seen_at: float
    agreed: bool = False
    told: bool = False


class Agreement:
    """Remembers what is in view."""

    def __init__(self) -> None:
        self._in_view: dict[Code, _Appearance] = {}

    def agree_on(self, codes: Iterable[Code], now: float, *, tell: bool) -> list[Code]:
        """Take the codes of one reading; return those to be told now, none while `tell` is off.

        A code that comes into view while nothing is told is told later, if it is still there.
        """
        self._forget(now)
        for code in set(codes):
            known = self._in_view.get(code)
            if known is None:
                self._in_view[code] = _Appearance(now)
                continue
            known.agreed = known.agreed or now - known.seen_at <= AGREE_WITHIN_S
            known.seen_at = now
        due = [
            code
            for code, known in self._in_view.items()
            if tell and known.agreed and not known.told and known.seen_at == now
        ]
        for code in due:
            self._in_view[code].told = True
        return due

    def _forget(self, now: float) -> None:
        gone = [code for code, known in self._in_view.items() if now - known.seen_at >= GONE_AFTER_S]
        for code in gone:
            del self._in_view[code]
