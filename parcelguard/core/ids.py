"""Ids: UUID version 7 as text, unique without asking anyone and sorted by time."""

from __future__ import annotations


def new_id() -> str:
    """Return a new UUID version 7: unique without asking anyone, and sorted by time."""
    from uuid_utils import uuid7  # not needed before the first paint

    return str(uuid7())
