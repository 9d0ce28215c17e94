"""What is known of refresh tokens that are being spent, so that a crash at that moment loses no shop."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from parcelguard.disk.files import write_durably

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One trade under way: of which token (its fingerprint), since when, and the locked answer if it came."""

    spent: str
    asked_at: datetime
    answer: str = ""


class Journal:
    """One line a grant, in a file that is replaced durably."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def line(self, key: str) -> Line | None:
        """Return what is under way for a grant."""
        with self._lock:
            return self._read().get(key)

    def write(self, key: str, line: Line) -> None:
        """Replace a grant's line; it is on disk when this returns."""
        with self._lock:
            self._replace(lambda lines: lines.update({key: line}))

    def settle(self, key: str) -> None:
        """Forget a grant's line; one that comes back after a power cut is known by the token it names."""
        with self._lock:
            # Nothing to forget, nothing to write: each write costs a flush of the drive.
            if key in self._read():
                self._replace(lambda lines: lines.pop(key))

    def _replace(self, change: Callable[[dict[str, Line]], object]) -> None:
        lines = self._read()
        change(lines)
        if not lines:
            with suppress(OSError):  # an old line does no harm
                self._path.unlink(missing_ok=True)
                return
        written = {
            key: {"spent": line.spent, "asked_at": line.asked_at.timestamp(), "answer": line.answer}
            for key, line in lines.items()
        }
        write_durably(self._path, json.dumps(written, indent=1).encode())

    def _read(self) -> dict[str, Line]:
        try:
            written = json.loads(self._path.read_text(encoding="utf-8"))
            return {key: _line(entry) for key, entry in written.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            log.warning("the journal of token trades cannot be read: %s", type(error).__name__)
            # Without it a trade that was cut off ends in asking for consent at worst.
            return {}


def _line(entry: dict[str, Any]) -> Line:
    return Line(
        str(entry["spent"]), datetime.fromtimestamp(float(entry["asked_at"]), UTC), str(entry["answer"])
    )
