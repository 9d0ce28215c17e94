"""Telling one's own words in a chat that is read back: not every marketplace gives a text back as it came."""

from __future__ import annotations

import html
from unicodedata import normalize


def same_words(told: object, sent: str) -> bool:
    """Whether a text read back is the one that was sent.

    Spaces may have been folded, signs escaped for a web page, and letters put together in another way.
    A text that is not recognised would be taken for absent, and might be sent a second time.
    """
    return _plain(told) == _plain(sent)


def _plain(text: object) -> str:
    return " ".join(normalize("NFC", html.unescape(str(text or ""))).split())
