"""How TikTok Shop says no: numbers with a text that sometimes matters."""

from collections.abc import Mapping

from parcelguard.sandbox.world.refusals import Refused

BAD_CHAT = 45101001
BAD_ORDER = 10002014
INTERNAL = 36009003


def refusal(
    code: int, message: str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Refused:
    """Refuse with a coded answer; the HTTP status is only a hint."""
    return Refused(str(code), message, status=status, headers=headers)


def number(code: str) -> int:
    """Return a code as it goes over the wire; foreign ones count as an internal error."""
    return int(code) if code.isdecimal() else INTERNAL
