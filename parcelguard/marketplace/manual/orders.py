"""Orders of shops without an interface: a scanned code that looks like one of theirs is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from parcelguard.core.config import ShopSettings
from parcelguard.core.orders import Order
from parcelguard.marketplace.ports import Client


def manual_orders(client: Client, shop: ShopSettings) -> ManualOrders:  # noqa: ARG001
    """Return what knows a shop's orders by their looks."""
    return ManualOrders(shop.id, shop.codes)


class ManualOrders:
    """Takes every code that matches the shop's pattern whole for an order number; no pattern matches none."""

    def __init__(self, shop_id: str, codes: str) -> None:
        self._shop_id = shop_id
        self._codes = re.compile(codes) if codes else None

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[list[Order]]:  # noqa: ARG002
        """Yield nothing: nobody tells of orders."""
        return iter(())

    def read_order(self, number: str) -> Order | None:
        """Return the order with this number, of which nothing else is known."""
        if self._codes is None or not self._codes.fullmatch(number):
            return None
        return Order(shop_id=self._shop_id, number=number)

    def find_by_code(self, code: str) -> Order | None:
        """Return the order that the code names."""
        return self.read_order(code)
