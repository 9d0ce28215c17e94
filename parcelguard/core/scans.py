"""One code from any scanner."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ScanSource(StrEnum):
    """How a code came in."""

    WEDGE = "wedge"
    CAMERA = "camera"
    TYPED = "typed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One code from any scanner: `text` is normalised, `raw` is what arrived.

    `candidates` are further texts worth looking up when `text` finds nothing (the parts
    of a QR payload, the query values of an address). `kind` and `hint` name what the text
    looks like ("order", "shopee"); they are a guess and never acted on alone.
    """

    text: str
    raw: str
    source: ScanSource
    symbology: str = ""
    candidates: tuple[str, ...] = ()
    kind: str = ""
    hint: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts worth looking up, the best first."""
        return (self.text, *self.candidates)
