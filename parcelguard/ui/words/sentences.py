"""How whole sentences stand beside each other; nothing here is ever glued from pieces of one."""

from __future__ import annotations

from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr

_TWO = msgid("{first} {second}")  # i18n: two whole sentences, one after the other


def label(sentence: str) -> str:
    """Return a sentence as a label: without its full stop."""
    return sentence.strip().rstrip(".。")


def together(first: str, second: str) -> str:
    """Return two whole sentences, or the one there is."""
    return tr(_TWO, first=first, second=second) if first and second else first or second
