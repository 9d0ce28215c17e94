"""Reading answers that may be odd: a null or a text where an object is due must not stop a shop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def entry(value: object) -> Mapping[str, Any]:
    """Return an object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list; whatever else stands in it is left out."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def moment(seconds: object) -> datetime | None:
    """Return the moment that Unix seconds tell, or None when they tell none."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC) if seconds else None  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError, OSError):
        return None
