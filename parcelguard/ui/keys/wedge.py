"""Tells a keyboard-wedge scanner from a person typing, by the whole burst of keys.

No Qt here: keys come in with their times and what they mean, finished codes go out. A burst
ends with a terminator or with silence. One gap that is too long spoils the whole burst, so
that a scan broken in two is never taken for two codes.
"""

from __future__ import annotations

from dataclasses import dataclass

from parcelguard.core.config import ScannerSettings

# The free characters at FURTHER_S each, and some air: no burst of ordinary length takes longer.
LONGEST_BURST_S = 1.5
FREE_CHARACTERS = 30  # each further character may take FURTHER_S more
FURTHER_S = 0.04


@dataclass(frozen=True, slots=True)
class Code:
    """One finished burst. `tainted` says that it held control or function keys."""

    text: str
    tainted: bool = False


class WedgeClassifier:
    """Collects keys into bursts. All times are seconds of one clock of the caller's choice."""

    def __init__(self, settings: ScannerSettings) -> None:
        self._mean_s = settings.mean_gap_ms / 1000
        self._largest_s = settings.largest_gap_ms / 1000
        self._silence_s = settings.silence_ms / 1000
        self._shortest = settings.shortest
        self._ended_at = float("-inf")  # when the last code was finished
        self._text = ""
        self._keys = 0
        self._first_s = self._last_s = 0.0
        self._broken = self._tainted = False

    @property
    def silence_s(self) -> float:
        """How long nothing may come before a burst without terminator is over."""
        return self._silence_s

    def empty(self) -> bool:
        """Whether no burst has begun."""
        return self._keys == 0

    def key(self, time_s: float, char: str | None, terminator: bool) -> Code | None:
        """Take in one key and return the code that it finished, if any."""
        # A burst without terminator may still stand there: this key must not be added to it.
        finished = self.tick(time_s)
        if terminator:
            return self._end(time_s) or finished
        if char:
            self._note(time_s)
            self._text += char
        return finished

    def foreign(self, time_s: float) -> bool:
        """Take in a control or function key: True if it came from a scanner and must do nothing."""
        if not self.machine(time_s):
            return False
        self._note(time_s)
        self._tainted = True
        return True

    def lead_in(self, time_s: float) -> None:
        """Take in a control or function key that a burst turned out to begin with."""
        self._note(time_s)
        self._tainted = True

    def machine(self, time_s: float) -> bool:
        """Whether a key now would go on with something that no hand types."""
        # After one long gap the whole burst counts as typed: half a code must never be taken for a code.
        if self.empty() or self._broken or time_s - self._last_s > self._largest_s:
            return False
        return (time_s - self._first_s) / self._keys <= self._mean_s

    def trailing(self, time_s: float) -> bool:
        """Whether a terminator now only follows a finished code: LF after CR, or Tab after Enter."""
        return self.empty() and time_s - self._ended_at <= self._silence_s

    def tick(self, time_s: float) -> Code | None:
        """End a burst by silence; call with the time now."""
        if self.empty() or time_s - self._last_s < self._silence_s:
            return None
        return self._end(self._last_s)

    def _note(self, time_s: float) -> None:
        if self.empty():
            self._first_s = time_s
        elif time_s - self._last_s > self._largest_s:
            self._broken = True
        self._last_s = time_s
        self._keys += 1

    def _end(self, time_s: float) -> Code | None:
        code = Code(self._text, self._tainted) if self._is_code() else None
        if code:
            self._ended_at = time_s
        self._forget()
        return code

    def _is_code(self) -> bool:
        if self._broken or self._keys < self._shortest:
            return False
        # The mean, not each gap: computers under load deliver keys in clumps.
        took_s = self._last_s - self._first_s
        longest_s = LONGEST_BURST_S + FURTHER_S * max(0, len(self._text) - FREE_CHARACTERS)
        return took_s <= longest_s and took_s / max(1, self._keys - 1) <= self._mean_s

    def _forget(self) -> None:
        self._text = ""
        self._keys = 0
        self._broken = self._tainted = False
