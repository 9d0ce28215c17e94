"""What the rows of a Lazada order say: one row for each unit, each with a status of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
OVER = frozenset({"canceled", "cancelled", "returned"})
UNPAID = "unpaid"
_PENDING_FLAGS = ("is_cancel_pending", "need_cancel_confirm")


def status(row: Row) -> str:
    """Return a unit's status in small letters."""
    return str(row.get("status") or "").lower()


def is_set(value: object) -> bool:
    """Whether a flag is up: some answers put truth values and numbers in quotes."""
    return str(value).lower() in ("1", "true")


def is_cancelled(units: Sequence[Row], order: Row | None = None) -> bool:
    """Whether nothing of an order is left to pack, or the buyer has asked to cancel it."""
    asked = any(is_set(each.get(flag)) for each in (order or {}, *units) for flag in _PENDING_FLAGS)
    return asked or (bool(units) and all(status(unit) in OVER for unit in units))


def packed_elsewhere(units: Iterable[Row]) -> bool:
    """Whether all that is left of an order are digital goods, or goods in Lazada's own warehouse."""
    left = [unit for unit in units if status(unit) not in OVER]
    return bool(left) and all(is_set(unit.get("is_digital")) or is_set(unit.get("is_fbl")) for unit in left)


def first(units: Iterable[Row], name: str) -> str:
    """Return the first text that stands in a field, or ''."""
    return next(iter(texts(units, name)), "")


def texts(units: Iterable[Row], name: str) -> list[str]:
    """Return the different texts of a field, in order."""
    return list(dict.fromkeys(str(unit[name]) for unit in units if unit.get(name)))
