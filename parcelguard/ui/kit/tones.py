"""What a colour says, whatever it colours: the band, a reason, a row's dot."""

from __future__ import annotations

from enum import StrEnum

from parcelguard.ui.kit.theme import Token


class BandTone(StrEnum):
    """What the colour of the band says."""

    READY = "ready"
    INFO = "info"
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


FILLS = {
    BandTone.READY: (Token.SURFACE, Token.LINE),
    BandTone.INFO: (Token.INFO_SOFT, Token.ACCENT),
    BandTone.OK: (Token.OK_SOFT, Token.OK),
    BandTone.WARN: (Token.WARN_SOFT, Token.WARN),
    BandTone.BAD: (Token.BAD_SOFT, Token.BAD),
}
DOTS = {
    BandTone.READY: Token.MUTED,
    BandTone.INFO: Token.ACCENT,
    BandTone.OK: Token.OK,
    BandTone.WARN: Token.WARN,
    BandTone.BAD: Token.BAD,
}
