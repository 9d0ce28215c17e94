"""What stands on the keys that have a word on them; keyboards of other languages have other words."""

from __future__ import annotations

from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr

ESC = msgid("Esc")
TAB = msgid("Tab")
ENTER = msgid("Enter")
SPACE = msgid("Space")
_WORDS = (ESC, TAB, ENTER, SPACE)


def key_name(key: str) -> str:
    """Return what stands on a key: F1, an arrow, or a word."""
    return tr(key) if key in _WORDS else key
