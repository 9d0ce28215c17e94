"""What the order desk needs from a marketplace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from parcelguard.core.orders import Order


class OrderSource(Protocol):
    """Reads one shop's orders. Each call raises DeliveryError when the marketplace gives no answer."""

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[list[Order]]:
        """Yield the orders changed between two moments of this computer, in batches."""

    def read_order(self, number: str) -> Order | None:
        """Return one order as it is now, or None when the marketplace does not know it."""

    def find_by_code(self, code: str) -> Order | None:
        """Return the order that a scanned code stands for, where the marketplace can tell."""
