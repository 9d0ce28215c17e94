"""Marks a sentence for translation where it stands but is not shown yet."""

from __future__ import annotations


def msgid(message: str) -> str:
    """Return the message as it is; `runtime.translation` turns it into a language when it is shown."""
    return message
