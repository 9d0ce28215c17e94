"""Pasar's orders: listed by when they changed, and found by any code that stands on a parcel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from parcelguard.core.config import ShopSettings
from parcelguard.core.orders import Item, Order
from parcelguard.marketplace.answers import entry, rows
from parcelguard.marketplace.their_time import in_their_time
from tests.support.pasar.client import PasarClient


def pasar_orders(client: PasarClient, shop: ShopSettings) -> PasarOrders:
    """Return what reads one shop's orders."""
    return PasarOrders(client, shop.id)


class PasarOrders:
    """Reads one shop's orders."""

    def __init__(self, client: PasarClient, shop_id: str) -> None:
        self._client = client
        self._shop_id = shop_id

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[list[Order]]:
        """Yield the orders changed in that time."""
        return in_their_time(self._client.clock, since, until, self._changed)

    def _changed(self, since: datetime, until: datetime) -> Iterator[list[Order]]:
        span = {"since": int(since.timestamp()), "until": int(until.timestamp())}
        yield [self._order(each) for each in rows(self._client.get("/orders", **span).get("orders"))]

    def read_order(self, number: str) -> Order | None:
        """Return one order as it is now."""
        return self.find_by_code(number)

    def find_by_code(self, code: str) -> Order | None:
        """Return the order that a code stands for."""
        order = entry(self._client.get("/orders/one", code=code).get("order"))
        return self._order(order) if order else None

    def _order(self, row: Mapping[str, Any]) -> Order:
        tracking = tuple(str(each) for each in row["tracking"])
        return Order(
            shop_id=self._shop_id,
            number=str(row["number"]),
            buyer_id=str(row["buyer_id"]),
            buyer_name=str(row["buyer"]),
            tracking=tracking[0] if tracking else "",
            cancelled=bool(row["cancelled"]),
            items=tuple(
                Item(str(each["name"]), str(each["sku"]), int(each["quantity"])) for each in row["items"]
            ),
            codes=tracking,
        )
